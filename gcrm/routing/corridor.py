"""Along a route: what a call on the way would add to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Times = Sequence[Sequence[int | None]]


@dataclass(frozen=True)
class Detour:
    """The cheapest place for a further call: after so many points of the route, and what it adds."""

    after: int
    added_seconds: int


def cheapest(seconds: Times, route: Sequence[int], call: int) -> Detour | None:
    """Return the detour that adds least travel; None where no road leads there and on.

    Parameters
    ----------
    seconds : travel from row to column, None where there is no way
    route : the points of the route in their order, as numbers of rows; after its last the way ends
    call : the further call's row
    """
    best: Detour | None = None
    for number, here in enumerate(route):
        there = route[number + 1] if number + 1 < len(route) else None
        added = _added(seconds, here, call, there)
        if added is not None and (best is None or added < best.added_seconds):
            best = Detour(number + 1, added)
    return best


def _added(seconds: Times, here: int, call: int, there: int | None) -> int | None:
    out = seconds[here][call]
    if there is None or out is None:
        return out
    back, straight = seconds[call][there], seconds[here][there]
    # Measured times need not keep to the triangle: a detour is never counted as a gain.
    return None if back is None or straight is None else max(0, out + back - straight)
