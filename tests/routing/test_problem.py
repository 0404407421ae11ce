"""Problem documents: read, written back, and refused with every fault named."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from gcrm.routing import problem as problems
from gcrm.routing.problem import EndOf, MalformedProblem
from tests.routing.instances import DATA, document, random_problem, shift, visit

SPEC = {
    "version": 1,
    "starts_at": "2026-11-23T00:00:00+09:00",
    "places": [{"lat": 37.56, "lon": 126.97}, {"lat": 37.51, "lon": 127.06}],
    "travel": {"seconds": [[0, 900], [870, 0]], "metres": [[0, 8100], [7900, 0]]},
    "shifts": [
        {"id": "rep7-2026-11-23", "rep": "rep7", "day": 0, "from": 0, "to": 0, "start": 32400, "end": 64800,
         "breaks": [{"duration": 1800, "window": [43200, 50400]}], "travel_factor": 1.0,
         "max_work_seconds": None, "max_travel_seconds": None, "max_visits": None, "capacity": None}
    ],
    "reps": [{"id": "rep7", "max_work_seconds": 144000, "max_visits": None, "max_prize": None}],
    "visits": [
        {"id": "v1", "place": 1, "duration": 1800, "windows": [[36000, 41400], [50400, 57600]],
         "prize": 70.0, "rank": 2, "shifts": None, "load": 0, "group": "account-102"},
        {"id": "v2", "place": 1, "duration": 1800, "windows": [[25200, 28800]], "prize": 20.0},
    ],
    "groups": [{"id": "account-102", "at_most": 1, "min_gap_seconds": None, "taken": [], "day_patterns": None}],
    "cost_per_travel_second": 0.01,
    "cost_per_waiting_second": 0.0,
    "cost_per_shift": 0.0,
    "locked": [{"shift": "rep7-2026-11-23", "stops": ["v1"]}],
}  # fmt: skip


def faults(given: Any) -> list[str]:
    with pytest.raises(MalformedProblem) as caught:
        problems.parse(given)
    assert caught.value.status == 422
    return caught.value.faults


def changed(path: str, value: Any) -> dict[str, Any]:
    """Return the format's own example with one value changed."""
    given: Any = copy.deepcopy(SPEC)
    place = given
    *steps, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    for step in steps:
        place = place[step]
    place[last] = value
    return given


def test_the_formats_own_example_is_read():
    read = problems.parse(SPEC)
    assert read.shifts[0].from_place == 0
    assert read.visits[0].windows == ((36000, 41400), (50400, 57600))
    assert read.visits[1].rank == 2
    assert read.groups[0].at_most == 1


def test_what_is_left_out_is_null_empty_or_the_default():
    read = problems.parse({"version": 1, "travel": {"seconds": [[0]]}, "shifts": [{"id": "s", "start": 0, "end": 9}],
                           "visits": [{"id": "v", "place": 0, "duration": 0}]})  # fmt: skip
    assert read.shifts[0].from_place is None
    assert read.shifts[0].travel_factor == 1.0
    assert read.visits[0].windows == ()
    assert read.visits[0].rank == 2
    assert read.visits[0].shifts is None


def test_required_is_read_as_rank_1():
    assert problems.parse(document(visit("a", 1, required=True))).visits[0].rank == 1
    assert problems.parse(document(visit("a", 1, required=False))).visits[0].rank == 2


def test_a_chained_start_and_chosen_ends_are_read():
    shifts = [shift("a", to=[{"place": 0}, {"place": 3, "cost": 12.5}]), shift("b", **{"from": {"end_of": "a"}})]
    read = problems.parse(document(shifts=shifts))
    assert read.shifts[0].to_place[1].cost == 12.5
    assert read.shifts[1].from_place == EndOf("a")


@pytest.mark.parametrize("seed", range(5))
def test_a_problem_written_and_read_again_is_equal(seed):
    given = random_problem(seed, 6, 2)
    assert problems.parse(json.loads(json.dumps(problems.dump(given)))) == given


@pytest.mark.parametrize("name", [file.name for file in sorted(DATA.glob("*.json")) if file.name != "best-known.json"])
def test_the_collected_problems_are_read(name):
    given = problems.parse(json.loads((DATA / name).read_text()))
    assert problems.parse(problems.dump(given)) == given


