"""What a field of an account or contact may hold, and the one form in which it is kept: for API, forms and files alike."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from gcrm.core import money
from gcrm.core.errors import Invalid

STATUSES = ("prospect", "customer", "former")
TIERS = ("A", "B", "C", "D")
PRECISIONS = ("point", "street", "postcode", "town")
LONGEST_LINE = 300
LONGEST_NOTE = 20_000
MOST_TAGS = 50
LONGEST_TAG = 60
LONGEST_CADENCE_DAYS = 3_650
LONGEST_VISIT_MINUTES = 720
CHECK_IN_METRES = (20, 5_000)
"""The smallest and the largest radius within which a check-in counts as there."""

_EXTENSION = re.compile(r"(ext\.?|x|#|내선)\s*\d+\s*$", re.IGNORECASE)
_HOST = re.compile(r"(?!-)[\w-]{1,63}(\.[\w-]{1,63})+", re.UNICODE)


class Faulty(Invalid):
    """Several fields hold what they cannot; `details["faults"]` has the sentences of each."""

    def __init__(self, faults: Mapping[str, list[str]]) -> None:
        super().__init__(" ".join(sentence for each in faults.values() for sentence in each), faults=dict(faults))

    @property
    def faults(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = self.details["faults"]
        return found


@dataclass(frozen=True)
class Setting:
    """What a value is read against: the account's country and currency, or else the organisation's."""

    country: str
    currency: str


def line(value: object, name: str = "text", longest: int = LONGEST_LINE) -> str | None:
    """One line of text: white space folded, unprintable signs dropped; nothing left is None."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise Invalid(f"The {name} is not a text.")
    cleaned = " ".join(_printable(value).split())
    if len(cleaned) > longest:
        raise Invalid(f"The {name} is longer than {longest} characters.")
    return cleaned or None


def note(value: object, name: str = "note") -> str | None:
    """A text of several lines."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise Invalid(f"The {name} is not a text.")
    cleaned = _printable(value.replace("\r\n", "\n").replace("\r", "\n"), keep="\n\t").strip()
    if len(cleaned) > LONGEST_NOTE:
        raise Invalid(f"The {name} is longer than {LONGEST_NOTE} characters.")
    return cleaned or None


def _printable(text: str, keep: str = "") -> str:
    """Without control signs and half surrogates, which no database takes; white space stays as a space."""
    kinds = ("Cc", "Cs")
    return "".join(
        sign if sign in keep or unicodedata.category(sign) not in kinds else " " if sign.isspace() else ""
        for sign in text
    )


def name(value: object) -> str:
    found = line(value, "name")
    if found is None:
        raise Invalid("The name is missing.")
    return found


def word(value: object, words: tuple[str, ...], what: str) -> str | None:
    """One of a few words, whatever its case."""
    found = line(value, what)
    if found is None:
        return None
    for known in words:
        if found.casefold() == known.casefold():
            return known
    raise Invalid(f"“{found}” is no {what}. It is one of {', '.join(words)}.")


def status(value: object) -> str:
    return word(value, STATUSES, "status") or "prospect"


def tier(value: object) -> str | None:
    return word(value, TIERS, "tier")


def precision(value: object) -> str:
    return word(value, PRECISIONS, "precision of a place") or "point"


def country(value: object) -> str | None:
    """ISO 3166-1 alpha-2 in lower case."""
    found = line(value, "country")
    if found is None:
        return None
    code = found.casefold()
    if code not in countries():
        raise Invalid(f"“{found}” is no two-letter country code such as us or kr.")
    return code


@lru_cache(maxsize=1)
def countries() -> frozenset[str]:
    """The two-letter codes of all countries, in lower case."""
    from babel import Locale

    left_out = {"eu", "ez", "un", "qo", "xa", "xb", "zz"}
    known = (str(code).lower() for code in Locale("en").territories)
    return frozenset(code for code in known if len(code) == 2 and code.isalpha() and code not in left_out)


def currency(value: object) -> str | None:
    found = line(value, "currency")
    if found is None:
        return None
    if not money.is_currency(found.upper()):
        raise Invalid(f"“{found}” is no ISO currency code such as USD or KRW.")
    return found.upper()


def amount(value: object, currency_code: str) -> int | None:
    """Minor units of a plain decimal; no amount is negative."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise Invalid("An amount is a decimal number such as 1200.50.")
    if isinstance(value, float):
        value = repr(value)
    minor = money.to_minor(str(value), currency_code)
    if minor < 0:
        raise Invalid(f"“{value}” is below zero.")
    return minor


