"""The selection's field `import`: the accounts that a batch created, changed or met."""

from __future__ import annotations

import uuid

from flask import has_app_context
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, select

from gcrm.core.errors import Invalid
from gcrm.customers.models import Account
from gcrm.customers.selecting import Field, register
from gcrm.exchange.models import ImportBatch, ImportRow


def _batch(value: str) -> uuid.UUID:
    try:
        return uuid.UUID(value)
    except ValueError:
        raise Invalid(f"“{value}” names no import.") from None


def _import(values: tuple[str, ...]) -> ColumnElement[bool]:
    """Whoever sees no imports sees none of their accounts by this either."""
    batch = select(ImportBatch.id).where(ImportBatch.uuid == _batch(values[0])).scalar_subquery()
    return Account.id.in_(
        select(ImportRow.subject_id).where(ImportRow.batch_id == batch, ImportRow.outcome != "rejected")
    )


def _filename(value: str) -> str:
    if not has_app_context():
        return value
    from gcrm.core import web

    found = web.session().scalar(select(ImportBatch.filename).where(ImportBatch.uuid == _batch(value)))
    return found or value


register(Field("import", _l("Import"), _import, show=_filename))
