"""What an engine elsewhere answered, kept in a file that all processes share, so that no pair of places is asked twice.

Our own road graph needs no such thing: it answers 100 x 100 places in a few milliseconds, which is faster than looking
them up. An engine takes a second for 50 x 50. The file is bounded, and anything wrong with it only means asking again.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gcrm.routing.problem import Place

MOST_PAIRS = 2_000_000
"""About 100 MB; beyond, the oldest tenth goes."""
KEPT_DAYS = 30
NO_ROAD = -2
"""Stands at a place with itself that has no road near."""
NO_WAY = -1
DEGREE_PARTS = 100_000
"""Places within a metre are one."""
AT_ONCE = 400

Pair = tuple[int, int]
"""Numbers of two places in the list that was asked about."""
Cost = tuple[int, int]
"""Seconds and metres, `NO_WAY` or `NO_ROAD`."""


@dataclass(frozen=True)
class TravelCache:
    """Times of one engine and mode in a file; `asked` names both."""

    file: Path
    asked: str

    def known(self, places: Sequence[Place]) -> dict[Pair, Cost]:
        """Return what is known of the pairs of some places."""
        numbers: dict[str, list[int]] = {}
        for number, place in enumerate(places):
            numbers.setdefault(_key(place), []).append(number)
        found: dict[Pair, Cost] = {}
        with contextlib.suppress(sqlite3.Error), self._opened() as opened:
            for begin, end, seconds, metres in _rows(opened, self.asked, list(numbers)):
                for i in numbers[begin]:
                    for j in numbers.get(end, ()):
                        found[i, j] = (seconds, metres)
        return found

    def keep(self, places: Sequence[Place], costs: Iterable[tuple[Pair, Cost]]) -> None:
        """Keep what was answered, and forget what is old or too much."""
        rows = [(self.asked, _key(places[i]), _key(places[j]), *cost) for (i, j), cost in costs]
        with contextlib.suppress(sqlite3.Error), self._opened() as opened:
            opened.executemany(
                "INSERT OR REPLACE INTO times VALUES (?, ?, ?, ?, ?, CAST(strftime('%s', 'now') AS INT))", rows
            )
            opened.execute("DELETE FROM times WHERE at < CAST(strftime('%s', 'now') AS INT) - ?", (KEPT_DAYS * 86_400,))
            (count,) = opened.execute("SELECT count(*) FROM times").fetchone()
            if count > MOST_PAIRS:
                oldest = "SELECT rowid FROM times ORDER BY at LIMIT ?"
                opened.execute(f"DELETE FROM times WHERE rowid IN ({oldest})", (count - MOST_PAIRS * 9 // 10,))  # noqa: S608

    @contextlib.contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        opened = sqlite3.connect(self.file, timeout=5)
        try:
            opened.execute("PRAGMA journal_mode = WAL")
            opened.execute("PRAGMA synchronous = OFF")
            opened.execute(
                "CREATE TABLE IF NOT EXISTS times (asked TEXT, begins TEXT, ends TEXT, seconds INT, metres INT, at INT,"
                " PRIMARY KEY (asked, begins, ends))"
            )
            opened.execute("CREATE INDEX IF NOT EXISTS times_at ON times (at)")
            with opened:
                yield opened
        finally:
            opened.close()


def _rows(opened: sqlite3.Connection, asked: str, keys: list[str]) -> Iterator[tuple[str, str, int, int]]:
    for first in range(0, len(keys), AT_ONCE):
        part = keys[first : first + AT_ONCE]
        marks = ", ".join("?" * len(part))
        query = f"SELECT begins, ends, seconds, metres FROM times WHERE asked = ? AND begins IN ({marks})"  # noqa: S608
        yield from opened.execute(query, (asked, *part))


def _key(place: Place) -> str:
    return f"{round((place.lat or 0) * DEGREE_PARTS)},{round((place.lon or 0) * DEGREE_PARTS)}"
