"""What orders add to an account's page: the latest ones, and how their lines of the timeline read."""

from __future__ import annotations

from flask import render_template, url_for

from gcrm.core import web
from gcrm.customers import panels
from gcrm.customers.models import Account, Touch
from gcrm.orders import queries
from gcrm.orders.labels import STATUS_LABELS, STATUS_TONES, TOUCH_ICONS, TOUCH_LABELS

SHOWN = 5


def orders(account: Account) -> str:
    found = queries.orders_of(web.session(), account.id, SHOWN + 1)
    if not found:
        return ""
    return render_template(
        "orders/_panel.html", account=account, orders=found[:SHOWN], has_more=len(found) > SHOWN,
        statuses=STATUS_LABELS, tones=STATUS_TONES,
    )  # fmt: skip


def _url(touch: Touch) -> str | None:
    return url_for("orders.show", order_id=touch.subject) if touch.subject else None


for _kind, _label in TOUCH_LABELS.items():
    panels.register_kind(_kind, _label, TOUCH_ICONS[_kind], href=_url)
panels.register("orders", 35, orders, place="side")
