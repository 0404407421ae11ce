"""Writes of what files tell about regions."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import delete, insert

from gcrm.core.db import PrincipalSession
from gcrm.core.errors import Invalid
from gcrm.geography import attribute_queries
from gcrm.geography.attribute_file import MOST_FAULTS, Numbers, Table, numbers_of
from gcrm.geography.levels import LEVELS
from gcrm.geography.models import AttributeLoad, RegionAttribute


def load_attributes(
    session: PrincipalSession, table: Table, country: str, level: str, code: str | None = None,
    columns: Collection[str] = (), in_use: bool = False,
) -> AttributeLoad:  # fmt: skip
    """Keep the numbers of a table whose rows name regions of a level; rows with a fault are named and left out.

    They are in use at once, or once `use` says so; what was loaded before and never used makes room for it.
    """
    if level not in LEVELS:
        raise Invalid(f"“{level}” is no level. It is one of {', '.join(LEVELS)}.")
    regions = attribute_queries.region_ids(session, country.lower(), level)
    if not regions:
        raise Invalid(f"No regions of the level “{level}” are loaded for “{country}”, so no number has a place yet.")
    read = numbers_of(table, regions, code, columns)
    principal = session.principal
    mine = AttributeLoad.user_id == (principal and principal.id)
    session.execute(delete(AttributeLoad).where(AttributeLoad.in_use.is_(False), mine))
    load = AttributeLoad(
        country=country.lower(), level=level, filename=table.filename[:200], names=read.names, regions=len(read.rows),
        faults=[{"row": fault.row, "why": fault.why} for fault in read.faults[:MOST_FAULTS]],
        fault_count=len(read.faults), in_use=in_use, user_id=principal and principal.id,
    )  # fmt: skip
    session.add(load)
    session.flush()
    _write(session, load, read)
    return load


def _write(session: PrincipalSession, load: AttributeLoad, read: Numbers) -> None:
    rows: Iterable[dict[str, object]] = (
        {"load_id": load.id, "region_id": region, "name": name, "value": value}
        for region, numbers in read.rows.items()
        for name, value in numbers.items()
    )
    session.execute(insert(RegionAttribute), list(rows))


def use(session: PrincipalSession, load: AttributeLoad, names: Collection[str]) -> None:
    """From now on the numbers of these names hold; others of the load are dropped."""
    kept = [name for name in load.names if name in names]
    if not kept:
        raise Invalid("Choose at least one column of numbers.")
    session.execute(
        delete(RegionAttribute).where(RegionAttribute.load_id == load.id, RegionAttribute.name.not_in(kept))
    )
    load.names, load.in_use = kept, True
    session.flush()


def take_back(session: PrincipalSession, load: AttributeLoad) -> None:
    """Forget a load: where an older one has numbers of the same name, those hold again."""
    session.delete(load)
    session.flush()
