"""What a route loses at most when one visit is left out of it: so much better is enough to make another route needless."""

from __future__ import annotations

import numpy as np

from gcrm.routing.exact.day import NEVER, Day, Floats, Ints

NO_WAY = NEVER // 4


def penalties(day: Day, keys: int) -> Floats:
    """Return the loss for each key, infinite where leaving its visit out may take time or cannot be allowed.

    The loss is the prize, a longer way where the triangle inequality does not hold, and waiting for the time that is saved.
    """
    losses = np.zeros(keys)
    if day.most_visits < NEVER or day.most_travel < NEVER or np.isfinite(day.capacity):
        return np.full(keys, np.inf)
    ways = np.minimum(day.ways, NO_WAY)
    onwards = np.concatenate([ways, np.minimum(day.last_ways, NO_WAY).T], axis=1)
    for v in range(len(day.ids)):
        least, most = _saved(ways, onwards, v)
        if day.must[v] or least + day.duration[v] < 0:
            loss = np.inf
        else:
            loss = day.prize[v] - day.price * least + day.waiting_price * (most + day.duration[v])
        losses[day.key[v]] = max(losses[day.key[v]], loss)
    return losses


def _saved(ways: Ints, onwards: Ints, v: int) -> tuple[int, int]:
    """Return the least, at most 0, and the most travel saved by going from any visit straight to what follows v."""
    m = len(ways)
    saved = ways[:, v, None] + onwards[v][None, :] - onwards
    possible = (ways[:, v, None] < NO_WAY) & (onwards[v][None, :] < NO_WAY)
    possible[np.arange(m), np.arange(m)] = False
    possible[:, v] = False
    possible[v] = False
    return int(saved[possible].min(initial=0)), int(saved[possible].max(initial=0))
