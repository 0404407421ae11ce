"""Writes of regions, and of the accounts' places that follow from them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, or_, select, text, update

from gcrm.core import clock, jobs
from gcrm.core.db import PrincipalSession
from gcrm.core.errors import Invalid
from gcrm.geography.levels import LEVELS
from gcrm.geography.models import Placing

if TYPE_CHECKING:
    from gcrm.geography.shapes import RegionShape

SHIPPED = ("us", "kr")
"""Countries whose regions come with a package."""

PARENTLESS = ("country", "postcode")
"""Levels that lie in no tree: postcodes cross the borders of the others."""

CHUNK = 2_000
"""Accounts that are placed in one transaction: about a quarter of a second."""

GIVEN_UP_AFTER = dt.timedelta(hours=2)
"""Work that says it runs for longer than this was killed; doing it twice harms nothing."""


@dataclass(frozen=True)
class SavedRegions:
    """What saving one level did."""

    country: str
    level: str
    created: int
    changed: int
    unchanged: int
    without_parent: int
    region_ids: tuple[int, ...]
    """Regions that are new, or whose boundary or parent changed: accounts in them are to be placed again."""


def save_regions(session: PrincipalSession, country: str, level: str, regions: Sequence[RegionShape]) -> SavedRegions:
    """Insert or update one level's regions by code; others of the level stay as they are."""
    if level not in LEVELS:
        raise Invalid(f"“{level}” is no level. It is one of {', '.join(LEVELS)}.")
    if len(country) != 2 or not country.isascii() or not country.isalpha():
        raise Invalid(f"“{country}” is no country. Write it as two letters, like us.")
    names = {"country": country.lower(), "level": level}
    _stage(session, regions)
    changed = _ids(session, _CHANGED, names)
    renamed = _ids(session, _RENAMED, names)
    session.execute(text(_UPDATE), names)
    created = _ids(session, _INSERT, names)
    relinked = _link_parents(session, country.lower(), level)
    staged = _ids(session, _STAGED, names)
    edited = ((changed | renamed | relinked) & staged) - created
    session.expire_all()
    return SavedRegions(
        country=country.lower(),
        level=level,
        created=len(created),
        changed=len(edited),
        unchanged=len(staged) - len(created) - len(edited),
        without_parent=0 if level in PARENTLESS else len(_ids(session, _ORPHANS, names)),
        region_ids=tuple(sorted(changed | created | relinked)),
    )


def _ids(session: PrincipalSession, statement: str, names: dict[str, str]) -> set[int]:
    return set(session.scalars(text(statement), names))


def _stage(session: PrincipalSession, regions: Sequence[RegionShape]) -> None:
    """COPY into a temporary table of the transaction, from which the regions are merged as a set."""
    session.execute(text("DROP TABLE IF EXISTS pg_temp.new_regions"))
    session.execute(
        text(
            "CREATE TEMPORARY TABLE new_regions (code text PRIMARY KEY, name text, parent_code text,"
            " boundary geometry(multipolygon, 4326), outline geometry(multipolygon, 4326)) ON COMMIT DROP"
        )
    )
    connection = session.connection().connection.driver_connection
    assert connection is not None
    with connection.cursor() as cursor, cursor.copy("COPY new_regions FROM STDIN") as copy:
        for region in regions:
            copy.write_row((region.code, region.name, region.parent_code, region.boundary.hex(), region.outline.hex()))
    session.execute(text("ANALYZE new_regions"))


_STAGED = """
SELECT regions.id FROM regions JOIN new_regions USING (code) WHERE country = :country AND level = :level
"""
_CHANGED = """
SELECT regions.id FROM regions JOIN new_regions USING (code)
WHERE country = :country AND level = :level AND NOT regions.boundary = new_regions.boundary
"""
_RENAMED = """
SELECT regions.id FROM regions JOIN new_regions USING (code)
WHERE country = :country AND level = :level AND regions.name <> new_regions.name
"""
_UPDATE = """
UPDATE regions SET name = new_regions.name, boundary = new_regions.boundary, outline = new_regions.outline,
  area_km2 = CASE WHEN regions.boundary = new_regions.boundary THEN regions.area_km2
    ELSE ST_Area(new_regions.boundary::geography) / 1e6 END
FROM new_regions WHERE regions.code = new_regions.code AND regions.country = :country AND regions.level = :level
  AND NOT (regions.name = new_regions.name AND regions.boundary = new_regions.boundary
           AND regions.outline IS NOT DISTINCT FROM new_regions.outline)
"""
_INSERT = """
INSERT INTO regions (country, level, code, name, boundary, outline, area_km2)
SELECT :country, :level, code, name, boundary, outline, ST_Area(boundary::geography) / 1e6 FROM new_regions
ORDER BY code ON CONFLICT (country, level, code) DO NOTHING RETURNING id
"""
_ORPHANS = "SELECT id FROM regions WHERE country = :country AND level = :level AND parent_id IS NULL"


def _link_parents(session: PrincipalSession, country: str, level: str) -> set[int]:
    """Write parents one level up: by the code that came along, else by where the region lies; and of regions below."""
    if level == "postcode":
        return set()
    place = LEVELS.index(level)
    linked: set[int] = set()
    if level not in PARENTLESS:
        names = {"country": country, "level": level, "above": LEVELS[place - 1]}
        linked |= _ids(session, _LINK_BY_CODE, names) | _ids(session, _LINK_BY_PLACE, names)
    below = LEVELS[place + 1]
    if below not in PARENTLESS:
        linked |= _ids(session, _LINK_BY_PLACE, {"country": country, "level": below, "above": level})
    return linked


