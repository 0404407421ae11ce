"""A binary heap of whole numbers: the key above, the node in the lower 32 bits, so that one comparison orders both."""

from __future__ import annotations

from typing import Any

import numpy as np

from gcrm.routing.roads.compiled import compiled

LOW = 0xFFFFFFFF


@compiled
def push(heap: Any, size: int, key: int, node: int) -> int:
    """Add an entry to the first `size` of the heap; the array must have room. Returns the new size."""
    entry = (np.int64(key) << 32) | np.int64(node)
    at = size
    while at > 0:
        above = (at - 1) >> 1
        if heap[above] <= entry:
            break
        heap[at] = heap[above]
        at = above
    heap[at] = entry
    return size + 1


@compiled
def pop(heap: Any, size: int) -> int:
    """Take the least entry, heap[0], away; returns the new size."""
    size -= 1
    entry = heap[size]
    at = 0
    while True:
        below = 2 * at + 1
        if below >= size:
            break
        if below + 1 < size and heap[below + 1] < heap[below]:
            below += 1
        if heap[below] >= entry:
            break
        heap[at] = heap[below]
        at = below
    heap[at] = entry
    return size


@compiled
def roomier(heap: Any) -> Any:
    """Return a copy with twice the room."""
    larger = np.empty(2 * len(heap), heap.dtype)
    larger[: len(heap)] = heap
    return larger
