"""Rows of people: address, role and team."""

from __future__ import annotations

from typing import Any

from gcrm.exchange import values
from gcrm.exchange.mapping import Mapping
from gcrm.exchange.rows import Context, Faulty, Reader

COLUMNS = ("email", "name", "role", "team", "phone", "timezone", "home_address", "home_lon", "home_lat")


def reader(mapping: Mapping, context: Context) -> Reader:
    return Reader(mapping, context, tuple(name for name in COLUMNS if mapping.has(name)), finish)


def finish(found: dict[str, Any], context: Context) -> str | None:
    if not found.get("email"):
        raise Faulty("The row has no e-mail address.")
    found["email"] = found["email"].lower()
    lon, lat = found.pop("home_lon", None), found.pop("home_lat", None)
    if lon is None and lat is None:
        return None
    if lon is None or lat is None:
        return "Only one of the home's two coordinates is given, so it was left out."
    point = values.place(lon, lat, context.country)
    if point is not None:
        found["home_lon"], found["home_lat"] = point
    return None
