"""The levels of regions, coarse to fine, and the sizes of hexagons."""

from __future__ import annotations

LEVELS = ("country", "state", "county", "municipality", "postcode")

PLACED_LEVELS = ("state", "county", "municipality")
"""Levels whose region id is written with every account."""

HEXAGON_AREAS_KM2 = {"hex10": 10, "hex100": 100, "hex1000": 1000}
