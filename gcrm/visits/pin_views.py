"""Pins that check-ins would move: a list and a map for planners, and the radius of check-ins."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from gcrm.core import web
from gcrm.core.geo import lon_lat
from gcrm.people import access
from gcrm.people import queries as people
from gcrm.visits import pin_pages, pin_queries, pin_services

bp = Blueprint("pins", __name__)


@bp.get("/pins")
@access.hidden_unless("move_pins")
def index() -> Any:
    moves = pin_queries.open_moves(web.session())
    return render_template(
        "visits/pins.html", moves=moves, places=pin_pages.geojson(moves), organisation_radius=people.the_organisation(web.session()).check_in_metres,
        where=lon_lat,
    )  # fmt: skip


@bp.post("/pins/<uuid:move_id>/accept")
@access.hidden_unless("move_pins")
def accept(move_id: uuid.UUID) -> Response:
    move = pin_queries.move_by_uuid(web.session(), move_id)
    pin_services.accept(web.session(), move, current_user.id, by_hand_too="by_hand_too" in request.form)
    web.say(_("The pin of %(name)s is moved.", name=move.account.name), undo_url=url_for(".reopen", move_id=move.uuid))
    return redirect(url_for(".index"))


@bp.post("/pins/<uuid:move_id>/dismiss")
@access.hidden_unless("move_pins")
def dismiss(move_id: uuid.UUID) -> Response:
    move = pin_queries.move_by_uuid(web.session(), move_id)
    pin_services.dismiss(web.session(), move, current_user.id)
    web.say(_("The pin of %(name)s stays.", name=move.account.name), undo_url=url_for(".reopen", move_id=move.uuid))
    return redirect(url_for(".index"))


@bp.post("/pins/<uuid:move_id>/reopen")
@access.hidden_unless("move_pins")
def reopen(move_id: uuid.UUID) -> Response:
    """Undo."""
    move = pin_queries.move_by_uuid(web.session(), move_id)
    pin_services.reopen(web.session(), move)
    flash(_("Taken back: %(name)s waits for a decision again.", name=move.account.name), "success")
    return redirect(url_for(".index"))


@bp.post("/pins/radius")
@access.may("administer")
def radius() -> Response:
    pin_services.set_radius(web.session(), request.form.get("metres"))
    flash(_("Saved."), "success")
    return redirect(url_for(".index"))
