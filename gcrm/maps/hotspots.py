"""Hot and cold spots: where high or low figures lie together more than chance would put them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gcrm.core.errors import Unavailable

PERMUTATIONS = 9_999
SEED = 20_261_122
FALSE_DISCOVERY_RATE = 0.05
MISSING = (
    "This needs libraries that are not installed here. Whoever runs gcrm adds them with: pip install 'gcrm[statistics]'"
)
FEWEST = 8
"""Among fewer regions no figure is significant whatever it is."""


@dataclass(frozen=True)
class Spots:
    """What is significant: `hot` or `cold` by the region's key."""

    kinds: Mapping[str, str]
    tested: int
    without_neighbours: int
    """Islands: a region that borders none of the others is not tested."""


def is_there() -> bool:
    """Whether the optional libraries are installed."""
    from importlib.util import find_spec

    return find_spec("esda") is not None and find_spec("libpysal") is not None


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
    highs, chances = _getis_ord(
        [values[key] for key in tested], [linked[key] for key in tested], tested, permutations, seed
    )
    found = discoveries(chances, FALSE_DISCOVERY_RATE)
    kinds = {key: "hot" if highs[i] else "cold" for i, key in enumerate(tested) if found[i]}
    return Spots(kinds, len(tested), islands)


def _getis_ord(
    values: Sequence[float], others: Sequence[Sequence[str]], keys: Sequence[str], permutations: int, seed: int
) -> tuple[list[bool], list[float]]:
    """Return for each region whether it lies high, and how likely chance alone gives as much."""
    try:
        import numpy as np
        from esda.getisord import G_Local
        from libpysal.weights import W
    except ImportError as error:
        raise Unavailable(MISSING) from error
    weights = W(dict(zip(keys, others, strict=True)), id_order=list(keys), silence_warnings=True)
    found = G_Local(
        np.asarray(values, dtype=float),
        weights,
        star=True,
        permutations=permutations,
        seed=seed,
        keep_simulations=False,
    )
    return [bool(z > 0) for z in found.Zs], [min(1.0, 2 * float(p)) for p in found.p_sim]


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
