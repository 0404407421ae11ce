"""Writes of territories; every save gives the accounts in them their owner, at once or in a job where they are many."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, insert, select, text, update

from gcrm.core import clock, jobs
from gcrm.core.db import PrincipalSession
from gcrm.core.errors import Conflict, Invalid, NotFound
from gcrm.geography import codes
from gcrm.geography import queries as geography
from gcrm.geography import services as placing_services
from gcrm.geography.levels import PLACED_LEVELS
from gcrm.geography.models import Placing, Region
from gcrm.people.models import User
from gcrm.territories.models import Territory, TerritoryRegion

AT_ONCE = 20_000
"""More accounts than these are assigned by a job."""

OWNER_ROLES = ("rep", "manager")
COLOURS = 8
LONGEST_NAME = 120


@dataclass(frozen=True)
class Content:
    """What a person says of a territory."""

    name: str
    parent_id: int | None
    owner_id: int | None
    region_ids: frozenset[int]


@dataclass(frozen=True)
class Saved:
    """What saving did; the counts are None while a job is at work."""

    territory: Territory | None
    placing: Placing
    accounts: int | None
    owner_named: int | None
    """Accounts in it whose owner somebody named, and who keep that one."""


def content(
    session: PrincipalSession, *, name: str, parent: Territory | None, owner: User | None, regions: Iterable[Region]
) -> Content:
    """Check what was said, apart from the tree; refuses levels by which accounts are not placed."""
    cleaned = " ".join(name.split())
    if not cleaned:
        raise Invalid("A territory needs a name.")
    if len(cleaned) > LONGEST_NAME:
        raise Invalid(f"A territory's name has at most {LONGEST_NAME} letters.")
    if owner is not None and (not owner.active or owner.role not in OWNER_ROLES):
        raise Invalid(f"{owner.name} cannot own a territory: an owner is a rep or manager who can sign in.")
    chosen = list(regions)
    unfit = [region for region in chosen if region.level not in PLACED_LEVELS]
    if unfit:
        raise Invalid(
            f"{unfit[0].name} is a {unfit[0].level}; a territory is made of {', '.join(PLACED_LEVELS)} regions."
        )
    return Content(
        name=cleaned,
        parent_id=parent.id if parent is not None else None,
        owner_id=owner.id if owner is not None else None,
        region_ids=frozenset(region.id for region in chosen),
    )


def regions_of_codes(session: PrincipalSession, said: str, country: str) -> list[Region]:
    """The regions that a pasted list of codes names."""
    return geography.regions_named(session, codes.parse_list(said, country))


def create_territory(
    session: PrincipalSession, said: Content, public: uuid.UUID | None = None, colour: int | None = None
) -> Saved:
    """Add a territory and give its accounts their owner."""
    _refuse_taken_name(session, said.name, None)
    territory = Territory(
        name=said.name, parent_id=said.parent_id, owner_id=said.owner_id,
        colour=_rarest_colour(session, said.parent_id) if colour is None else colour, **({"uuid": public} if public else {}),
    )  # fmt: skip
    session.add(territory)
    session.flush()
    _add_regions(session, territory, said.region_ids)
    before = {"uuid": str(territory.uuid), "is_new": True}
    return _assign(session, territory, said.region_ids, {territory.id}, before)


def save_territory(session: PrincipalSession, territory: Territory, said: Content) -> Saved:
    """Put a territory's name, place in the tree, owner and regions; give the accounts that this concerns their owner."""
    _refuse_taken_name(session, said.name, territory)
    _refuse_cycle(session, territory, said.parent_id)
    before = _snapshot(session, territory)
    held = set(before["regions"])
    concerned = held ^ said.region_ids
    has_moved = territory.parent_id != said.parent_id
    territory.name, territory.parent_id, territory.owner_id = said.name, said.parent_id, said.owner_id
    if concerned:
        territory.regions_changed_at = clock.now()
        session.execute(
            delete(TerritoryRegion).where(
                TerritoryRegion.territory_id == territory.id, TerritoryRegion.region_id.in_(held - said.region_ids)
            )
        )
        _add_regions(session, territory, said.region_ids - held)
    session.flush()
    if has_moved:
        # Where territories overlap, the deeper one wins, and depths below changed.
        concerned |= _regions_below(session, territory)
    is_other_owner = before["owner_id"] != territory.owner_id
    return _assign(session, territory, concerned, {territory.id} if is_other_owner else set(), before)


def delete_territory(session: PrincipalSession, territory: Territory) -> Saved:
    """Remove a territory; those below it move up, its accounts go to whoever holds their region now, or to nobody."""
    before = _snapshot(session, territory) | {"is_gone": True}
    below = set(session.scalars(select(Territory.id).where(Territory.parent_id == territory.id)))
    concerned = set(before["regions"]) | _regions_below(session, territory)
    session.execute(update(Territory).where(Territory.id.in_(below)).values(parent_id=territory.parent_id))
    session.execute(delete(TerritoryRegion).where(TerritoryRegion.territory_id == territory.id))
    saved = _assign(session, None, concerned, {territory.id}, before, may_wait=False)
    session.delete(territory)
    session.flush()
    return saved


