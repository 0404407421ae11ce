"""How a region is named in text: `us:48121`, `us:county:48121` where several levels share a code, or `48121` alone."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gcrm.core.errors import Invalid
from gcrm.geography.levels import LEVELS

MOST_CODES = 20_000
LISTED = 10


@dataclass(frozen=True)
class RegionCode:
    """A named region; without a level the code decides."""

    country: str
    level: str | None
    code: str

    def __str__(self) -> str:
        return ":".join(part for part in (self.country, self.level, self.code) if part)


def parse(text: str, country: str | None = None) -> RegionCode:
    """Read one code; `country` is meant where the text names none."""
    parts = [part.strip() for part in text.strip().split(":")]
    if len(parts) == 1 and parts[0] and country:
        return RegionCode(country, None, parts[0])
    is_named = len(parts) in (2, 3) and all(parts) and re.fullmatch(r"[A-Za-z]{2}", parts[0])
    if not is_named or (len(parts) == 3 and parts[1] not in LEVELS):
        raise Invalid(f"“{text.strip()}” is no region. Write it as us:48121, or us:county:48121.")
    return RegionCode(parts[0].lower(), parts[1] if len(parts) == 3 else None, parts[-1])


def parse_list(text: str, country: str | None = None) -> list[RegionCode]:
    """Read codes with commas, semicolons, spaces or lines between them; the same one twice counts once."""
    words = [word for word in re.split(r"[\s,;]+", text) if word]
    if len(words) > MOST_CODES:
        raise Invalid(f"{len(words):,} codes are more than the {MOST_CODES:,} that are read at once.")
    found: dict[RegionCode, None] = {}
    faults = []
    for word in words:
        try:
            found[parse(word, country)] = None
        except Invalid:
            faults.append(word)
    if faults:
        listed = "”, “".join(faults[:LISTED])
        raise Invalid(f"“{listed}” name no region. Write codes as us:48121, with commas between them.")
    return list(found)
