"""Orders as a list and one by one, and the products with their prices."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from wtforms import Form

from gcrm.core import money, web
from gcrm.core.errors import GcrmError
from gcrm.customers import queries as customers
from gcrm.orders import basket, forms, queries, services
from gcrm.orders.labels import STATUS_LABELS, STATUS_TONES
from gcrm.orders.models import Product
from gcrm.people import access
from gcrm.people import queries as people

bp = Blueprint("orders", __name__)


@bp.get("/orders")
def index() -> Any:
    """The latest orders of the own people, of one person, or of one account."""
    session = web.session()
    account = customers.account_by_uuid(session, request.args["account"]) if request.args.get("account") else None
    person = people.user_by_uuid(session, request.args["person"]) if request.args.get("person") else None
    page = queries.latest_orders(
        session, person.id if person else None, account.id if account else None, request.args.get("after")
    )
    return render_template(
        "orders/index.html", page=page, account=account, person=person, statuses=STATUS_LABELS, tones=STATUS_TONES,
    )  # fmt: skip


@bp.get("/orders/<uuid:order_id>")
def show(order_id: uuid.UUID) -> Any:
    found = queries.order(web.session(), order_id)
    return render_template(
        "orders/show.html", order=found, account=found.account, statuses=STATUS_LABELS, tones=STATUS_TONES,
        shown=basket.shown, visit_url=web.url_if_there("visits.show", visit_id=found.visit_uuid) if found.visit_uuid else None,
    )  # fmt: skip


@bp.post("/orders/<uuid:order_id>/cancel")
@access.may("place_orders")
def cancel(order_id: uuid.UUID) -> Any:
    found = queries.order(web.session(), order_id, lock=True)
    services.cancel_order(web.session(), found, current_user.id)
    web.say(_("The order is cancelled."), undo_url=url_for(".restore", order_id=found.uuid))
    return redirect(url_for(".show", order_id=found.uuid))


@bp.post("/orders/<uuid:order_id>/restore")
@access.may("place_orders")
def restore(order_id: uuid.UUID) -> Any:
    found = queries.order(web.session(), order_id, lock=True)
    services.restore_order(web.session(), found, current_user.id)
    flash(_("The order stands again."), "success")
    return redirect(url_for(".show", order_id=found.uuid))


# -- products ----------------------------------------------------------------------------------------------------------


@bp.route("/products", methods=["GET", "POST"])
def products() -> Any:
    """What is sold and what it costs today; posting adds a product."""
    session = web.session()
    today, currency = people.today(session), people.the_organisation(session).currency
    form = forms.NewProductForm(request.form)
    if request.method == "POST":
        access.require("edit_products")
        if form.validate() and _added(form, currency):
            flash(_("“%(name)s” is on the price list.", name=form.name.data), "success")
            return redirect(url_for(".products"))
    words, with_former = request.args.get("q", "").strip()[:100], request.args.get("former") == "1"
    answer = render_template(
        "orders/products.html", form=form, words=words, with_former=with_former, currency=currency,
        offered=queries.offered(session, today, currency, words, with_former),
    )  # fmt: skip
    return answer, 422 if form.errors else 200


def _added(form: forms.NewProductForm, currency: str) -> Product | None:
    minor = forms.price_minor(form, currency) if form.price.data else None
    if form.price.errors:
        return None

    def add() -> Product:
        session = web.session()
        made = services.save_product(session, **form.fields() | {"is_active": True})
        if minor is not None:
            services.set_price(session, made, minor, currency, people.today(session))
        return made

    return _kept(form, add)  # type: ignore[no-any-return]


@bp.route("/products/<uuid:product_id>", methods=["GET", "POST"])
def product(product_id: uuid.UUID) -> Any:
    """One product with its prices; posting changes it."""
    session = web.session()
    found = queries.product(session, product_id)
    form = forms.ProductForm(request.form if request.method == "POST" else None, obj=found)
    if request.method == "POST":
        access.require("edit_products")
        if form.validate() and _kept(form, lambda: services.save_product(session, found, **form.fields())):
            flash(_("Saved."), "success")
            return redirect(url_for(".product", product_id=found.uuid))
    return _product_page(found, form, _price_form())


@bp.post("/products/<uuid:product_id>/prices")
@access.may("edit_products")
def price(product_id: uuid.UUID) -> Any:
    """What it costs from a day on."""
    session = web.session()
    found = queries.product(session, product_id)
    form = _price_form()
    if form.validate():
        currency = (form.currency.data or "").upper()
        minor = forms.price_minor(form, currency) if money.is_currency(currency) else 0
        if minor is not None and _kept(
            form, lambda: services.set_price(session, found, minor, currency, form.valid_from.data)
        ):
            flash(_("The price is set."), "success")
            return redirect(url_for(".product", product_id=found.uuid))
    return _product_page(found, forms.ProductForm(None, obj=found), form)


def _price_form() -> forms.PriceForm:
    session = web.session()
    taken = request.form if request.endpoint == "orders.price" else None
    return forms.PriceForm(taken, currency=people.the_organisation(session).currency, valid_from=people.today(session))


def _product_page(found: Product, form: Form, price_form: forms.PriceForm) -> Any:
    session = web.session()
    answer = render_template(
        "orders/product.html", product=found, form=form, price_form=price_form, prices=queries.prices_of(session, found),
        today=people.today(session),
    )  # fmt: skip
    return answer, 422 if form.errors or price_form.errors else 200


def _kept(form: Form, write: Any) -> Any:
    """Do the write in a savepoint; what a rule refuses is said at the top of the form."""
    try:
        with web.session().begin_nested():
            return write()
    except GcrmError as error:
        if error.status >= 500:
            raise
        form.form_errors.append(error.message)
        return None
