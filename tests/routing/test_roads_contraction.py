"""Contraction hierarchies against Dijkstra's algorithm as it stands in a textbook."""

from __future__ import annotations

import heapq
from random import Random

import numpy as np
import pytest

from gcrm.routing.roads.compiled import FAR
from gcrm.routing.roads.contraction import Hierarchy, contract
from gcrm.routing.roads.matrix import many_to_many
from gcrm.routing.roads.path import way_between

Arc = tuple[int, int, int, int]


def dijkstra(nodes: int, arcs: list[Arc], start: int) -> list[int | None]:
    """Milliseconds from the start to every node (Dijkstra 1959)."""
    ways: list[list[tuple[int, int]]] = [[] for _ in range(nodes)]
    for tail, head, milliseconds, _ in arcs:
        ways[tail].append((head, milliseconds))
    best: list[int | None] = [None] * nodes
    queue = [(0, start)]
    while queue:
        time, node = heapq.heappop(queue)
        if best[node] is not None:
            continue
        best[node] = time
        for head, milliseconds in ways[node]:
            heapq.heappush(queue, (time + milliseconds, head))
    return best


def contracted(nodes: int, arcs: list[Arc], **options: int) -> Hierarchy:
    columns = np.array(arcs, np.int32).reshape(-1, 4).T
    return contract(nodes, *(np.ascontiguousarray(column) for column in columns), **options)


def at(hierarchy: Hierarchy, nodes: list[int]) -> np.ndarray:
    """Seeds that stand on the nodes."""
    seeds = np.zeros((len(nodes), 1, 3), np.int32)
    seeds[:, 0, 0] = hierarchy.rank[nodes]
    return seeds


def times(hierarchy: Hierarchy, nodes: list[int]) -> list[list[int | None]]:
    found, _ = many_to_many(hierarchy, at(hierarchy, nodes), at(hierarchy, nodes))
    return [[None if cell == FAR else cell for cell in row] for row in found.tolist()]


def scattered(random: Random, nodes: int, arcs: int) -> list[Arc]:
    """Arcs at random: loops, parallels, one-ways and nodes that nothing leads to."""
    return [
        (random.randrange(nodes), random.randrange(nodes), random.randint(0, 50), random.randint(1, 9))
        for _ in range(arcs)
    ]


def streets(random: Random, side: int) -> list[Arc]:
    """A grid with gaps and one-ways, some lines faster."""
    arcs: list[Arc] = []
    for i in range(side):
        for j in range(side):
            for a, b, line in (((i, j), (i, j + 1), i), ((i, j), (i + 1, j), j)):
                if max(b) == side or random.random() < 0.1:
                    continue
                cost = random.randint(80, 120) // (4 if line % 5 == 0 else 1)
                ends = (a[0] * side + a[1], b[0] * side + b[1])
                kind = random.random()
                arcs += [(*ends, cost, 10)] if kind < 0.9 else []
                arcs += [(ends[1], ends[0], cost, 10)] if kind > 0.15 else []
    return arcs


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("density", [1.2, 2.5, 6.0])
def test_times_are_dijkstras_on_scattered_arcs(seed, density):
    random = Random(seed)
    nodes = random.randint(2, 60)
    arcs = scattered(random, nodes, int(nodes * density))
    expected = [dijkstra(nodes, arcs, start) for start in range(nodes)]
    assert times(contracted(nodes, arcs), list(range(nodes))) == expected


@pytest.mark.parametrize("seed", range(6))
def test_times_are_dijkstras_on_streets(seed):
    random = Random(seed)
    arcs = streets(random, 40)
    chosen = random.sample(range(1600), 25)
    expected = [[dijkstra(1600, arcs, start)[end] for end in chosen] for start in chosen]
    found = times(contracted(1600, arcs), chosen)
    assert found == expected
    assert any(found[i][j] != found[j][i] for i in range(25) for j in range(25))


def test_a_graph_without_arcs_leads_nowhere():
    assert times(contracted(3, []), [0, 1, 2]) == [[0, None, None], [None, 0, None], [None, None, 0]]


def test_the_faster_of_parallel_arcs_counts_with_its_length():
    hierarchy = contracted(2, [(0, 1, 30, 500), (0, 1, 20, 700), (0, 0, 1, 1)])
    found, lengths = many_to_many(hierarchy, at(hierarchy, [0]), at(hierarchy, [1]))
    assert (found[0, 0], lengths[0, 0]) == (20, 700)


def test_seeds_add_what_lies_before_the_first_node():
    # 0 -> 1 -> 2 at 10 each; the source stands 7 before node 0 or 30 before node 2.
    hierarchy = contracted(3, [(0, 1, 10, 1), (1, 2, 10, 1)])
    leaves = np.array([[[hierarchy.rank[0], 7, 3], [hierarchy.rank[2], 30, 4]]], np.int32)
    found, lengths = many_to_many(hierarchy, leaves, at(hierarchy, [1, 2]))
    assert found.tolist() == [[17, 27]]
    assert lengths.tolist() == [[4, 5]]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("core_neighbours", [0, 2, 5])
def test_times_are_dijkstras_through_a_core(seed, core_neighbours):
    random = Random(seed)
    arcs = streets(random, 15)
    chosen = random.sample(range(225), 20)
    expected = [[dijkstra(225, arcs, start)[end] for end in chosen] for start in chosen]
    assert times(contracted(225, arcs, core_neighbours=core_neighbours), chosen) == expected


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("core_neighbours", [3, 32])
def test_the_arcs_of_a_way_follow_each_other_and_add_up(seed, core_neighbours):
    random = Random(100 + seed)
    nodes = 80
    arcs = scattered(random, nodes, 260)
    hierarchy = contracted(nodes, arcs, core_neighbours=core_neighbours)
    starts, ends = random.sample(range(nodes), 12), random.sample(range(nodes), 12)
    found, _lengths = many_to_many(hierarchy, at(hierarchy, starts), at(hierarchy, ends))
    for i, start in enumerate(starts):
        for j, end in enumerate(ends):
            way = way_between(hierarchy, at(hierarchy, [start])[0], at(hierarchy, [end])[0])
            if found[i, j] == FAR:
                assert way is None
                continue
            assert way is not None
            visited = [start]
            for number in way.arcs:
                assert arcs[number][0] == visited[-1]
                visited.append(arcs[number][1])
            assert visited[-1] == end
            assert sum(arcs[number][2] for number in way.arcs) == found[i, j]


def test_contracting_twice_gives_the_same_hierarchy():
    arcs = streets(Random(1), 20)
    one, two = contracted(400, arcs), contracted(400, arcs)
    assert (one.rank == two.rank).all()
    assert (one.away.middle == two.away.middle).all()
