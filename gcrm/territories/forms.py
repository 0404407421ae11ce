"""What a person or a program says of a territory, read into what services take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gcrm.core.db import PrincipalSession
from gcrm.core.errors import Conflict, Invalid
from gcrm.geography.models import Region
from gcrm.people import queries as people
from gcrm.people.models import User
from gcrm.territories import queries, services
from gcrm.territories.models import Territory
from gcrm.territories.services import Content


@dataclass(frozen=True)
class TerritoryForm:
    """The fields of the page, as they were typed; `version` is the one that the person saw."""

    name: str
    parent: str
    owner: str
    regions: str
    version: str

    @classmethod
    def parse(cls, form: Mapping[str, Any]) -> TerritoryForm:
        return cls(*(str(form.get(field, "")).strip() for field in ("name", "parent", "owner", "regions", "version")))

    @classmethod
    def of(cls, territory: Territory, codes: list[str]) -> TerritoryForm:
        return cls(
            name=territory.name,
            parent=str(territory.parent.uuid) if territory.parent else "",
            owner=str(territory.owner.uuid) if territory.owner else "",
            regions="\n".join(codes),
            version=str(territory.version),
        )

    def content(self, session: PrincipalSession) -> Content:
        return services.content(
            session, name=self.name, parent=self.chosen_parent(session), owner=self._owner(session),
            regions=self.chosen_regions(session),
        )  # fmt: skip

    def chosen_parent(self, session: PrincipalSession) -> Territory | None:
        return queries.territory(session, people.as_uuid(self.parent)) if self.parent else None

    def chosen_regions(self, session: PrincipalSession) -> list[Region]:
        return services.regions_of_codes(session, self.regions, people.the_organisation(session).country)

    def _owner(self, session: PrincipalSession) -> User | None:
        return people.user_by_uuid(session, self.owner) if self.owner else None

    def refuse_stale(self, territory: Territory) -> None:
        if self.version and self.version != str(territory.version):
            raise Conflict("Somebody else saved this territory meanwhile. Nothing of yours was written: load it again.")


def from_json(session: PrincipalSession, said: dict[str, Any]) -> Content:
    """The API's words: the owner an e-mail address, the parent an id, regions as codes."""
    owner = people.user_by_email(session, said["owner"]) if said["owner"] else None
    if said["owner"] and owner is None:
        raise Invalid(f"There is nobody with the address {said['owner']}.")
    parent = queries.territory(session, said["parent"]) if said["parent"] else None
    country = people.the_organisation(session).country
    regions = services.regions_of_codes(session, ", ".join(said["regions"]), country)
    return services.content(session, name=said["name"], parent=parent, owner=owner, regions=regions)
