"""From the text of a cell to the value of a field: each function takes text that is not empty, or says what is wrong.

`customers.values` says what a field may hold; here is what files do to it, and short ways for the usual cell, since a
file has a million of them.
"""

from __future__ import annotations

import functools
import math
import re
import unicodedata
from collections.abc import Callable

from gcrm.core import money
from gcrm.core.errors import Invalid
from gcrm.customers import values as kept
from gcrm.exchange import words

LARGEST_AMOUNT_DIGITS = 13

NO_VALUE = frozenset({"n/a", "na", "nan", "null", "none", "-", "–", "—", "--", "#n/a", "nil", "없음"})
"""What programs write for an empty cell where a number is due."""

_PLAIN_NUMBER = re.compile(r"\+?(\d+\.?\d*|\.\d+)", re.ASCII)
_FLOATING = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_POINT_ZERO = re.compile(r"(\d+)\.0+", re.ASCII)
_ASCII_EMAIL = re.compile(r"[a-z0-9_%+-]+(\.[a-z0-9_%+-]+)*@([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,24}")
_WEBSITE = re.compile(r"https?://([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}(/[!#-;=?-Z_a-z~]*)?", re.ASCII)
_PHONE = re.compile(r"[+(]?[0-9][0-9 ().-]{4,40}")
_PHONE_SIGNS = str.maketrans("", "", " ().-/\u00a0‑–")


class BadValue(Invalid):
    """What is wrong with a cell, as a sentence."""


def plain(text: str) -> str:
    """Full-width digits and letters as the usual ones."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


def shown(text: str) -> str:
    """A value in a sentence, shortened."""
    return f"“{text}”" if len(text) <= 40 else f"“{text[:39]}…”"


def line(longest: int = kept.LONGEST_LINE, what: str = "text") -> Callable[[str], str | None]:
    """One line of text without needless spaces, as a function of the cell."""

    def read(text: str) -> str | None:
        if len(text) <= longest and text.isprintable():
            return " ".join(text.split()) if "  " in text else text
        return kept.line(text, what, longest)

    return read


def is_no_value(text: str) -> bool:
    return len(text) <= 4 and text.lower() in NO_VALUE


def number(text: str) -> float:
    """A coordinate: a plain number, an exponent allowed."""
    found = plain(text)
    if not _FLOATING.fullmatch(found) or not math.isfinite(value := float(found)):
        raise BadValue(f"{shown(text)} is not a plain number such as -76.8867.")
    return value


def amount(text: str) -> str:
    """A decimal of money as text; the currency decides later how many decimals it may have."""
    found = plain(text).lstrip("+")
    if found.startswith("-") and _PLAIN_NUMBER.fullmatch(found[1:]):
        raise BadValue(f"{shown(text)} is below zero.")
    if not _PLAIN_NUMBER.fullmatch(found):
        raise BadValue(f"{shown(text)} is not a plain amount; write it as 1200.50, without separators or signs.")
    if len(found.partition(".")[0].lstrip("0")) > LARGEST_AMOUNT_DIGITS:
        raise BadValue(f"{shown(text)} is larger than any amount kept here.")
    return found


def one_of(known: dict[str, str], allowed: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        found = known.get(words.key(text))
        if found is None:
            raise BadValue(f"{shown(text)} is not one of {allowed}.")
        return found

    return read


status = one_of(words.STATUSES, "prospect, customer, former")
tier = one_of(words.TIERS, "A, B, C, D")
role = one_of(words.ROLES, "rep, manager, planner, marketer, service, admin")
yes_or_no = one_of(words.YES_OR_NO, "yes, no")


def cadence_days(text: str) -> int | None:
    return kept.cadence_days(plain(text))


def visit_minutes(text: str) -> int | None:
    return kept.visit_minutes(plain(text))


def country(text: str) -> str:
    """The two-letter code of a country's code or name."""
    found = words.country_code(text)
    if found is None:
        raise BadValue(f"{shown(text)} is not a country that gcrm knows; write its two-letter code, as us or kr.")
    return found


def currency(text: str) -> str:
    found = words.CURRENCY_SIGNS.get(text, text.upper())
    if len(found) != 3 or not money.is_currency(found):
        raise BadValue(f"{shown(text)} is not a currency; write its ISO code, as USD or KRW.")
    return found


def without_point_zero(text: str) -> str:
    """Undo what a spreadsheet or a data frame did to a column of whole numbers."""
    pointed = _POINT_ZERO.fullmatch(text)
    return pointed[1] if pointed else text


