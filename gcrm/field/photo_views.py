"""The door through which a phone's pictures come in."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, jsonify, request, url_for
from flask_login import current_user

from gcrm.core import pictures, web
from gcrm.core.errors import Conflict
from gcrm.people import access
from gcrm.visits import photo_queries, photo_services

bp = Blueprint("photos", __name__, url_prefix="/photos")


@bp.put("/<uuid:photo_id>")
@access.hidden_unless("plan_routes")
def keep(photo_id: uuid.UUID) -> Any:
    """Keep the picture of a photo whose act was applied; the same again is answered alike."""
    pictures.check_size(request.content_length)
    sent = request.stream.read(pictures.LARGEST_BYTES + 1)
    session = web.session()
    found = photo_queries.known_photo(session, photo_id, lock=True)
    if found is None or found.user_id != current_user.id:
        raise Conflict("The visit of this picture is not here yet. It is sent again once it is.")
    is_new = photo_services.keep_picture(session, found, sent)
    body = {"id": str(found.uuid), "width": found.width, "height": found.height,
            "url": url_for("visits.photos.show", photo_id=found.uuid)}  # fmt: skip
    return jsonify(body), 201 if is_new else 200
