"""What the tags of an OSM way let a mode of travel do: which way along it, and how fast.

Words and defaults as on the OSM wiki (Key:access, Key:oneway, Key:maxspeed, OSM tags for routing).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

MODES = ("car", "bicycle", "foot")


class Speeds(NamedTuple):
    """Kilometres an hour along the way as it is drawn, and against it; 0: not allowed."""

    forward: float
    backward: float


CLOSED = Speeds(0.0, 0.0)

# Kilometres an hour where no limit is tagged; what drivers reach, lights and corners included.
CAR: dict[str, float] = {
    "motorway": 100, "motorway_link": 60, "trunk": 85, "trunk_link": 50, "primary": 60, "primary_link": 45,
    "secondary": 52, "secondary_link": 40, "tertiary": 44, "tertiary_link": 35, "unclassified": 38, "road": 35,
    "residential": 33, "living_street": 10, "service": 18, "busway": 0,
}  # fmt: skip
BICYCLE: dict[str, float] = {
    "trunk": 16, "primary": 17, "secondary": 17, "tertiary": 17, "unclassified": 17, "road": 17, "residential": 17,
    "living_street": 14, "service": 15, "cycleway": 17, "track": 12, "path": 12, "pedestrian": 6,
    "primary_link": 17, "secondary_link": 17, "tertiary_link": 17, "trunk_link": 16, "bridleway": 0, "footway": 0,
}  # fmt: skip
FOOT: dict[str, float] = {
    "trunk": 5, "primary": 5, "secondary": 5, "tertiary": 5, "unclassified": 5, "road": 5, "residential": 5,
    "living_street": 5, "service": 5, "track": 5, "path": 5, "footway": 5, "pedestrian": 5, "cycleway": 5,
    "steps": 2.5, "primary_link": 5, "secondary_link": 5, "tertiary_link": 5, "bridleway": 5, "corridor": 4,
}  # fmt: skip
CLASSES: dict[str, dict[str, float]] = {"car": CAR, "bicycle": BICYCLE, "foot": FOOT}

# Where a sign can let a mode in although the class does not.
WHEN_LET_IN: dict[str, dict[str, float]] = {
    "car": {"track": 15, "pedestrian": 8, "busway": 30, "cycleway": 10},
    "bicycle": {"footway": 10, "bridleway": 8, "steps": 0, "motorway": 18, "motorway_link": 18, "busway": 18},
    "foot": {"motorway": 5, "motorway_link": 5, "trunk_link": 5, "busway": 5},
}
# The more precise tag wins.
ACCESS = {
    "car": ("motorcar", "motor_vehicle", "vehicle", "access"),
    "bicycle": ("bicycle", "vehicle", "access"),
    "foot": ("foot", "access"),
}
NO = {"no", "private", "agricultural", "forestry", "agricultural;forestry", "use_sidepath", "military", "emergency"}
LET_IN = {"yes", "designated", "permissive", "official"}
NO_PLACE_TO_STOP = {"motorway", "motorway_link", "trunk_link"}
"""Where nobody can turn in to a customer beside the road."""
ROUND = {"roundabout", "circular"}
LEVEL_OF: dict[str, int] = {"motorway": 0, "trunk": 0, "primary": 1, "secondary": 2}
"""The main roads, by how far out a map shows them."""
LEVELS = 3
MINOR = -1
SHARE_OF_LIMIT = 0.92
MILE = 1.609344
LIMITS_BY_WORD = {"none": 130.0, "walk": 7.0}
LIMITS_BY_ZONE = {"living_street": 10.0, "urban": 50.0, "rural": 90.0, "trunk": 100.0, "motorway": 120.0}
FASTEST = 160.0


def speeds(mode: str, tags: Mapping[str, str]) -> Speeds:
    """Return how fast the mode travels along a way, and against it."""
    kmh = _class_speed(mode, tags)
    if kmh <= 0 or tags.get("area") == "yes":
        return CLOSED
    forward, backward = (kmh, kmh) if mode != "car" else (_limited(kmh, tags, way) for way in ("forward", "backward"))
    along = _direction(mode, tags)
    return Speeds(forward if along >= 0 else 0.0, backward if along <= 0 else 0.0)


def can_stop(tags: Mapping[str, str]) -> bool:
    """Whether a place beside this road is reached from it."""
    return tags.get("highway") not in NO_PLACE_TO_STOP and tags.get("tunnel") != "yes"


def level(tags: Mapping[str, str]) -> int:
    """Return the level of a main road; `MINOR` for every other."""
    return LEVEL_OF.get(tags.get("highway", ""), MINOR)


def _class_speed(mode: str, tags: Mapping[str, str]) -> float:
    kind = tags.get("highway", "")
    said = next((tags[key] for key in ACCESS[mode] if key in tags), None)
    if said in NO:
        return 0.0
    speed = CLASSES[mode].get(kind, 0)
    own = tags.get(ACCESS[mode][0])
    if mode == "car" and own is None:
        own = tags.get("motor_vehicle")
    if not speed and own in LET_IN:
        speed = WHEN_LET_IN[mode].get(kind, 0)
    if mode == "bicycle" and kind == "trunk" and tags.get("motorroad") == "yes":
        return 0.0
    return float(speed)


def _limited(kmh: float, tags: Mapping[str, str], way: str) -> float:
    """A car's speed: near the limit where one is tagged, the class's otherwise; below both when an advisory one says so."""
    limit = limit_kmh(tags.get(f"maxspeed:{way}") or tags.get("maxspeed"))
    return kmh if limit is None else min(limit, FASTEST) * SHARE_OF_LIMIT


def limit_kmh(said: str | None) -> float | None:
    """Read a `maxspeed`: km/h by default, mph and knots by name, `none`, `walk` and zones as `DE:urban`."""
    if not said:
        return None
    text = said.split(";")[0].strip().lower()
    if text in LIMITS_BY_WORD:
        return LIMITS_BY_WORD[text]
    if ":" in text:
        zone = text.partition(":")[2]
        number = re.search(r"\d+", zone)
        return float(number[0]) if number else LIMITS_BY_ZONE.get(zone)
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(mph|knots|km/h|kmh|kph)?", text)
    if not found or float(found[1]) <= 0:
        return None
    return float(found[1]) * {"mph": MILE, "knots": 1.852}.get(found[2], 1.0)


def _direction(mode: str, tags: Mapping[str, str]) -> int:
    """1: along the way only, -1: against it only, 0: both."""
    if mode == "foot":
        return _oneway(tags.get("oneway:foot"))
    along = _oneway(tags.get("oneway"))
    if tags.get("oneway") is None and (tags.get("junction") in ROUND or tags.get("highway") == "motorway"):
        along = 1
    if mode == "bicycle" and along:
        own = tags.get("oneway:bicycle")
        lanes = [tags.get(key, "") for key in ("cycleway", "cycleway:left", "cycleway:right", "cycleway:both")]
        if own is not None:
            return _oneway(own)
        if any(lane.startswith("opposite") for lane in lanes):
            return 0
    return along


def _oneway(said: str | None) -> int:
    if said in ("yes", "true", "1"):
        return 1
    return -1 if said in ("-1", "reverse") else 0
