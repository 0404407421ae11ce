"""The words of an OGC request's query, read into what is wanted; each fault is a sentence that names the word.

OGC API - Features, part 1 (17-069r4), clauses 7.15.2 to 7.15.5 (limit, bbox, datetime, properties); part 2 (18-058r1):
crs and bbox-crs; part 3 (19-079r2): filter, filter-lang and filter-crs.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gcrm.core.errors import Malformed
from gcrm.geography.tiles import Box
from gcrm.maps.ogc import crs as ogc_crs
from gcrm.maps.ogc import filters as ogc_filters
from gcrm.maps.ogc.collections import Collection
from gcrm.maps.ogc.crs import Crs

USUAL_LIMIT = 100
LARGEST_LIMIT = 5_000
"""A larger limit is answered with so many, as the standard has it."""
LONGEST_WORD = 20_000
PAGE_WORDS = ("f",)
ITEM_WORDS = ("f", "crs")
ITEMS_WORDS = (
    "f", "crs", "limit", "after", "bbox", "bbox-crs", "datetime", "filter", "filter-lang", "filter-crs",
)  # fmt: skip
FOREVER = ("", "..")

Instants = tuple[dt.datetime | None, dt.datetime | None]


@dataclass(frozen=True)
class Bounds:
    """A bbox: four numbers, easting or longitude first, in a system of reference."""

    west: float
    south: float
    east: float
    north: float
    crs: Crs

    @property
    def boxes(self) -> list[Box]:
        """In degrees, two where it lies astride the antimeridian; for geographic systems only."""
        if self.west <= self.east:
            return [(self.west, self.south, self.east, self.north)]
        return [(self.west, self.south, 180.0, self.north), (-180.0, self.south, self.east, self.north)]


@dataclass(frozen=True)
class Wanted:
    """Which features of a collection are wanted, how many, and in which system."""

    limit: int = USUAL_LIMIT
    after: tuple[int, ...] | None = None
    """Where the page before ended: a row's id, or its key of the grid and its id."""
    crs: Crs = ogc_crs.CRS84
    bounds: Bounds | None = None
    during: Instants | None = None
    """First and last instant, each None where it is open."""
    equal: tuple[ogc_filters.Condition, ...] = ()
    """What `name=value` says."""
    filter: ogc_filters.Condition | None = None


def refuse_unknown(words: Mapping[str, str], known: Iterable[str]) -> None:
    """A word that the resource does not know is a fault, not something to pass over (clause 7.6)."""
    allowed = tuple(known)
    for name in words:
        if name not in allowed:
            raise Malformed(f"“{name[:80]}” is no parameter here. There are {', '.join(allowed)}.")


def wanted(words: Mapping[str, str], collection: Collection) -> Wanted:
    """Read the query of a collection's items."""
    by_name = {name: each for name, each in collection.queryables.items() if each.kind != "geometry"}
    refuse_unknown(words, (*ITEMS_WORDS, *by_name))
    for name, value in words.items():
        if "\x00" in value:
            raise Malformed(f"“{name}” holds a sign that no text has.")
        if len(value) > LONGEST_WORD:
            raise Malformed(f"“{name}” is {len(value):,} signs long; at most {LONGEST_WORD:,} are read.")
    return Wanted(
        limit=_limit(words.get("limit")),
        after=_after(words.get("after")),
        crs=_crs(words, "crs"),
        bounds=_bounds(words["bbox"], _crs(words, "bbox-crs")) if "bbox" in words else None,
        during=during(words["datetime"]) if "datetime" in words else None,
        equal=tuple(ogc_filters.equal(each, words[name]) for name, each in by_name.items() if name in words),
        filter=_filter(words, collection),
    )


def _crs(words: Mapping[str, str], word: str) -> Crs:
    return ogc_crs.crs_named(words[word], word) if word in words else ogc_crs.CRS84


def crs_of_item(words: Mapping[str, str]) -> Crs:
    """Read the query of one feature."""
    refuse_unknown(words, ITEM_WORDS)
    return _crs(words, "crs")


