from __future__ import annotations

import csv

import pytest
from geoalchemy2.shape import to_shape
from sqlalchemy import func, select, text

from gcrm.core.errors import Forbidden, Invalid
from gcrm.core.models import AuditEntry
from gcrm.customers.models import Account
from gcrm.exchange.mapping import Options
from gcrm.exchange.models import ImportRow
from gcrm.exchange.services import batches
from tests.factories import make_account, make_region, make_territory, make_user

FILES = ("us-auto-parts-stores.csv", "us-groceries.csv", "us-home-improvement.csv", "kr-seoul-cafes.csv")


def figures(batch) -> tuple[int, ...]:
    return batch.read, batch.created, batch.updated, batch.unchanged, batch.rejected


@pytest.mark.parametrize("file", FILES)
def test_the_real_files_import_without_editing(session, bring, rejects, shared, file):
    with (shared / "accounts" / file).open(encoding="utf-8-sig", newline="") as opened:
        lines = list(csv.DictReader(opened))
    first = bring(shared / "accounts" / file, values={"status": "prospect"})
    # One store of the auto parts file is in it twice: row 5220 is row 4604 again.
    repeated = {5220: "The row repeats row 4604."} if "auto" in file else {}
    assert rejects(first) == repeated
    assert figures(first) == (len(lines), len(lines) - len(repeated), 0, 0, len(repeated))
    assert session.scalar(select(func.count()).select_from(Account)) == len(lines) - len(repeated)
    without = sum(not (line.get("latitude", "x") and line.get("longitude", "x")) for line in lines) - len(repeated)
    assert first.unplaced == without
    second = bring(shared / "accounts" / file, values={"status": "prospect"})
    assert figures(second) == (len(lines), 0, 0, len(lines) - len(repeated), len(repeated))


def test_known_cells_of_the_real_files_arrive(bring, account, shared):
    for file in FILES:
        bring(shared / "accounts" / file, values={"status": "prospect"})
    store = account(source="us-auto-parts-stores", external_id="5000")
    assert (store.name, store.street, store.city, store.region) == (
        "AutoZone 5000",
        "1621 E Financial Dr",
        "Wasilla",
        "AK",
    )
    assert (store.postcode, store.country, store.phone_e164) == ("99654", "us", "+19073579155")
    assert (to_shape(store.location).x, to_shape(store.location).y) == (-149.409646, 61.576392)
    assert store.extra == {"timezone": "America/Anchorage", "state_name": "Alaska", "brand": "AutoZone"}
    assert (store.status, store.location_source, store.timezone) == ("prospect", "file", "America/Anchorage")
    market = account(source="us-groceries", external_id="0770")
    assert (market.name, market.postcode, market.extra["date_opened"]) == ("Giant", "22401", "2006-10-01")
    hardware = account(source="us-home-improvement", external_id="801")
    assert (hardware.name, hardware.phone, hardware.extra["brand"]) == ("W Mobile", "(251)634-0351", "Home Depot")
    cafe = account(source="kr-seoul-cafes", external_id="25435527")
    assert (cafe.name, cafe.street, cafe.city) == (
        "이디야커피 신길역점",
        "서울특별시 영등포구 영등포로 353",
        "영등포구",
    )
    assert (cafe.postcode, cafe.country, cafe.region) == ("07318", "kr", "서울특별시")
    assert cafe.extra["구우편번호"] == "150050"


def test_chains_that_number_their_stores_alike_stay_apart_by_source(bring, write, session):
    bring(write("id,name", "1,A", name="one.csv"))
    batch = bring(write("id,name", "1,B", name="two.csv"))
    assert batch.created == 1
    again = bring(write("id,name", "1,A2", name="three.csv"), source="one")
    assert figures(again) == (1, 0, 1, 0, 0)
    assert sorted(session.scalars(select(Account.name))) == ["A2", "B"]


def test_without_an_id_name_postcode_and_street_say_which_account_it_is(bring, write, account):
    bring(write("name,zip,street,phone", "Joe's Diner,17101,1 Main St,", "Joe's Diner,17102,1 Main St,"))
    batch = bring(write("name,zip,street,phone", "JOES DINER,17101,1 Main St.,717-555-1234"))
    assert figures(batch) == (1, 0, 1, 0, 0)
    assert account(postcode="17101").phone == "717-555-1234"


