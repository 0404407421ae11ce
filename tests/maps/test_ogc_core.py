"""OGC API - Features, part 1 (17-069r4): what the standard's abstract tests (annex A) look for, one by one.

Each test of the first half names in its comment the abstract test it is: core, GeoJSON, HTML, OpenAPI 3.0.
"""

from __future__ import annotations

import base64
import datetime as dt
import re

import pytest
from sqlalchemy import text

from gcrm.core import db
from gcrm.core.geo import ewkt
from gcrm.maps.ogc import queries as ogc_queries
from gcrm.maps.ogc import words as ogc_words
from gcrm.maps.ogc.documents import CONFORMANCE
from gcrm.people import tokens
from tests import factories as make
from tests.maps.ogc import CRS84, ask, items, links, names, path_of

COLLECTIONS = ("accounts", "regions", "territories", "visits")
GEOJSON = "application/geo+json"
TOWNS = {
    "Harrisburg": (-76.88, 40.27), "Philadelphia": (-75.16, 39.95), "Seoul": (127.0, 37.5), "Honolulu": (-157.86, 21.31),
    "Suva": (178.44, -18.14), "Apia": (-171.76, -13.83), "Origin": (0.0, 0.0), "Corner": (180.0, 10.0),
    "North": (10.0, 90.0), "South": (10.0, -90.0),
}  # fmt: skip
"""Accounts by name: towns, and where the globe's coordinates end. One more, Nowhere, has no place."""


@pytest.fixture
def company(session):
    make.make_organisation(session)
    north, south = make.make_team(session), make.make_team(session)
    rep, other = make.make_user(session, "rep", north), make.make_user(session, "rep", south)
    accounts = {name: make.make_account(session, rep, at=place, name=name) for name, place in TOWNS.items()}
    accounts["Nowhere"] = make.make_account(session, rep, at=None, name="Nowhere")
    hidden = make.make_account(session, other, at=TOWNS["Harrisburg"], name="Hidden")
    region = make.make_region(session, "42043", name="Dauphin")
    make.make_territory(session, rep, (region,), name="Middle")
    make.make_visit(
        session, accounts["Harrisburg"], rep, status="done", finished_at=dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
    )
    make.make_visit(session, hidden, other, status="planned", starts_at=dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC))
    return {
        "rep": rep, "other": other, "manager": make.make_user(session, "manager", north),
        "admin": make.make_user(session, "admin"), **accounts,
    }  # fmt: skip


@pytest.fixture
def rep(company, login_as):
    return login_as(company["rep"])


# -- core --------------------------------------------------------------------------------------------------------------


def test_the_landing_page_links_to_description_conformance_and_data(rep):
    # core/root-op, root-success
    page = ask(rep, "")
    for rel in ("service-desc", "conformance", "data", "self"):
        (found,) = [link for link in links(page, rel) if link["type"] != "text/html"]
        assert rep.get(path_of(found)).status_code == 200
    assert links(page, "service-doc")


def test_the_description_is_an_openapi_document_of_every_address(rep):
    # core/api-definition-op, api-definition-success; oas30/oas-definition-1, oas-impl, completeness
    answer = rep.get("/ogc/api")
    assert answer.content_type == "application/vnd.oai.openapi+json;version=3.0"
    document = answer.json
    assert document["openapi"].startswith("3.0.")
    for path in document["paths"]:
        address = path.replace("{featureId}", items(rep, path.split("/")[2])[0]["id"] if "{" in path else "")
        assert rep.get(f"/ogc{address.rstrip('/')}").status_code == 200, address
    assert set(COLLECTIONS) == {path.split("/")[2] for path in document["paths"] if path.endswith("/items")}


def test_the_description_holds_no_reference_to_nothing(rep):
    # oas30/oas-definition-2
    document = ask(rep, "/api")
    for reference in re.findall(r'"\$ref": ?"#/([^"]+)"', rep.get("/ogc/api").text.replace('":"', '": "')):
        node = document
        for part in reference.split("/"):
            node = node[part]
    operations = [method["get"]["operationId"] for method in document["paths"].values()]
    assert len(operations) == len(set(operations))


