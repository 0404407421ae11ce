"""Values that come with a request as text: read, or refused with a sentence."""

from __future__ import annotations

import datetime as dt

from flask_babel import gettext as _

from gcrm.core.errors import Invalid


def day(text: str | None) -> dt.date | None:
    """A date as 2026-11-23; None where there is no text."""
    if not text:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise Invalid(_("“%(text)s” is no date such as 2026-11-23.", text=text)) from None