def _limit(said: str | None) -> int:
    if said is None:
        return USUAL_LIMIT
    if not (said.isascii() and said.isdigit() and len(said) < 19 and int(said) >= 1):
        raise Malformed(f"“limit”: “{said[:40]}” is no whole number from 1 on.")
    return min(int(said), LARGEST_LIMIT)


def _after(said: str | None) -> tuple[int, ...] | None:
    """The marker of a `next` link."""
    if said is None:
        return None
    parts = said.split("-")
    if len(parts) > 2 or not all(part.isascii() and part.isdigit() and len(part) < 20 for part in parts):
        raise Malformed("“after” is not a marker that a page gave out. Follow the link “next”.")
    numbers = tuple(map(int, parts))
    if max(numbers) >= 2**63:
        raise Malformed("“after” is not a marker that a page gave out. Follow the link “next”.")
    return numbers


def after_text(marker: Iterable[int]) -> str:
    return "-".join(map(str, marker))


# -- bbox --------------------------------------------------------------------------------------------------------------


def _bounds(said: str, crs: Crs) -> Bounds:
    numbers = [_number(part) for part in said.split(",")]
    if len(numbers) not in (4, 6):
        raise Malformed(f"“bbox” has {len(numbers)} numbers; it takes 4, or 6 with heights, with commas between them.")
    if len(numbers) == 6:
        numbers = [numbers[i] for i in (0, 1, 3, 4)]
    if crs.is_northing_first:
        numbers = [numbers[i] for i in (1, 0, 3, 2)]
    west, south, east, north = numbers
    if south > north:
        raise Malformed(f"“bbox”: its southern edge {south:g} lies north of its northern edge {north:g}.")
    if not crs.is_geographic:
        if west > east:
            raise Malformed(f"“bbox”: its western edge {west:g} lies east of its eastern edge {east:g}.")
        return Bounds(west, south, east, north, crs)
    return _on_globe(west, south, east, north, crs)


def _on_globe(west: float, south: float, east: float, north: float, crs: Crs) -> Bounds:
    """Clients that show more than the whole globe send edges beyond it: those are taken in to its edges."""
    if north < -90 or south > 90 or max(abs(west), abs(east)) > 540:
        raise Malformed(f"“bbox”: {west:g},{south:g},{east:g},{north:g} is on no map. Longitude comes first in CRS84.")
    if west <= east:
        west, east = (-180.0, 180.0) if east - west >= 360 else (max(-180.0, west), min(180.0, east))
        if west > east:
            raise Malformed("“bbox” lies beyond longitude 180. Write one astride the antimeridian as 170,-20,-170,20.")
    return Bounds(west, max(-90.0, south), east, min(90.0, north), crs)


def _number(said: str) -> float:
    try:
        number = float(said)
    except ValueError:
        raise Malformed(f"“bbox”: “{said[:40]}” is no number.") from None
    if not math.isfinite(number):
        raise Malformed(f"“bbox”: “{said[:40]}” is no number that could be on a map.")
    return number


# -- datetime ----------------------------------------------------------------------------------------------------------


def during(said: str) -> Instants:
    """An instant, or two with a slash between them, either of which may be open; a day is all of it (RFC 3339)."""
    parts = said.split("/")
    if len(parts) > 2:
        raise Malformed(f"“datetime”: “{said[:80]}” has more than one slash.")
    first, last = parts[0], parts[-1]
    if len(parts) == 2 and first in FOREVER and last in FOREVER:
        return None, None
    if len(parts) == 1 and first in FOREVER:
        raise Malformed("“datetime” is empty. Write an instant, or two with a slash between them.")
    start = None if first in FOREVER else ogc_filters.instants(first, "datetime")[0]
    end = None if last in FOREVER else ogc_filters.instants(last, "datetime")[1]
    if start is not None and end is not None and start > end:
        raise Malformed(f"“datetime”: {first} is later than {last}.")
    return start, end


# -- properties and filters --------------------------------------------------------------------------------------------


def _filter(words: Mapping[str, str], collection: Collection) -> ogc_filters.Condition | None:
    said, language, crs = words.get("filter"), words.get("filter-lang", "cql2-text"), _crs(words, "filter-crs")
    if said is None:
        ogc_filters.refuse_other_language(language)
        return None
    return ogc_filters.parse(said, language, collection, crs)
