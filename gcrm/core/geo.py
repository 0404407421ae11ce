"""Points without a geometry library: what web pages and services need."""

from __future__ import annotations

import math
import struct
from typing import Any

from gcrm.core.errors import Invalid

EARTH_METRES = 6_371_008.8


def lon_lat(geometry: Any) -> tuple[float, float]:
    """Longitude and latitude of a point column as GeoAlchemy reads it (WGS 84)."""
    raw = bytes.fromhex(geometry.desc)
    lon, lat = struct.unpack("<dd" if raw[0] == 1 else ">dd", raw[-16:])
    return lon, lat


def ewkt(lon: float, lat: float) -> str:
    """A point for a column in SRID 4326; refuses what is on no map."""
    if not (math.isfinite(lon) and math.isfinite(lat)):
        raise Invalid("The position is not a number.")
    if not -180 <= lon <= 180 or not -90 <= lat <= 90:
        hint = " They look swapped." if -180 <= lat <= 180 and -90 <= lon <= 90 else ""
        raise Invalid(f"Longitude {lon} and latitude {lat} are on no map.{hint}")
    return f"SRID=4326;POINT({lon!r} {lat!r})"


def geojson(geometry: Any) -> dict[str, Any] | None:
    """A point column as GeoJSON."""
    return None if geometry is None else {"type": "Point", "coordinates": list(lon_lat(geometry))}


def metres_between(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Great-circle distance of two (lon, lat) on the mean sphere."""
    lon_a, lat_a, lon_b, lat_b = map(math.radians, (*a, *b))
    chord = math.sin((lat_b - lat_a) / 2) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_b - lon_a) / 2) ** 2
    return 2 * EARTH_METRES * math.asin(min(1.0, math.sqrt(chord)))
