"""What the pages of products take in."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, Form, StringField
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from gcrm.core import money
from gcrm.core.errors import GcrmError, Invalid
from gcrm.orders.services import LONGEST_CODE, LONGEST_NAME, LONGEST_UNIT

CURRENCY_LETTERS = 3


class ProductForm(Form):  # type: ignore[misc] # wtforms has no types
    code = StringField(_l("Code"), [DataRequired(_l("Give it a code.")), Length(max=LONGEST_CODE)])
    name = StringField(_l("Name"), [DataRequired(_l("Give it a name.")), Length(max=LONGEST_NAME)])
    unit = StringField(_l("Unit"), [Length(max=LONGEST_UNIT)], description=_l("Such as a carton, or a kilogram."))
    is_active = BooleanField(_l("It is sold"), default=True)

    def fields(self) -> dict[str, Any]:
        return {name: self[name].data for name in ("code", "name", "unit", "is_active")}


class NewProductForm(ProductForm):
    price = StringField(_l("Price"), [Optional()], description=_l("From today on; it can be set later, too."))


class PriceForm(Form):  # type: ignore[misc]
    price = StringField(_l("Price"), [InputRequired(_l("How much does it cost?"))])
    currency = StringField(_l("Currency"), [Length(CURRENCY_LETTERS, CURRENCY_LETTERS, _l("Three letters, as USD."))])
    valid_from = DateField(_l("From"), [InputRequired(_l("From which day on?"))])


def price_minor(form: Form, currency: str) -> int | None:
    """The price of a form in minor units; a fault goes to the field."""
    try:
        found = money.to_minor("".join((form.price.data or "").split()).replace(",", ""), currency)
        if found < 0:
            raise Invalid(_("A price is not below zero."))
    except GcrmError as error:
        form.price.errors = [*form.price.errors, error.message]
        return None
    return found
