"""The colours' promises, computed: contrast by WCAG 2.2, colour blindness by Machado et al. (2009), distance in CIE Lab (1976)."""

from __future__ import annotations

import itertools
import math
import re
from pathlib import Path

import pytest

from gcrm.maps import palette

VISIONS = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
TOKENS = (Path(__file__).parents[2] / "static/css/tokens.css").read_text()
LIGHT_TOKENS, DARK_TOKENS = TOKENS.split('[data-bs-theme="dark"]')


def linear(colour: str) -> list[float]:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]


def luminance(colour: str) -> float:
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear(colour), strict=True))


def contrast(a: str, b: str) -> float:
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def lab(colour: str, vision: str) -> tuple[float, float, float]:
    rgb = linear(colour)
    r, g, b = (min(1, max(0, sum(m * c for m, c in zip(row, rgb, strict=True)))) for row in VISIONS[vision])
    x = (0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047
    y = 0.2126729 * r + 0.7151522 * g + 0.0721750 * b
    z = (0.0193339 * r + 0.1191920 * g + 0.9503041 * b) / 1.08883
    fx, fy, fz = (math.cbrt(v) if v > 0.008856 else 7.787 * v + 16 / 116 for v in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def distance(a: str, b: str, vision: str = "normal") -> float:
    return math.dist(lab(a, vision), lab(b, vision))


def token(name: str, dark: bool) -> str:
    found = re.search(rf"--{name}: (#[0-9a-f]{{6}});", DARK_TOKENS if dark else LIGHT_TOKENS)
    assert found, name
    return found[1]


both = pytest.mark.parametrize("dark", [False, True])


@both
@pytest.mark.parametrize("n", range(2, 10))
def test_ramp_changes_lightness_one_way(n: int, dark: bool) -> None:
    lightness = [lab(colour, "normal")[0] for colour in palette.ramp(n, dark)]
    assert len(set(palette.ramp(n, dark))) == n
    assert lightness == sorted(lightness, reverse=not dark)


@both
@pytest.mark.parametrize("vision", VISIONS)
def test_neighbouring_classes_differ_to_every_eye(vision: str, dark: bool) -> None:
    for n, least in ((5, 15), (7, 10), (9, 7)):
        colours = palette.ramp(n, dark)
        assert min(distance(a, b, vision) for a, b in itertools.pairwise(colours)) > least


@both
@pytest.mark.parametrize("vision", VISIONS)
def test_eight_kinds_differ_to_every_eye(vision: str, dark: bool) -> None:
    pairs = itertools.combinations(palette.categories(8, dark), 2)
    assert min(distance(a, b, vision) for a, b in pairs) > 11


@both
def test_kinds_and_statuses_stand_out_from_land(dark: bool) -> None:
    scheme = palette.scheme()["dark" if dark else "light"]
    for colour in (*scheme["categories"], *scheme["status"].values(), scheme["mark"]):
        assert contrast(colour, scheme["land"]) >= 2.85, colour
    coverage = palette.COVERAGE_DARK if dark else palette.COVERAGE_LIGHT
    for colour in (*scheme["status"].values(), *coverage.values()):
        assert contrast(colour, scheme["land"]) >= 3, colour


@both
@pytest.mark.parametrize("vision", VISIONS)
def test_states_of_coverage_differ_to_every_eye(vision: str, dark: bool) -> None:
    colours = (palette.COVERAGE_DARK if dark else palette.COVERAGE_LIGHT).values()
    assert min(distance(a, b, vision) for a, b in itertools.combinations(colours, 2)) > 15


@both
@pytest.mark.parametrize("n", range(1, 8))
def test_marks_in_an_order_stand_out_from_land_and_change_one_way(n: int, dark: bool) -> None:
    land = palette.scheme()["dark" if dark else "light"]["land"]
    colours = palette.steps(n, dark)
    assert min(contrast(colour, land) for colour in colours) >= 3
    lightness = [lab(colour, "normal")[0] for colour in colours]
    assert lightness == sorted(lightness, reverse=not dark)


@both
@pytest.mark.parametrize("vision", VISIONS)
def test_neighbouring_steps_differ_to_every_eye(vision: str, dark: bool) -> None:
    for n, least in ((4, 9), (5, 7)):
        assert min(distance(a, b, vision) for a, b in itertools.pairwise(palette.steps(n, dark))) > least


@both
def test_every_kind_of_a_layer_has_a_colour(dark: bool) -> None:
    side = "dark" if dark else "light"
    assert palette.layer_colours("steps", ["s1", "s2", "none"])["s2"][side] == palette.steps(2, dark)[1]
    assert palette.layer_colours("falling", ["A", "B", "none"])["A"][side] == palette.steps(2, dark)[1]
    assert palette.layer_colours("kinds", ["x", "others"])["x"][side] == palette.categories(1, dark)[0]
    rest = palette.REST_DARK if dark else palette.REST_LIGHT
    assert palette.layer_colours("kinds", ["x", "others"])["others"][side] == rest
    assert palette.layer_colours("status", ["former"])["former"][side] == rest


@both
def test_words_on_the_map_can_be_read(dark: bool) -> None:
    scheme = palette.scheme()["dark" if dark else "light"]
    assert contrast(scheme["ink"], scheme["land"]) >= 4.5
    assert contrast(scheme["ink"], scheme["halo"]) >= 4.5
    assert contrast(scheme["mark_ink"], scheme["mark"]) >= 4.5


@both
@pytest.mark.parametrize("vision", ["normal", "protanopia", "deuteranopia"])
def test_statuses_differ(vision: str, dark: bool) -> None:
    colours = (palette.STATUS_DARK if dark else palette.STATUS_LIGHT).values()
    assert min(distance(a, b, vision) for a, b in itertools.combinations(colours, 2)) > 10


@both
def test_the_accent_is_no_data_colour(dark: bool) -> None:
    accent = token("accent", dark)
    scheme = palette.scheme()["dark" if dark else "light"]
    coverage = palette.COVERAGE_DARK if dark else palette.COVERAGE_LIGHT
    for colour in (*palette.ramp(9, dark), *scheme["status"].values(), *coverage.values(), scheme["mark"]):
        assert distance(accent, colour) > 30, colour


@both
def test_status_dots_in_pages_are_those_of_the_map(dark: bool) -> None:
    for word, colour in (palette.STATUS_DARK if dark else palette.STATUS_LIGHT).items():
        assert token(word, dark) == colour


@both
def test_words_of_the_interface_can_be_read(dark: bool) -> None:
    for ground in ("ground", "paper", "raised", "hover"):
        for ink in ("ink", "ink-2", "accent"):
            assert contrast(token(ink, dark), token(ground, dark)) >= 4.5, (ink, ground)
    assert contrast(token("accent-ink", dark), token("accent", dark)) >= 4.5
    for kind in ("good", "warn", "bad"):
        assert contrast(token(kind, dark), token(f"{kind}-soft", dark)) >= 4.5, kind
    assert contrast(token("accent-strong", dark), token("accent-soft", dark)) >= 4.5
    assert contrast(token("line-strong", dark), token("paper", dark)) >= 3


def test_a_ramp_has_one_to_nine_classes() -> None:
    assert len(palette.ramp(1)) == 1
    for n in (0, 10):
        with pytest.raises(ValueError, match="1 to 9"):
            palette.ramp(n)


@both
def test_what_lies_on_either_side_of_zero_differs_to_every_eye(dark: bool) -> None:
    for below, above in ((1, 1), (2, 2), (2, 3), (4, 4)):
        colours = palette.diverging(below, 0, above, dark)
        assert len(set(colours)) == below + above
        for vision in VISIONS:
            assert min(distance(a, b, vision) for a in colours[:below] for b in colours[below:]) > 9, (vision, colours)


@both
def test_hot_and_cold_stand_out_and_differ(dark: bool) -> None:
    scheme = palette.scheme()["dark" if dark else "light"]
    spots = palette.SPOTS_DARK if dark else palette.SPOTS_LIGHT
    assert all(contrast(colour, scheme["none"]) >= 3 for colour in spots.values())
    assert min(distance(spots["hot"], spots["cold"], vision) for vision in VISIONS) > 9
