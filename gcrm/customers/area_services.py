"""Writes of saved areas: kept, named, shared and taken away."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gcrm.core.errors import Forbidden, Invalid
from gcrm.customers import shapes
from gcrm.customers.models import Area
from gcrm.customers.shapes import Stored

LONGEST_NAME = 80
MOST_NAMED = 100
SQUARE_METRES = 1e6


def keep_area(
    session: Session, user_id: int, geometry: Any, name: str | None = None, note: str | None = None
) -> tuple[Area, bool]:
    """Save a GeoJSON Polygon or MultiPolygon, and say whether it had to be repaired.

    Without a name it is known by its id alone, which is enough for an address.
    """
    return keep_shape(session, user_id, shapes.stored(geometry), name, note)


def keep_shape(
    session: Session, user_id: int, stored: Stored, name: str | None = None, note: str | None = None
) -> tuple[Area, bool]:
    """The same for a shape that is read already."""
    import shapely

    if name is not None:
        name = _named(session, user_id, name)
    boundary = "SRID=4326;" + shapely.to_wkt(stored.shape, rounding_precision=7)
    size = session.scalar(select(func.ST_Area(func.ST_GeogFromText(boundary)))) or 0.0
    area = Area(user_id=user_id, name=name, boundary=boundary, area_km2=size / SQUARE_METRES, note=note)
    session.add(area)
    session.flush()
    return area, stored.is_repaired


def _named(session: Session, user_id: int, name: str) -> str:
    named = _name(name)
    count = select(func.count()).select_from(Area).where(Area.user_id == user_id, Area.name.is_not(None))
    if (session.scalar(count) or 0) >= MOST_NAMED:
        raise Invalid(f"You have {MOST_NAMED} areas already. Delete one that you no longer need.")
    return named


def _name(name: str) -> str:
    cleaned = " ".join(name.replace("\x00", "").split())
    if not cleaned:
        raise Invalid("Give the area a name.")
    if len(cleaned) > LONGEST_NAME:
        raise Invalid(f"A name has at most {LONGEST_NAME} letters.")
    return cleaned


def change_area(session: Session, area: Area, name: str, is_shared: bool) -> Area:
    """Rename an area, share it or stop sharing it."""
    _refuse_others(session, area)
    area.name, area.is_shared = _name(name), is_shared
    session.flush()
    return area


def delete_area(session: Session, area: Area) -> None:
    """Take an area off the list; addresses that name it go on working, as links were given away."""
    _refuse_others(session, area)
    area.name, area.is_shared = None, False
    session.flush()


def _refuse_others(session: Session, area: Area) -> None:
    principal = getattr(session, "principal", None)
    if principal is None or area.user_id != principal.id:
        raise Forbidden(f"“{area.name}” is somebody else's. Save the area under a name of your own to change it.")
