"""Rows of people: address, role and team."""

from __future__ import annotations

from typing import Any

from gcrm.core.errors import Invalid
from gcrm.exchange import values
from gcrm.exchange.mapping import Mapping
from gcrm.exchange.rows import Context, Reader

COLUMNS = ("email", "name", "role", "team", "phone", "timezone", "home_address", "home_lon", "home_lat")


def reader(mapping: Mapping, context: Context) -> Reader:
    return Reader(mapping, context, tuple(name for name in COLUMNS if mapping.has(name)), finish)


def finish(found: dict[str, Any], context: Context, faults: list[str]) -> str | None:
    if not found.get("email"):
        faults.append("The row has no e-mail address.")
    lon, lat = found.pop("home_lon", None), found.pop("home_lat", None)
    if lon is None and lat is None:
        return None
    if lon is None or lat is None:
        return "Only one of the home's two coordinates is given, so it was left out."
    try:
        point = values.place(lon, lat, context.country)
    except Invalid as error:
        faults.append(error.message)
        return None
    if point is not None:
        found["home_lon"], found["home_lat"] = point
    return None
