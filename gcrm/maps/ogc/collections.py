"""What the OGC API publishes: four collections, each with its properties, its shape and its time; pure description.

OGC API - Features, part 1 (17-069r4), clause 7.14, and the queryables of part 3 (19-079r2), clause 6.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from flask_babel import lazy_gettext as _l

from gcrm.core.errors import NotFound
from gcrm.customers.values import STATUSES, TIERS
from gcrm.geography.levels import LEVELS
from gcrm.visits.models import OUTCOMES, VISIT_STATUSES

Kind = Literal["text", "number", "integer", "date", "instant", "uuid", "texts", "geometry"]
GEOMETRY = "geometry"
"""The name of every collection's geometry among its queryables."""


@dataclass(frozen=True)
class Property:
    """One property of the features of a collection, which filters may name."""

    name: str
    kind: Kind
    title: Any
    words: tuple[str, ...] = ()
    """All values there are, where they are few words of our own."""
    unit: str = ""


@dataclass(frozen=True)
class Collection:
    """A list of features of one sort."""

    name: str
    title: Any
    description: Any
    shape: Literal["Point", "MultiPolygon"]
    time: str
    """The property that `datetime` asks."""
    properties: tuple[Property, ...]

    @property
    def queryables(self) -> dict[str, Property]:
        """What filters may name: the properties, and the geometry."""
        place = Property(GEOMETRY, "geometry", _l("Geometry"))
        return {each.name: each for each in (*self.properties, place)}


ACCOUNTS = Collection(
    "accounts",
    _l("Accounts"),
    _l("Customers and prospects, each at its place. One without a place has no geometry."),
    "Point",
    "updated_at",
    (
        Property("name", "text", _l("Name")),
        Property("external_id", "text", _l("Number in another system")),
        Property("source", "text", _l("Whose number that is")),
        Property("status", "text", _l("Status"), STATUSES),
        Property("tier", "text", _l("Tier"), TIERS),
        Property("industry", "text", _l("Industry")),
        Property("street", "text", _l("Street")),
        Property("city", "text", _l("Town")),
        Property("region", "text", _l("State or province, as the address names it")),
        Property("postcode", "text", _l("Postcode")),
        Property("country", "text", _l("Country")),
        Property("annual_value", "number", _l("Annual value, in the currency beside it")),
        Property("potential", "number", _l("Potential, in the currency beside it")),
        Property("currency", "text", _l("Currency")),
        Property("tags", "texts", _l("Tags")),
        Property("owner", "text", _l("E-mail of the owner")),
        Property("owner_name", "text", _l("Owner")),
        Property("territory", "uuid", _l("Id of the territory")),
        Property("territory_name", "text", _l("Territory")),
        Property("state", "text", _l("Code of the state, as us:42")),
        Property("county", "text", _l("Code of the county, as us:42043")),
        Property("municipality", "text", _l("Code of the municipality")),
        Property("placed", "text", _l("Whether it lies in a region"), ("inside", "near", "outside")),
        Property("cadence_days", "integer", _l("Days from one visit to the next"), unit="d"),
        Property("visit_minutes", "integer", _l("Minutes that a visit takes"), unit="min"),
        Property("last_visited_on", "date", _l("Day of the last visit")),
        Property("next_due_on", "date", _l("Day by which the next visit is due")),
        Property("created_at", "instant", _l("Entered at")),
        Property("updated_at", "instant", _l("Changed at")),
    ),
)
REGIONS = Collection(
    "regions",
    _l("Regions"),
    _l("States, counties and the other levels of administration that are loaded, with their boundaries."),
    "MultiPolygon",
    "loaded_at",
    (
        Property("code", "text", _l("Code, as us:42043")),
        Property("country", "text", _l("Country")),
        Property("level", "text", _l("Level"), LEVELS),
        Property("name", "text", _l("Name")),
        Property("parent", "text", _l("Code of the region above")),
        Property("area_km2", "number", _l("Area"), unit="km2"),
        Property("loaded_at", "instant", _l("Loaded at")),
    ),
)
TERRITORIES = Collection(
    "territories",
    _l("Territories"),
    _l("Sales territories: the outlines of their regions, and of those of the territories below, as one shape."),
    "MultiPolygon",
    "updated_at",
    (
        Property("name", "text", _l("Name")),
        Property("parent", "text", _l("Name of the territory above")),
        Property("owner", "text", _l("E-mail of the owner")),
        Property("owner_name", "text", _l("Owner")),
        Property("created_at", "instant", _l("Entered at")),
        Property("updated_at", "instant", _l("Changed at")),
    ),
)
VISITS = Collection(
    "visits",
    _l("Visits"),
    _l(
        "Appointments ahead and visits that were made, each at its account's place; without one once that is out of sight."
    ),
    "Point",
    "at",
    (
        Property("at", "instant", _l("When it was finished, begun, or is to begin")),
        Property("status", "text", _l("Status"), VISIT_STATUSES),
        Property("outcome", "text", _l("Outcome"), OUTCOMES),
        Property("account", "uuid", _l("Id of the account")),
        Property("account_name", "text", _l("Account")),
        Property("user", "text", _l("E-mail of who visits")),
        Property("user_name", "text", _l("Who visits")),
        Property("starts_at", "instant", _l("Appointment")),
        Property("minutes", "integer", _l("Minutes that were set aside"), unit="min"),
        Property("arrived_at", "instant", _l("Arrived at")),
        Property("finished_at", "instant", _l("Finished at")),
        Property("next_step_on", "date", _l("Day of the next step")),
        Property("created_at", "instant", _l("Entered at")),
        Property("updated_at", "instant", _l("Changed at")),
    ),
)
COLLECTIONS = {each.name: each for each in (ACCOUNTS, REGIONS, TERRITORIES, VISITS)}


def collection_named(name: str) -> Collection:
    if name not in COLLECTIONS:
        raise NotFound(f"There is no collection “{name}”. There are {', '.join(COLLECTIONS)}.")
    return COLLECTIONS[name]
