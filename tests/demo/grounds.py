"""The demo's grounds straight from the packages that ship the boundaries, and a small one of squares."""

from __future__ import annotations

from collections.abc import Iterable

import shapely

from gcrm.demo.country import Profile
from gcrm.demo.ground import Area, Ground
from gcrm.geography import korea, shapes, us
from gcrm.geography.shapes import RegionShape


def american(profile: Profile) -> Ground:
    counties, boundaries = us._read("county")
    states, state_boundaries = us._read("state")
    county_areas = [
        Area(code, us._county_name(code, name, kind), code[:2], boundary)
        for code, name, kind, boundary in zip(
            counties["GEOID"], counties["NAME"], counties["LSAD"], boundaries, strict=True
        )
    ]
    state_areas = [
        Area(code, name, "us", boundary)
        for code, name, boundary in zip(states["GEOID"], states["NAME"], state_boundaries, strict=True)
    ]
    return _ground(profile, state_areas, county_areas, [])


def korean(profile: Profile) -> Ground:
    def areas(level: str, above: int) -> list[Area]:
        rows, boundaries = korea._read(level, lambda code: code[:2] in profile.states)
        return [
            Area(row["code"], korea._county_name(row["code"], row[level]), row["code"][:above] or "kr", boundary)
            for row, boundary in zip(rows, boundaries, strict=True)
        ]

    return _ground(profile, areas("sido", 0), areas("sigungu", 2), areas("emd", 5))


def _ground(profile: Profile, states: list[Area], counties: list[Area], municipalities: list[Area]) -> Ground:
    def inside(areas: Iterable[Area]) -> dict[str, Area]:
        return {area.code: area for area in areas if area.code[:2] in profile.states}

    beyond = {area.code: area for area in counties if area.code in profile.beyond}
    return Ground(inside(states), inside(counties), inside(municipalities), beyond)


def as_regions(ground: Ground) -> dict[str, list[RegionShape]]:
    """The ground's areas as the loader of regions takes them."""

    def shaped(areas: Iterable[Area], top: bool = False) -> list[RegionShape]:
        listed = sorted(areas, key=lambda area: area.code)
        boundaries, _ = shapes.to_multipolygons([area.boundary for area in listed])
        parents = [None if top else area.parent for area in listed]
        return shapes.region_shapes(
            [area.code for area in listed], [area.name for area in listed], parents, boundaries, boundaries
        )

    levels = {"state": shaped(ground.states.values(), top=True), "county": shaped(ground.counties.values())}
    return levels | ({"municipality": shaped(ground.municipalities.values())} if ground.municipalities else {})


def squares(columns: int, rows: int, size: float = 0.1) -> Ground:
    """Counties `r0c0`, `r0c1` ... in a grid on the equator, each about 11 km wide."""
    counties = {
        f"r{row}c{column}": Area(
            f"r{row}c{column}", f"Square {row} {column}", "s",
            shapely.box(column * size, row * size, (column + 1) * size, (row + 1) * size),
        )
        for row in range(rows)
        for column in range(columns)
    }  # fmt: skip
    state = Area("s", "State", "us", shapely.box(0, 0, columns * size, rows * size))
    return Ground({"s": state}, counties, {}, {})