def test_an_account_made_by_hand_is_met_by_its_name_and_address(session, organisation, bring, write):
    made = make_account(session, name="한빛 상사", postcode="04524", street="세종대로 110")
    batch = bring(write("name,postcode,street,tier", "한빛상사,04524,세종대로 110,A"))
    assert batch.updated == 1
    session.refresh(made)
    assert made.tier == "A"


def test_two_accounts_alike_are_not_guessed_between(session, bring, write, rejects, organisation):
    for _twin in range(2):
        make_account(session, name="Twin", postcode="17101", street="1 Main")
    batch = bring(write("name,postcode,street,tier", "Twin,17101,1 Main,A"))
    assert rejects(batch) == {2: "2 accounts have this name and address; give an external_id to say which."}


def test_the_later_of_two_rows_with_one_key_is_rejected(bring, write, rejects, account):
    batch = bring(write("id,name", "1,First", "2,Other", "1,Second"))
    assert rejects(batch) == {4: "The row repeats row 2."}
    assert account(external_id="1").name == "First"


def test_a_row_is_not_taken_for_a_repetition_of_a_rejected_one(bring, write, rejects):
    batch = bring(write("id,name,tier", "1,First,Z", "1,Second,A", "2,Other,B", "3,More,A"))
    assert list(rejects(batch)) == [2]
    assert batch.created == 3


def test_rows_with_and_without_an_id_meet_their_own_accounts_again(bring, write, rejects):
    lines = ("id,name,zip", ",Shop,17101", "5,Shop,17101", ",Shop,17102")
    first, second = bring(write(*lines)), bring(write(*lines))
    assert figures(first) == (3, 3, 0, 0, 0)
    assert figures(second) == (3, 0, 0, 3, 0)
    # The other way round the row without an id says nothing that the one before it does not.
    other = ("id,name,zip", "7,Store,17101", ",Store,17101")
    assert rejects(bring(write(*other))) == rejects(bring(write(*other))) == {3: "The row repeats row 2."}


def test_gcrms_own_id_finds_an_account_whose_name_was_mended(session, bring, write, organisation, account):
    made = make_account(session, name="Olt name")
    batch = bring(write("gcrm_id,name", f"{made.uuid},Old name"))
    assert batch.updated == 1
    assert account(uuid=made.uuid).name == "Old name"


def test_an_unknown_gcrm_id_is_rejected(bring, write, rejects):
    batch = bring(write("gcrm_id,name", "00000000-0000-4000-8000-000000000000,A", "rubbish,B"))
    assert "no account with this gcrm_id" in rejects(batch)[2]
    assert "“rubbish” is no id that gcrm gave out" in rejects(batch)[3]


def test_an_empty_cell_leaves_the_field_alone(bring, write, account):
    bring(write("id,name,phone,tier", "1,A,717-555-1234,B"))
    batch = bring(write("id,name,phone,tier", "1,A,,C"))
    assert batch.updated == 1
    found = account(external_id="1")
    assert (found.phone, found.tier) == ("717-555-1234", "C")


def test_columns_that_the_file_lacks_stay(session, bring, write, account):
    bring(write("id,name,lat,lon,tier", "1,A,40.27,-76.88,B"))
    bring(write("id,annual value", "1,1200.50"))
    found = account(external_id="1")
    assert (found.name, found.tier, found.annual_value_minor, found.location is not None) == ("A", "B", 120050, True)


def test_an_update_keeps_what_it_overwrote(bring, write, row):
    bring(write("id,name,tier", "1,A,B"))
    batch = bring(write("id,name,tier", "1,A,C"))
    assert row(batch, 2).before == {"tier": "B"}


def test_a_row_of_an_unknown_id_without_a_name_is_rejected(bring, write, rejects):
    batch = bring(write("id,tier", "1,A", name="shops.csv"))
    assert rejects(batch) == {2: "The row has no name, and no account of shops has the id 1."}