def whole(value: object, what: str, most: int) -> int | None:
    """A whole number from 1 up."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    text = str(value).strip()
    if isinstance(value, bool) or not re.fullmatch(r"[0-9]{1,9}(\.0+)?", text):
        raise Invalid(f"“{text}” is no whole number of {what}.")
    number = int(float(text))
    if not 1 <= number <= most:
        raise Invalid(f"{number} {what} do not fit: from 1 to {most}.")
    return number


def cadence_days(value: object) -> int | None:
    return whole(value, "days", LONGEST_CADENCE_DAYS)


def visit_minutes(value: object) -> int | None:
    return whole(value, "minutes", LONGEST_VISIT_MINUTES)


def check_in_metres(value: object) -> int | None:
    found = whole(value, "metres", CHECK_IN_METRES[1])
    if found is not None and found < CHECK_IN_METRES[0]:
        raise Invalid("A check-in needs at least %(least)s metres: positions are no better.", least=CHECK_IN_METRES[0])
    return found


def tags(value: object) -> list[str]:
    """Tags from a list, or a text split by semicolons; each once, in the order given."""
    if value is None:
        return []
    if isinstance(value, str):
        value = value.split(";")
    if not isinstance(value, Iterable) or isinstance(value, Mapping | bytes):
        raise Invalid("Tags are a list of words, or a text with semicolons between them.")
    found = [tag for tag in (line(each, "tag", LONGEST_TAG) for each in value) if tag]
    if any(";" in tag for tag in found):
        raise Invalid("A tag holds no semicolon.")
    if len(set(found)) > MOST_TAGS:
        raise Invalid(f"More than {MOST_TAGS} tags.")
    return list(dict.fromkeys(found))


def phone(value: object) -> str | None:
    """The number as it was written; it needs digits, and letters only for an extension."""
    found = line(value, "phone number", 60)
    if found is None:
        return None
    bare = _EXTENSION.sub("", found)
    if sum(sign.isdigit() for sign in bare) < 3 or any(sign.isalpha() for sign in bare):
        raise Invalid(f"“{found}” is no phone number.")
    return found


def phone_e164(shown: str | None, country_code: str) -> str | None:
    """The number in the form that dials from everywhere, where it is a valid one of its country."""
    if not shown:
        return None
    import phonenumbers

    try:
        number = phonenumbers.parse(shown, country_code.upper())
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def email(value: object) -> str | None:
    found = line(value, "e-mail address")
    if found is None:
        return None
    from email_validator import EmailNotValidError, validate_email

    try:
        return validate_email(found, check_deliverability=False, test_environment=True).normalized.lower()
    except EmailNotValidError as error:
        raise Invalid(f"“{found}” is no e-mail address: {error}") from None


def website(value: object) -> str | None:
    """A web address with its scheme; only http and https lead anywhere."""
    found = line(value, "web address", 2_000)
    if found is None:
        return None
    address = (
        found
        if re.match(r"(?i)[a-z][a-z0-9+.-]*:", found) and not re.match(r"[^/:]+:\d", found)
        else f"https://{found}"
    )
    try:
        parts = urlsplit(address)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        raise Invalid(f"“{found}” is no web address.") from None
    if parts.scheme.lower() not in ("http", "https") or not _HOST.fullmatch(host) or " " in address or parts.username:
        raise Invalid(f"“{found}” is no web address such as https://acme.example.")
    return address


def opening_hours(value: object) -> str | None:
    """Opening hours in OSM syntax, as `Mo-Fr 09:00-17:00`."""
    found = line(value, "opening hours", 500)
    if found is None:
        return None
    from opening_hours import OpeningHours

    try:
        OpeningHours(found)
    except Exception:
        # The library's parser raises a kind of its own that is not a public name.
        raise Invalid(
            f"“{found}” cannot be read as opening hours. Write them as Mo-Fr 09:00-17:00; Sa 10:00-14:00."
        ) from None
    return found


def timezone_at(lon: float, lat: float) -> str | None:
    """Where a point keeps its clock."""
    from tzfpy import get_tz

    return get_tz(lon, lat) or None


def coordinates(lon: object, lat: object) -> tuple[float, float] | None:
    """Longitude and latitude of a place, or None when neither is given."""
    given = [None if value is None or (isinstance(value, str) and not value.strip()) else value for value in (lon, lat)]
    if given == [None, None]:
        return None
    if None in given:
        raise Invalid("A place needs both longitude and latitude.")
    try:
        if any(isinstance(value, bool) for value in given):
            raise ValueError
        x, y = (float(value) for value in given)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise Invalid(f"“{given[0]}, {given[1]}” are no coordinates such as -76.88, 40.27.") from None
    from gcrm.core.geo import ewkt

    ewkt(x, y)
    return x, y


Reader = Callable[[object, Setting], Any]

ACCOUNT_FIELDS: dict[str, Reader] = {
    "external_id": lambda value, _s: line(value, "external id", 200),
    "source": lambda value, _s: line(value, "source", 100),
    "name": lambda value, _s: name(value),
    "status": lambda value, _s: status(value),
    "street": lambda value, _s: line(value, "street"),
    "city": lambda value, _s: line(value, "town"),
    "region": lambda value, _s: line(value, "region"),
    "postcode": lambda value, _s: line(value, "postcode", 20),
    "country": lambda value, _s: country(value),
    "phone": lambda value, _s: phone(value),
    "email": lambda value, _s: email(value),
    "website": lambda value, _s: website(value),
    "industry": lambda value, _s: line(value, "industry", 100),
    "tier": lambda value, _s: tier(value),
    "annual_value": lambda value, s: amount(value, s.currency),
    "potential": lambda value, s: amount(value, s.currency),
    "tags": lambda value, _s: tags(value),
    "opening_hours": lambda value, _s: opening_hours(value),
    "cadence_days": lambda value, _s: cadence_days(value),
    "visit_minutes": lambda value, _s: visit_minutes(value),
    "check_in_metres": lambda value, _s: check_in_metres(value),
    "note": lambda value, _s: note(value),
}
"""Fields of an account that stand for themselves; place, owner, parent and currency are read beside them."""

CONTACT_FIELDS: dict[str, Reader] = {
    "external_id": lambda value, _s: line(value, "external id", 200),
    "source": lambda value, _s: line(value, "source", 100),
    "name": lambda value, _s: name(value),
    "job_title": lambda value, _s: line(value, "job title"),
    "phone": lambda value, _s: phone(value),
    "email": lambda value, _s: email(value),
    "note": lambda value, _s: note(value),
}

COLUMNS = {"annual_value": "annual_value_minor", "potential": "potential_minor"}
"""Columns that are named otherwise than the field."""


def account_columns(given: Mapping[str, object], setting: Setting) -> dict[str, Any]:
    """The columns for the fields that are given; every fault is named at its field.

    `setting` holds what applies where the fields say nothing: an account's own country and currency when it is edited.
    """
    faults: dict[str, list[str]] = {}
    code = _try(faults, "country", lambda: country(given["country"])) if "country" in given else None
    coin = _try(faults, "currency", lambda: currency(given["currency"])) if "currency" in given else None
    setting = Setting(code or setting.country, coin or setting.currency)
    columns = _columns(given, ACCOUNT_FIELDS, setting, faults)
    if "currency" in given:
        columns["currency"] = setting.currency
    if "phone" in columns:
        columns["phone_e164"] = phone_e164(columns["phone"], setting.country)
    if faults:
        raise Faulty(faults)
    return columns


def contact_columns(given: Mapping[str, object], setting: Setting) -> dict[str, Any]:
    faults: dict[str, list[str]] = {}
    columns = _columns(given, CONTACT_FIELDS, setting, faults)
    if faults:
        raise Faulty(faults)
    return columns


def _columns(
    given: Mapping[str, object], fields: Mapping[str, Reader], setting: Setting, faults: dict[str, list[str]]
) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for field, read in fields.items():
        if field in given and field not in faults:
            value = _try(faults, field, lambda read=read, field=field: read(given[field], setting))  # type: ignore[misc]
            columns[COLUMNS.get(field, field)] = value
    return columns


def _try(faults: dict[str, list[str]], field: str, read: Callable[[], Any]) -> Any:
    try:
        return read()
    except Invalid as error:
        faults.setdefault(field, []).append(error.message)
        return None
