"""Writes of photos and signatures: first what was taken, then the picture itself, once."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import uuid

from sqlalchemy.orm import Session

from gcrm.core import clock, files, pictures
from gcrm.core.errors import Conflict, Invalid
from gcrm.core.geo import ewkt
from gcrm.customers import values
from gcrm.visits import photo_queries as queries
from gcrm.visits.models import Visit, VisitPhoto

MOST_PHOTOS = 40
"""Of one visit."""
LONGEST_NAME = 200
LONGEST_AHEAD = dt.timedelta(days=1)


def add_photo(
    session: Session, visit: Visit, *, user_id: int, public_id: uuid.UUID | None = None, kind: str = "photo",
    taken_at: dt.datetime | None = None, keeps_place: bool = False, place: tuple[float, float] | None = None,
    signed_by: str | None = None,
) -> VisitPhoto:  # fmt: skip
    """Say that a photo was taken at a visit, or that the customer signed; the same id again is the same photo.

    Where it was taken is kept only if the rep wanted so. A signature may be a typed name alone.
    """
    known = queries.known_photo(session, public_id) if public_id else None
    if known is not None:
        if known.visit_id != visit.id or known.user_id != user_id:
            raise Conflict("This id belongs to a picture of another visit.", field="photo")
        return known
    if queries.how_many(session, visit) >= MOST_PHOTOS:
        raise Invalid("A visit has at most %(most)s pictures.", most=MOST_PHOTOS, field="photo")
    now = clock.now()
    made = VisitPhoto(
        uuid=public_id or uuid.uuid4(), visit_id=visit.id, user_id=user_id, kind=kind,
        taken_at=min(taken_at or now, now + LONGEST_AHEAD), keeps_place=keeps_place,
        signed_by=values.line(signed_by, "name", LONGEST_NAME),
        location=ewkt(*place) if keeps_place and place is not None else None,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def keep_picture(session: Session, photo: VisitPhoto, sent: bytes) -> bool:
    """Keep the picture of a photo, drawn anew; False where this very picture was kept before."""
    said = hashlib.sha256(sent).hexdigest()
    if photo.file is not None:
        if photo.sent_hash != said:
            raise Conflict("Another picture was kept under this id. Take a new one for this.")
        return False
    drawn = pictures.redrawn(sent, as_drawing=photo.kind == "signature")
    photo.sent_hash, photo.width, photo.height = said, drawn.width, drawn.height
    # A picture that comes late does not bring back what has faded.
    if photo.keeps_place and drawn.place is not None and photo.faded_at is None:
        photo.location = ewkt(*drawn.place)  # type: ignore[assignment]
    photo.file = files.keep(io.BytesIO(drawn.content), drawn.suffix)
    photo.thumbnail = files.keep(io.BytesIO(drawn.thumbnail), drawn.suffix)
    try:
        session.flush()
    except BaseException:
        drop_files(photo)
        raise
    return True


def drop_files(photo: VisitPhoto) -> None:
    """Take a photo's files off the disk again."""
    for name in (photo.file, photo.thumbnail):
        if name:
            files.drop(name)


def take(session: Session, visit: Visit, user_id: int, sent: bytes, kind: str = "photo") -> VisitPhoto:
    """A photo that came with its picture at once."""
    made = add_photo(session, visit, user_id=user_id, kind=kind)
    keep_picture(session, made, sent)
    return made