def undo_save(session: PrincipalSession, placing: Placing) -> Saved:
    """Put a territory back as it was before a save, unless somebody changed it since."""
    before = placing.before
    if placing.kind != "territories" or not before:
        raise NotFound("There is nothing to undo.")
    territory = session.scalar(select(Territory).where(Territory.uuid == uuid.UUID(before["uuid"])))
    is_as_left = (
        territory is None if before.get("is_gone") else territory is not None and territory.version == before["left"]
    )
    if not is_as_left:
        raise Conflict("The territory was changed again since. Nothing was undone.")
    placing.before = None
    if territory is not None and before.get("is_new"):
        return delete_territory(session, territory)
    said = Content(
        name=before["name"],
        parent_id=session.scalar(select(Territory.id).where(Territory.id == before["parent_id"])),
        owner_id=session.scalar(select(User.id).where(User.id == before["owner_id"], User.active)),
        region_ids=frozenset(session.scalars(select(Region.id).where(Region.id.in_(before["regions"])))),
    )
    if territory is not None:
        return save_territory(session, territory, said)
    saved = create_territory(session, said, uuid.UUID(before["uuid"]), before["colour"])
    assert saved.territory is not None
    session.execute(update(Territory).where(Territory.id.in_(before["children"])).values(parent_id=saved.territory.id))
    return saved


# -- the accounts ------------------------------------------------------------------------------------------------------


def _assign(
    session: PrincipalSession, territory: Territory | None, region_ids: Collection[int], territory_ids: Collection[int],
    before: dict[str, Any], may_wait: bool = True,
) -> Saved:  # fmt: skip
    """Give the accounts in these regions and territories their owner, now or by a job, and keep what was before."""
    session.flush()
    if territory is not None:
        session.refresh(territory)
        before = before | {"left": territory.version}
    placing = placing_services.open_placing(
        session, "territories", territory.name if territory else before.get("name", ""), region_ids, territory_ids
    )
    placing.before = before
    placing_services.begin_placing(session, placing)
    if may_wait and (placing.total or 0) > AT_ONCE:
        jobs.defer(session, "geography.place", placing_id=placing.id)
        return Saved(territory, placing, None, None)
    while placing_services.place_chunk(session, placing, AT_ONCE + 1):
        pass
    if territory is None:
        return Saved(None, placing, placing.done, None)
    accounts, named = session.execute(
        text("SELECT accounts, owner_named FROM gcrm_territory_counts(:territory)"), {"territory": territory.id}
    ).one()
    return Saved(territory, placing, accounts, named)


# -- the tree ----------------------------------------------------------------------------------------------------------


def _refuse_taken_name(session: PrincipalSession, name: str, besides: Territory | None) -> None:
    holder = session.scalar(select(Territory).where(func.lower(Territory.name) == name.lower()))
    if holder is not None and holder is not besides:
        raise Conflict(f"There is a territory “{holder.name}” already. Choose another name.")


def _refuse_cycle(session: PrincipalSession, territory: Territory, parent_id: int | None) -> None:
    # Two moves at once could close a circle that neither of them sees.
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('territories.tree'))"))
    if parent_id is not None and parent_id in ids_below(session, territory):
        raise Invalid(f"“{territory.name}” cannot lie below itself.")


def ids_below(session: PrincipalSession, territory: Territory) -> set[int]:
    """The territory and everything below it in the tree."""
    tree = select(Territory.id).where(Territory.id == territory.id).cte("tree", recursive=True)
    tree = tree.union(select(Territory.id).where(Territory.parent_id == tree.c.id))
    return set(session.scalars(select(tree.c.id)))


def _regions_below(session: PrincipalSession, territory: Territory) -> set[int]:
    below = ids_below(session, territory)
    return set(session.scalars(select(TerritoryRegion.region_id).where(TerritoryRegion.territory_id.in_(below))))


def _add_regions(session: PrincipalSession, territory: Territory, region_ids: Collection[int]) -> None:
    if region_ids:
        rows = [{"territory_id": territory.id, "region_id": region} for region in sorted(region_ids)]
        session.execute(insert(TerritoryRegion), rows)


def _rarest_colour(session: PrincipalSession, parent_id: int | None) -> int:
    """The colour that the fewest of its siblings have, who stand beside it on the map; then the fewest of all."""
    beside = func.count().filter(Territory.parent_id.is_not_distinct_from(parent_id))
    rows = session.execute(select(Territory.colour, beside, func.count()).group_by(Territory.colour))
    used = {colour: (siblings, every) for colour, siblings, every in rows}
    return min(range(COLOURS), key=lambda colour: used.get(colour, (0, 0)))


def _snapshot(session: PrincipalSession, territory: Territory) -> dict[str, Any]:
    regions = select(TerritoryRegion.region_id).where(TerritoryRegion.territory_id == territory.id)
    return {
        "uuid": str(territory.uuid),
        "name": territory.name,
        "parent_id": territory.parent_id,
        "owner_id": territory.owner_id,
        "colour": territory.colour,
        "regions": sorted(session.scalars(regions)),
        "children": list(session.scalars(select(Territory.id).where(Territory.parent_id == territory.id))),
    }
