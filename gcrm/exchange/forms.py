"""What the pages of imports take in, and the words for what they show."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from gcrm.customers.selection import STATUS_LABELS as ACCOUNT_STATUS_LABELS
from gcrm.exchange.mapping import Options
from gcrm.exchange.models import ImportBatch
from gcrm.people.labels import ROLE_LABELS

KIND_LABELS = {"accounts": _l("Accounts"), "contacts": _l("Contacts"), "people": _l("People")}
KIND_TEXTS = {
    "accounts": _l("Customers and prospects with their addresses or places"),
    "contacts": _l("The people at accounts that are there already"),
    "people": _l("Reps, managers and others who are to sign in here"),
}

FIELD_LABELS = {
    "external_id": _l("Number or id"), "source": _l("Source of the id"), "name": _l("Name"), "status": _l("Status"),
    "lon": _l("Longitude"), "lat": _l("Latitude"), "street": _l("Street and number"), "city": _l("Town"),
    "region": _l("State or province"), "postcode": _l("Postcode"), "country": _l("Country"), "phone": _l("Phone"),
    "email": _l("E-mail"), "website": _l("Website"), "industry": _l("Industry"), "tier": _l("Tier"),
    "annual_value": _l("Value a year"), "potential": _l("Potential a year"), "currency": _l("Currency"),
    "owner": _l("Owner’s e-mail"), "tags": _l("Tags"), "opening_hours": _l("Opening hours"),
    "cadence_days": _l("Days between visits"), "visit_minutes": _l("Minutes of a visit"), "note": _l("Note"),
    "brand": _l("Brand or chain"), "branch": _l("Branch, after the name"), "gcrm_id": _l("gcrm’s own id"),
    "last_name": _l("Family name"), "first_name": _l("First name"), "job_title": _l("Job title"),
    "is_primary": _l("Main contact"), "account": _l("Account, by id or name"), "account_external_id": _l("Account’s id"),
    "account_source": _l("Source of the account’s id"), "account_name": _l("Account’s name"),
    "account_postcode": _l("Account’s postcode"), "role": _l("Role"), "team": _l("Team"), "timezone": _l("Time zone"),
    "home_address": _l("Home address"), "home_lon": _l("Home’s longitude"), "home_lat": _l("Home’s latitude"),
}  # fmt: skip

SETTABLE = {
    "accounts": ("status", "cadence_days", "country", "currency", "tags", "owner"),
    "contacts": ("account_source",),
    "people": ("role", "team"),
}
"""Fields that the page offers to set for all rows."""
HINTS = {
    "status": _l("Without it, new ones are prospects."),
    "cadence_days": _l("28 for a visit every four weeks. Who is due gets planned."),
    "team": _l("Made when there is none of that name."),
}

ENCODINGS = (
    ("", _l("As recognised")), ("utf-8", "UTF-8"), ("cp949", _l("Korean (cp949)")), ("cp1252", _l("Western (Windows-1252)")),
    ("utf-16", "UTF-16"), ("shift_jis", _l("Japanese (Shift JIS)")), ("gb18030", _l("Chinese (GB 18030)")),
)  # fmt: skip

STATUS_LABELS = {
    "uploaded": _l("To be checked"), "queued": _l("Waiting"), "running": _l("Running"), "settled": _l("Done"),
    "refused": _l("Stopped"), "undone": _l("Undone"),
}  # fmt: skip
STATUS_TONES = {"settled": "good", "refused": "bad", "uploaded": "warn", "queued": "accent", "running": "accent"}


def choices(kind: str) -> dict[str, list[tuple[str, str]]]:
    """Fields of which the page offers the values."""
    if kind == "people":
        return {"role": [(word, str(label)) for word, label in ROLE_LABELS.items()]}
    return {"status": [(word, str(label)) for word, label in ACCOUNT_STATUS_LABELS.items()]}


def options_of(form: Any, headers: list[str], batch: ImportBatch) -> Options:
    """What the mapping page says; another encoding or sheet has other headers, so those are recognised anew."""
    before = Options.read(batch.options)
    encoding, sheet = form.get("encoding", "").strip(), form.get("sheet", "").strip()
    wishes = {header: form[f"column-{place}"] for place, header in enumerate(headers) if f"column-{place}" in form}
    values = {name: form.get(f"set-{name}", "").strip() for name in SETTABLE[batch.kind]}
    return Options(
        mapping=wishes if (encoding, sheet) == (before.encoding, before.sheet) else {},
        values={name: text for name, text in values.items() if text},
        source=form.get("source", "").strip(),
        encoding=encoding,
        crs=form.get("crs", "").strip(),
        sheet=sheet,
    )
