"""The stored day: what a phone keeps, and when it is another."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import select

from gcrm.core import clock
from gcrm.core.config import settings
from gcrm.core.geo import lon_lat
from gcrm.core.models import Organisation
from gcrm.customers import services as customers
from gcrm.customers.models import Account
from gcrm.field import snapshot_queries
from gcrm.orders import services as order_services
from gcrm.orders.basket import Wish
from gcrm.orders.models import Order
from gcrm.routing import live_services
from gcrm.routing.roads.build import build
from gcrm.visits import photo_services, question_services
from gcrm.visits import services as visits
from gcrm.visits.models import VisitQuestion, VisitType
from tests import factories as make
from tests.field.conftest import ZONE, make_day
from tests.field.phone import ident
from tests.field.test_photos import jpeg
from tests.routing.roads import osm


@pytest.fixture
def client(login_as, rep):
    return login_as(rep)


def read(client):
    return client.get("/field/day.json").json


def test_a_day_has_its_stops_with_their_pages_and_pieces(client, session, rep, day, accounts):
    make.make_contact(session, accounts[0], name="Ms Ames", phone="555 0101")
    make.make_opportunity(session, accounts[0], rep, name="Forklifts")
    (today,) = read(client)["days"]
    assert (today["day"], today["is_published"]) == (clock.today(ZONE).isoformat(), True)
    first, second = today["stops"]
    assert (first["name"], first["account"], first["status"], first["position"]) == (
        "Alpha",
        str(accounts[0].uuid),
        "ahead",
        1,
    )
    assert first["pages"]["stop"]["title"] == "Alpha"
    assert first["pages"]["stop"]["back"] == "/field/"
    assert "Ms Ames" in first["pages"]["stop"]["main"]
    assert "Forklifts" in first["pages"]["stop"]["main"]
    assert "Check in" in first["pages"]["stop"]["actions"]
    assert "Ms Ames" not in str(second)
    assert "Next stop" in first["pieces"]["card"]
    assert "Skipped" in first["pieces"]["skipped"]
    assert "Done" in first["pieces"]["done"]
    assert "2 stops" in today["strip"]


def test_a_stored_page_says_what_the_servers_page_says(client, day):
    (today,) = read(client)["days"]
    for stop in today["stops"]:
        page = client.get(f"/field/stops/{stop['id']}").get_data(as_text=True)
        assert (
            stop["pages"]["stop"]["actions"].removeprefix('<div data-when="ahead">').split('name="csrf_token"')[0]
            in page
        )


def test_the_page_of_a_visit_to_come_leaves_room_for_its_id(client, day):
    (today,) = read(client)["days"]
    page = today["stops"][0]["pages"]["visit"]
    assert page["title"] == "Alpha"
    assert 'name="outcome"' in page["main"]
    assert "csrf" not in str(page).replace('name="csrf_token" value=""', "")


def test_today_is_there_without_a_plan_and_three_days_with_one_at_most(client, session, rep):
    today = clock.today(ZONE)
    for ahead in range(1, 6):
        make_day(session, rep, (f"Day {ahead}",), today + dt.timedelta(days=ahead))
    days = read(client)["days"]
    assert [day["day"] for day in days] == [(today + dt.timedelta(days=n)).isoformat() for n in range(4)]
    assert (days[0]["plan"], days[0]["stops"], days[0]["map"]) == (None, [], None)


def test_accounts_near_the_way_come_first_and_others_of_the_own(client, session, rep, day):
    make.make_account(
        session,
        rep,
        at=(-76.89, 40.28),
        name="Near",
        tier="B",
        phone="555 0100",
        last_visited_on=clock.today(ZONE) - dt.timedelta(days=40),
        cadence_days=30,
    )
    make.make_account(session, rep, at=(-70.0, 45.0), name="Far")
    make.make_account(session, rep, name="Gone", status="former")
    make.make_account(session, make.make_user(session), name="Theirs")
    found = read(client)["accounts"]
    assert [one["name"] for one in found] == ["Alpha", "Beta", "Near", "Far"]
    assert (found[2]["overdue"], found[2]["tier"], found[2]["phone"]) == (10, "B", "555 0100")


def test_the_days_picture_has_the_main_roads_that_were_built(client, day, tmp_path, monkeypatch):
    before = client.get("/field/day.json")
    assert "day-map-road" not in before.json["days"][0]["map"]
    lon, lat = lon_lat(day.stops[0].location)
    nodes = {1: (lat, lon - 0.1), 2: (lat, lon), 3: (lat + 0.1, lon)}
    streets = [([1, 2], {"highway": "trunk"}), ([2, 3], {"highway": "secondary"})]
    build(osm(tmp_path / "town.osm", nodes, streets), tmp_path / "roads", clock.now())
    monkeypatch.setattr(snapshot_queries, "settings", lambda: replace(settings(), data=str(tmp_path)))
    later = client.get("/field/day.json", headers={"If-None-Match": before.headers["ETag"]})
    assert later.status_code == 200
    picture = later.json["days"][0]["map"]
    assert 'class="day-map-road motorway" d="M' in picture
    assert 'class="day-map-road secondary" d="M' in picture


def test_own_tasks_are_there_until_they_are_done(client, session, rep, day, accounts):
    task = make.make_task(session, accounts[0], rep, title="Send samples")
    make.make_task(session, accounts[0], make.make_user(session), title="Not mine")
    assert [one["title"] for one in read(client)["tasks"]] == ["Send samples"]
    visits.finish_task(session, task)
    assert read(client)["tasks"] == []


def test_an_account_out_of_sight_has_no_id_and_nothing_of_its_own(client, session, day, accounts):
    accounts[0].owner_id = make.make_user(session).id
    accounts[0].note = "Secret"
    session.flush()
    document = read(client)
    first = document["days"][0]["stops"][0]
    assert (first["name"], first["account"]) == ("Alpha", None)
    assert "with somebody else by now" in first["pages"]["stop"]["main"]
    assert "Secret" not in str(document)


def version(client):
    return client.get("/field/day.json").headers["ETag"]


def test_what_did_not_change_is_not_sent_again(client, day):
    mark = version(client)
    again = client.get("/field/day.json", headers={"If-None-Match": mark})
    assert (again.status_code, again.data) == (304, b"")
    hello = client.get("/field/hello", headers={"X-Field-Phone": ident()}).json
    assert hello["snapshot"] == mark.strip('"')


def edit_contact(session, account, rep):
    customers.create_contact(session, account, {"name": "Ms Ames"})


def edit_note(session, account, rep):
    customers.update_account(session, account, {"note": "Ring twice"})


def log(session, account, rep):
    visits.log_visit(session, account=account, user_id=rep.id, outcome="order", zone=ZONE)


def add_task(session, account, rep):
    visits.add_task(session, account_id=account.id, user_id=rep.id, title="Send samples")


def add_deal(session, account, rep):
    make.make_opportunity(session, account, rep)


def lose(session, account, rep):
    account.owner_id = make.make_user(session).id
    session.flush()


def rename(session, account, rep):
    rep.name = "Another Name"
    session.flush()


@pytest.mark.parametrize("change", [edit_contact, edit_note, log, add_task, add_deal, lose, rename])
def test_another_version_whenever_something_of_it_changed(client, session, rep, day, accounts, change):
    before = version(client)
    change(session, accounts[0], rep)
    assert version(client) != before


def tell_late(session, plan, products):
    live_services.tell_late(session, plan, 15, clock.now())


def tell_later(session, plan, products):
    """The same minutes, told again."""
    plan.late_minutes, plan.late_at = plan.late_minutes, clock.now() + dt.timedelta(minutes=1)


def accept(session, plan, products):
    live_services.accept(session, plan, clock.now())


def change_price(session, plan, products):
    order_services.set_price(session, products[0], 999, "USD", clock.today(ZONE))


def rename_product(session, plan, products):
    order_services.save_product(session, products[0], name="Another name")


def take_product_off(session, plan, products):
    order_services.save_product(session, products[0], is_active=False)


def ask_more(session, plan, products):
    question_services.save_question(session, label="Poster hung?", kind="yes_no")


def change_choices(session, plan, products):
    question = session.scalar(select(VisitQuestion))
    question_services.save_question(session, question, choices=["full", "half", "empty"])


def add_visit_type(session, plan, products):
    question_services.save_type(session, name="Delivery")


def rename_visit_type(session, plan, products):
    question_services.save_type(session, session.scalar(select(VisitType).order_by(VisitType.id)), name="Count")


def add_photo(session, plan, products):
    photo_services.add_photo(session, plan.stops[0].visit, user_id=plan.rep_id)


def bring_picture(session, plan, products):
    photo_services.keep_picture(session, plan.stops[0].visit.photos[0], jpeg())


def take_order(session, plan, products):
    order_services.place_order(
        session, account_id=plan.stops[0].account_id, user_id=plan.rep_id, currency="USD",
        wishes=[Wish(products[0].uuid, Decimal(2))], visit=plan.stops[0].visit.uuid,
    )  # fmt: skip


def cancel_order(session, plan, products):
    order_services.cancel_order(session, session.scalar(select(Order)), plan.rep_id)


def tell_of_visit(session, plan, products):
    visits.finish_visit(session, plan.stops[0].visit, outcome="order", zone=ZONE, products=[products[0].uuid])


def explain(session, plan, products):
    visits.explain_distance(session, plan.stops[0].visit, "The back gate")


def widen_radius(session, plan, products):
    session.get(Organisation, 1).check_in_metres = 200


def plan_a_later_day(session, plan, products):
    make_day(session, plan.rep, ("Gamma",), plan.day + dt.timedelta(days=4))


@pytest.mark.parametrize(
    "change",
    [tell_late, tell_later, accept, change_price, rename_product, take_product_off, ask_more, change_choices, add_visit_type,
     rename_visit_type, add_photo, bring_picture, take_order, cancel_order, tell_of_visit, explain, widen_radius, plan_a_later_day],
)  # fmt: skip
def test_another_version_with_what_other_domains_put_in(client, session, rep, day, accounts, change):
    stop = day.stops[0]
    stop.visit = make.make_visit(session, accounts[0], rep, status="arrived", arrived_at=clock.now())
    stop.status = "arrived"
    products = [make.make_product(session)]
    stock = question_services.save_type(session, name="Stock check")
    question_services.save_question(session, label="Shelf", kind="choice", choices=["full", "empty"], visit_type=stock)
    question_services.save_type(session, name="Without questions")
    for ahead in (1, 2):
        make_day(session, rep, (f"Day {ahead}",), day.day + dt.timedelta(days=ahead))
    photo_services.add_photo(session, stop.visit, user_id=rep.id)
    take_order(session, day, products)
    tell_late(session, day, products)
    session.flush()
    session.expire_all()
    before = version(client)
    assert version(client) == before
    change(session, day, products)
    session.flush()
    assert version(client) != before


def test_what_was_ordered_stands_on_the_stored_page_of_the_visit(client, session, rep, day, accounts):
    day.stops[0].visit = make.make_visit(session, accounts[0], rep, status="arrived", arrived_at=clock.now())
    take_order(session, day, [make.make_product(session)])
    page = read(client)["days"][0]["stops"][0]["pages"]["visit"]
    assert "$21.00" in page["main"]


def test_a_stop_that_changed_is_another_version(client, phone, stops):
    before = version(client)
    phone.send(phone.act("skipped", stop=stops()[0].uuid))
    assert version(client) != before


def test_a_number_of_statements_that_does_not_grow_with_the_stops(client, session, rep, day, count_queries):
    read(client)
    count_queries.clear()
    read(client)
    few = len(count_queries)
    for ahead in (1, 2):
        make_day(session, rep, [f"Stop {ahead}.{n}" for n in range(15)], clock.today(ZONE) + dt.timedelta(days=ahead))
    count_queries.clear()
    read(client)
    assert (
        len(count_queries) <= few + 6
    )  # of each day: the borders of its map, its zone, its accounts' ids for other apps
    assert few < 60


def test_the_day_is_sent_compressed(client, session, rep):
    make_day(session, rep, [f"Stop {n}" for n in range(15)])
    plain = client.get("/field/day.json")
    packed = client.get("/field/day.json", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.data) < len(plain.data) / 5


def test_the_map_has_every_stop_with_its_number(client, session, day):
    (today,) = read(client)["days"]
    assert all(f'data-stop="{stop["id"]}"' in today["map"] for stop in today["stops"])
    assert "style=" not in today["map"]
    assert session.get(Account, day.stops[0].account_id).name not in today["map"]
