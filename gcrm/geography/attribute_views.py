"""The page where files tell more of regions, as their inhabitants: look first, then use, and take back."""

from __future__ import annotations

import uuid
from pathlib import PurePath
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from gcrm.core import web
from gcrm.core.errors import GcrmError, Invalid
from gcrm.core.formats import number
from gcrm.geography import attribute_file, attribute_queries, attribute_services, labels, queries
from gcrm.people import access

bp = Blueprint("attributes", __name__)


@bp.get("/regions/attributes")
@access.may("edit_regions")
def index() -> Any:
    """What is known of regions, and taking in a file."""
    return _page()


@bp.post("/regions/attributes")
@access.may("edit_regions")
def upload() -> Any:
    """Read a file and show what it would tell; nothing is in use yet."""
    session, form = web.session(), request.form
    file = request.files.get("file")
    country, _sign, level = form.get("regions", "").partition(":")
    try:
        if file is None or not file.filename:
            raise Invalid(_("Choose a file first."))
        table = attribute_file.read(file.stream.read(), PurePath(file.filename).name)
        found = attribute_services.load_attributes(session, table, country, level, form.get("code") or None)
    except GcrmError as error:
        session.rollback()
        return _page(error.message), 422
    return redirect(url_for(".preview", load_id=found.uuid))


def _page(fault: str | None = None) -> Any:
    session = web.session()
    return render_template(
        "geography/attributes.html", loads=attribute_queries.loads(session), levels=queries.loaded(session),
        labels=labels.LEVEL_LABELS, fault=fault, chosen=request.form,
    )  # fmt: skip


@bp.get("/regions/attributes/<uuid:load_id>")
@access.may("edit_regions")
def preview(load_id: uuid.UUID) -> Any:
    """The first regions with their numbers, and the rows that are left out with the reason."""
    session = web.session()
    found = attribute_queries.load(session, load_id)
    return render_template(
        "geography/attribute_load.html", load=found, rows=attribute_queries.first_rows(session, found),
        labels=labels.LEVEL_LABELS,
    )  # fmt: skip


@bp.post("/regions/attributes/<uuid:load_id>")
@access.may("edit_regions")
def use(load_id: uuid.UUID) -> Response:
    """Put the chosen columns to use."""
    session = web.session()
    found = attribute_queries.load(session, load_id)
    attribute_services.use(session, found, request.form.getlist("name"))
    words = ngettext(
        "%(n)s region has new numbers.", "%(n)s regions have new numbers.", found.regions, n=number(found.regions)
    )
    web.say(words, undo_url=url_for(".take_back", load_id=found.uuid))
    return redirect(url_for(".index"))


@bp.post("/regions/attributes/<uuid:load_id>/take-back")
@access.may("edit_regions")
def take_back(load_id: uuid.UUID) -> Response:
    """Forget a load; what an older one says of the same name holds again."""
    session = web.session()
    attribute_services.take_back(session, attribute_queries.load(session, load_id))
    web.say(_("The numbers are taken back. What was there before holds again."))
    return redirect(url_for(".index"))