def test_rows_without_a_place_are_created_and_counted(bring, write, account, row):
    batch = bring(write("id,name,lat,lon", "1,A,,", "2,B,0,0", "3,C,40.27,", "4,D,40.27,-76.88"))
    assert (batch.created, batch.unplaced) == (4, 3)
    assert account(external_id="1").location is None
    assert row(batch, 3).reason == "Longitude and latitude 0 are no place, so it was taken without one."
    assert row(batch, 4).reason == "Only the latitude is given, so it was taken without a place."


def test_impossible_rows_are_rejected_with_every_fault_and_their_cells(bring, write, rejects, row):
    batch = bring(
        write(
            "id,name,lat,lon,tier,annual value",
            "1,A,-76.88,40.27,B,1",
            "2,B,95,-76,,",
            '3,C,x,1,Z,"1,2"',
            "4,D,40,-76,A,5",
        )
    )
    assert batch.created == 1
    reasons = rejects(batch)
    assert reasons[2] == "Latitude -76.88 and longitude 40.27 look swapped."
    assert reasons[3] == "Latitude 95 is out of range; it goes from -90 to 90."
    assert "lat: “x”" in reasons[4]
    assert "tier: “Z”" in reasons[4]
    assert "annual value: “1,2”" in reasons[4]
    assert row(batch, 4).raw == ["3", "C", "x", "1", "Z", "1,2"]


def test_a_point_whose_mirror_image_lies_in_a_region_of_its_country_is_swapped(session, bring, write, rejects):
    make_region(session, country="fr", west=2.0, south=48.0, size=1.0)
    batch = bring(
        write("id,name,country,lat,lon", "1,A,France,2.35,48.85", "2,B,France,48.85,2.35", "3,C,France,10,10")
    )
    assert rejects(batch) == {2: "Latitude 2.35 and longitude 48.85 look swapped: the other way round they lie in FR."}
    assert batch.outside == 1


def test_money_becomes_minor_units_of_its_currency(bring, write, account, rejects):
    batch = bring(
        write(
            "id,name,annual value,currency", "1,A,1200.5,USD", "2,B,1200,KRW", "3,C,12.5,KRW", "4,D,7,", "5,E,1.005,USD"
        )
    )
    assert account(external_id="1").annual_value_minor == 120050
    assert (account(external_id="2").annual_value_minor, account(external_id="2").currency) == (1200, "KRW")
    assert (account(external_id="4").annual_value_minor, account(external_id="4").currency) == (700, "USD")
    assert rejects(batch) == {
        4: "An amount has more decimals than KRW has.",
        6: "An amount has more decimals than USD has.",
    }


def test_an_amount_without_a_currency_is_in_the_accounts_own(session, bring, write, organisation, account):
    make_account(session, name="Won", currency="KRW", annual_value_minor=500, external_id="1", source="shops")
    bring(write("id,annual value", "1,700"))
    assert (account(external_id="1").annual_value_minor, account(external_id="1").currency) == (700, "KRW")


def test_a_new_currency_keeps_the_amounts_that_the_row_does_not_bring(session, bring, write, organisation, account):
    make_account(session, name="A", currency="KRW", annual_value_minor=500, external_id="1", source="shops")
    bring(write("id,currency", "1,USD"))
    assert (account(external_id="1").annual_value_minor, account(external_id="1").currency) == (50000, "USD")


def test_a_named_owner_stays_and_others_follow_the_territory(session, bring, write, organisation, account):
    county = make_region(session, west=-77.0, south=40.0)
    holder, other = make_user(session), make_user(session, email="kim@acme.example")
    make_territory(session, holder, (county,))
    batch = bring(
        write("id,name,lat,lon,owner", "1,A,40.5,-76.5,", "2,B,40.5,-76.5,KIM@acme.example", "3,C,40.5,-76.5,nobody@acme.example",
              "4,D,50,-100,", "5,E,,,kim@acme.example")
    )  # fmt: skip
    first, second = account(external_id="1"), account(external_id="2")
    assert (first.owner_id, first.owner_named, first.county_id) == (holder.id, False, county.id)
    assert (second.owner_id, second.owner_named) == (other.id, True)
    assert account(external_id="4").owner_id is None
    assert account(external_id="4").placed == "outside"
    assert account(external_id="5").owner_id == other.id
    assert batch.rejected == 1


