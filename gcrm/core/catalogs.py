"""Texts in the languages of `gcrm/translations`, read from the catalogs as translators write them: nothing is compiled.

``python -m gcrm.core.catalogs`` brings each catalog up to date with the sources: new messages come in empty, what no source says any
more goes. A message without a translation is shown in English. Sentences of failures are messages too, so that a person reads them in
their own language; a program gets them in English.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from babel.support import NullTranslations, Translations
from flask_babel import Domain, get_locale, gettext  # type: ignore[attr-defined]  # it does not export the first

from gcrm.core import errors, paths
from gcrm.core.errors import GcrmError, filled

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

FOLDER = paths.PACKAGE / "translations"
SOURCES = (
    "gcrm/core/forms.py", "gcrm/core/formats.py", "gcrm/core/pictures.py", "gcrm/core/web.py", "gcrm/field", "gcrm/navigation.py", "gcrm/orders", "gcrm/people/sign_in.py", "gcrm/visits",
    "gcrm/routing/labels.py", "gcrm/routing/live_services.py", "gcrm/routing/nights_labels.py", "gcrm/routing/reasons.py",
    "gcrm/routing/travel_labels.py", "templates/base_plain.html", "templates/core", "templates/field", "templates/security",
)  # fmt: skip
"""What a rep reads on the phone, and what stands around it."""
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None, "gettext": None, "_l": None, "lazy_gettext": None, "ngettext": (1, 2), "Invalid": None, "say": None, "Conflict": None, "NotFound": None,
    "Forbidden": None, "TooMany": None, "TooLarge": None, "Unavailable": None, "Waits": None, "_Fault": None, "NoPicture": None,
}  # fmt: skip
METHODS = {".py": "python", ".html": "jinja2"}


class Catalogs(Domain):  # type: ignore[misc]  # flask-babel has no types
    """Looks a text up in the catalog of the request's language."""

    def get_translations(self) -> NullTranslations:
        return translations_of(str(get_locale() or "en"))


@lru_cache(maxsize=16)
def translations_of(language: str) -> NullTranslations:
    """A language's texts, read once in a process; English ones are in the sources."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    try:
        with _file(language).open("rb") as written:
            catalog = read_po(written, locale=language)
    except FileNotFoundError:
        return NullTranslations()
    compiled = io.BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return Translations(compiled)


def said(error: GcrmError) -> str:
    """A failure's sentence in the language of who is told."""
    return filled(gettext(error.template), error.details)


def languages() -> list[str]:
    """The languages that have a catalog; English needs none."""
    return sorted(file.stem for file in FOLDER.glob("*.po"))


def messages() -> Catalog:
    """Every message of the sources."""
    from babel.messages.catalog import Catalog
    from babel.messages.extract import extract_from_file

    found = Catalog()
    for file in _sources():
        options = {"trimmed": "true"} if file.suffix == ".html" else {}
        for _line, message, _comments, context in extract_from_file(
            METHODS[file.suffix], file, keywords=KEYWORDS, options=options
        ):
            if any(text.strip() for text in _texts(message)):
                found.add(message, context=context)
    for kind in vars(errors).values():
        if isinstance(kind, type) and issubclass(kind, GcrmError):
            found.add(kind.title)
    return found


def _sources() -> Iterator[Path]:
    root = paths.PACKAGE.parent
    for name in SOURCES:
        place = root / name
        files = sorted(place.rglob("*")) if place.is_dir() else [place]
        yield from (file for file in files if file.suffix in METHODS)


def _file(language: str) -> Path:
    return FOLDER / f"{language}.po"


def main() -> None:
    """Bring every catalog up to date with the sources."""
    from babel.messages.pofile import read_po, write_po

    said_now = messages()
    for language in languages():
        with _file(language).open("rb") as written:
            catalog = read_po(written, locale=language)
        catalog.update(said_now, no_fuzzy_matching=True)
        catalog.obsolete.clear()
        with _file(language).open("wb") as target:
            write_po(target, catalog, width=0, sort_output=True, omit_header=True, no_location=True)
        empty = sum(not any(_texts(message.string)) for message in catalog if message.id)
        sys.stdout.write(f"{language}: {len(catalog)} messages, {empty} of them without a translation\n")


def _texts(string: object) -> tuple[str, ...]:
    return string if isinstance(string, tuple) else (str(string or ""),)


if __name__ == "__main__":
    main()
