"""Names of levels as people read them."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

LEVEL_LABELS = {
    "country": _l("Country"), "state": _l("States"), "county": _l("Counties"), "municipality": _l("Municipalities"),
    "postcode": _l("Postcodes"),
}  # fmt: skip
