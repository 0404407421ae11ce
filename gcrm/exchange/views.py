"""The pages of imports, and the files that lists of accounts are exported to."""

from __future__ import annotations

import itertools
import tempfile
import uuid
from collections.abc import Iterator
from typing import Any, BinaryIO, cast
from urllib.parse import parse_qsl

from flask import (
    Blueprint,
    flash,
    g,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    send_file,
    stream_with_context,
    url_for,
)
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from gcrm.core import clock, db, files, web
from gcrm.core.config import settings
from gcrm.core.errors import GcrmError, Invalid, NotFound
from gcrm.customers import queries as customers
from gcrm.customers.selecting import Selection
from gcrm.exchange import forms, queries, writing
from gcrm.exchange.headers import FIELDS, KINDS
from gcrm.exchange.mapping import OWN_COLUMNS, Mapping, Options
from gcrm.exchange.models import Export, ImportBatch
from gcrm.exchange.reading import Table
from gcrm.exchange.services import batches, exports, undoing
from gcrm.exchange.services.batches import OPEN, Trial
from gcrm.people import access

bp = Blueprint("exchange", __name__)

SHOWN_ROWS = 20
LARGE = 5_000
"""Accounts from which on undoing takes longer than a page may."""
MOST_AT_ONCE = 20_000
"""Accounts up to which a file that needs a look back is written while its page waits, some seconds."""
EXPORT_STATES = {"queued": "waiting"}
STATES = {"queued": "waiting", "running": "running", "settled": "done", "undone": "done"}


def _kinds() -> list[str]:
    """What the person may import: a file of people hands out roles."""
    return [kind for kind in KINDS if kind != "people" or current_user.may("administer")]


def _batch(batch_id: uuid.UUID) -> ImportBatch:
    found = queries.batch_by_uuid(web.session(), batch_id)
    if found.kind not in _kinds():
        raise NotFound(_("There is nothing at this address, or nothing that you may see."))
    return found


@bp.get("/imports")
@access.may("import")
def index() -> Any:
    found = [batch for batch in queries.recent(web.session()) if batch.kind in _kinds()]
    return render_template(
        "exchange/index.html",
        batches=found,
        kinds=forms.KIND_LABELS,
        states=forms.STATUS_LABELS,
        tones=forms.STATUS_TONES,
    )


@bp.route("/imports/new", methods=["GET", "POST"])
@access.may("import")
def new() -> Any:
    """Choose a file; it is read at once, so that one that is no table is said here."""
    session, fault = web.session(), None
    kind = request.values.get("kind") or "accounts"
    if request.method == "POST":
        upload = request.files.get("file")
        try:
            if upload is None or not upload.filename:
                raise Invalid(_("Choose a file first."))
            batch = batches.open_batch(
                session, kind=kind, filename=upload.filename, stream=cast(BinaryIO, upload.stream)
            )
            return redirect(url_for(".mapping", batch_id=batch.uuid))
        except GcrmError as error:
            session.rollback()
            fault = error.message
    return render_template(
        "exchange/new.html", fault=fault, kind=kind, kinds=_kinds(), labels=forms.KIND_LABELS, texts=forms.KIND_TEXTS,
        megabytes=settings().upload_megabytes,
    ), 422 if fault else 200  # fmt: skip


@bp.route("/imports/<uuid:batch_id>/map", methods=["GET", "POST"])
@access.may("import")
def mapping(batch_id: uuid.UUID) -> Any:
    """Say what each column is, and see how the first rows come out."""
    session, batch = web.session(), _batch(batch_id)
    if batch.status not in OPEN:
        return redirect(url_for(".show", batch_id=batch_id))
    faults: list[str] = []
    if request.method == "POST":
        try:
            batches.choose(session, batch, forms.options_of(request.form, batches.headers_of(batch), batch))
            if request.form.get("act") == "run":
                batches.queue(session, batch)
                return redirect(url_for(".show", batch_id=batch_id))
            return redirect(url_for(".mapping", batch_id=batch_id))
        except GcrmError as error:
            faults = error.details.get("lines") or [error.message]
    return _mapping_page(batch, faults)


def _mapping_page(batch: ImportBatch, faults: list[str]) -> Any:
    """The page, with as much of the file as can be read with what is chosen."""
    session = web.session()
    found, columns, trial = None, None, None
    try:
        found, columns = batches.layout(batch, is_strict=False)
        trial = batches.trial(session, batch, found, columns)
        batches.layout(batch)
    except GcrmError as error:
        faults = faults or error.details.get("lines") or [error.message]
    return render_template(
        "exchange/mapping.html", batch=batch, table=found, columns=columns, trial=trial, faults=faults,
        options=Options.read(batch.options), fields=FIELDS[batch.kind], labels=forms.FIELD_LABELS,
        settable=forms.SETTABLE[batch.kind], choices=forms.choices(batch.kind),
        hints=forms.HINTS, encodings=forms.ENCODINGS, shown=SHOWN_ROWS,
        **_columns_shown(found, columns, trial),
    ), 422 if faults and request.method == "POST" else 200  # fmt: skip