def test_the_description_lists_the_failures_and_the_ways_to_sign_in(rep):
    # oas30/oas-exceptions-codes, oas-security
    document = ask(rep, "/api")
    answers = document["paths"]["/collections/accounts/items/{featureId}"]["get"]["responses"]
    assert set(answers) == {"200", "400", "401", "404", "503"}
    schemes = document["components"]["securitySchemes"]
    assert {name: scheme["scheme"] for name, scheme in schemes.items()} == {"bearer": "bearer", "basic": "basic"}


def test_conformance_names_the_classes(rep):
    # core/conformance-op, conformance-success
    assert ask(rep, "/conformance")["conformsTo"] == list(CONFORMANCE)
    assert "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core" in CONFORMANCE


def test_collections_lists_each_with_its_links(rep):
    # core/fc-md-op, fc-md-success, fc-md-links, fc-md-items, fc-md-items-links
    found = ask(rep, "/collections")
    assert {link["type"] for rel in ("self", "alternate") for link in links(found, rel)} == {
        "application/json",
        "text/html",
    }
    assert [each["id"] for each in found["collections"]] == list(COLLECTIONS)
    for each in found["collections"]:
        kinds = {link["type"] for link in links(each, "items")}
        assert kinds == {GEOJSON, "text/html"}
        assert all(link["rel"] and link["type"] for link in each["links"])
        assert each["itemType"] == "feature"


def test_a_collection_says_the_same_by_itself(rep):
    # core/sfc-md-op, sfc-md-success
    listed = {each["id"]: each for each in ask(rep, "/collections")["collections"]}
    for name in COLLECTIONS:
        alone = ask(rep, f"/collections/{name}")
        assert {key: value for key, value in alone.items() if key != "crs"} == {
            key: value for key, value in listed[name].items() if key != "crs"
        }


def test_the_extent_holds_every_feature_that_the_person_sees(session, company, login_as):
    # core/fc-md-extent
    mine = make.make_user(session, "rep")
    make.make_account(session, mine, at=(-76.88, 40.27))
    make.make_account(session, mine, at=(-75.16, 39.95))
    alone = ask(login_as(mine), "/collections/accounts")
    assert alone["extent"]["spatial"] == {"bbox": [[-76.88, 39.95, -75.16, 40.27]], "crs": CRS84}
    (west, south, east, north) = ask(login_as(company["rep"]), "/collections/accounts")["extent"]["spatial"]["bbox"][0]
    assert south <= -90 < 90 <= north
    assert all(west <= lon <= east or (west > east and not east < lon < west) for lon, _ in TOWNS.values())


def test_an_extent_astride_the_antimeridian_has_its_west_in_the_east(session, login_as):
    make.make_organisation(session)
    islander = make.make_user(session, "rep")
    for name in ("Suva", "Apia"):
        make.make_account(session, islander, at=TOWNS[name])
    bbox = ask(login_as(islander), "/collections/accounts")["extent"]["spatial"]["bbox"][0]
    assert bbox == pytest.approx([178.44, -18.14, -171.76, -13.83])


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_items_are_a_geojson_feature_collection(collection, rep):
    # core/fc-op, fc-response, fc-numberReturned, fc-timeStamp; geojson/definition, content
    answer = rep.get(f"/ogc/collections/{collection}/items")
    assert answer.content_type == GEOJSON
    page = answer.json
    assert page["type"] == "FeatureCollection"
    assert page["numberReturned"] == len(page["features"]) > 0
    assert page["numberMatched"] == len(page["features"])
    assert abs(dt.datetime.fromisoformat(page["timeStamp"]) - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=1)
    for feature in page["features"]:
        assert feature["type"] == "Feature"
        assert set(feature) == {"type", "id", "geometry", "properties"}
        assert feature["geometry"] is None or feature["geometry"]["type"] in ("Point", "MultiPolygon")


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_one_feature_has_what_the_list_has_and_links(collection, rep):
    # core/f-op, f-success, f-links
    listed = items(rep, collection)[0]
    alone = ask(rep, f"/collections/{collection}/items/{listed['id']}")
    assert {key: alone[key] for key in listed} == listed
    assert [link["type"] for rel in ("self", "alternate", "collection") for link in links(alone, rel)] == [
        GEOJSON, "text/html", "application/json",
    ]  # fmt: skip
    assert path_of(links(alone, "collection")[0]) == f"/ogc/collections/{collection}"


