"""The map's tools over HTTP: the sheet, what is done with a selection, kept areas, reach, and what lies along a route."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
import uuid

import pytest
from sqlalchemy import func, select

from gcrm.core import clock
from gcrm.core.geo import ewkt
from gcrm.customers import bulk_services, shapes
from gcrm.customers.models import Account, Area
from gcrm.customers.selecting import Selection
from gcrm.maps.coordinates import coordinates
from gcrm.routing.corridor import Detour, cheapest
from gcrm.routing.models import DayPlan, Stop
from gcrm.visits.models import Task
from tests import factories as make
from tests.maps.mvt import decode, tile_of

HOME = (-76.88, 40.27)
RING = [(-76.9, 40.25), (-76.86, 40.25), (-76.86, 40.29), (-76.9, 40.29)]
BOX = shapes.encoded(RING)


@pytest.fixture(autouse=True)
def organisation(session):
    return make.make_organisation(session)


@pytest.fixture
def rep(session):
    return make.make_user(session, home=HOME)


@pytest.fixture
def planner(session):
    return make.make_user(session, "planner")


def shops(session, owner, count: int = 3) -> list[Account]:
    return [make.make_account(session, owner, at=(HOME[0] + n / 1000, HOME[1]), name=f"Shop {n}", annual_value_minor=100_000) for n in range(count)]  # fmt: skip


# -- one selection -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [{"area": BOX}, {"near": "-76.88,40.27,2500"}])
def test_sheet_list_tiles_regions_and_export_show_the_same_count(login_as, session, rep, words):
    make.make_region(session, "42043", west=-77, south=40)
    shops(session, rep, 4)
    make.make_account(session, rep, at=(-76.5, 40.27))
    make.make_account(session, make.make_user(session), at=HOME)
    client = login_as(rep)
    sheet = client.get("/map/selected", query_string=words).text
    assert 'data-count="4"' in sheet
    assert "$4K" in sheet
    assert len(re.findall(r'class="is-name"', client.get("/accounts", query_string=words).text)) == 4
    with client.get("/accounts/export.csv", query_string=words) as file:
        assert len(list(csv.reader(io.StringIO(file.text)))) == 1 + 4
    stats = client.get("/api/v1/regions/stats", query_string={"level": "county", "metric": "accounts", **words}).json
    assert (stats["total"], stats["regions"][0]["count"]) == (4, 4)
    assert tile_sum(client, words) == 4


def tile_sum(client, words) -> int:
    z, x, y = tile_of(*HOME, 8)
    body = client.get(f"/tiles/accounts/{z}/{x}/{y}.mvt", query_string=words).data
    return sum(feature.properties["n"] for feature in decode(body)["accounts"].features)


def test_chips_of_the_map_drop_an_area(login_as, session, rep):
    shops(session, rep)
    page = login_as(rep).get("/map", query_string={"area": BOX}).text
    assert 'data-drop="area"' in page
    assert "a drawn area" in page
    assert f'<input type="hidden" name="area" value="{BOX}">' in page.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")  # fmt: skip


def test_the_map_of_regions_keeps_the_area(login_as, session, rep):
    make.make_region(session, "42043", west=-77, south=40)
    shops(session, rep)
    page = login_as(rep).get("/regions", query_string={"level": "county", "near": "-76.88,40.27,2500"})
    assert page.status_code == 200
    assert '<input type="hidden" name="near" value="-76.88,40.27,2500">' in page.text


def test_the_shape_of_a_selection_is_drawn(login_as, session, rep):
    found = login_as(rep).get("/map/shape", query_string={"area": BOX, "near": "-76.88,40.27,500"}).json
    assert [each["properties"]["kind"] for each in found["features"]] == ["area", "near"]
    assert found["features"][0]["geometry"]["type"] == "Polygon"


def test_the_nearest_come_first_with_their_distance(login_as, session, rep):
    shops(session, rep)
    sheet = login_as(rep).get("/map/selected", query_string={"near": "-76.878,40.27,5000"}).text
    assert re.findall(r">(Shop \d)<", sheet) == ["Shop 2", "Shop 1", "Shop 0"]
    # A thousandth of a degree of longitude is 85 m at 40.27°.
    assert re.findall(r'"number">(\d+) m<', sheet) == ["0", "85", "170"]


# -- acts on all of them -----------------------------------------------------------------------------------------------


def selection(**words) -> str:
    return Selection.parse(words).query_string()


def test_tagging_a_selection_can_be_undone(login_as, session, rep):
    shops(session, rep)
    client = login_as(rep)
    answer = client.post("/map/selected/tag", data={"selection": selection(area=BOX), "tag": "fair"})
    assert answer.status_code == 302
    assert "area=" in answer.location
    page = client.get(answer.location).text
    assert "3 accounts are tagged “fair”." in page
    undo = re.search(r'action="(/map/undo/[^"]+)"', page).group(1).replace("&amp;", "&")
    assert tagged(session) == 3
    assert client.post(undo).status_code == 302
    assert tagged(session) == 0
    assert client.post(undo).status_code == 409


def tagged(session) -> int:
    return session.scalar(
        select(func.count()).select_from(Account).where(func.array_position(Account.tags, "fair").is_not(None))
    )


def test_many_accounts_are_changed_after_their_number_was_confirmed(login_as, session, rep, monkeypatch):
    monkeypatch.setattr(bulk_services, "MOST_UNASKED", 2)
    shops(session, rep)
    client, words = login_as(rep), {"selection": selection(area=BOX), "tag": "fair"}
    answer = client.post("/map/selected/tag", data=words)
    assert answer.status_code == 422
    assert 'name="confirmed" value="3"' in answer.text
    assert tagged(session) == 0
    assert client.post("/map/selected/tag", data={**words, "confirmed": "3"}).status_code == 302
    assert tagged(session) == 3


def test_planners_assign_a_selection_and_reps_do_not(login_as, session, rep, planner):
    shops(session, rep)
    other = make.make_user(session, name="Ada")
    words = {"selection": selection(area=BOX), "owner": other.email}
    assert login_as(rep).post("/map/selected/assign", data=words).status_code == 403
    answer = login_as(planner).post("/map/selected/assign", data=words)
    assert answer.status_code == 302
    session.expire_all()
    assert set(session.scalars(select(Account.owner_id))) == {other.id}
    assert login_as(planner).post("/map/selected/assign", data={**words, "owner": "x@y.example"}).status_code == 422


@pytest.mark.parametrize("words", [{"tag": ""}, {"tag": "a;b"}, {"tag": "x", "selection": "near=0%2C0%2C5"}])
def test_an_act_that_cannot_be_done_sends_its_form_back(login_as, session, rep, words):
    shops(session, rep)
    answer = login_as(rep).post("/map/selected/tag", data={"selection": selection(area=BOX), **words})
    assert answer.status_code == 422
    assert "notice-bad" in answer.text


# -- into a day --------------------------------------------------------------------------------------------------------


def test_without_a_plan_accounts_wait_as_visits_of_the_day(login_as, session, rep):
    shops(session, rep)
    day = clock.today("America/New_York") + dt.timedelta(days=1)
    words = {"selection": selection(area=BOX), "day": day.isoformat()}
    client = login_as(rep)
    page = client.post("/map/selected/plan", data=words, follow_redirects=True).text
    assert "3 visits wait for" in page
    tasks = session.scalars(select(Task)).all()
    assert [(task.due_on, task.needs_visit, task.user_id) for task in tasks] == [(day, True, rep.id)] * 3
    assert "3 were there already" in client.post("/map/selected/plan", data=words, follow_redirects=True).text
    assert session.scalar(select(func.count()).select_from(Task)) == 3


def test_a_day_takes_no_more_than_it_could_hold(login_as, session, rep, monkeypatch):
    from gcrm.routing import candidate_services

    monkeypatch.setattr(candidate_services, "MOST_ADDED", 2)
    shops(session, rep)
    today = clock.today("America/New_York")
    client = login_as(rep)
    for words in ({"day": today.isoformat()}, {"day": ""}, {"day": "2020-01-01"}):
        answer = client.post("/map/selected/plan", data={"selection": selection(area=BOX), **words})
        assert answer.status_code == 422
    assert session.scalar(select(func.count()).select_from(Task)) == 0


# -- along a route -----------------------------------------------------------------------------------------------------


def test_the_cheapest_insertion_counts_both_ways():
    # Points 0, 1, 2 in a row ten apart, ending at home again; a call 3 beside the second leg.
    seconds = [[0, 10, 20, 16], [10, 0, 10, 6], [20, 10, 0, 6], [16, 6, 6, 0]]
    assert cheapest(seconds, [0, 1, 2, 0], 3) == Detour(2, 6 + 6 - 10)
    assert cheapest(seconds, [0, 1], 3) == Detour(2, 6)  # After the last point nobody drives on.
    assert cheapest([[0, None], [None, 0]], [0], 1) is None
    assert cheapest([[0, 9, 3], [9, 0, 3], [3, 3, 0]], [0, 1], 2) == Detour(1, 0)


def route(session, rep, *places) -> DayPlan:
    now = clock.now()
    plan = DayPlan(
        rep_id=rep.id, day=clock.today("America/New_York"), status="published", published_at=now, solved_at=now,
        travel_source="estimate", travel_seconds=3000, travel_metres=21000, starts_at=now, leaves_at=now, returns_at=now,
    )  # fmt: skip
    session.add(plan)
    session.flush()
    for position, place in enumerate(places, start=1):
        account = make.make_account(session, rep, at=place, name=f"Stop {position}")
        begins = now + dt.timedelta(minutes=45 * position)
        session.add(
            Stop(
                day_plan_id=plan.id, position=position, account_id=account.id, account_name=account.name, location=ewkt(*place),
                arrive_at=begins, start_at=begins, depart_at=begins + dt.timedelta(minutes=30), travel_seconds=600, travel_metres=4500, why={},
            )
        )  # fmt: skip
    session.flush()
    return plan


def test_calls_beside_the_route_stand_by_the_minutes_they_add(login_as, session, rep):
    route(session, rep, (-76.9, 40.27), (-76.8, 40.27))
    make.make_account(session, rep, at=(-76.85, 40.27), name="On the way")
    make.make_account(session, rep, at=(-76.85, 40.29), name="A little off")
    make.make_account(session, rep, at=(-76.85, 40.6), name="Far off")
    make.make_account(session, make.make_user(session), at=(-76.85, 40.27), name="Not mine")
    page = login_as(rep).get("/map/along", query_string={"minutes": "15"}).text
    assert re.findall(r">(On the way|A little off|Far off|Not mine|Stop \d)<", page) == ["On the way", "A little off"]
    # 8.5 km of straight line become 4.25 km and back from 2.2 km beside it: 1.06 km more, at 1.5 and 40 km/h 2.4 minutes.
    assert re.findall(r"\+(\d+) min</span>", page) == ["0", "2"]


def test_without_a_route_today_the_tool_says_so(login_as, session, rep):
    page = login_as(rep).get("/map/along").text
    assert "no published route for today" in page
    assert login_as(rep).get("/map/along", query_string={"minutes": "0"}).status_code == 422
    assert login_as(rep).get("/map/along", query_string={"plan": str(uuid.uuid4())}).status_code == 404


# -- areas -------------------------------------------------------------------------------------------------------------


def test_an_area_is_kept_named_shared_and_taken_away(login_as, session, rep):
    shops(session, rep)
    client = login_as(rep)
    kept = client.post("/map/areas", json={"name": "South side", "area": [BOX]}).json
    assert (kept["name"], kept["note"]) == ("South side", None)
    assert 'data-count="3"' in client.get("/map/selected", query_string={"area": kept["area"]}).text
    assert "South side" in client.get("/map", query_string={"area": kept["area"]}).text
    assert "South side" in client.get("/map/areas").text
    changed = client.post(f"/map/areas/{kept['area']}", data={"name": "North side", "shared": "1"})
    assert "North side" in changed.text
    assert session.scalar(select(Area.is_shared)) is True
    assert client.post(f"/map/areas/{kept['area']}", data={"name": " "}).status_code == 422
    assert "No saved areas yet" in client.post(f"/map/areas/{kept['area']}/delete").text


def test_a_line_that_crosses_itself_is_kept_and_said(login_as, session, rep):
    ring = [[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]
    kept = login_as(rep).post("/map/areas", json={"geometry": {"type": "Polygon", "coordinates": [ring]}}).json
    assert "crossed itself" in kept["note"]


@pytest.mark.parametrize("body", [None, [], {}, {"area": "x"}, {"area": []}, {"name": 5, "area": [BOX]}, {"name": "", "area": [BOX]}, {"geometry": {"type": "Point"}}])  # fmt: skip
def test_odd_areas_are_not_kept(login_as, rep, body):
    answer = login_as(rep).post("/map/areas", json=body, headers={"Accept": "application/json"})
    assert answer.status_code == 422
    assert answer.json["detail"]


def test_somebody_elses_area_is_not_changed(login_as, session, rep):
    kept = login_as(rep).post("/map/areas", json={"name": "Mine", "area": [BOX]}).json
    stranger = login_as(make.make_user(session, team=make.make_team(session)))
    for address in (f"/map/areas/{kept['area']}", f"/map/areas/{kept['area']}/delete"):
        assert stranger.post(address, data={"name": "Taken"}).status_code == 404


# -- reach -------------------------------------------------------------------------------------------------------------


def test_reach_becomes_an_area_and_says_that_it_is_an_estimate(login_as, session, rep):
    shops(session, rep)
    make.make_account(session, rep, at=(-76.5, 40.27))
    client = login_as(rep)
    found = client.post("/map/reach", data={"lon": "-76.88", "lat": "40.27", "minutes": "15", "mode": "car"}).json
    assert (found["is_estimate"], found["note"]) == (True, "15 minutes by car, an estimate")
    assert 'data-count="3"' in client.get("/map/selected", query_string={"area": found["area"]}).text


@pytest.mark.parametrize(
    "words", [{"minutes": "0"}, {"minutes": "x"}, {"mode": "boat"}, {"lon": "nan"}, {"lat": "95"}, {"lon": ""}]
)
def test_odd_reaches_are_refused(login_as, rep, words):
    usual = {"lon": "-76.88", "lat": "40.27", "minutes": "15", "mode": "car"}
    answer = login_as(rep).post("/map/reach", data={**usual, **words}, headers={"Accept": "application/json"})
    assert answer.status_code == 422


# -- searching a place -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("47.1, 9.5", (9.5, 47.1)), ("47.1 9.5", (9.5, 47.1)), ("-33.9;151.2", (151.2, -33.9)), ("40.27N 76.88W", (-76.88, 40.27)),
        ("W 76.88, N 40.27", (-76.88, 40.27)), ("151.2, -33.9", (151.2, -33.9)), ("47.1°, 9.5°", (9.5, 47.1)), ("40 N, 76 W", (-76.0, 40.0)),
        ("40 76", None), ("17101", None), ("95.0, 200.0", None), ("47.1", None), ("Main Street 5.5, 7", None), ("40N 41.0N", None), ("", None),
    ],
)  # fmt: skip
def test_coordinates_are_read_as_people_write_them(text, place):
    assert coordinates(text) == place


def test_the_search_flies_to_coordinates(login_as, rep):
    page = login_as(rep).get("/map/found", query_string={"q": "47.1, 9.5"}).text
    assert "a position" in page
    west, south, east, north = json.loads(re.search(r'data-bounds="(\[[^"]+\])"', page).group(1))
    assert (west < 9.5 < east, south < 47.1 < north) == (True, True)


def test_a_card_leads_to_what_is_near_its_account(login_as, session, rep):
    (shop,) = shops(session, rep, 1)
    page = login_as(rep).get(f"/map/accounts/{shop.uuid}").text
    assert 'data-near-account="-76.88,40.27"' in page
