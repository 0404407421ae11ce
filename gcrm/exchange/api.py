"""Imports over HTTP: send a file, ask how far it is, read what became of each row."""

from __future__ import annotations

import json
import uuid
from typing import Any

import marshmallow as ma
from flask import url_for
from flask.views import MethodView
from flask_login import current_user
from flask_smorest import Blueprint
from flask_smorest.fields import Upload

from gcrm.core import api, web
from gcrm.core.errors import Invalid, NotFound
from gcrm.exchange import queries
from gcrm.exchange.headers import KINDS
from gcrm.exchange.mapping import Options
from gcrm.exchange.models import OUTCOMES, ImportBatch, ImportRow
from gcrm.exchange.services import batches
from gcrm.people import access

blp = Blueprint(
    "imports", __name__, url_prefix=f"{api.PREFIX}/imports",
    description="Files of accounts, contacts or people. read = created + updated + unchanged + rejected, always.",
)  # fmt: skip


class Batch(ma.Schema):
    id = ma.fields.UUID()
    kind = ma.fields.String(metadata={"description": f"One of {', '.join(KINDS)}."})
    filename = ma.fields.String()
    source = ma.fields.String(metadata={"description": "Whose ids the file's are."})
    status = ma.fields.String(metadata={"description": "uploaded, queued, running, settled, refused or undone"})
    fault = ma.fields.String(allow_none=True, metadata={"description": "Why the file was refused."})
    read = ma.fields.Integer()
    created = ma.fields.Integer()
    updated = ma.fields.Integer()
    unchanged = ma.fields.Integer()
    rejected = ma.fields.Integer()
    unplaced = ma.fields.Integer(metadata={"description": "Accounts of the file without a place."})
    outside = ma.fields.Integer(metadata={"description": "Accounts of the file outside every region."})
    columns = ma.fields.List(ma.fields.Dict(), allow_none=True)
    created_at = ma.fields.DateTime()
    settled_at = ma.fields.DateTime(allow_none=True)
    undone_at = ma.fields.DateTime(allow_none=True)
    rows_url = ma.fields.String()


class BatchList(ma.Schema):
    items = ma.fields.List(ma.fields.Nested(Batch))
    next = ma.fields.String(allow_none=True)


class Row(ma.Schema):
    number = ma.fields.Integer(metadata={"description": "As a spreadsheet numbers it: the header is 1."})
    outcome = ma.fields.String(metadata={"description": f"One of {', '.join(OUTCOMES)}."})
    reason = ma.fields.String(allow_none=True)
    cells = ma.fields.List(ma.fields.String(), allow_none=True, metadata={"description": "Of a rejected row."})
    kept_because = ma.fields.String(allow_none=True, metadata={"description": "Why undoing left it."})


class RowList(ma.Schema):
    items = ma.fields.List(ma.fields.Nested(Row))
    next = ma.fields.String(allow_none=True)


class RowQuery(api.Page):
    outcome = ma.fields.String(validate=ma.validate.OneOf(OUTCOMES))


class UploadedFile(ma.Schema):
    file = Upload(required=True)


class UploadForm(ma.Schema):
    kind = ma.fields.String(load_default="accounts", validate=ma.validate.OneOf(KINDS))
    options = ma.fields.String(
        load_default="{}",
        metadata={
            "description": "JSON with mapping (their header to our field), values (field to one value for all rows), source,"
            " key, encoding, crs and sheet, each as on the command line."
        },
    )


def _item(batch: ImportBatch) -> dict[str, Any]:
    return {
        "id": batch.uuid, "kind": batch.kind, "filename": batch.filename, "source": batch.source, "status": batch.status,
        "fault": batch.fault, "read": batch.read, "created": batch.created, "updated": batch.updated,
        "unchanged": batch.unchanged, "rejected": batch.rejected, "unplaced": batch.unplaced, "outside": batch.outside,
        "columns": batch.columns, "created_at": batch.created_at.isoformat(),
        "settled_at": batch.settled_at and batch.settled_at.isoformat(),
        "undone_at": batch.undone_at and batch.undone_at.isoformat(),
        "rows_url": url_for("imports.ImportedRows", batch_id=batch.uuid),
    }  # fmt: skip


def _row(row: ImportRow) -> dict[str, Any]:
    return {
        "number": row.number, "outcome": row.outcome, "reason": row.reason, "cells": row.raw, "kept_because": row.kept_because,
    }  # fmt: skip


def _batch(batch_id: uuid.UUID) -> ImportBatch:
    found = queries.batch_by_uuid(web.session(), batch_id)
    if found.kind == "people" and not current_user.may("administer"):
        raise NotFound("There is nothing at this address, or nothing that you may see.")
    return found


@blp.route("")
class Imports(MethodView):
    @blp.arguments(api.Page, location="query")
    @blp.alt_response(200, schema=BatchList)
    @access.may("import")
    def get(self, page: dict[str, Any]) -> Any:
        """Imports, the newest first."""
        listed = queries.batches(with_people=current_user.may("administer"))
        rows, following = api.keyset(listed, page)
        return api.page_answer([_item(batch) for batch in rows], following)

    @access.may("import")
    @api.idempotent
    @blp.arguments(UploadForm, location="form")
    @blp.arguments(UploadedFile, location="files")
    @blp.alt_response(202, schema=Batch)
    def post(self, form: dict[str, Any], sent: dict[str, Any]) -> Any:
        """Send a CSV or XLSX file; it is imported in the background. 422 says what is wrong with it as a whole."""
        session = web.session()
        upload = sent["file"]
        batch = batches.open_batch(
            session, kind=form["kind"], filename=upload.filename or "file", stream=upload.stream, options=_options(form)
        )
        try:
            batches.queue(session, batch)
        except BaseException:
            batches.discard(session, batch)
            raise
        location = url_for("imports.OneImport", batch_id=batch.uuid)
        return api.answer(_item(batch), 202, location=location)


def _options(form: dict[str, Any]) -> Options:
    try:
        given = json.loads(form["options"] or "{}")
    except ValueError:
        raise Invalid("“options” is no JSON.") from None
    if not isinstance(given, dict):
        raise Invalid("“options” must be a JSON object.")
    return Options.read(given)


@blp.route("/<uuid:batch_id>")
class OneImport(MethodView):
    @blp.alt_response(200, schema=Batch)
    @access.may("import")
    def get(self, batch_id: uuid.UUID) -> Any:
        """How far an import is, and its figures."""
        return api.answer(_item(_batch(batch_id)))


@blp.route("/<uuid:batch_id>/rows")
class ImportedRows(MethodView):
    @blp.arguments(RowQuery, location="query")
    @blp.alt_response(200, schema=RowList)
    @access.may("import")
    def get(self, wanted: dict[str, Any], batch_id: uuid.UUID) -> Any:
        """What became of each row, in the order of the file."""
        rows, following = api.keyset(queries.rows_of(_batch(batch_id), wanted.get("outcome")), wanted)
        return api.page_answer([_row(row) for row in rows], following)
