"""Broken tile addresses: each tile route of the app, those of tomorrow too, answers 400 with a sentence, and quickly."""

from __future__ import annotations

import inspect
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from werkzeug.routing import Rule

from gcrm.customers.selecting import FIELDS
from tests import factories as make
from tests.test_matrix import EXAMPLES

SLOWEST_SECONDS = 0.5
"""Far more than it takes, for machines that do other things too; the figures are printed."""
PLACES = {
    "zoom below": (-1, 0, 0), "zoom above": (23, 0, 0), "zoom far above": (10**30, 0, 0), "zoom no number": ("a", 0, 0),
    "zoom with a point": (1.5, 0, 0), "x outside": (1, 2, 0), "y outside": (1, 0, 2), "x below": (1, -1, 0),
    "x far outside": (1, 10**40, 0), "y no number": (3, 1, "NaN"),
    "y with a zero byte": (3, 1, "1\x00"), "x empty": (3, " ", 1), "x very long": (3, "9" * 3000, 1),
}  # fmt: skip
VALUES = {
    "status": "nobody", "tier": "Z", "owner": "no-uuid", "team": "no-uuid", "territory": "no-uuid", "region": "nowhere",
    "value_from": "much", "place": "here",
}  # fmt: skip
"""Values that mean nothing, by the selection's words."""
VERTICES = 100_000


def tile_rules(app: Flask) -> list[Rule]:
    return [
        rule
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/tiles/") and {"z", "x", "y"} <= rule.arguments
    ]


def address(app: Flask, rule: Rule, z: Any = 5, x: Any = 9, y: Any = 12) -> str:
    """The rule's address as text, so that what is no number can stand in it."""
    example = EXAMPLES[rule.endpoint]
    others = example.values(None) if example.values else {}  # type: ignore[arg-type]  # tiles belong to no half
    path = rule.rule
    for name, value in {**others, "z": z, "x": x, "y": y}.items():
        for spelled in (f"<int:{name}>", f"<{name}>", f"<string:{name}>", f"<uuid:{name}>"):
            path = path.replace(spelled, quote(str(value)))
    assert "<" not in path, f"write an example of {rule.rule} without other converters"
    return path


def takes_selection(app: Flask, rule: Rule) -> bool:
    return "Selection" in inspect.unwrap(app.view_functions[rule.endpoint]).__code__.co_names


@pytest.fixture
def admin(session, login_as):
    make.make_organisation(session)
    return login_as(make.make_user(session, "admin"))


def asked(client: Any, path: str, query: dict[str, Any] | None = None) -> tuple[Any, float]:
    began = time.perf_counter()
    answer = client.get(path, query_string=query or {})
    return answer, time.perf_counter() - began


def refused(client: Any, path: str, query: dict[str, Any] | None = None) -> float:
    """Seconds until the 400 with its sentence."""
    answer, seconds = asked(client, path, query)
    assert answer.status_code == 400, (path[:100], answer.status_code, answer.text[:300])
    assert answer.mimetype == "application/problem+json"
    detail = answer.json["detail"]
    assert detail.endswith(".")
    assert " " in detail
    assert len(detail) < 400
    return seconds


def test_the_app_has_the_tiles_that_we_know_of(app):
    assert {"maps.account_tile", "geography.region_tile", "territories.territory_tile"} <= {
        rule.endpoint for rule in tile_rules(app)
    }


def test_a_place_that_no_tile_has_is_refused_with_a_sentence_and_quickly(app, admin):
    asked(admin, "/tiles/accounts/0/0/0.mvt")
    took = {
        (rule.endpoint, what): refused(admin, address(app, rule, *place))
        for rule in tile_rules(app)
        for what, place in PLACES.items()
    }
    print(f"\n{len(took)} broken places: median {sorted(took.values())[len(took) // 2] * 1000:.1f} ms, slowest"
          f" {max(took.values()) * 1000:.1f} ms ({max(took, key=lambda key: took[key])})")  # fmt: skip
    assert sorted(took.values())[len(took) // 2] < SLOWEST_SECONDS


def broken_words() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, value in VALUES.items():
        yield f"{name} unknown", {name: value}
    for name in FIELDS:
        yield f"{name} with a zero byte", {name: "a\x00b"}
        yield f"{name} of 300,000 signs", {name: "9" * 300_000}
    yield "status 101 times", {"status": [f"s{i}" for i in range(101)]}
    yield "q twice", {"q": ["a", "b"]}


def test_words_that_a_selection_does_not_take_are_refused_with_a_sentence_and_quickly(app, admin):
    rules = [rule for rule in tile_rules(app) if takes_selection(app, rule)]
    assert "maps.account_tile" in {rule.endpoint for rule in rules}
    took = {
        (rule.endpoint, what): refused(admin, address(app, rule), words)
        for rule in rules
        for what, words in broken_words()
    }
    print(
        f"\n{len(took)} broken selections: slowest {max(took.values()) * 1000:.1f} ms ({max(took, key=lambda key: took[key])})"
    )
    assert sorted(took.values())[len(took) // 2] < SLOWEST_SECONDS


def test_no_word_breaks_a_tile_that_takes_none(app, admin):
    for rule in tile_rules(app):
        for _what, words in [*broken_words(), ("depth", {"depth": "deep"}), ("depth", {"depth": "9" * 50})]:
            assert asked(admin, address(app, rule), words)[0].status_code in (200, 204, 400), (rule.rule, list(words))


def test_a_depth_that_no_tree_has_is_refused(admin):
    for depth in ("-1", "100", "1.5", "deep", "", "9" * 400, "٣"):
        refused(admin, "/tiles/territories/3/1/2.mvt", {"depth": depth})


# -- drawn areas -------------------------------------------------------------------------------------------------------


def encoded(points: list[tuple[float, float]]) -> str:
    """Positions as an encoded polyline of five decimals, latitude first."""
    text, before = "", (0, 0)
    for lon, lat in points:
        here = (round(lat * 1e5), round(lon * 1e5))
        for now, then in zip(here, before, strict=True):
            number = (now - then) << 1
            number = ~number if now < then else number
            while number >= 0x20:
                text += chr((0x20 | (number & 0x1F)) + 63)
                number >>= 5
            text += chr(number + 63)
        before = here
    return text


@pytest.fixture
def area():
    if "area" not in FIELDS:
        pytest.skip("selections have no drawn area yet")
    return "area"


def test_an_area_of_100_000_vertices_is_refused_quickly(app, admin, area):
    zigzag = [(-77 + i / VERTICES, 40 + i % 2 * 0.01) for i in range(VERTICES)]
    for rule in tile_rules(app):
        if takes_selection(app, rule):
            took = refused(admin, address(app, rule), {area: encoded(zigzag)})
            print(f"\n{rule.endpoint}: an area of {VERTICES:,} vertices is refused in {took * 1000:.1f} ms")


def test_an_area_that_is_none_is_refused(app, admin, area):
    for rule in tile_rules(app):
        if takes_selection(app, rule):
            for said in ("~", "nonsense!", "_p~iF", encoded([(-77, 40), (-76, 41)]), "\x7f" * 20):
                refused(admin, address(app, rule), {area: said})


def test_an_area_with_crossing_edges_never_breaks_a_tile(app, admin, area):
    bow_tie = [(-77, 40), (-76, 41), (-76, 40), (-77, 41), (-77, 40)]
    for rule in tile_rules(app):
        if takes_selection(app, rule):
            assert asked(admin, address(app, rule), {area: encoded(bow_tie)})[0].status_code in (200, 400)