def test_a_page_links_to_itself_and_its_other_face_with_the_same_question(rep):
    # core/fc-links, fc-rel-type
    page = ask(rep, "/collections/accounts/items", bbox="-80,35,-70,45", status="customer")
    again = rep.get(path_of(links(page, "self")[0])).json
    assert [each["id"] for each in again["features"]] == [each["id"] for each in page["features"]]
    other = rep.get(path_of(links(page, "alternate")[0]))
    assert other.mimetype == "text/html"
    assert "Harrisburg" in other.text
    assert "Seoul" not in other.text


@pytest.mark.parametrize("limit", [1, 3, 11, 5000])
def test_no_page_holds_more_than_the_limit(limit, rep):
    # core/fc-limit-definition, fc-limit-response
    page = ask(rep, "/collections/accounts/items", limit=limit)
    assert page["numberReturned"] == min(limit, 11)
    assert bool(links(page, "next")) == (limit < 11)
    assert page["numberMatched"] == 11


def test_a_limit_beyond_the_largest_is_answered_with_the_largest(rep, monkeypatch):
    monkeypatch.setattr(ogc_words, "LARGEST_LIMIT", 4)
    assert ask(rep, "/collections/accounts/items", limit=999_999_999)["numberReturned"] == 4


@pytest.mark.parametrize(
    "words", [{}, {"bbox": "-180,-90,180,90"}, {"bbox": "-100,0,130,89"}, {"filter": "name LIKE '%o%'"}]
)
def test_following_next_gives_each_feature_once(words, rep):
    # core/fc-links (next), fc-numberMatched
    whole = ask(rep, "/collections/accounts/items", **words)
    seen, page = [], ask(rep, "/collections/accounts/items", limit=2, **words)
    while True:
        seen += [each["id"] for each in page["features"]]
        if not links(page, "next"):
            break
        page = rep.get(path_of(links(page, "next")[0])).json
    assert seen == [each["id"] for each in whole["features"]]
    assert len(set(seen)) == len(seen) == whole["numberMatched"] > 3


def test_pages_stay_whole_while_accounts_come_and_go(session, company, rep):
    page = ask(rep, "/collections/accounts/items", limit=5)
    first = [each["properties"]["name"] for each in page["features"]]
    make.make_account(session, company["rep"], name="New")
    session.execute(text("DELETE FROM accounts WHERE name = :name"), {"name": first[-1]})
    rest = []
    while links(page, "next"):
        page = rep.get(path_of(links(page, "next")[0])).json
        rest += [each["properties"]["name"] for each in page["features"]]
    assert sorted(first + rest) == sorted([*TOWNS, "Nowhere", "New"])


@pytest.mark.parametrize(
    ("bbox", "found"),
    [
        ("-77,40,-76,41", ["Harrisburg"]), ("-76.88,40.27,-76.88,40.27", ["Harrisburg"]),
        ("-76.88,39.95,-75.16,40.27", ["Harrisburg", "Philadelphia"]), ("-77,40,0,-76,41,900", ["Harrisburg"]),
        ("170,-20,-170,0", ["Apia", "Suva"]), ("170,-20,-160,20", ["Apia", "Corner", "Suva"]),
        ("180,0,180,20", ["Corner"]), ("-180,89,180,90", ["North"]), ("0,-90,20,-80", ["South"]),
        ("-180,-90,180,90", sorted(TOWNS)), ("-200,-100,200,100", sorted(TOWNS)), ("0,0,0,0", ["Origin"]), ("50,50,51,51", []),
    ],
)  # fmt: skip
def test_a_bbox_holds_what_lies_in_it_or_on_its_edge(bbox, found, rep):
    # core/fc-bbox-definition, fc-bbox-response
    assert names(rep, bbox=bbox) == found
    assert ask(rep, "/collections/accounts/items", bbox=bbox)["numberMatched"] == len(found)


@pytest.mark.parametrize(
    ("collection", "bbox", "count"),
    [("regions", "-76.5,40.5,-70,45", 1), ("regions", "-75.9,40,-75,41", 0), ("territories", "-76.5,40.5,-70,45", 1),
     ("territories", "-75.9,40,-75,41", 0), ("visits", "-77,40,-76,41", 1), ("visits", "0,0,1,1", 0)],
)  # fmt: skip
def test_a_bbox_narrows_the_other_collections_too(collection, bbox, count, rep):
    assert len(items(rep, collection, bbox=bbox)) == count


