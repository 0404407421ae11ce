"""What the pages of accounts and contacts take in, with every fault at its field and nothing typed lost."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Form, HiddenField, SelectField, StringField, TextAreaField

from gcrm.core import money
from gcrm.core.geo import lon_lat
from gcrm.customers import services
from gcrm.customers.models import Account, Contact
from gcrm.customers.selection import STATUS_LABELS
from gcrm.customers.values import TIERS, Setting, countries

ACCOUNT_FIELDS = (
    "name", "status", "tier", "street", "postcode", "city", "region", "country", "lon", "lat", "phone", "email", "website",
    "industry", "tags", "annual_value", "potential", "currency", "opening_hours", "cadence_days", "visit_minutes",
    "check_in_metres", "note",
    "parent_name", "external_id", "source",
)  # fmt: skip
_GROUPED = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?|\d+(\.\d+)?")
CONTACT_FIELDS = ("name", "job_title", "phone", "email", "is_primary", "note")


class AccountForm(Form):  # type: ignore[misc] # wtforms has no types
    name = StringField(_l("Name"))
    status = SelectField(_l("Status"))
    tier = SelectField(_l("Tier"))
    street = StringField(_l("Street and number"))
    postcode = StringField(_l("Postcode"))
    city = StringField(_l("Town"))
    region = StringField(_l("State or province"))
    country = SelectField(_l("Country"))
    lon = StringField(_l("Longitude"))
    lat = StringField(_l("Latitude"))
    location_source = HiddenField()
    phone = StringField(_l("Phone"))
    email = StringField(_l("E-mail"))
    website = StringField(_l("Website"))
    industry = StringField(_l("Industry"))
    tags = StringField(_l("Tags"), description=_l("Words with semicolons between them"))
    annual_value = StringField(_l("Value a year"))
    potential = StringField(_l("Potential a year"))
    currency = StringField(_l("Currency"))
    opening_hours = StringField(_l("Opening hours"), description=_l("As Mo-Fr 09:00-17:00; Sa 10:00-14:00"))
    cadence_days = StringField(_l("Visit every"))
    visit_minutes = StringField(_l("A visit takes"))
    check_in_metres = StringField(
        _l("Check-in within"), description=_l("From further away the phone asks why. Empty: as the organisation.")
    )
    note = TextAreaField(_l("Note"))
    parent = HiddenField()
    parent_name = StringField(_l("Belongs to"), description=_l("The account that this one is a branch of"))
    external_id = StringField(_l("Number elsewhere"))
    source = StringField(_l("Where it has that number"))
    version = HiddenField()

    def offer(self, setting: Setting) -> None:
        """Choices in the person's language; the country in use comes first."""
        self.status.choices = [(word, str(label)) for word, label in STATUS_LABELS.items()]
        self.tier.choices = [("", _("No tier")), *((letter, letter) for letter in TIERS)]
        names = get_locale().territories
        listed = sorted(
            ((code, names.get(code.upper(), code.upper())) for code in countries()), key=lambda pair: pair[1]
        )
        first = [pair for pair in listed if pair[0] == setting.country]
        self.country.choices = [("", "–"), *first, *(pair for pair in listed if pair[0] != setting.country)]

    def given(self) -> dict[str, Any]:
        """The fields as they were typed; `values` reads them."""
        found = {name: self[name].data for name in ACCOUNT_FIELDS}
        for name in ("annual_value", "potential"):
            found[name] = ungrouped(found[name])
        del found["parent_name"]
        found["parent"] = self.parent.data if (self.parent_name.data or "").strip() else None
        if self.location_source.data in ("pin", "phone"):
            found["location_source"] = self.location_source.data
        return found

    def lacks_choice(self) -> bool:
        """Whether something is typed for the account above that was not chosen from the list."""
        if not (self.parent_name.data or "").strip() or self.parent.data:
            return False
        self.parent_name.errors = [_("Choose one of the accounts that the list offers while you type.")]
        return True

    def mark(self, faults: Mapping[str, list[str]]) -> None:
        """Put each fault at its field."""
        for name, sentences in faults.items():
            field = self["parent_name" if name == "parent" else name if name in self else "name"]
            field.errors = [*field.errors, *sentences]

    @property
    def has_more(self) -> bool:
        """Whether the fields that are folded away hold something, or a fault."""
        folded = ("website", "industry", "tags", "opening_hours", "cadence_days", "visit_minutes", "check_in_metres", "external_id", "source", "note",
                  "parent_name")  # fmt: skip
        return any(self[name].data or self[name].errors for name in folded)


def ungrouped(text: str | None) -> str | None:
    """An amount as people type it, without the commas or spaces that set thousands apart."""
    squeezed = "".join((text or "").split())
    return squeezed.replace(",", "") if _GROUPED.fullmatch(squeezed) else text


class ContactForm(Form):  # type: ignore[misc]
    name = StringField(_l("Name"))
    job_title = StringField(_l("Job title"))
    phone = StringField(_l("Phone"))
    email = StringField(_l("E-mail"))
    is_primary = BooleanField(_l("The one to ask for"))
    note = TextAreaField(_l("Note"))
    version = HiddenField()

    def given(self) -> dict[str, Any]:
        return {name: self[name].data for name in CONTACT_FIELDS}

    mark = AccountForm.mark


def shown_account(account: Account, parent: Account | None) -> dict[str, Any]:
    """An account as its form shows it."""
    found = {name: getattr(account, name, None) for name in ACCOUNT_FIELDS}
    point = lon_lat(account.location) if account.location is not None else ("", "")
    return {name: "" if value is None else value for name, value in found.items()} | {
        "lon": _degrees(point[0]),
        "lat": _degrees(point[1]),
        "tier": account.tier or "",
        "country": account.country or "",
        "tags": "; ".join(account.tags),
        "annual_value": money.to_decimal(account.annual_value_minor, account.currency) or "",
        "potential": money.to_decimal(account.potential_minor, account.currency) or "",
        "parent": str(parent.uuid) if parent else "",
        "parent_name": " · ".join(filter(None, (parent.name, parent.city))) if parent else "",
        "version": str(account.version),
    }


def _degrees(value: Any) -> str:
    """A coordinate to the centimetre, below which `services` sees no move."""
    return "" if value == "" else f"{value:.{services.PLACE_DIGITS}f}".rstrip("0").rstrip(".")


def shown_contact(contact: Contact) -> dict[str, Any]:
    found = {name: getattr(contact, name) for name in CONTACT_FIELDS}
    return {name: "" if value is None else value for name, value in found.items()} | {"version": str(contact.version)}


def differences(form: Form, current: Mapping[str, Any], names: tuple[str, ...]) -> list[tuple[str, str, str]]:
    """Fields where what was typed is not what the row holds by now: label, typed, current."""
    found = []
    for name in names:
        typed, now = form[name].data, current[name]
        if isinstance(now, bool):
            typed, now = (_("yes") if each else _("no") for each in (typed, now))
        if _plain(typed) != _plain(now):
            found.append((str(form[name].label.text), _plain(typed), _plain(now)))
    return found


def _plain(value: object) -> str:
    return " ".join(str("" if value is None else value).split())
