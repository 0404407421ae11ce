"""What orders add to an account's page, the latest ones and how their lines of the timeline read, and to what is talked about."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from flask import render_template, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from gcrm.core import clock, talking, web
from gcrm.customers import panels
from gcrm.customers.models import Account, Touch
from gcrm.orders import queries
from gcrm.orders.labels import STATUS_LABELS, STATUS_TONES, TOUCH_ICONS, TOUCH_LABELS

SHOWN = 5
A_YEAR = dt.timedelta(days=365)


def orders(account: Account) -> str:
    found = queries.orders_of(web.session(), account.id, SHOWN + 1)
    if not found:
        return ""
    return render_template(
        "orders/_panel.html", account=account, orders=found[:SHOWN], has_more=len(found) > SHOWN,
        statuses=STATUS_LABELS, tones=STATUS_TONES,
    )  # fmt: skip


def product_they_lack(session: Session, account_ids: Sequence[int]) -> dict[int, list[talking.Point]]:
    """What customers like this one buy, and this one did not within a year."""
    found = queries.lacked(session, account_ids, clock.now() - A_YEAR)
    return {
        number: [talking.Point("shopping-cart", _("Not ordered yet: %(product)s", product=lacked.product), _reason(lacked))]
        for number, lacked in found.items()
    }  # fmt: skip


def _reason(lacked: queries.Lacked) -> str:
    if lacked.similar >= queries.FEWEST_BUYERS:
        return _("%(count)s customers like them buy it", count=lacked.similar)
    return _("%(count)s customers buy it", count=lacked.buyers)


talking.register(product_they_lack)


def _url(touch: Touch) -> str | None:
    return url_for("orders.show", order_id=touch.subject) if touch.subject else None


for _kind, _label in TOUCH_LABELS.items():
    panels.register_kind(_kind, _label, TOUCH_ICONS[_kind], href=_url)
panels.register("orders", 35, orders, place="side")