@pytest.mark.parametrize(
    ("datetime", "count"),
    [
        ("2026-03-01T12:00:00Z", 1), ("2026-03-01T11:59:59Z", 0), ("2026-03-01", 1), ("2026-02-28", 0),
        ("2026-03-01T13:00:00+01:00", 1), ("2026-01-01T00:00:00Z/2026-12-31T00:00:00Z", 1), ("2026-03-02/2026-03-03", 0),
        ("../2026-03-01T12:00:00Z", 1), ("/2026-03-01", 1), ("2026-03-01T12:00:00Z/..", 1), ("2026-03-02T00:00:00Z/", 0),
        ("../..", 1), ("/", 1),
    ],
)  # fmt: skip
def test_datetime_takes_instants_and_intervals_with_open_ends(datetime, count, rep):
    # core/fc-time-definition, fc-time-response
    assert len(items(rep, "visits", datetime=datetime)) == count


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ({"name": "Suva"}, ["Suva"]),
        ({"status": "prospect"}, []),
        ({"name": "Suva", "currency": "KRW"}, []),
        ({"name": ""}, []),
    ],
)
def test_a_property_narrows_by_its_name(words, found, rep):
    # core/fc-filters
    assert names(rep, **words) == found


BAD = {
    "limit": ("0", "-1", "ten", "", "1.5", "٣", "9" * 30), "bbox": ("1,2,3", "1,2,3,4,5", "a,b,c,d", "", "1,5,2,4", "nan,0,1,1",
    "0,0,inf,1", "0,95,1,99", "181,0,200,1", "1e300,0,1e301,1"), "datetime": ("", "yesterday", "2026-13-01", "2026-02-30T00:00:00Z",
    "2026-03-02/2026-03-01", "a/b/c", "..", "2026-03-01T12:00:00", "0000-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00"),
    "after": ("x", "1-2-3", "-", "9" * 40, "1-2", str(2**63), "٣"), "crs": ("EPSG:4326", "", "http://www.opengis.net/def/crs/EPSG/0/1"),
    "bbox-crs": ("EPSG:4326",), "filter-crs": ("nonsense",), "filter-lang": ("sql", ""), "f": ("xml", ""),
    "annual_value": ("much",), "territory": ("no-id",), "cadence_days": ("x",), "updated_at": ("yesterday",), "name": ("a\x00b", "x" * 30_000),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_value_that_does_not_fit_is_400_with_a_sentence(name, rep):
    # core/query-param-invalid
    for value in BAD[name]:
        words = {name: value} | ({"bbox": "0,0,1,1"} if name == "bbox-crs" else {})
        answer = rep.get("/ogc/collections/accounts/items", query_string=words)
        assert answer.status_code == 400, (name, value[:50], answer.text[:200])
        assert answer.mimetype == "application/problem+json"
        assert answer.json["detail"].endswith(".")
        assert name in answer.json["detail"]


@pytest.mark.parametrize(
    "path", ["", "/conformance", "/api", "/collections", "/collections/accounts", "/collections/accounts/queryables", "/collections/accounts/items"]
)  # fmt: skip
def test_an_unknown_parameter_is_400_and_named(path, rep):
    # core/query-param-unknown
    assert "“colour”" in ask(rep, path, 400, colour="red")["detail"]


def test_a_word_given_twice_is_refused(rep):
    answer = rep.get("/ogc/collections/accounts/items?status=customer&status=prospect")
    assert (answer.status_code, "“status” is given 2 times" in answer.json["detail"]) == (400, True)


@pytest.mark.parametrize(
    "path",
    ["/collections/nothing", "/collections/nothing/items", "/collections/nothing/queryables", "/nothing",
     "/collections/accounts/items/nothing", "/collections/accounts/items/00000000-0000-0000-0000-000000000000"],
)  # fmt: skip
def test_what_is_not_there_is_404(path, rep):
    assert ask(rep, path, 404)["detail"]


@pytest.mark.parametrize(
    "path", ["", "/conformance", "/api", "/collections", "/collections/accounts", "/collections/visits/items"]
)
def test_every_resource_has_a_page_for_people(path, rep):
    # html/definition, content
    answer = rep.get(f"/ogc{path}", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    assert rep.get(f"/ogc{path}?f=json", headers={"Accept": "text/html"}).mimetype != "text/html"
    assert rep.get(f"/ogc{path}").mimetype != "text/html"


def test_a_page_for_people_shows_the_features_and_leads_on(rep):
    page = rep.get("/ogc/collections/accounts/items?f=html&limit=3")
    assert page.text.count("<tr") == 4
    assert 'rel="next"' in page.text
    following = re.search(r'rel="next" href="([^"]+)"', page.text)[1].replace("&amp;", "&")
    assert rep.get(following.removeprefix("http://localhost")).mimetype == "text/html"
    assert "Nothing here" in rep.get("/ogc/collections/accounts/items?f=html&bbox=50,50,51,51").text


def test_an_unchanged_page_is_304_and_head_has_no_body(session, company, rep):
    # core/http
    address = "/ogc/collections/accounts/items?limit=3"
    first = rep.get(address)
    assert rep.get(address, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    make.make_account(session, company["rep"])
    session.execute(text("UPDATE accounts SET name = 'Renamed' WHERE name = 'Harrisburg'"))
    session.expire_all()
    assert rep.get(address, headers={"If-None-Match": first.headers["ETag"]}).status_code == 200
    head = rep.head(address)
    assert (head.status_code, head.data, head.content_type) == (200, b"", GEOJSON)
    assert set(rep.options(address).headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
    assert rep.post(address).status_code in (400, 405)
    assert any('rel="next"' in each for each in first.headers.getlist("Link"))


# -- the gate ----------------------------------------------------------------------------------------------------------


def test_each_sees_the_own_half_in_lists_and_counts(company, login_as):
    for who, seen in (("rep", 11), ("manager", 11), ("other", 1), ("admin", 12)):
        page = ask(login_as(company[who]), "/collections/accounts/items", limit=3)
        assert page["numberMatched"] == seen, who
    assert names(login_as(company["rep"]), bbox="-77,40,-76,41") == ["Harrisburg"]
    assert names(login_as(company["other"]), bbox="-77,40,-76,41") == ["Hidden"]
    assert len(items(login_as(company["rep"]), "visits")) == 1
    assert len(items(login_as(company["admin"]), "visits")) == 2


def test_an_own_visit_to_an_account_out_of_sight_has_no_place_and_no_name(session, company, login_as):
    hidden = make.make_account(session, company["other"], at=TOWNS["Harrisburg"], name="Moved away")
    visit = make.make_visit(
        session, hidden, company["rep"], status="done", finished_at=dt.datetime(2026, 4, 1, tzinfo=dt.UTC)
    )
    rep = login_as(company["rep"])
    found = ask(rep, f"/collections/visits/items/{visit.uuid}")
    assert (found["geometry"], found["properties"]["account"], found["properties"]["account_name"]) == (
        None,
        None,
        None,
    )
    for condition in ("account_name = 'Moved away'", "NOT (account_name = 'Moved away') AND at > DATE('2026-03-31')"):
        assert items(rep, "visits", filter=condition) == []
    assert len(items(rep, "visits", filter="account_name IS NULL")) == 1
    assert len(items(rep, "visits", bbox="-77,40,-76,41")) == 1


def test_what_is_private_is_no_property(rep):
    for name in COLLECTIONS:
        found = set(ask(rep, f"/collections/{name}/queryables")["properties"])
        assert not found & {"note", "email", "phone", "phone_e164", "extra", "next_step", "purpose", "arrived_point"}


@pytest.fixture
def token(session, company):
    session.flush()
    with db.transaction(None) as bare:
        return tokens.make(bare, company["rep"], "QGIS")


def test_a_token_opens_it_as_bearer_and_as_the_password_of_basic(client, token):
    def coded(name: str, password: str) -> str:
        return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()

    for said in (f"Bearer {token}", coded("", token), coded("anybody", token)):
        answer = client.get("/ogc/collections/accounts/items", headers={"Authorization": said})
        assert (answer.status_code, answer.json["numberMatched"]) == (200, 11)
    for said in (
        coded(token, ""),
        coded("", "gcrm_deadbeef_forged"),
        coded("", "gcrm_\x00_x"),
        "Basic ???",
        "Basic",
        "Bearer x",
    ):
        assert client.get("/ogc/collections/accounts/items", headers={"Authorization": said}).status_code == 401, said
    assert client.get("/api/v1/accounts", headers={"Authorization": coded("", token)}).status_code == 401


def test_a_stranger_is_told_how_to_sign_in(client):
    told = client.get("/ogc/collections").headers.getlist("WWW-Authenticate")
    assert [each.partition(" ")[0] for each in told] == ["Bearer", "Basic"]
    browser = client.get("/ogc", headers={"Accept": "text/html"})
    assert browser.headers.getlist("WWW-Authenticate") == ["Bearer"]


# -- how it reads ------------------------------------------------------------------------------------------------------


def test_counting_that_takes_too_long_is_left_out(rep, monkeypatch):
    monkeypatch.setattr(ogc_queries, "LONGEST_COUNT_SECONDS", 0.01)
    begin = ogc_queries._begin

    def begin_slowly(session, seconds=None):
        begin(session, *([seconds] if seconds else []))
        if seconds:
            session.execute(text("SELECT pg_sleep(1)"))

    monkeypatch.setattr(ogc_queries, "_begin", begin_slowly)
    page = ask(rep, "/collections/accounts/items", limit=2)
    assert page["numberReturned"] == 2
    assert "numberMatched" not in page
    monkeypatch.undo()
    assert ask(rep, "/collections/accounts/items", limit=2)["numberMatched"] == 11


def test_a_question_that_takes_too_long_is_given_up_with_a_sentence(rep, monkeypatch):
    begin = ogc_queries._begin

    def begin_slowly(session, seconds=0.01):
        begin(session, seconds)
        session.execute(text("SELECT pg_sleep(1)"))

    monkeypatch.setattr(ogc_queries, "_begin", begin_slowly)
    assert "Narrow it" in ask(rep, "/collections/accounts/items", 503)["detail"]


def test_a_page_asks_the_same_number_of_questions_however_long_it_is(rep, count_queries):
    def asked(limit: int) -> int:
        count_queries.clear()
        ask(rep, "/collections/accounts/items", limit=limit)
        return len(count_queries)

    assert asked(2) == asked(8)


def test_later_pages_are_not_counted_again(rep):
    page = ask(rep, "/collections/accounts/items", limit=4)
    assert "numberMatched" not in rep.get(path_of(links(page, "next")[0])).json


def test_a_marker_of_one_order_is_refused_by_the_other(rep):
    page = ask(rep, "/collections/accounts/items", limit=4, bbox="-180,-90,180,90")
    marker = re.search(r"after=([\d-]+)", links(page, "next")[0]["href"])[1]
    assert "another list" in ask(rep, "/collections/accounts/items", 400, after=marker)["detail"]


def test_amounts_are_in_units_of_their_currency(session, company, rep):
    make.make_account(session, company["rep"], name="Won", annual_value_minor=12345, currency="KRW", at=(1, 1))
    make.make_account(session, company["rep"], name="Dollars", annual_value_minor=12345, currency="USD", at=(1, 1))
    found = {
        each["properties"]["name"]: each["properties"]["annual_value"]
        for each in items(rep, "accounts", bbox="1,1,1,1")
    }
    assert found == {"Won": 12345, "Dollars": 123.45}
    assert names(rep, filter="annual_value BETWEEN 123.45 AND 200") == ["Dollars"]


def test_a_territory_is_one_shape_with_all_that_lies_below_it(session, company, rep):
    above = make.make_territory(session, name="Above")
    for west in (10, 11):
        region = make.make_region(session, west=west, south=10)
        make.make_territory(session, regions=(region,), parent=above)
    found = {each["properties"]["name"]: each["geometry"] for each in items(rep, "territories")}
    (polygon,) = found["Above"]["coordinates"]
    assert len(polygon) == 1
    xs, ys = zip(*polygon[0], strict=True)
    assert (min(xs), max(xs), min(ys), max(ys)) == (10, 12, 10, 11)
    make.make_territory(session, name="Empty")
    assert {each["properties"]["name"]: each["geometry"] for each in items(rep, "territories")}["Empty"] is None
    assert names(rep, "territories", filter="geometry IS NULL") == ["Empty"]


def test_a_moved_account_is_found_where_it_is_now(session, company, rep):
    company["Harrisburg"].location = ewkt(2.35, 48.85)
    session.flush()
    assert names(rep, bbox="2,48,3,49") == ["Harrisburg"]
    assert names(rep, bbox="-77,40,-76,41") == []
