from __future__ import annotations

import pytest
from sqlalchemy import select, text

from gcrm.geography import services
from gcrm.geography.models import Placing
from tests import factories as make


@pytest.fixture
def planner(session, login_as):
    make.make_organisation(session)
    return login_as(make.make_user(session, "planner"))


def test_without_regions_the_page_offers_to_load_them(planner):
    page = planner.get("/regions/loaded").text
    assert "No regions yet" in page
    assert page.index("United States") < page.index("South Korea")


def test_loading_is_queued_and_its_progress_shown(planner, session):
    assert planner.post("/regions/loaded", data={"country": "us"}).status_code == 302
    placing = session.scalar(select(Placing))
    assert session.scalar(text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'geography.load'")) == 1
    assert f"/regions/placings/{placing.uuid}" in planner.get("/regions/loaded").text
    said = planner.get(f"/regions/placings/{placing.uuid}").json
    assert (said["state"], said["total"], said["result_url"]) == ("waiting", None, None)


def test_what_is_loaded_is_counted_with_the_accounts(planner, session):
    make.make_region(session, west=-77, south=40)
    make.make_account(session, at=(-76.5, 40.5))
    make.make_account(session, at=(10, 10))
    page = planner.get("/regions/loaded").text
    assert "Load again" in page
    assert "Outside every region" in page


def test_progress_tells_how_many_are_placed_and_when_it_is_done(planner, session):
    region = make.make_region(session, west=-77, south=40)
    for _ in range(3):
        make.make_account(session, at=(-76.5, 40.5))
    placing = services.open_placing(session, "regions", "us", [region.id])
    services.begin_placing(session, placing)
    services.place_chunk(session, placing, 2)
    session.flush()
    said = planner.get(f"/regions/placings/{placing.uuid}").json
    assert (said["state"], said["done"], said["total"], said["text"]) == ("running", 2, 3, "2 of 3 accounts placed")
    services.place_chunk(session, placing, 2)
    session.flush()
    assert planner.get(f"/regions/placings/{placing.uuid}").json["result_url"] == "/regions/loaded"


def test_a_failed_load_says_so(planner, session):
    placing = services.open_placing(session, "regions", "us")
    services.fail_placing(session, placing.id, "The package plotly-geo is not installed.")
    session.flush()
    assert "The package plotly-geo is not installed." in planner.get("/regions/loaded").text


@pytest.mark.parametrize("country", ["", "de", "xx'"])
def test_a_country_that_no_package_ships_is_refused(planner, country):
    assert planner.post("/regions/loaded", data={"country": country}).status_code == 422


@pytest.mark.parametrize("role", ["rep", "manager", "marketer", "service"])
def test_only_planners_and_admins_load_regions(session, login_as, role):
    make.make_organisation(session)
    client = login_as(make.make_user(session, role))
    assert client.get("/regions/loaded").status_code == 403
    assert client.post("/regions/loaded", data={"country": "us"}).status_code == 403
