"""The words of orders as people read them."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

STATUS_LABELS = {"placed": _l("Placed"), "cancelled": _l("Cancelled")}
STATUS_TONES = {"placed": "good", "cancelled": "neutral"}
TOUCH_LABELS = {"order": _l("Order"), "order_cancelled": _l("Order cancelled")}
TOUCH_ICONS = {"order": "shopping-cart", "order_cancelled": "circle-x"}
