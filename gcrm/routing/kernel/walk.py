"""The walk: ruin, recreate, improve, and stay or go back.

Plans of chosen visits stand on late acceptance (Burke and Bykov 2017) with restarts, and with more routes on cycles of the
weight of a prize; plans that must serve all cool down in cycles that grow (simulated annealing as in SISR).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gcrm.routing.kernel.between import improve_pair
from gcrm.routing.kernel.chance import below, unit
from gcrm.routing.kernel.ends import improve_end, ruin_end
from gcrm.routing.kernel.jit import compiler
from gcrm.routing.kernel.keeping import from_best, keep, remember, take_back, total
from gcrm.routing.kernel.patterns import insert_group, ruin_broken
from gcrm.routing.kernel.recreate import fill, require
from gcrm.routing.kernel.ruin import choose_routes, ruin_around, ruin_group, ruin_stretch, ruin_strings
from gcrm.routing.kernel.state import (
    BEST,
    BROKEN,
    IDLE,
    KEPT,
    LAST,
    NOW,
    PHASE,
    RESTARTS,
    STEPS,
    evaluate,
    is_full,
    take_out,
    touched,
)
from gcrm.routing.kernel.swap import improve_choice
from gcrm.routing.kernel.within import improve_order

compiled = compiler(Path(__file__).parent)

ALL_CANDIDATES = 320
NEAR_EACH_STOP = 30
FIRST_CYCLE = 20_000
PAIR_SHARE = 0.15
CHOOSING = 0.3
LONGEST_PATIENCE = 6000
WANTING = 0.3
FAVOUR = 3.0


@compiled
def true_value(g, p):
    """Return the objective with the weights of the ranks, whatever travel costs in the search just now."""
    value = total(g, p)
    if p.price[0] != g.costs[0]:
        for s in range(len(g.start)):
            value += (p.price[0] - g.costs[0]) * p.travel[s]
    return value


@compiled
def like(p, low, spread):
    for v in range(len(p.where)):
        p.liking[v] = low + spread * unit(p.dice)


@compiled
def candidates_for(g, p, routes):
    """Put the unserved visits that the first `routes` of `chosen` may take into `queue`, those worth most first; return how many.

    Of many visits only those near to what the routes hold or held: `gone` marks them.
    """
    n, count = len(g.place), 0
    few = n <= ALL_CANDIDATES
    for v in g.by_worth:
        near = few or p.gone[v]
        p.gone[v] = False
        if not near or p.where[v] >= 0:
            continue
        group = g.group[v]
        if group >= 0 and (g.patterned[group] or is_full(g, p, v)):
            continue
        for r in range(routes):
            if g.fits[p.chosen[r], v]:
                p.queue[count] = v
                count += 1
                break
    return count


@compiled
def mark_near(g, p, routes):
    """Mark what may be put into the chosen routes, before they are ruined."""
    n = len(g.place)
    if n <= ALL_CANDIDATES:
        return
    for r in range(routes):
        s = p.chosen[r]
        if p.size[s] == 0:
            for _ in range(100):
                p.gone[below(p.dice, n)] = True
        for k in range(p.size[s]):
            v = p.seq[s, k]
            p.gone[v] = True
            for i in range(min(NEAR_EACH_STOP, g.near.shape[1])):
                if g.near[v, i] >= 0:
                    p.gone[g.near[v, i]] = True


@compiled
def unserved_required(g, p):
    """Put the unserved visits of rank 0 and 1, one of each patterned group, into `queue`; return how many."""
    count = 0
    for v in range(len(g.place)):
        if p.where[v] < 0 and g.rank[v] < 2:
            group = g.group[v]
            if group >= 0 and (is_full(g, p, v) or (g.patterned[group] and not _first_unserved(g, p, group, v))):
                continue
            p.queue[count] = v
            count += 1
    return count


@compiled
def _first_unserved(g, p, group, v):
    for i in range(g.member_of[group], g.member_of[group + 1]):
        if p.where[g.members[i]] < 0:
            return g.members[i] == v
    return False


@compiled
def thrift(p):
    """Return the share of the price of travel that a filling sees: now and then a far cluster is to be entered."""
    return unit(p.dice) if unit(p.dice) < 0.3 else 1.0


@compiled
def refill(g, p, routes, power):
    """Fill the chosen routes, improve them, and fill again."""
    left = unserved_required(g, p)
    if left:
        require(g, p, left)
    marks = p.gone.copy() if len(g.place) > ALL_CANDIDATES else p.gone
    seen = thrift(p)
    # Now and then a visit is to go where it is not the shortest: waiting, or what comes after, may be worth it.
    blink = 0.3 * unit(p.dice) if unit(p.dice) < 0.2 else 0.0
    fill(g, p, routes, candidates_for(g, p, routes), power, seen, blink)
    changed = False
    for r in range(routes):
        changed = improve_end(g, p, p.chosen[r]) or changed
        changed = improve_order(g, p, p.chosen[r]) or changed
    if routes == 2 and unit(p.dice) < PAIR_SHARE:
        changed = improve_pair(g, p, p.chosen[0], p.chosen[1]) or changed
    if len(g.start) == 1 and total(g, p) < p.figures[KEPT] and unit(p.dice) >= CHOOSING:
        # Of one route the exchange takes most of the time; for a plan that is worse it seldom pays.
        return
    for r in range(routes):
        _mark(p, marks)
        changed = improve_choice(g, p, p.chosen[r], candidates_for(g, p, routes)) or changed
    if changed:
        _mark(p, marks)
        fill(g, p, routes, candidates_for(g, p, routes), power, 1.0, 0.0)


@compiled
def _mark(p, marks):
    for v in range(len(marks)):
        p.gone[v] = marks[v]


@compiled
def choose_step(g, p):
    """One step of a plan of chosen visits."""
    routes = choose_routes(g, p)
    mark_near(g, p, routes)
    marks = p.gone.copy()
    p.gone[:] = False
    alone, wanted = len(g.start) == 1, -1
    for r in range(routes):
        ruin_end(g, p, p.chosen[r])
        if wanted < 0 and unit(p.dice) < WANTING:
            wanted = ruin_around(g, p, p.chosen[r], alone)
        if wanted < 0 or r > 0:
            ruin_stretch(g, p, p.chosen[r], alone)
    _mark(p, marks)
    like(p, 0.6, 0.8)
    if wanted >= 0:
        p.liking[wanted] *= FAVOUR
    refill(g, p, routes, 1 + unit(p.dice))


@compiled
def serve_step(g, p, patterned, optional):
    """One step of a plan that must serve all, but for `optional` visits; `patterned` where any keep to patterns of days."""
    count = ruin_strings(g, p, patterned)
    if patterned:
        for i in range(count):
            group = g.group[p.queue[i]]
            if group >= 0 and g.patterned[group] and unit(p.dice) < 0.4:
                ruin_group(g, p, group)
    require(g, p, unserved_required(g, p))
    shifts = len(g.start)
    if optional:
        like(p, 0.6, 0.8)
        p.chosen[0] = below(p.dice, shifts)
        p.gone[:] = True
        fill(g, p, 1, candidates_for(g, p, 1), 1 + unit(p.dice), 1.0, 0.0)
    if unit(p.dice) < 0.05:
        routes = choose_routes(g, p)
        for r in range(routes):
            improve_end(g, p, p.chosen[r])
            improve_order(g, p, p.chosen[r])
        if routes == 2:
            improve_pair(g, p, p.chosen[0], p.chosen[1])


@compiled
def optional_groups(g, p):
    """Now and then offer unserved groups of optional visits their patterns."""
    groups = len(g.patterned)
    for _ in range(min(groups, 3)):
        group = below(p.dice, groups)
        if g.patterned[group]:
            if unit(p.dice) < 0.3:
                ruin_group(g, p, group)
            insert_group(g, p, group, 0.0)


@compiled
def begin(g, p, serves_all):
    """Fill the plan for the first time."""
    like(p, 1.0, 0.0)
    shifts = len(g.start)
    for s in g.order:
        evaluate(g, p, s, s)
        touched(p, s)
    require(g, p, unserved_required(g, p))
    for group in range(len(g.patterned)):
        if g.patterned[group]:
            insert_group(g, p, group, 0.0)
    if not serves_all or (g.rank == 2).any():
        for s in range(shifts):
            p.chosen[s] = s
        p.gone[:] = True
        fill(g, p, shifts, candidates_for(g, p, shifts), 1.3, 1.0, 0.0)
    ruin_broken(g, p)
    settle(g, p)


@compiled
def settle(g, p):
    """Stand on the plan under work, and remember it where it is the best."""
    p.figures[NOW] = total(g, p)
    keep(g, p)
    consider(g, p)


@compiled
def consider(g, p):
    """Remember the plan under work where it is the best so far; say whether it was."""
    value = true_value(g, p)
    if value <= p.figures[BEST] + 1e-9:
        return False
    now = p.figures[NOW]
    p.figures[NOW] = value
    remember(g, p)
    p.figures[NOW] = now
    p.counts[LAST] = p.counts[STEPS]
    return True


@compiled
def forget_history(p):
    p.history[:] = -np.inf
    p.counts[IDLE] = 0


@compiled
def accept_late(g, p):
    """Stay where the new plan is better than the one kept some steps ago, or than the kept one."""
    shifts = len(g.start)
    slot = p.counts[STEPS] % len(p.history)
    new, old = p.figures[NOW], p.figures[KEPT]
    if new > BROKEN / 2 and (new > p.history[slot] or new >= old):
        p.counts[IDLE] = 0 if new > old + 1e-9 else p.counts[IDLE] + 1
        keep(g, p)
    else:
        p.counts[IDLE] += 1
        take_back(g, p)
    p.history[slot] = max(p.history[slot], old if shifts == 1 else p.figures[KEPT])


@compiled
def accept_cooling(g, p, warm, cold):
    """Stay by the rule of annealing; each cycle is twice as long as the one before, and starts from the best."""
    cycle, length = p.counts[PHASE], FIRST_CYCLE
    while cycle >= length and length < 10**9:
        cycle -= length
        length *= 2
    if cycle == 0 and p.counts[PHASE] > 0:
        from_best(g, p)
        p.figures[NOW] = total(g, p)
        keep(g, p)
    p.counts[PHASE] += 1
    heat = warm * (cold / warm) ** (cycle / length)
    if p.figures[NOW] > p.figures[KEPT] + heat * np.log(max(unit(p.dice), 1e-12)):
        keep(g, p)
    else:
        take_back(g, p)


@compiled
def reprice(g, p, price):
    p.price[0] = price
    for s in range(len(g.start)):
        evaluate(g, p, s, s)
    p.figures[NOW] = total(g, p)
    p.figures[KEPT] = p.figures[NOW]


@compiled
def restart_one(g, p, prices):
    """Begin a single route again, in turn from nothing and from half of the best, every other time at another price."""
    p.counts[RESTARTS] += 1
    from_best(g, p)
    reprice(g, p, prices[p.counts[RESTARTS] // 2 % len(prices)])
    half = p.counts[RESTARTS] % 2 == 0
    for s in range(len(g.start)):
        out = False
        for k in range(p.fixed[s], p.size[s]):
            if not half or unit(p.dice) < 0.5:
                p.gone[p.seq[s, k]] = True
                out = True
        if out:
            take_out(g, p, s)
        p.chosen[s] = s
    like(p, 0.2, 1.6)
    p.gone[:] = True
    refill(g, p, len(g.start), 0.5 + 1.5 * unit(p.dice))
    ruin_broken(g, p)
    settle(g, p)
    forget_history(p)


@compiled
def next_weight(g, p, prices):
    """Begin again from the best with the next weight of a prize."""
    p.counts[RESTARTS] += 1
    from_best(g, p)
    keep(g, p)
    reprice(g, p, prices[p.counts[RESTARTS] % len(prices)])
    forget_history(p)


@compiled
def walk(g, p, steps, serves_all, patience, prices, warm, cold):
    """Walk a number of steps; return whether a better plan than any before was found."""
    found = False
    shifts = len(g.start)
    grouped = len(g.patterned) > 0 and g.patterned.any()
    optional = (g.rank == 2).any()
    first_patience = patience
    for _ in range(steps):
        # With each round of the prices it waits longer: the near plans are seen by then.
        patience = min(first_patience * (1 + p.counts[RESTARTS] // len(prices)), LONGEST_PATIENCE)
        if serves_all:
            serve_step(g, p, grouped, optional)
        else:
            choose_step(g, p)
            if grouped:
                optional_groups(g, p)
        if grouped:
            ruin_broken(g, p)
        p.figures[NOW] = total(g, p)
        found = consider(g, p) or found
        if serves_all:
            accept_cooling(g, p, warm, cold)
        else:
            accept_late(g, p)
            if p.counts[IDLE] >= patience and shifts == 1:
                restart_one(g, p, prices)
            elif shifts > 1 and p.counts[STEPS] - max(p.counts[LAST], p.counts[PHASE]) >= patience:
                p.counts[PHASE] = p.counts[STEPS]
                next_weight(g, p, prices)
        p.counts[STEPS] += 1
    return found
