"""Tiles of regions, and the page that says which regions are loaded and loads more."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from gcrm.core import web
from gcrm.core.formats import number
from gcrm.geography import attribute_queries, attribute_views, queries, services
from gcrm.geography.labels import LEVEL_LABELS
from gcrm.geography.models import Placing
from gcrm.people import access
from gcrm.people.queries import organisation

bp = Blueprint("geography", __name__)
bp.register_blueprint(attribute_views.bp)

MVT = "application/vnd.mapbox-vector-tile"
SHIPPED_LABELS = {"us": _l("United States"), "kr": _l("South Korea")}
SHIPPED_TEXTS = {
    "us": _l("56 states and territories, 3,233 counties"),
    "kr": _l("17 provinces and cities, 251 districts, 5,026 towns and neighbourhoods"),
}
STATES = {"queued": "waiting", "running": "running", "done": "done", "failed": "failed"}


@bp.get("/tiles/regions/<level>/<int:z>/<int:x>/<int:y>.mvt")
def region_tile(level: str, z: int, x: int, y: int) -> Response:
    return web.etag_answer(queries.region_tile(web.session(), level, z, x, y), MVT)


@bp.get("/regions/loaded")
@access.may("edit_regions")
def loaded() -> Any:
    """What is loaded of each country, what lies outside it, and loading."""
    session = web.session()
    levels = queries.loaded(session)
    own = organisation(session)
    return render_template(
        "geography/loaded.html", levels=levels, places=queries.places(session), labels=LEVEL_LABELS,
        placings=queries.open_placings(session), texts=progress_text, shipped=_shipped(own.country if own else None),
        texts_of_shipped=SHIPPED_TEXTS, attributes=attribute_queries.names_in_use(session), there={level.country for level in levels}, own=own,
    )  # fmt: skip


def _shipped(own: str | None) -> list[tuple[str, Any]]:
    """The countries that can be loaded, the organisation's first."""
    return sorted(SHIPPED_LABELS.items(), key=lambda pair: pair[0] != own)


@bp.post("/regions/loaded")
@access.may("edit_regions")
def load() -> Response:
    services.queue_load(web.session(), request.form.get("country", ""))
    return redirect(url_for(".loaded"))


@bp.get("/regions/placings/<uuid:placing_id>")
@access.may("edit_regions")
def placing(placing_id: uuid.UUID) -> Any:
    """How far a load is, for the progress bar."""
    found = queries.placing(web.session(), placing_id)
    return jsonify(progress_of(found, url_for(".loaded")))


def progress_of(found: Placing, result_url: str) -> dict[str, Any]:
    return {
        "state": STATES[found.status],
        "text": progress_text(found),
        "done": found.done if found.total else None,
        "total": found.total,
        "result_url": result_url if found.status == "done" else None,
    }


def progress_text(found: Placing) -> Any:
    if found.status == "failed":
        return found.fault or _("It failed. Try again.")
    if found.status == "done":
        return _("Done: %(done)s accounts placed.", done=number(found.done))
    if found.status == "queued":
        return _("Waiting for a worker to begin.")
    if found.step == "read":
        return _("Reading the boundaries")
    if found.step == "save":
        return _("Saving the regions")
    return _("%(done)s of %(total)s accounts placed", done=number(found.done), total=number(found.total or 0))
