"""Rows of accounts: names made of brand and number, places, postcodes and phone numbers by country."""

from __future__ import annotations

from typing import Any

from gcrm.core.errors import Invalid
from gcrm.exchange import values
from gcrm.exchange.mapping import Mapping
from gcrm.exchange.rows import KEPT_APART, Context, Reader

COLUMNS = (
    "external_id", "gcrm_id", "source", "name", "status", "x", "y", "street", "city", "region", "postcode", "country",
    "phone", "phone_e164", "email", "website", "industry", "tier", "annual_value", "potential", "currency", "owner_id",
    "tags", "opening_hours", "cadence_days", "visit_minutes", "note", "extra",
)  # fmt: skip

_line = values.line(what="name")


def reader(mapping: Mapping, context: Context) -> Reader:
    """A reader of the columns that this file can fill, and no others."""
    origins = {
        "x": ("lon",), "y": ("lat",), "phone_e164": ("phone",), "owner_id": ("owner",), "name": ("name", "brand", "branch"),
    }  # fmt: skip
    has_extra = bool(mapping.extra) or mapping.has(*KEPT_APART)
    columns = tuple(
        name for name in COLUMNS if mapping.has(*origins.get(name, (name,))) or (name == "extra" and has_extra)
    )
    return Reader(mapping, context, columns, finish)


def finish(found: dict[str, Any], context: Context, faults: list[str]) -> str | None:
    country = found.get("country") or context.country
    if "gcrm_id" in found:
        found["gcrm_id"] = _uuid(found["gcrm_id"], faults)
    found["name"] = _name(found, faults)
    if not (found["name"] or found.get("external_id") or found.get("gcrm_id") or faults):
        faults.append("The row has no name.")
    if found.get("postcode"):
        found["postcode"] = values.postcode(found["postcode"], country)
    if found.get("phone"):
        found["phone_e164"] = values.e164(found["phone"], country)
    if found.get("owner"):
        found["owner_id"] = context.owners.get(found["owner"])
        if found["owner_id"] is None:
            faults.append(f"owner: there is nobody with the address {found['owner']}.")
    try:
        return _place(found, country, context)
    except Invalid as error:
        faults.append(error.message)
        return None


def _name(found: dict[str, Any], faults: list[str]) -> str | None:
    """The name with its branch; without one, the brand or chain with the store's number."""
    name, brand, branch = found.get("name"), found.get("brand"), found.get("branch")
    if name and not (branch and branch not in name):
        return str(name)
    whole = (
        f"{name} {branch}" if name else f"{brand} {found.get('external_id') or branch or ''}".strip() if brand else ""
    )
    try:
        return _line(whole) if whole else None
    except Invalid as error:
        faults.append(error.message)
        return None


def _uuid(text: str, faults: list[str]) -> str | None:
    import uuid

    try:
        return str(uuid.UUID(text))
    except ValueError:
        faults.append(f"gcrm_id: {values.shown(text)} is no id that gcrm gave out.")
        return None


def _place(found: dict[str, Any], country: str, context: Context) -> str | None:
    x, y = found.get("lon"), found.get("lat")
    if x is None and y is None:
        return None
    if x is None or y is None:
        given = "latitude" if x is None else "longitude"
        return f"Only the {given} is given, so it was taken without a place."
    if context.is_projected:
        found["x"], found["y"] = x, y
        return None
    point = values.place(x, y, country)
    if point is None:
        return "Longitude and latitude 0 are no place, so it was taken without one."
    found["x"], found["y"] = point
    return None
