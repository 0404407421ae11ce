"""Ranked rows, regions ready to be drawn, and the points of a team's day."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest

from gcrm.maps import manager_pages
from gcrm.maps.manager_pages import Figure, Named, Spot, Team
from gcrm.maps.running import Day
from gcrm.maps.standing import Standing, Visits

NINE = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)
NAMES = {1: Named("region", "us:01", "Adams", "us", "01"), 2: Named("region", "us:02", "Berks", "us", "02")}


def ranked(by: str, sort: str, names=NAMES):
    found = {1: Standing(value_minor=10), 2: Standing(value_minor=30), None: Standing(value_minor=20)}
    visits = {1: Visits(5, 1), 2: Visits(1, 3)}
    return [row.named.name for row in manager_pages.rows(by, found, names, visits, sort)]


def test_rows_are_ranked_by_value_and_by_what_changed(app) -> None:
    with app.test_request_context():
        assert ranked("county", "-value") == ["Berks", "In no county", "Adams"]
        assert ranked("county", "-change") == ["Adams", "In no county", "Berks"]
        assert ranked("county", "change") == ["Berks", "In no county", "Adams"]


def test_what_lies_in_no_territory_can_be_selected_but_not_what_lies_in_no_county(app) -> None:
    with app.test_request_context():
        words = {
            by: manager_pages.rows(by, {None: Standing()}, {}, {}, "-value")[0].named.word
            for by in ("territory", "owner", "county")
        }
    assert words == {"territory": "none", "owner": "none", "county": None}


def test_regions_are_classed_and_named(app) -> None:
    figure = Figure("Value", lambda one: one.value_minor or None, str, {"style": "percent"})
    with app.test_request_context():
        drawn = manager_pages.choropleth(
            "county", {1: Standing(2, value_minor=10), 2: Standing(1), None: Standing(5)}, NAMES, figure
        )
    assert [(region["code"], region["count"], region["value"]) for region in drawn["regions"]] == [
        ("01", 2, 10),
        ("02", 1, None),
    ]
    assert (drawn["level"], drawn["labels"], "tiles" in drawn) == ("county", ["10.0"], False)


def test_territories_come_from_tiles_of_their_own(app) -> None:
    with app.test_request_context():
        assert (
            manager_pages.choropleth("territory", {}, {}, Figure("", lambda _one: None, str, {}))["tiles"]["key"]
            == "uuid"
        )


def day(rep_id: int, name: str, **fields) -> Day:
    usual = {"done": 1, "ahead": 1, "missed": 0, "returns_at": NINE + dt.timedelta(hours=rep_id), "next_start_at": NINE}
    return Day(rep_id, name, uuid.UUID(int=rep_id), uuid.UUID(int=100 + rep_id), **(usual | fields))


def test_the_days_of_a_team_are_ranked_by_who_needs_somebody() -> None:
    late = day(2, "Zoe Late", next_start_at=NINE - dt.timedelta(minutes=30), missed=1)
    team = Team([day(1, "Ann Early"), late, day(3, "Bob Busy", ahead=4)], NINE)
    assert [one.name for one in team.ranked] == ["Zoe Late", "Bob Busy", "Ann Early"]
    assert (team.done, team.ahead, team.missed, team.stops, team.late) == (3, 6, 1, 10, 1)
    assert team.ends_at == NINE + dt.timedelta(hours=3)


def test_a_team_without_plans_ends_at_no_time() -> None:
    assert Team([], NINE).ends_at is None


def spot(rep_id: int, number: int, status: str) -> Spot:
    return Spot(rep_id, number, float(number), 40.0, f"Stop {number}", status, NINE)


def test_the_way_ahead_begins_at_the_last_stop_made_and_leaves_out_missed_ones() -> None:
    stops = [spot(1, 1, "done"), spot(1, 2, "done"), spot(1, 3, "skipped"), spot(1, 4, "ahead")]
    points = manager_pages.points([day(1, "Ann Early")], stops, {}, NINE)
    assert points["lines"] == [{"colour": 0, "path": [[2.0, 40.0], [4.0, 40.0]]}]
    assert [(rep["initials"], rep["at"]) for rep in points["reps"]] == [("AE", [2.0, 40.0])]


def test_a_rep_stands_where_the_last_check_in_was() -> None:
    seen = Spot(1, 0, -7.0, 8.0, "Ann Early", "done", NINE)
    points = manager_pages.points([day(1, "Ann Early")], [spot(1, 1, "done")], {1: seen}, NINE)
    assert points["reps"][0]["at"] == [-7.0, 8.0]


@pytest.mark.parametrize(
    ("name", "letters"), [("Ann Early", "AE"), ("Ann van Early", "AE"), ("김서연", "김서"), ("", "")]
)
def test_initials_are_of_the_first_and_last_word(name: str, letters: str) -> None:
    assert manager_pages.initials(name) == letters


def test_a_rep_keeps_its_colour_when_the_order_changes() -> None:
    ann, bob = day(1, "Ann"), day(2, "Bob")
    assert manager_pages.colours([bob, ann]) == manager_pages.colours([ann, bob]) == {1: 0, 2: 1}
