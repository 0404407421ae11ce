"""The coordinate reference systems that the OGC API answers in, and the order of their axes.

OGC API - Features, part 2 (18-058r1): coordinates come in the order that the system itself lays down, so latitude
before longitude in EPSG:4326 and northing before easting in the Korean systems; CRS84 is WGS 84 the other way round.
"""

from __future__ import annotations

from dataclasses import dataclass

from gcrm.core.errors import Malformed

WGS84 = 4326
LARGEST_SHARE_OF_GLOBE = 80.0
"""Degrees to either side of its middle meridian in which a transverse Mercator is sure to have an answer."""


@dataclass(frozen=True)
class Crs:
    """A system by its URI."""

    uri: str
    srid: int
    """What PostGIS calls it; its coordinates are always easting or longitude first."""
    is_northing_first: bool = False
    decimals: int = 3
    """A millimetre, or 7 decimals of a degree, about a centimetre."""
    middle_meridian: float | None = None
    """Of a transverse Mercator, which has no answer a quarter of the globe away."""

    @property
    def is_geographic(self) -> bool:
        return self.decimals > 3

    @property
    def domain(self) -> tuple[float, float] | None:
        """Western and eastern end of what can be put in it; None where that is the whole globe."""
        if self.middle_meridian is None:
            return None
        return self.middle_meridian - LARGEST_SHARE_OF_GLOBE, self.middle_meridian + LARGEST_SHARE_OF_GLOBE


def _epsg(srid: int, is_northing_first: bool = False, decimals: int = 3, middle: float | None = None) -> Crs:
    return Crs(f"http://www.opengis.net/def/crs/EPSG/0/{srid}", srid, is_northing_first, decimals, middle)


CRS84 = Crs("http://www.opengis.net/def/crs/OGC/1.3/CRS84", WGS84, decimals=7)
ALL = (
    CRS84,
    _epsg(WGS84, is_northing_first=True, decimals=7),
    _epsg(3857),
    _epsg(4269, is_northing_first=True, decimals=7),
    _epsg(5070),
    # UTM north: zones 1 to 20 from Alaska's islands to Puerto Rico, 51 and 52 in Korea.
    *(_epsg(32600 + zone, middle=6.0 * zone - 183.0) for zone in (*range(1, 21), 51, 52)),
    # Korea 2000: the unified system, and the belts of 2010.
    _epsg(5179, is_northing_first=True, middle=127.5),
    _epsg(5185, is_northing_first=True, middle=125.0),
    _epsg(5186, is_northing_first=True, middle=127.0),
    _epsg(5187, is_northing_first=True, middle=129.0),
    _epsg(5188, is_northing_first=True, middle=131.0),
)
BY_URI = {each.uri: each for each in ALL}


def crs_named(uri: str, word: str) -> Crs:
    """The system that a parameter names by its URI."""
    if uri not in BY_URI:
        raise Malformed(
            f"“{word}”: “{uri[:80]}” is not offered. It is one of the systems that a collection lists under crs,"
            f" such as {CRS84.uri}."
        )
    return BY_URI[uri]
