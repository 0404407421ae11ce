"""Hot and cold spots on boards small enough to see."""

from __future__ import annotations

import random

import pytest

from gcrm.maps import hotspots
from gcrm.maps.hotspots import discoveries, hexagon_neighbours, hot_spots

SIDE = 12


def board() -> dict[str, list[str]]:
    """A chess board whose squares touch at corners too."""
    squares = [(x, y) for x in range(SIDE) for y in range(SIDE)]
    return {
        f"{x},{y}": [f"{a},{b}" for a, b in squares if (a, b) != (x, y) and abs(a - x) <= 1 and abs(b - y) <= 1]
        for x, y in squares
    }


def noise(seed: int = 3) -> dict[str, float]:
    draw = random.Random(seed)
    return {key: draw.gauss(10, 1) for key in board()}


def test_a_hot_and_a_cold_corner_are_found_and_nothing_else() -> None:
    values = noise()
    hot = {f"{x},{y}" for x in range(3) for y in range(3)}
    cold = {f"{x},{y}" for x in range(SIDE - 3, SIDE) for y in range(SIDE - 3, SIDE)}
    values |= dict.fromkeys(hot, 20.0) | dict.fromkeys(cold, 0.0)
    found = hot_spots(values, board())
    hots = {key for key, kind in found.kinds.items() if kind == "hot"}
    colds = {key for key, kind in found.kinds.items() if kind == "cold"}
    # The middle of a corner has all its neighbours in it; round it the corner's influence ends one square further.
    assert "1,1" in hots <= {f"{x},{y}" for x in range(4) for y in range(4)}
    assert (
        f"{SIDE - 2},{SIDE - 2}" in colds <= {f"{x},{y}" for x in range(SIDE - 4, SIDE) for y in range(SIDE - 4, SIDE)}
    )
    assert (found.tested, found.without_neighbours) == (SIDE * SIDE, 0)


def test_noise_alone_has_hardly_a_spot() -> None:
    assert sum(len(hot_spots(noise(seed), board(), permutations=999).kinds) for seed in range(5)) <= 2


def test_the_same_seed_gives_the_same_spots() -> None:
    values = noise() | dict.fromkeys(["0,0", "0,1", "1,0", "1,1"], 14.0)
    assert hot_spots(values, board(), seed=5) == hot_spots(dict(reversed(values.items())), board(), seed=5)


def test_islands_are_not_tested() -> None:
    found = hot_spots(noise() | {"island": 99.0}, board() | {"island": ["no figure there"]})
    assert found.without_neighbours == 1
    assert "island" not in found.kinds


def test_few_or_equal_figures_have_no_spots() -> None:
    assert hot_spots({"a": 1.0, "b": 9.0}, {"a": ["b"], "b": ["a"]}).kinds == {}
    assert hot_spots(dict.fromkeys(board(), 1.0), board()).kinds == {}


def test_discoveries_are_those_of_benjamini_and_hochbergs_own_example() -> None:
    # Table of their paper of 1995, section 3.2: four of fifteen hypotheses at 5 %.
    chances = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528,
               0.7590, 1.0000]  # fmt: skip
    assert discoveries(chances, 0.05) == [True] * 4 + [False] * 11
    assert discoveries([], 0.05) == []


def test_a_hexagon_has_six_neighbours_that_have_it() -> None:
    origin = f"hex100:{(5 + 1048576) * 2097152 + 7 + 1048576}"
    (around,) = hexagon_neighbours([origin]).values()
    assert len(set(around)) == 6
    assert all(origin in others for others in hexagon_neighbours(around).values())


@pytest.mark.soak
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the library itself
def test_the_chances_are_those_of_esda() -> None:
    getisord, weights = pytest.importorskip("esda.getisord"), pytest.importorskip("libpysal.weights")
    values, linked = noise() | dict.fromkeys(["0,0", "0,1", "1,0", "1,1"], 14.0), board()
    keys = sorted(values)
    at = {key: i for i, key in enumerate(keys)}
    theirs = getisord.G_Local(
        [values[key] for key in keys],
        weights.W(linked, id_order=keys),
        transform="B",
        star=True,
        permutations=9_999,
        seed=1,
    )
    highs, ours = hotspots._getis_ord(
        [values[key] for key in keys], [[at[o] for o in linked[key]] for key in keys], 9_999, 1
    )
    assert highs == [bool(z > 0) for z in theirs.Zs]
    for mine, other in zip(ours, theirs.p_sim, strict=True):
        assert mine == pytest.approx(min(1, 2 * other), abs=0.02 if mine < hotspots.HOPELESS else 0.12)
