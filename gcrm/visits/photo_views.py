"""Photos and signatures as files, for whoever sees their visit."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, Response, request

from gcrm.core import files, web
from gcrm.visits import photo_queries as queries

bp = Blueprint("photos", __name__, url_prefix="/visits/photos")

TYPES = {".jpg": "image/jpeg", ".png": "image/png"}


@bp.get("/<uuid:photo_id>")
def show(photo_id: uuid.UUID) -> Any:
    """The picture; `size=small` for lists."""
    found = queries.photo(web.session(), photo_id)
    place = files.path((found.thumbnail if request.args.get("size") == "small" else found.file) or "")
    answer = Response(place.read_bytes(), mimetype=TYPES[place.suffix])
    # Opened by itself it is a picture and nothing else, whatever a browser makes of it.
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer.headers["Vary"] = "Cookie, Authorization"
    answer.set_etag(place.stem)
    return answer.make_conditional(request)
