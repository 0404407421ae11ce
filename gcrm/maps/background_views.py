"""The PMTiles archive below the map, in the ranges that the map asks for."""

from __future__ import annotations

from flask import Blueprint, send_file
from werkzeug.wrappers import Response

from gcrm.core.config import settings
from gcrm.core.errors import NotFound
from gcrm.maps import background

bp = Blueprint("background", __name__)


def archive() -> Response:
    """The archive, or the part of it that the request's Range names; 304 for who has it."""
    found = background.chosen(settings())
    if found.pmtiles is None:
        raise NotFound("There is no background map here.")
    answer = send_file(found.pmtiles.absolute(), mimetype="application/vnd.pmtiles", conditional=True, max_age=0)
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


@bp.get("/map/background.pmtiles")
def pmtiles() -> Response:
    return archive()
