"""Small exact improvements of one route: turn a stretch round, move a stop, exchange a served visit for an unserved one."""

from __future__ import annotations

from random import Random

import numpy as np

from gcrm.routing.model import FAR, Bools, Floats, Ints
from gcrm.routing.plan import Plan

LEAST_GAIN = 1e-9


def improve(plan: Plan, s: int, random: Random, travel_price: float, thorough: float = -float("inf")) -> bool:
    """Improve the route of a shift until no single change helps; say whether anything changed.

    The dear exchange, which lets the newcomer go anywhere, is tried only on plans worth at least `thorough`.
    """
    changed = False
    while len(plan.tracks[s].stops) > plan.fixed[s] and (
        _turn(plan, s)
        or _replace(plan, s, travel_price)
        or (plan.value >= thorough and _exchange(plan, s, random, travel_price))
        or prune(plan, s)
        or _other_end(plan, s)
    ):
        changed = True
    return changed


def _better(plan: Plan, s: int, stops: tuple[int, ...], end: int | None = None) -> bool:
    """Take other stops if the plan is worth more with them, or as much with less travel."""
    # Narrowed windows and chains may refuse going back, so the old state is kept whole.
    tracks, where, value, travel = plan.tracks[:], plan.where[:], plan.value, plan.tracks[s].travel
    if plan.put(s, stops, end):
        gain = plan.value - value
        if gain > LEAST_GAIN or (gain >= 0 and plan.tracks[s].travel < travel):
            return True
        plan.tracks, plan.where = tracks, where
    return False


def _free(plan: Plan, s: int) -> Bools:
    """Return which visits may be exchanged into a shift: unserved, allowed, not bound to others by days or gaps."""
    model = plan.model
    free: Bools = np.array(plan.where) < 0
    free &= model.fits[s]
    if any(model.linked):
        free &= ~np.array(model.linked)
    return free


def _full_groups(plan: Plan) -> list[int]:
    return [g for g, members in enumerate(plan.model.members) if members and plan.full(members[0])]


def _replace(plan: Plan, s: int, travel_price: float) -> bool:
    """Put an unserved visit in the very place of a served one: all pairs are tested at once."""
    track, model, first = plan.tracks[s], plan.model, plan.fixed[s]
    free = _free(plan, s)
    for g in _full_groups(plan):
        free[model.members[g]] = False
    candidates = np.flatnonzero(free)
    if not len(candidates):
        return False
    weight = np.array(model.weight)
    own = weight[list(track.stops[first:])]
    candidates = candidates if model.thrifty else candidates[weight[candidates] >= own.min()]
    if not len(candidates):
        return False
    added = plan.tracks_of.added(track, candidates, first, instead=1)
    gain = weight[candidates][None, :] - own[:, None] - travel_price * added
    for flat in np.argsort(-gain, axis=None, kind="stable")[:3] if gain.size < 64 else _largest(gain, 3):
        k, i = divmod(int(flat), len(candidates))
        if not gain[k, i] > LEAST_GAIN:
            return False
        if model.linked[track.stops[first + k]]:
            continue
        stops = track.stops
        if _better(plan, s, (*stops[: first + k], int(candidates[i]), *stops[first + k + 1 :])):
            return True
    return False


def _largest(values: Floats, count: int) -> Ints:
    """Return the flat places of the largest values, the largest first."""
    flat = values.ravel()
    if flat.max() <= LEAST_GAIN:
        return np.array([flat.argmax()])
    places = np.argpartition(flat, -count)[-count:]
    return places[np.argsort(-flat[places], kind="stable")]


def _turn(plan: Plan, s: int) -> bool:
    """Turn a stretch round where that saves travel (2-opt, Croes 1958; asymmetric legs are counted)."""
    track, model = plan.tracks[s], plan.model
    m, first = len(track.stops), plan.fixed[s]
    if m - first < 2:
        return False
    path = np.array(track.path)
    table = model.tables[model.factor[s]]
    ahead = table[path[:-1], path[1:]]
    back = table[path[1:], path[:-1]]
    # Column k holds what the legs before position k cost, so that a stretch is a difference.
    forth = np.concatenate(([0], np.cumsum(ahead)))
    astern = np.concatenate(([0], np.cumsum(np.minimum(back, FAR))))
    i = np.arange(first + 1, m + 1)[:, None]
    j = np.arange(first + 1, m + 1)[None, :]
    now = forth[j + 1] - forth[i - 1]
    turned = table[path[i - 1], path[j]] + (astern[j] - astern[i]) + table[path[i], path[j + 1]]
    gain = np.where(j > i, now - turned, -1)
    for flat in np.argsort(-gain, axis=None, kind="stable")[:8]:
        a, b = divmod(int(flat), gain.shape[1])
        if gain[a, b] <= 0:
            return False
        a, b = first + a, first + b
        if _better(plan, s, (*track.stops[:a], *track.stops[a : b + 1][::-1], *track.stops[b + 1 :])):
            return True
    return False


def _exchange(plan: Plan, s: int, random: Random, travel_price: float) -> bool:
    """Take one stop out and put in the best of the unserved, or the same at a better place."""
    track, model = plan.tracks[s], plan.model
    unserved = _free(plan, s)
    weight = np.array(model.weight)
    full = _full_groups(plan)
    order = list(range(plan.fixed[s], len(track.stops)))
    random.shuffle(order)
    for k in order:
        out = track.stops[k]
        rest = (*track.stops[:k], *track.stops[k + 1 :])
        shorter = plan.tracks_of.build(s, track.begin, track.end, rest, plan.narrow)
        if shorter is None:
            continue
        own = unserved & (weight >= weight[out] if not model.thrifty else True)
        for g in full:
            if g != model.group[out]:
                own[model.members[g]] = False
        own[out] = True
        if model.linked[out]:
            own[:] = False
            own[out] = True
        candidates = np.flatnonzero(own)
        added, gap = plan.tracks_of.insertions(shorter, candidates, plan.fixed[s])
        gain = weight[candidates] - travel_price * added
        gain[added >= FAR] = -np.inf
        i = int(gain.argmax())
        now = weight[out] - travel_price * (track.travel - shorter.travel)
        if gain[i] > now + 1e-9:
            v, g = int(candidates[i]), int(gap[i])
            if _better(plan, s, (*rest[:g], v, *rest[g:])):
                return True
    return False


def prune(plan: Plan, s: int) -> bool:
    """Drop stops that cost more than they bring, or the whole route; say whether any went."""
    pruned = False
    while plan.model.thrifty and _drop(plan, s):
        pruned = True
    return pruned


def _drop(plan: Plan, s: int) -> bool:
    stops, fixed = plan.tracks[s].stops, plan.fixed[s]
    loose = [k for k in range(fixed, len(stops)) if not plan.model.linked[stops[k]] and plan.model.rank[stops[k]] > 1]
    if any(_better(plan, s, (*stops[:k], *stops[k + 1 :])) for k in loose):
        return True
    kept = tuple(v for k, v in enumerate(stops) if k not in loose)
    return len(loose) > 1 and _better(plan, s, kept)


def _other_end(plan: Plan, s: int) -> bool:
    """End the shift at another of its places where that is worth more."""
    now = plan.tracks[s].end
    others = range(len(plan.model.ends[s].places))
    return any(_better(plan, s, plan.tracks[s].stops, end) for end in others if end != now)