def test_somebody_inactive_is_no_owner(session, bring, write, organisation, rejects):
    gone = make_user(session, email="gone@acme.example", name="Kim", active=False)
    make_account(session, gone, external_id="2", source="shops", name="B")
    batch = bring(write("id,name,owner", "1,A,gone@acme.example", "2,B,gone@acme.example", "3,C,nobody@acme.example"))
    assert rejects(batch) == {
        2: "owner: Kim is not active any more.", 4: "owner: there is nobody with the address nobody@acme.example.",
    }  # fmt: skip
    assert batch.unchanged == 1


def test_tags_hours_status_and_country_are_read(bring, write, account):
    bring(
        write("id,name,tags,opening hours,status,country,website,visit minutes,cadence days",
              "1,A,vip; north ;vip,Mo-Fr 09:00-17:00,거래중,대한민국,acme.example,30,14.0")
    )  # fmt: skip
    found = account(external_id="1")
    assert (found.tags, found.opening_hours, found.status) == (["vip", "north"], "Mo-Fr 09:00-17:00", "customer")
    assert (found.country, found.website, found.visit_minutes, found.cadence_days) == (
        "kr",
        "https://acme.example",
        30,
        14,
    )


def test_a_phone_that_is_none_is_kept_beside_the_fields(bring, write, account, row):
    batch = bring(write("id,name,phone", "1,A,call reception"))
    found = account(external_id="1")
    assert (batch.created, found.phone, found.extra) == (1, None, {"phone": "call reception"})
    assert "kept beside the fields" in row(batch, 2).reason


def test_a_column_whose_values_are_something_else_is_not_taken_for_the_field(bring, write, account):
    bring(write("id,name,status,country", "1,A,영업/정상,Westeros", "2,B,영업/정상,Essos"))
    assert account(external_id="1").extra == {"status": "영업/정상", "country": "Westeros"}


@pytest.mark.parametrize("code", [5179, 5174, 32618, 3857])
def test_coordinates_of_other_systems_are_transformed(session, bring, write, account, code):
    lon, lat = (-76.88, 40.27) if code in (32618, 3857) else (127.0, 37.5)
    x, y = session.execute(
        text("SELECT ST_X(p), ST_Y(p) FROM ST_Transform(ST_SetSRID(ST_MakePoint(:x, :y), 4326), :code) AS p"),
        {"x": lon, "y": lat, "code": code},
    ).one()
    bring(write("id,name,x,y", f"1,A,{x!r},{y!r}"), crs=f"EPSG:{code}")
    point = to_shape(account(external_id="1").location)
    assert (point.x, point.y) == (pytest.approx(lon, abs=1e-6), pytest.approx(lat, abs=1e-6))


def test_a_point_that_its_system_does_not_have_is_rejected(bring, write, rejects):
    batch = bring(write("id,name,x,y", "1,A,1e30,1e30", "2,B,953898,1952032"), crs="EPSG:5179")
    assert batch.created == 1
    assert "is no place in the coordinate system EPSG:5179" in rejects(batch)[2]


def test_an_unknown_coordinate_system_refuses_the_file(bring, write):
    with pytest.raises(Invalid, match="EPSG:99999 is no coordinate system that the database knows"):
        bring(write("id,name,x,y", "1,A,1,2"), crs="EPSG:99999")
    with pytest.raises(Invalid, match="“Mars” is no coordinate system"):
        bring(write("id,name,x,y", "1,A,1,2"), crs="Mars")


def test_every_fault_of_the_options_is_named(bring, write):
    with pytest.raises(Invalid) as caught:
        bring(
            write("id,name", "1,A"), mapping={"Phone": "phone", "name": "nonsense"}, values={"tier": "Z", "name": "A"}
        )
    said = " ".join(caught.value.details["lines"])
    assert all(part in said for part in ("no column “Phone”", "“nonsense” is no field", "“Z” is not one of"))


def test_a_mapping_by_hand_wins_over_the_headers(bring, write, account):
    bring(write("name,shop,code", "ignored,A,77"), mapping={"shop": "name", "name": ""}, key="code")
    found = account(name="A")
    assert (found.external_id, found.extra) == ("77", {"name": "ignored"})


