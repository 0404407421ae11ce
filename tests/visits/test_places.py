"""Positions fade after thirty days, wherever they are kept."""

from __future__ import annotations

import datetime as dt
import io

import pytest
from PIL import Image
from sqlalchemy import func, select, text

from gcrm.core import clock, held_places, jobs
from gcrm.core.geo import ewkt, lon_lat, metres_between
from gcrm.routing.models import DayPlan
from gcrm.visits import photo_services
from gcrm.visits.models import Visit, VisitPhoto
from gcrm.visits.proof import CELL_REACH_METRES, EXACT_DAYS
from tests import factories as make

HERE = (-76.8812345, 40.2712345)


def centre(session, lon, lat):
    found = func.gcrm_cell_centre(func.ST_SetSRID(func.ST_MakePoint(lon, lat), 4326))
    return session.execute(select(func.ST_X(found), func.ST_Y(found))).one()


@pytest.mark.parametrize(
    "place", [HERE, (127.03, 37.5), (179.9999, -0.0001), (-180, 65.2), (12.5, 89.99), (0, -90), (180, 12)]
)
def test_the_middle_of_the_square_is_near_and_the_same_for_all_in_it(session, place):
    middle = centre(session, *place)
    assert -180 <= middle[0] <= 180
    assert metres_between(place, tuple(middle)) <= CELL_REACH_METRES
    assert centre(session, *middle) == pytest.approx(middle, abs=1e-9)


def test_a_square_is_about_a_kilometre(session):
    """Neighbours in a row of points a hundred metres apart share their middle about ten times."""
    middles = {
        tuple(centre(session, -76.88 + n * 0.00118, 40.27)) for n in range(100)
    }  # 100 m of longitude at 40.27 degrees
    assert 9 <= len(middles) <= 12


@pytest.fixture
def made(session, company):
    def visit(days, **given):
        at = clock.now() - dt.timedelta(days=days)
        given = {"status": "done", "arrived_at": at, "finished_at": at, "outcome": "order", "arrived_point": ewkt(*HERE),
                 "accuracy_metres": 8.0, "distance_metres": 137.5, "position_at": at} | given  # fmt: skip
        return make.make_visit(session, company.account, company.rep, **given)

    return visit


def fade(session):
    jobs.load_tasks()
    return held_places.fade(session, clock.now() - dt.timedelta(days=EXACT_DAYS))


def test_an_old_check_in_keeps_only_its_square(session, made):
    old, young = made(31), made(29)
    assert fade(session)["visits"] == 1
    session.refresh(old)
    session.refresh(young)
    assert lon_lat(old.arrived_point) == pytest.approx(tuple(centre(session, *HERE)))
    assert (old.accuracy_metres, old.distance_metres) == (CELL_REACH_METRES, 0)
    assert old.faded_at is not None
    assert lon_lat(young.arrived_point) == pytest.approx(HERE)
    assert fade(session)["visits"] == 0


def test_a_worse_accuracy_stays_worse(session, made):
    old = made(40, accuracy_metres=5_000.0, distance_metres=1_600.0)
    fade(session)
    session.refresh(old)
    assert (old.accuracy_metres, old.distance_metres) == (5_000, 2_000)


@pytest.fixture
def replanned(session, company):
    """A day that was planned anew from where the phone was."""
    before = clock.now() - dt.timedelta(days=45)
    problem = {
        "shifts": [{"id": "0", "from": 1, "to": 0}], "visits": [],
        "places": [{"lon": -76.9, "lat": 40.3}, {"lon": HERE[0], "lat": HERE[1]}],
    }  # fmt: skip
    plan = DayPlan(
        rep_id=company.rep.id, day=before.date(), status="replaced", published_at=before, cause="late", problem=problem
    )
    session.add(plan)
    session.flush()
    return plan


def test_where_a_day_was_planned_anew_fades_too(session, replanned):
    assert fade(session)["plans"] == 1
    session.refresh(replanned, ["problem", "start_faded_at"])
    start, home = replanned.problem["places"][1], replanned.problem["places"][0]
    assert (start["lon"], start["lat"]) == pytest.approx(tuple(centre(session, *HERE)))
    assert home == {"lon": -76.9, "lat": 40.3}
    assert fade(session)["plans"] == 0


