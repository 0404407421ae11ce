"""Keeping spreadsheet programs from taking a customer's text for a formula, so that it reads back as it was.

A cell that begins with a sign that starts a formula gets an apostrophe before it, and so does a text that already looks
guarded; reading takes exactly one apostrophe away. Plain numbers and phone numbers stay: without letters they call nothing.
"""

from __future__ import annotations

import re

_DANGEROUS = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
_GUARDED = re.compile(r"'+[=+\-@\t\r\n＝＋－＠]")
_HARMLESS = re.compile(r"[+-][0-9][0-9 ().,/-]*", re.ASCII)


def guarded(text: str) -> str:
    """The text as it may stand in a cell of a CSV or XLSX file."""
    if _DANGEROUS.match(text) and not _HARMLESS.fullmatch(text):
        return f"'{text}"
    return text


def without_guard(text: str) -> str:
    """The text that was guarded."""
    return text[1:] if _GUARDED.match(text) else text