def test_a_file_in_which_nothing_is_recognised_is_refused_with_its_columns(bring, write):
    with pytest.raises(Invalid, match=r"No column is recognised as the name.*The columns are: foo, bar"):
        bring(write("foo,bar", "1,A"))


def test_more_rows_than_allowed_are_refused(session, bring, write, monkeypatch):
    from gcrm.core import config

    monkeypatch.setattr(batches.staging, "settings", lambda: config.Settings(import_rows=2))
    with pytest.raises(Invalid, match="more than 2 rows"):
        bring(write("id,name", "1,A", "2,B", "3,C"))


def test_a_row_that_only_the_database_refuses_does_not_take_others_with_it(session, bring, write, rejects, monkeypatch):
    from gcrm.exchange import mapping

    monkeypatch.setitem(mapping.PARSERS, "visit_minutes", int)
    batch = bring(write("id,name,visit minutes", "1,A,10", "2,B,-5", "3,C,30", "4,D,-1"))
    assert (batch.created, list(rejects(batch))) == (2, [3, 5])
    assert "visit_minutes" in rejects(batch)[3]


def test_another_accounts_id_is_not_taken_over(session, bring, write, rejects, organisation):
    make_account(session, name="A", external_id="1", source="shops")
    other = make_account(session, name="B")
    batch = bring(write("gcrm_id,external_id", f"{other.uuid},1"))
    assert rejects(batch) == {2: "Another account has the id 1 of shops already."}


def test_the_audit_entry_carries_the_batch(session, bring, write):
    batch = bring(write("id,name", "1,A", "2,B"))
    entries = session.scalars(select(AuditEntry).where(AuditEntry.table_name == "accounts")).all()
    assert [(entry.operation, entry.rows, entry.batch_id) for entry in entries] == [("insert", 2, batch.id)]


def test_reps_and_managers_do_not_import(session, organisation, as_user, write):
    path = write("id,name", "1,A")
    for role in ("rep", "manager", "marketer", "service"):
        with as_user(make_user(session, role)) as theirs, pytest.raises(Forbidden):
            batches.open_batch(theirs, kind="accounts", filename=path.name)
    with as_user(make_user(session, "planner")) as theirs, pytest.raises(Forbidden):
        batches.open_batch(theirs, kind="people", filename=path.name)


def test_a_key_of_an_account_out_of_sight_says_with_whom_it_is(session, organisation, as_user, write):
    """Imports run as people who see all; should that change, a hidden account is neither met nor doubled."""
    from gcrm.exchange import account_rows, reading
    from gcrm.exchange.mapping import resolve
    from gcrm.exchange.rows import Context
    from gcrm.exchange.services import accounts, staging

    owner, me = make_user(session, name="Kim"), make_user(session)
    make_account(session, owner, name="Hidden", external_id="1", source="shops")
    make_account(session, owner, name="Also", postcode="17101", street="1 Main")
    make_account(session, me, name="Mine", external_id="3", source="shops")
    table = reading.open_table(write("id,name,zip,street", "1,A,,", ",also,17101,1 Main", "3,Mine,17102,", "4,New,,"))
    columns = resolve("accounts", table, Options())
    with as_user(me) as theirs:
        reader = account_rows.reader(columns, Context("us"))
        staging.stage(theirs, reader, table.rows(), account_rows.COLUMNS, batches._silent, 4)
        accounts.merge(theirs, columns, accounts.Usual("shops", "us", "USD"), 4, batches._silent)
        fates = {
            n: (o, r) for n, o, r in theirs.execute(text("SELECT number, outcome, reason FROM fate ORDER BY number"))
        }
    assert fates[2] == fates[3] == ("rejected", "This account is already with Kim.")
    assert (fates[4][0], fates[5][0]) == ("updated", "created")


def test_rows_are_found_again_in_the_order_of_the_file(session, bring, write):
    batch = bring(write("id,name", "1,A", "", "2,B", "3"))
    rows = session.scalars(select(ImportRow).where(ImportRow.batch_id == batch.id).order_by(ImportRow.number)).all()
    assert [(row.number, row.outcome) for row in rows] == [(2, "created"), (4, "created"), (5, "rejected")]
    assert rows[2].raw == ["3"]
    assert rows[0].raw is None