def _columns_shown(table: Table | None, columns: Mapping | None, trial: Trial | None) -> dict[str, Any]:
    """The columns that fill a field, in the order of the fields; the others; and some values of each."""
    if table is None or columns is None:
        return {"mapped_places": [], "other_places": [], "samples": {}, "shown_fields": [], "encoding_name": ""}
    fields = [name for name in FIELDS[columns.kind] if name in columns.columns]
    mapped = [columns.columns[name] for name in fields]
    rows = [row for row in (trial.rows if trial else []) if len(row.cells) == len(table.headers)]
    samples = {
        place: list(dict.fromkeys(text for row in rows if (text := row.cells[place].strip())))[:3]
        for place in range(len(table.headers))
    }
    return {
        "mapped_places": mapped,
        "other_places": [place for place in range(len(table.headers)) if place not in mapped],
        "samples": samples,
        "shown_fields": _shown_fields(fields),
        "encoding_name": table.encoding.name.upper().removesuffix("-SIG"),
    }


def _shown_fields(fields: list[str]) -> list[str]:
    """The fields of the first rows, the name first: it may be put together from several columns."""
    parts = ("name", "brand", "branch", "first_name", "last_name")
    return [*(["name"] if set(parts) & set(fields) else []), *(name for name in fields if name not in parts)]


@bp.get("/imports/<uuid:batch_id>")
@access.may("import")
def show(batch_id: uuid.UUID) -> Any:
    """What became of a file, row by row."""
    session, batch = web.session(), _batch(batch_id)
    after = request.args.get("after", 0, type=int)
    rejected = queries.rejected(session, batch, after=after)
    return render_template(
        "exchange/show.html", batch=batch, kinds=forms.KIND_LABELS, states=forms.STATUS_LABELS, tones=forms.STATUS_TONES,
        rejected=rejected, after=after, headers=queries.headers_of(batch), per_page=queries.LISTED_ROWS,
        remarked=queries.remarked(session, batch), kept=queries.kept_on_undoing(session, batch),
        kept_count=queries.count_kept(session, batch) if batch.status == "undone" else 0, progress=progress_text(batch),
    )  # fmt: skip


@bp.get("/imports/<uuid:batch_id>/progress")
@access.may("import")
def progress(batch_id: uuid.UUID) -> Any:
    """How far a running import is, for the progress bar."""
    batch = _batch(batch_id)
    state = "running" if batch.status == "settled" and batch.progress_text else STATES.get(batch.status, "failed")
    return jsonify(
        state=state,
        text=progress_text(batch),
        done=batch.progress_done if batch.progress_total else None,
        total=batch.progress_total,
        result_url=url_for(".show", batch_id=batch_id) if state in ("done", "failed") else None,
    )


def progress_text(batch: ImportBatch) -> str:
    """What is being done just now, in words."""
    words = {
        "Waiting to start": _("Waiting to start"), "Reading": _("Reading the file"),
        "Comparing with what is known": _("Comparing with what is known"), "Writing": _("Writing what is new"),
        "Keeping the list of rows": _("Keeping the list of rows"), "Undoing": _("Undoing"),
    }  # fmt: skip
    if batch.status == "refused":
        return str(batch.fault or "")
    return str(words.get(batch.progress_text or "", _("Done")))


@bp.post("/imports/<uuid:batch_id>/cancel")
@access.may("import")
def cancel(batch_id: uuid.UUID) -> Response:
    batches.cancel(web.session(), _batch(batch_id))
    return redirect(url_for(".show", batch_id=batch_id))


@bp.post("/imports/<uuid:batch_id>/discard")
@access.may("import")
def discard(batch_id: uuid.UUID) -> Response:
    batch = _batch(batch_id)
    name = batch.filename
    batches.discard(web.session(), batch)
    flash(_("%(name)s is forgotten. Nothing of it was imported.", name=name), "success")
    return redirect(url_for(".index"))


@bp.post("/imports/<uuid:batch_id>/undo")
@access.may("import")
def undo(batch_id: uuid.UUID) -> Response:
    """Take an import back; a large one in the background."""
    session, batch = web.session(), _batch(batch_id)
    if batch.created + batch.updated > LARGE:
        batches.queue_undo(session, batch)
    else:
        undoing.undo(session, batch)
        flash(_("The import is undone."), "success")
    return redirect(url_for(".show", batch_id=batch_id))


