"""The way between two places over a hierarchy: a search from each end, and its shortcuts taken apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gcrm.routing.roads.compiled import FAR, compiled, frozen
from gcrm.routing.roads.contraction import Hierarchy, Upward
from gcrm.routing.roads.heap import LOW, pop, push, roomier

Ints = NDArray[np.int32]


@dataclass(frozen=True)
class Way:
    """The arcs of the road graph on a fastest way, in order, and the seeds that it begins and ends with."""

    arcs: list[int]
    leaves: int
    arrives: int


def way_between(hierarchy: Hierarchy, leaves: Ints, arrives: Ints) -> Way | None:
    """Return a fastest way; None where there is none.

    Parameters
    ----------
    leaves, arrives : (k, 3) as a row of `matrix.many_to_many`; the way goes from one of `leaves` to one of `arrives`
    """
    away, towards = hierarchy.away, hierarchy.towards
    ahead, behind = (
        _tree(_columns(away), np.array(leaves, np.int32)),
        _tree(_columns(towards), np.array(arrives, np.int32)),
    )
    both = np.flatnonzero((ahead[0] != FAR) & (behind[0] != FAR))
    if not len(both):
        return None
    top = int(both[np.argmin(ahead[0][both].astype(np.int64) + behind[0][both])])
    before, after = _climb(ahead[1], top), _climb(behind[1], top)
    steps = [(low, high, True) for low, high in reversed(before)] + [(low, high, False) for low, high in after]
    start, end = (before[-1][0] if before else top), (after[-1][0] if after else top)
    return Way(_taken_apart(hierarchy, steps), _seed_at(leaves, start), _seed_at(arrives, end))


def _seed_at(seeds: Ints, node: int) -> int:
    """Return the number of the seed that the search began with at this node."""
    there = np.flatnonzero(seeds[:, 0] == node)
    return int(there[np.argmin(seeds[there, 1])])


def _columns(arcs: Upward) -> tuple[Any, ...]:
    return frozen(arcs.first), frozen(arcs.head), frozen(arcs.milliseconds)


@compiled
def _tree(graph: Any, seeds: Any) -> Any:
    """Search upwards; return the time of every node, and the node that each was reached from, -1 at seeds."""
    first, head, milliseconds = graph
    time = np.full(len(first) - 1, FAR, np.int32)
    before = np.full(len(first) - 1, -1, np.int32)
    heap = np.empty(4096, np.int64)
    size = 0
    for seed in range(len(seeds)):
        if seeds[seed, 0] >= 0 and seeds[seed, 1] < time[seeds[seed, 0]]:
            time[seeds[seed, 0]] = seeds[seed, 1]
            size = push(heap, size, seeds[seed, 1], seeds[seed, 0])
    while size > 0:
        key = heap[0] >> 32
        node = heap[0] & LOW
        size = pop(heap, size)
        if key > time[node]:
            continue
        for arc in range(first[node], first[node + 1]):
            reached = key + milliseconds[arc]
            if reached < time[head[arc]]:
                time[head[arc]] = reached
                before[head[arc]] = node
                if size + 1 >= len(heap):
                    heap = roomier(heap)
                size = push(heap, size, reached, head[arc])
    return time, before


def _climb(before: Ints, top: int) -> list[tuple[int, int]]:
    """Return the steps (lower, higher) down from the top to the seed, which has nothing before it."""
    steps = []
    while before[top] >= 0:
        steps.append((int(before[top]), top))
        top = int(before[top])
    return steps


def _taken_apart(hierarchy: Hierarchy, steps: list[tuple[int, int, bool]]) -> list[int]:
    """Return the arcs under steps of the hierarchy; a step goes from the lower to the higher node, or back down."""
    arcs = []
    stack = steps[::-1]
    while stack:
        low, high, is_up = stack.pop()
        middle = _middle(hierarchy.away if is_up else hierarchy.towards, low, high)
        if middle < 0:
            arcs.append(-1 - middle)
            continue
        # The middle is less important than both, so its own rows lead to them.
        tail, head = (low, high) if is_up else (high, low)
        stack.append((middle, head, True))
        stack.append((middle, tail, False))
    return arcs


def _middle(graph: Upward, low: int, high: int) -> int:
    begin, end = graph.first[low], graph.first[low + 1]
    return int(graph.middle[begin + int(np.flatnonzero(graph.head[begin:end] == high)[0])])
