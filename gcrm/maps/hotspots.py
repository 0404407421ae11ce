"""Hot and cold spots: where high or low figures lie together more than chance would put them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

PERMUTATIONS = 9_999
FIRST_PERMUTATIONS = 499
"""After so many it shows for most regions that nothing is unusual about them."""
HOPELESS = 0.05
SEED = 20_261_122
FALSE_DISCOVERY_RATE = 0.05
FEWEST = 8
"""Among fewer regions no figure is significant whatever it is."""
ROWS_AT_ONCE = 500


@dataclass(frozen=True)
class Spots:
    """What is significant: `hot` or `cold` by the region's key."""

    kinds: Mapping[str, str]
    tested: int
    without_neighbours: int
    """Islands: a region that borders none of the others is not tested."""


def hot_spots(
    values: Mapping[str, float],
    neighbours: Mapping[str, Sequence[str]],
    permutations: int = PERMUTATIONS,
    seed: int = SEED,
) -> Spots:
    """Return where the local Getis-Ord Gi* is significant, with the share of false discoveries kept at 5 %.

    Gi* compares the sum over a region and its neighbours with what is expected (Getis and Ord, 1992; the region itself
    counted, Ord and Getis, 1995). How often random neighbours give as much is found by permutations, conditional on
    the region's own value, both sides counted; the p-values then pass the procedure of Benjamini and Hochberg (1995).
    `esda.G_Local` agrees, as a test shows, but takes longer to be imported than all this takes.

    Parameters
    ----------
    values
        A figure by the region's key.
    neighbours
        Keys of the regions that border each; those without a figure are left out.
    """
    linked = {
        key: [other for other in neighbours.get(key, ()) if other in values and other != key] for key in sorted(values)
    }
    tested = [key for key, others in linked.items() if others]
    islands = len(values) - len(tested)
    if len(tested) < FEWEST or len({values[key] for key in tested}) == 1:
        return Spots({}, len(tested), islands)
    at = {key: i for i, key in enumerate(tested)}
    links = [[at[other] for other in linked[key]] for key in tested]
    highs, chances = _getis_ord([values[key] for key in tested], links, permutations, seed)
    found = discoveries(chances, FALSE_DISCOVERY_RATE)
    kinds = {key: "hot" if highs[i] else "cold" for i, key in enumerate(tested) if found[i]}
    return Spots(kinds, len(tested), islands)


def _getis_ord(
    values: Sequence[float], links: Sequence[Sequence[int]], permutations: int, seed: int
) -> tuple[list[bool], list[float]]:
    """Return for each region whether it lies high, and how likely chance alone gives as much.

    Neighbours are binary, the region among them. Its own figure stays where it is, so that permuting changes only the
    sum over the others. Regions that look ordinary after the first permutations get no more of them (Besag and
    Clifford, 1991).
    """
    import numpy as np

    figures = np.asarray(values, dtype=float)
    mean, highs, chances = figures.mean(), [], []
    draws = _draws(len(figures) - 1, max(len(others) for others in links), permutations, np.random.default_rng(seed))
    for i, others in enumerate(links):
        seen = figures[others].sum()
        rows = min(FIRST_PERMUTATIONS, permutations)
        chance = _chance(figures, i, seen, draws[:rows, : len(others)])
        if chance < HOPELESS and rows < permutations:
            chance = _chance(figures, i, seen, draws[:, : len(others)])
        chances.append(chance)
        highs.append(bool(seen + figures[i] > mean * (len(others) + 1)))
    return highs, chances


def _chance(figures: Any, i: int, seen: float, draws: Any) -> float:
    """Return the two-sided pseudo-p-value of a sum over neighbours against those over others drawn at random."""
    sums = figures[draws + (draws >= i)].sum(axis=1)
    # What is the same sum in another order differs in its last bits.
    near = 1e-9 * max(1.0, abs(seen))
    rarer = min(int((sums >= seen - near).sum()), int((sums <= seen + near).sum()))
    return min(1.0, 2 * (rarer + 1) / (len(sums) + 1))


def _draws(n: int, k: int, rows: int, generator: Any) -> Any:
    """Return rows of k different numbers below n."""
    import numpy as np

    if k * k > n:
        parts = [
            np.argsort(generator.random((min(ROWS_AT_ONCE, rows - first), n)), axis=1)[:, :k]
            for first in range(0, rows, ROWS_AT_ONCE)
        ]
        return np.concatenate(parts)
    drawn = generator.integers(n, size=(rows, k))
    while True:
        ordered = np.sort(drawn, axis=1)
        twice = np.flatnonzero((ordered[:, 1:] == ordered[:, :-1]).any(axis=1))
        if not len(twice):
            return drawn
        drawn[twice] = generator.integers(n, size=(len(twice), k))


def hexagon_neighbours(keys: Sequence[str]) -> dict[str, list[str]]:
    """Return the six hexagons round each, of keys as `hex100:` and a number that packs their axial coordinates."""
    row = 1 << 21
    return {
        key: [f"{level}:{int(code) + step}" for step in (row, -row, 1, -1, row - 1, 1 - row)]
        for key in keys
        for level, _sign, code in [key.partition(":")]
    }


def discoveries(chances: Sequence[float], rate: float) -> list[bool]:
    """Return which p-values are discoveries when this share of them may be false (Benjamini and Hochberg, 1995)."""
    order = sorted(range(len(chances)), key=lambda i: chances[i])
    passing = [rank for rank, i in enumerate(order, 1) if chances[i] <= rate * rank / len(chances)]
    last = max(passing, default=0)
    found = [False] * len(chances)
    for i in order[:last]:
        found[i] = True
    return found
