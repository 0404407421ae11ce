"""Tiles that were drawn already, each good for one picture of the accounts; pure."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

OVERHEAD_BYTES = 1_500
"""What an empty tile takes in memory at most, with its address."""


@dataclass(frozen=True)
class Tile:
    """A tile's bytes and the hash of them that a browser is told."""

    body: bytes
    mark: str

    @classmethod
    def of(cls, body: bytes) -> Tile:
        return cls(body, hashlib.blake2b(body, digest_size=16).hexdigest())


class KeptTiles:
    """The tiles asked for last, up to a number of bytes; for all threads of a process."""

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self._kept: OrderedDict[Hashable, tuple[Hashable, Tile]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def find(self, address: Hashable, picture: Hashable) -> Tile | None:
        """The tile as it was drawn for this very picture; one of another picture is forgotten."""
        with self._lock:
            found = self._kept.get(address)
            if found is None:
                return None
            if found[0] != picture:
                self._forget(address)
                return None
            self._kept.move_to_end(address)
            return found[1]

    def keep(self, address: Hashable, picture: Hashable, tile: Tile) -> None:
        """Keep a tile that was drawn after the picture was read; the ones longest unasked for make room."""
        with self._lock:
            self._forget(address)
            self._kept[address] = picture, tile
            self._bytes += len(tile.body) + OVERHEAD_BYTES
            while self._bytes > self.most_bytes:
                self._forget(next(iter(self._kept)))

    def _forget(self, address: Hashable) -> None:
        found = self._kept.pop(address, None)
        if found is not None:
            self._bytes -= len(found[1].body) + OVERHEAD_BYTES