@pytest.mark.parametrize(
    ("path", "value", "named", "says"),
    [
        ("version", 2, "$.version", "must be 1"),
        ("version", True, "$.version", "must be 1"),
        ("surprise", 1, "$.surprise", "not a key"),
        ("visits.0.surprise", 1, "$.visits[0].surprise", "not a key"),
        ("shifts.0.breaks.0.surprise", 1, "$.shifts[0].breaks[0].surprise", "not a key"),
        ("places.0.name", "here", "$.places[0].name", "not a key"),
        ("travel.minutes", [], "$.travel.minutes", "not a key"),
        ("starts_at", "soon", "$.starts_at", "moment"),
        ("starts_at", "2026-11-23T00:00:00", "$.starts_at", "offset"),
        ("places.0.lat", 91, "$.places[0].lat", "from -90 to 90"),
        ("places.0.lon", None, "$.places[0]", "only one of lat and lon"),
        ("travel.seconds", [[0, 900]], "$.travel.seconds", "1 rows for 2 places"),
        ("travel.seconds.1", [870], "$.travel.seconds[1]", "1 columns for 2 places"),
        ("travel.seconds.0.1", -1, "$.travel.seconds[0][1]", "from 0"),
        ("travel.seconds.0.1", True, "$.travel.seconds[0][1]", "true"),
        ("travel.seconds.0.1", 1.5, "$.travel.seconds[0][1]", "whole number"),
        ("travel.seconds.0.0", 5, "$.travel.seconds[0][0]", "must be 0"),
        ("travel.metres.0.1", None, "$.travel.metres[0][1]", "is null"),
        ("travel.metres.0.1", 10**30, "$.travel.metres[0][1]", "from 0"),
        ("shifts.0.id", 7, "$.shifts[0].id", "text"),
        ("shifts.0.id", "\ud800", "$.shifts[0].id", "surrogate"),
        ("shifts.0.start", 70000, "$.shifts[0]", "before it starts"),
        ("shifts.0.from", 2, "$.shifts[0].from", "only 2"),
        ("shifts.0.from", {"end_of": "nobody"}, "$.shifts[0].from.end_of", "names no shift"),
        ("shifts.0.from", {"end_of": "rep7-2026-11-23"}, "$.shifts[0].from.end_of", "itself"),
        ("shifts.0.to", [], "$.shifts[0].to", "at least one"),
        ("shifts.0.to", [{"place": 9}], "$.shifts[0].to[0].place", "only 2"),
        ("shifts.0.to", [{"place": 0, "cost": -1}], "$.shifts[0].to[0].cost", "from 0"),
        ("shifts.0.breaks.0.duration", -1, "$.shifts[0].breaks[0].duration", "from 0"),
        ("shifts.0.breaks.0.window", [9, 8], "$.shifts[0].breaks[0].window", "before it starts"),
        ("shifts.0.breaks", {}, "$.shifts[0].breaks", "must be a list"),
        ("shifts.0.travel_factor", -1, "$.shifts[0].travel_factor", "from 0"),
        ("shifts.0.capacity", "much", "$.shifts[0].capacity", "number"),
        ("visits.0.id", "v2", "$.visits[1].id", "already"),
        ("visits.0.place", 2, "$.visits[0].place", "only 2"),
        ("visits.0.place", False, "$.visits[0].place", "false"),
        ("visits.0.duration", -1, "$.visits[0].duration", "from 0"),
        ("visits.0.duration", 10**40, "$.visits[0].duration", "from 0"),
        ("visits.0.duration", None, "$.visits[0].duration", "null"),
        ("visits.0.windows.0", [41400, 36000], "$.visits[0].windows[0]", "before it starts"),
        ("visits.0.windows.0", [36000], "$.visits[0].windows[0]", "pair"),
        ("visits.0.prize", float("nan"), "$.visits[0].prize", "finite"),
        ("visits.0.prize", float("inf"), "$.visits[0].prize", "finite"),
        ("visits.0.prize", -1, "$.visits[0].prize", "from 0"),
        ("visits.0.rank", 3, "$.visits[0].rank", "from 0 to 2"),
        ("visits.0.required", True, "$.visits[0].rank", "optional"),
        ("visits.0.required", 1, "$.visits[0].required", "true or false"),
        ("visits.0.shifts", ["nobody"], "$.visits[0].shifts[0]", "names no shift"),
        ("visits.0.group", "nobody", "$.visits[0].group", "names no group"),
        ("groups.0.taken", ["then"], "$.groups[0].taken[0]", "whole number"),
        ("groups.0.day_patterns", [[1, 1]], "$.groups[0].day_patterns[0]", "twice"),
        ("reps.0.max_prize", -1, "$.reps[0].max_prize", "from 0"),
        ("locked.0.shift", "nobody", "$.locked[0].shift", "names no shift"),
        ("locked.0.stops", ["nobody"], "$.locked[0].stops[0]", "names no visit"),
        ("locked.0.stops", ["v1", "v1"], "$.locked[0].stops[1]", "already"),
        ("cost_per_shift", float("nan"), "$.cost_per_shift", "finite"),
        ("visits", None, "$.visits", "list"),
        ("visits.0", "v1", "$.visits[0]", "object"),
    ],
)
def test_each_fault_is_named_by_its_path(path, value, named, says):
    found = faults(changed(path, value))
    assert any(fault.startswith(f"{named}: ") and says in fault for fault in found), found


@pytest.mark.parametrize("key", ["version", "shifts", "visits"])
def test_a_missing_key_is_named(key):
    given = copy.deepcopy(SPEC)
    del given[key]
    assert f"$.{key}: is missing" in faults(given)


def test_without_travel_every_place_needs_its_coordinates():
    given = document(visit("a", 1), travel=None, places=[{"lat": 1, "lon": 2}, {}])
    assert faults(given) == ["$.places[1]: needs lat and lon, because travel is left out"]


def test_places_or_travel_are_needed():
    assert any("needs places or travel" in fault for fault in faults(document(travel=None)))


@pytest.mark.parametrize("given", [None, [], "problem", 7, True])
def test_a_document_that_is_no_object_is_refused(given):
    assert faults(given)[0].startswith("$: must be an object")


def test_all_faults_are_reported_at_once():
    given = changed("visits.0.duration", -1)
    given["shifts"][0]["end"] = 0
    given["surprise"] = 1
    given["visits"].append({"id": "v1", "place": 7})
    assert [fault.split(":")[0] for fault in faults(given)] == [
        "$.surprise", "$.shifts[0]", "$.visits[0].duration", "$.visits[2].duration", "$.visits[2].place",
        "$.visits[2].id",
    ]  # fmt: skip
