"""An order taken on the phone: the price list of the day, quantities, the total."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from gcrm.core import catalogs, clock, forms, money, web
from gcrm.core.errors import GcrmError, Invalid
from gcrm.customers.models import Account
from gcrm.field import page_views, queries
from gcrm.orders import basket, services
from gcrm.orders import queries as orders
from gcrm.orders.basket import Wish
from gcrm.orders.queries import Priced
from gcrm.people import access
from gcrm.people import queries as people

bp = Blueprint("orders", __name__, url_prefix="/orders")
QUANTITY = "quantity-"
"""Before the product's id in a control's name."""


@bp.route("/new", methods=["GET", "POST"])
@access.hidden_unless("plan_routes")
def new() -> Any:
    """The price list to order from; posting takes the order, where no script does it as an act."""
    session = web.session()
    account = queries.account_by_uuid(session, _uuid(request.args.get("account")))
    visit = _uuid(request.args.get("visit")) if request.args.get("visit") else None
    currency = account.currency or people.the_organisation(session).currency
    day = forms.day(request.form.get("price_day")) or people.today(session)
    offered, fault = orders.price_list(session, day, currency), None
    if request.method == "POST":
        access.require("place_orders")
        if _is_taken():
            return redirect(_back(visit))
        try:
            with session.begin_nested():
                placed = _place(account, visit, currency, day, offered)
        except GcrmError as error:
            fault = catalogs.said(error)
        else:
            total = money.to_decimal(placed.order.total_minor, currency)
            flash(_("Ordered for %(total)s %(currency)s.", total=total, currency=currency), "success")
            return redirect(_back(visit))
    context = page_views.order_context(offered, currency, day, account, visit)
    return render_template("field/order.html", **context, fault=fault, given=request.form), 422 if fault else 200


def _back(visit: UUID | None) -> str:
    return url_for("field.visit", visit_id=visit) if visit else url_for("field.today")


def _place(account: Account, visit: UUID | None, currency: str, day: dt.date, offered: list[Priced]) -> services.Placed:
    wishes = [
        Wish(each.id, basket.quantity(text), each.price_minor)
        for each in offered
        if (text := request.form.get(f"{QUANTITY}{each.id}", "").strip()) not in ("", "0")
    ]
    if not wishes:
        raise Invalid("Say how many of something are ordered.")
    return services.place_order(
        web.session(), account_id=account.id, user_id=current_user.id, currency=currency, wishes=wishes, price_day=day,
        at=clock.now(), visit=visit, note=request.form.get("note"), public_id=_given_id(),
    )  # fmt: skip


def _given_id() -> UUID | None:
    """The id that the page gave the order, so that sending twice makes one."""
    return _uuid(request.form["order"]) if request.form.get("order") else None


def _is_taken() -> bool:
    given = _given_id()
    return given is not None and orders.known_order(web.session(), given) is not None


def _uuid(text: str | None) -> UUID:
    try:
        return UUID(text or "")
    except ValueError:
        raise Invalid("“%(text)s” names nothing that can be chosen here.", text=(text or "")[:40]) from None