def postcode(text: str, country_code: str) -> str:
    """A postcode with the zeros back that a number column took from its front."""
    found = without_point_zero(plain(text))
    digits = words.POSTCODE_DIGITS.get(country_code)
    if digits is None or not (found.isascii() and found.isdigit()):
        return found
    if country_code == "us" and 7 <= len(found) <= 9:
        found = found.zfill(9)
        return f"{found[:5]}-{found[5:]}"
    return found.zfill(digits) if digits - 2 <= len(found) < digits else found


def email(text: str) -> str | None:
    found = text.lower()
    return found if len(found) < 100 and _ASCII_EMAIL.fullmatch(found) else kept.email(text)


def phone(text: str) -> str | None:
    found = without_point_zero(text)
    return found if _PHONE.fullmatch(found) else kept.phone(found)


def website(text: str) -> str | None:
    return text if len(text) <= 2000 and _WEBSITE.fullmatch(text) else kept.website(text)


def note(text: str) -> str | None:
    return text if len(text) <= kept.LONGEST_NOTE and text.isprintable() else kept.note(text)


@functools.lru_cache(maxsize=4096)
def opening_hours(text: str) -> str | None:
    return kept.opening_hours(text)


def time_zone(text: str) -> str:
    if text not in _time_zones():
        raise BadValue(f"{shown(text)} is not a time zone such as America/New_York.")
    return text


@functools.lru_cache(maxsize=1)
def _time_zones() -> frozenset[str]:
    from zoneinfo import available_timezones

    return frozenset(available_timezones())


def e164(text: str, country_code: str) -> str | None:
    """The phone number as the whole world dials it, or None when it is none."""
    plan = _numbering(country_code.upper())
    if plan is not None:
        prefix, code, pattern = plan
        digits = text.translate(_PHONE_SIGNS)
        if digits.isascii() and digits.isdigit():
            national = digits.removeprefix(prefix)
            if pattern.fullmatch(national):
                return f"+{code}{national}"
    return kept.phone_e164(text, country_code)


@functools.lru_cache(maxsize=64)
def _numbering(region: str) -> tuple[str, int, re.Pattern[str]] | None:
    """National prefix, country code and pattern, where a number is the prefix and the rest and nothing else.

    The library takes 70 µs a number, more than everything else about a row; its own pattern takes one.
    """
    from phonenumbers import PhoneMetadata

    found = PhoneMetadata.metadata_for_region(region)
    if found is None or found.national_prefix is None or found.national_prefix_transform_rule:
        return None
    pattern = found.general_desc and found.general_desc.national_number_pattern
    if found.national_prefix_for_parsing != found.national_prefix or not found.country_code or not pattern:
        return None
    return found.national_prefix, found.country_code, re.compile(pattern)


def place(x: float, y: float, country_code: str) -> tuple[float, float] | None:
    """A longitude and latitude that can be; None for the point where neither was known (0, 0)."""
    if x == 0 and y == 0:
        return None
    is_possible = -180 <= x <= 180 and -90 <= y <= 90
    if looks_swapped(x, y, country_code, is_possible):
        raise BadValue(f"Latitude {y:g} and longitude {x:g} look swapped.")
    if is_possible:
        return x, y
    hint = " Are they in another coordinate system? Then name its EPSG code." if max(abs(x), abs(y)) > 360 else ""
    if not -90 <= y <= 90:
        raise BadValue(f"Latitude {y:g} is out of range; it goes from -90 to 90.{hint}")
    raise BadValue(f"Longitude {x:g} is out of range; it goes from -180 to 180.{hint}")


def looks_swapped(x: float, y: float, country_code: str, is_possible: bool) -> bool:
    """Whether the mirror image lies in the country and the point does not; for other countries, whether only it can be."""
    boxes = words.COUNTRY_BOXES.get(country_code)
    if boxes is None:
        return not is_possible and -90 <= x <= 90 and -180 <= y <= 180
    return not _inside(boxes, x, y) and _inside(boxes, y, x)


def _inside(boxes: tuple[tuple[float, float, float, float], ...], x: float, y: float) -> bool:
    return any(west <= x <= east and south <= y <= north for west, south, east, north in boxes)


def refuse(faults: list[str]) -> None:
    """Raise every fault at once."""
    if faults:
        raise Invalid(" ".join(faults), lines=faults, faults=faults)