_LINK_BY_CODE = """
UPDATE regions SET parent_id = above.id
FROM new_regions JOIN regions AS above ON above.code = new_regions.parent_code
WHERE above.country = :country AND above.level = :above
  AND regions.country = :country AND regions.level = :level AND regions.code = new_regions.code
  AND regions.parent_id IS DISTINCT FROM above.id
RETURNING regions.id
"""
_LINK_BY_PLACE = """
WITH found AS (
  SELECT child.id, (
    SELECT above.id FROM regions AS above
    WHERE above.country = :country AND above.level = :above
      AND ST_Covers(above.boundary, ST_PointOnSurface(child.boundary)) ORDER BY above.code LIMIT 1) AS parent
  FROM regions AS child WHERE child.country = :country AND child.level = :level AND child.parent_id IS NULL
)
UPDATE regions SET parent_id = found.parent FROM found WHERE regions.id = found.id AND found.parent IS NOT NULL
RETURNING regions.id
"""


def read_shipped(country: str, municipalities_of: Collection[str] | None = None) -> dict[str, list[RegionShape]]:
    """The levels that a package ships, coarse to fine; takes seconds and no database, so do it before a transaction."""
    if country == "us":
        from gcrm.geography import us

        return us.load(municipalities_of)
    if country == "kr":
        from gcrm.geography import korea

        return korea.load(municipalities_of)
    raise Invalid(f"No package ships the regions of “{country}”. There are: {', '.join(SHIPPED)}; or import a file.")


def load_regions(session: PrincipalSession, country: str, levels: dict[str, list[RegionShape]]) -> list[SavedRegions]:
    """Save what `read_shipped` read, coarse to fine."""
    return [save_regions(session, country, level, regions) for level, regions in levels.items()]


def open_placing(
    session: PrincipalSession,
    kind: str,
    what: str,
    region_ids: Collection[int] = (),
    territory_ids: Collection[int] = (),
) -> Placing:
    """Write down which regions or territories changed, so that their accounts are sure to follow."""
    principal = session.principal
    placing = Placing(
        kind=kind, what=what, region_ids=sorted(region_ids), territory_ids=sorted(territory_ids),
        user_id=principal and principal.id,
    )  # fmt: skip
    session.add(placing)
    session.flush()
    return placing


def queue_load(session: PrincipalSession, country: str) -> Placing:
    """Have a worker load a shipped country; a load of it that is under way is returned instead."""
    if country not in SHIPPED:
        raise Invalid(f"No package ships the regions of “{country}”. There are: {', '.join(SHIPPED)}.")
    under_way = session.scalar(
        select(Placing).where(
            Placing.kind == "regions", Placing.what == country, Placing.status.in_(("queued", "running"))
        )
    )
    if under_way is not None:
        return under_way
    placing = open_placing(session, "regions", country)
    jobs.defer(session, "geography.load", placing_id=placing.id)
    return placing


_COUNT = {
    "regions": "SELECT gcrm_to_place_again(:regions)",
    "territories": "SELECT gcrm_to_assign_territories(:regions, :territories)",
}
_NEXT_CHUNK = {
    "regions": "SELECT * FROM gcrm_place_again(:regions, :after, :at_most)",
    "territories": "SELECT * FROM gcrm_assign_territories(:regions, :territories, :after, :at_most)",
}


def begin_placing(session: PrincipalSession, placing: Placing) -> None:
    """Count what is ahead and take over what earlier work of the kind left undone."""
    given_up = or_(
        Placing.status == "failed",
        and_(Placing.status == "running", Placing.created_at < clock.now() - GIVEN_UP_AFTER),
    )
    unfinished = session.scalars(
        select(Placing)
        .where(Placing.kind == placing.kind, Placing.id != placing.id, given_up)
        .with_for_update(skip_locked=True)
    ).all()
    for earlier in unfinished:
        placing.region_ids = sorted({*placing.region_ids, *earlier.region_ids})
        placing.territory_ids = sorted({*placing.territory_ids, *earlier.territory_ids})
        earlier.status, earlier.finished_at = "done", clock.now()
        placing.after_id = placing.done = 0
    placing.status, placing.step = "running", "place"
    placing.total = session.scalar(text(_COUNT[placing.kind]), _ids_of(placing))
    session.flush()


def place_chunk(session: PrincipalSession, placing: Placing, at_most: int = CHUNK) -> bool:
    """Place or assign the next accounts; returns whether more are left."""
    chunk = _ids_of(placing) | {"after": placing.after_id, "at_most": at_most}
    done, last = session.execute(text(_NEXT_CHUNK[placing.kind]), chunk).one()
    placing.done += done
    placing.total = max(placing.total or 0, placing.done)
    if last is None:
        placing.status, placing.finished_at = "done", clock.now()
    else:
        placing.after_id = last
    session.flush()
    return last is not None


def fail_placing(session: PrincipalSession, placing_id: int, fault: str) -> None:
    session.execute(
        update(Placing).where(Placing.id == placing_id).values(status="failed", fault=fault, finished_at=clock.now())
    )


def _ids_of(placing: Placing) -> dict[str, list[int]]:
    named = {"regions": placing.region_ids}
    return named if placing.kind == "regions" else named | {"territories": placing.territory_ids}