@pytest.fixture
def pictured(session, company, made):
    """A photo of so many days ago whose place was to be kept."""

    def photo(days, at=HERE):
        taken_at = clock.now() - dt.timedelta(days=days)
        visit = made(days, arrived_point=None)
        photo = VisitPhoto(
            visit_id=visit.id, user_id=company.rep.id, kind="photo", taken_at=taken_at, keeps_place=True, location=at and ewkt(*at)
        )  # fmt: skip
        session.add(photo)
        session.flush()
        return photo

    return photo


def test_an_old_photos_place_keeps_only_its_square(session, pictured):
    old, young, placeless = pictured(31), pictured(29), pictured(31, at=None)
    assert fade(session)["photos"] == 1
    for photo in (old, young, placeless):
        session.refresh(photo)
    assert lon_lat(old.location) == pytest.approx(tuple(centre(session, *HERE)))
    assert lon_lat(young.location) == pytest.approx(HERE)
    assert [photo.faded_at is not None for photo in (old, young, placeless)] == [True, False, False]
    assert fade(session)["photos"] == 0


def test_a_picture_that_comes_late_does_not_bring_its_exact_place_back(session, pictured):
    old, unplaced = pictured(31), pictured(31, at=None)
    fade(session)
    for photo in (old, unplaced):
        session.refresh(photo)
        photo_services.keep_picture(session, photo, jpeg_at(*HERE))
    assert lon_lat(old.location) == pytest.approx(tuple(centre(session, *HERE)))
    assert fade(session)["photos"] == 1  # The other had no place until its picture came.
    assert holders(session) == set()


def jpeg_at(lon, lat):
    """A picture whose camera says where it was taken."""
    west, north = divmod(-lon, 1), divmod(lat, 1)
    exif = Image.Exif()
    exif.get_ifd(0x8825).update({1: "N", 2: (north[0], 60 * north[1], 0.0), 3: "W", 4: (west[0], 60 * west[1], 0.0)})
    out = io.BytesIO()
    Image.new("RGB", (64, 48), "red").save(out, "JPEG", exif=exif)
    return out.getvalue()


def holders(session):
    """Tables that hold the exact coordinates: whatever a row holds is read as text."""
    readable = text(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        " AND has_table_privilege(oid, 'SELECT') AND relname <> 'spatial_ref_sys' ORDER BY 1"
    )
    digits = (str(HERE[0])[1:], str(HERE[1]), exact_hex(session))
    like = " OR ".join(f"strpos(t::text, '{each}') > 0" for each in digits)
    return {
        table
        for table in session.scalars(readable)
        if session.scalar(text(f"SELECT count(*) FROM {table} AS t WHERE {like}"))
    }


def test_nothing_exact_and_older_is_left_in_any_table(session, made, replanned, pictured):
    made(31)
    pictured(31)
    assert holders(session) == {"visits", "day_plans", "visit_photos"}
    fade(session)
    assert holders(session) == set()


def exact_hex(session):
    return session.scalar(select(func.encode(func.ST_AsBinary(func.ST_MakePoint(*HERE)), "hex"))).upper()[10:]


def test_the_rep_sees_all_that_is_held_and_when_it_fades(login_as, session, company, made, replanned, pictured):
    made(1)
    pictured(2)
    client = login_as(company.rep)
    page = client.get("/field/about-me").get_data(as_text=True)
    assert "40.27123" in page
    assert "138 m from the address" in page
    assert "3 positions are kept" in page
    file = client.get("/field/about-me.csv").get_data(as_text=True)
    assert len(file.strip().splitlines()) == 4
    assert f"Photo with its place,{company.account.name}," in file
    assert (clock.now().date() + dt.timedelta(days=29)).isoformat() in file


def test_nobody_elses_positions_stand_there(login_as, session, company, made):
    made(1)
    assert "40.27123" not in login_as(company.manager).get("/field/about-me").get_data(as_text=True)
    assert "40.27123" not in login_as(company.planner).get("/field/about-me.csv").get_data(as_text=True)


def test_the_nightly_job_does_it(own_database):
    from gcrm.core import db, jobs
    from gcrm.visits import tasks

    with db.transaction(jobs.system_principal()) as session:
        make.make_organisation(session)
        rep = make.make_user(session)
        at = clock.now() - dt.timedelta(days=60)
        make.make_visit(
            session, make.make_account(session, rep), rep, status="arrived", arrived_at=at, arrived_point=ewkt(*HERE)
        )
    tasks.fade_places(0)
    tasks.propose_pins(0)
    with db.transaction(jobs.system_principal()) as session:
        assert session.scalar(select(Visit.faded_at)) is not None
