"""All that is held about a rep's position, for the rep alone: where, how exact, and when it fades."""

from __future__ import annotations

import csv
import io
from typing import Any

from flask import Blueprint, Response, render_template
from flask_login import current_user

from gcrm.core import held_places, web
from gcrm.core.held_places import Held
from gcrm.field import page_views
from gcrm.people import access
from gcrm.routing.handover import guarded
from gcrm.visits import proof

bp = Blueprint("about", __name__)

COLUMNS = ("what", "where", "at", "lon", "lat", "accuracy_metres", "distance_metres", "faded_at", "fades_on")


@bp.get("/about-me")
@access.hidden_unless("plan_routes")
def about_me() -> Any:
    return render_template("field/about_me.html", **page_views.about_context(_held()))


@bp.get("/about-me.csv")
@access.hidden_unless("plan_routes")
def about_me_file() -> Response:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for one in _held():
        fades = "" if one.faded_at else proof.fades_on(one.at.date()).isoformat()
        faded = one.faded_at.isoformat() if one.faded_at else ""
        writer.writerow(
            [guarded(str(one.what)), guarded(one.name or ""), one.at.isoformat(), one.lon, one.lat, one.accuracy_metres, one.distance_metres,
             faded, fades]
        )  # fmt: skip
    named = {"Content-Disposition": 'attachment; filename="my-positions.csv"'}
    return Response(("\ufeff" + out.getvalue()).encode(), mimetype="text/csv", headers=named)


def _held() -> list[Held]:
    return held_places.held(web.session(), current_user.id)