@bp.get("/imports/<uuid:batch_id>/rejected.csv")
@access.may("import")
def rejected_rows(batch_id: uuid.UUID) -> Response:
    """The rejected rows with their reasons, to be mended and imported again."""
    batch = _batch(batch_id)
    headers = queries.headers_of(batch)
    rows = (
        [str(row.number), row.reason or "", *map(str, row.raw or [])]
        for row in queries.every_rejected(web.session(), batch)
    )
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it
    writing.write_cells([*OWN_COLUMNS, *headers], rows, file)
    return _download(file, "csv", f"{batch.source}-rejected.csv")


@bp.get("/accounts/export.<any(csv, xlsx, geojson, gpkg, fgb):ext>")
def export_accounts(ext: str) -> Response:
    """The accounts of a selection as a file; what can be is sent while it is read."""
    selection = Selection.parse(request.args)
    if ext in writing.STREAMED:
        return _streamed(selection, ext)
    count = customers.figures(web.session(), selection).count
    if count > MOST_AT_ONCE:
        return make_response(_export_page(ext, count, selection))
    accounts = queries.accounts_to_write(web.session(), selection)
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it
    writing.write(accounts, ext, file)
    return _download(file, ext, f"accounts-{clock.now():%Y-%m-%d}.{ext}")


@bp.post("/accounts/export.<any(xlsx, gpkg, fgb):ext>")
def ask_for_export(ext: str) -> Response:
    """Have a large file made in the background."""
    selection = Selection.parse(request.args)
    asked = exports.ask_for(web.session(), selection, ext, customers.figures(web.session(), selection))
    return redirect(url_for(".show_export", export_id=asked.uuid))


@bp.get("/exports/<uuid:export_id>")
def show_export(export_id: uuid.UUID) -> Any:
    """A large file on its way, or ready."""
    export = queries.export_by_uuid(web.session(), export_id)
    selection = Selection.parse(MultiDict(parse_qsl(export.selection)))
    return _export_page(export.extension, export.total, selection, export)


def _export_page(ext: str, total: int, selection: Selection, export: Export | None = None) -> str:
    query = selection.query_string()
    list_url = url_for("customers.index") + (f"?{query}" if query else "")
    return render_template("exchange/export.html", ext=ext, total=total, query=query, list_url=list_url, export=export)


@bp.get("/exports/<uuid:export_id>/progress")
def export_progress(export_id: uuid.UUID) -> Any:
    """How far a large file is, for the progress bar."""
    export = queries.export_by_uuid(web.session(), export_id)
    words = {
        "queued": _("Waiting to start"),
        "running": _("Writing"),
        "done": _("The file is ready"),
        "cancelled": _("Cancelled"),
    }
    return jsonify(
        state=EXPORT_STATES.get(export.status, export.status), text=words.get(export.status, export.fault),
        done=export.done if export.status != "queued" else None, total=export.total,
        result_url=url_for(".export_file", export_id=export_id) if export.status == "done" else None,
    )  # fmt: skip


@bp.post("/exports/<uuid:export_id>/cancel")
def cancel_export(export_id: uuid.UUID) -> Response:
    exports.cancel(web.session(), queries.export_by_uuid(web.session(), export_id))
    return redirect(url_for(".show_export", export_id=export_id))


@bp.get("/exports/<uuid:export_id>/file")
def export_file(export_id: uuid.UUID) -> Response:
    """The file itself, for whoever asked for it."""
    export = queries.export_by_uuid(web.session(), export_id)
    if export.status != "done" or not export.stored:
        raise NotFound("The file is not ready.")
    answer = send_file(
        files.path(export.stored).absolute(), mimetype=writing.FORMATS[export.extension], as_attachment=True,
        download_name=f"accounts-{export.created_at:%Y-%m-%d}.{export.extension}", conditional=True,
    )  # fmt: skip
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.headers["Vary"] = "Cookie, Authorization"
    return answer


def _streamed(selection: Selection, ext: str) -> Response:
    """Rows are read after the request's own transaction has ended, so they have one of their own."""
    principal = g.principal

    def parts() -> Iterator[bytes]:
        with db.transaction(principal) as session:
            yield from writing.streamed(queries.accounts_to_write(session, selection), ext)

    sent = parts()
    # What is wrong with the selection shows here, while the answer can still say it.
    begun = next(sent)
    answer = Response(stream_with_context(itertools.chain([begun], sent)), mimetype=writing.FORMATS[ext])
    answer.headers.set("Content-Disposition", "attachment", filename=f"accounts-{clock.now():%Y-%m-%d}.{ext}")
    answer.headers["Vary"] = "Cookie, Authorization"
    return answer


def _download(file: Any, ext: str, name: str) -> Response:
    file.seek(0)
    answer = send_file(file, mimetype=writing.FORMATS[ext], as_attachment=True, download_name=name)
    answer.headers["Vary"] = "Cookie, Authorization"
    return answer
