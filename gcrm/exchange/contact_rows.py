"""Rows of contacts: the account that each belongs to is named by id or by name."""

from __future__ import annotations

from typing import Any

from gcrm.exchange import values
from gcrm.exchange.mapping import Mapping
from gcrm.exchange.rows import Context, Reader

COLUMNS = (
    "external_id", "source", "name", "job_title", "phone", "email", "is_primary", "note", "extra", "account",
    "account_external_id", "account_source", "account_name", "account_postcode",
)  # fmt: skip


def reader(mapping: Mapping, context: Context) -> Reader:
    columns = tuple(
        name for name in COLUMNS
        if mapping.has(name) or (name == "extra" and (mapping.extra or mapping.has("phone"))) or (name == "name" and mapping.has("last_name", "first_name"))
    )  # fmt: skip
    return Reader(mapping, context, columns, finish)


def finish(found: dict[str, Any], context: Context, faults: list[str]) -> str | None:
    found["name"] = found.get("name") or _full_name(found)
    if not found["name"]:
        faults.append("The contact has no name.")
    if not any(found.get(name) for name in ("account", "account_external_id", "account_name")):
        faults.append("The row names no account.")
    if found.get("account_postcode"):
        found["account_postcode"] = values.postcode(found["account_postcode"], context.country)
    if found.get("is_primary"):
        found["is_primary"] = found["is_primary"] == "yes"
    return None


def _full_name(found: dict[str, Any]) -> str:
    """First name first; in Korean the family name comes first, and no space between."""
    first, last = found.get("first_name") or "", found.get("last_name") or ""
    if any("가" <= sign <= "힣" for sign in first + last):
        return last + first
    return f"{first} {last}".strip()
