"""The background of maps: what settings mean, what a wrong one says, and the archive over HTTP."""

from __future__ import annotations

from pathlib import Path

import pytest

from gcrm.core import config, web
from gcrm.core.config import Settings
from gcrm.maps import background
from tests import factories as make
from tests.maps.archives import make_archive

STYLE = "https://tiles.example.com:8443/styles/plain.json?key=1"


@pytest.fixture
def archive(tmp_path) -> Path:
    path = tmp_path / "ground.pmtiles"
    make_archive(path, (-79, 39, -75, 41))
    return path


@pytest.fixture
def choose(monkeypatch):
    """`choose(map_pmtiles="…")` gives the app other settings."""

    def change(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(f"GCRM_{name.upper()}", value)
        config.settings.cache_clear()

    yield change
    monkeypatch.undo()
    config.settings.cache_clear()


@pytest.fixture
def admin(session, login_as):
    make.make_organisation(session)
    return login_as(make.make_user(session, "admin"))


def test_without_a_setting_our_outlines_are_the_background() -> None:
    assert background.chosen(Settings()).for_map("/x") == {}
    assert background.chosen(Settings(map_attribution="Somebody")).for_map("/x") == {}


def test_a_style_and_an_archive_are_told_with_whose_they_are(archive) -> None:
    chosen = background.chosen(Settings(map_style_url=STYLE, map_attribution="© Somebody"))
    assert chosen.for_map("/x") == {"background": {"style": STYLE}, "attribution": "© Somebody"}
    assert background.chosen(Settings(map_pmtiles=str(archive))).for_map("/x") == {"background": {"pmtiles": "/x"}}


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        ({"map_style_url": "tiles.example.com/style.json"}, "GCRM_MAP_STYLE_URL must be an address"),
        ({"map_style_url": "file:///etc/passwd"}, "GCRM_MAP_STYLE_URL must be an address"),
        ({"map_style_url": "https://a.example; script-src *"}, "GCRM_MAP_STYLE_URL must be an address"),
        ({"map_style_url": "https://a.example:99999/x"}, "GCRM_MAP_STYLE_URL must be an address"),
        ({"map_pmtiles": "/nowhere/x.pmtiles"}, "cannot be read"),
        ({"map_style_url": STYLE, "map_pmtiles": "x"}, "both set"),
    ],
)
def test_a_wrong_setting_says_what_is_wrong_and_leaves_the_outlines(settings, fault) -> None:
    told = background.chosen(Settings(**settings)).for_map("/x")
    assert fault in told["background_fault"]
    assert "background" not in told


@pytest.mark.parametrize(
    ("change", "fault"),
    [(lambda b: b"<html>" + b, "no PMTiles archive"), (lambda b: b[:50], "no PMTiles archive"), (lambda _b: b"", "no PMTiles archive"),
     (lambda b: b[:7] + b"\x02" + b[8:], "version 2"), (lambda b: b[:99] + b"\x02" + b[100:], "archive of pictures")],
)  # fmt: skip
def test_a_file_that_is_no_archive_is_told(archive, change, fault) -> None:
    archive.write_bytes(change(archive.read_bytes()))
    assert fault in background.chosen(Settings(map_pmtiles=str(archive))).fault


def test_exactly_the_styles_host_is_let_in(choose) -> None:
    assert "connect-src 'self';" in web.policy("x")
    choose(map_style_url=STYLE)
    assert "connect-src 'self' https://tiles.example.com:8443;" in web.policy("x")
    assert "img-src 'self' data: blob: https://tiles.example.com:8443;" in web.policy("x")
    assert web.policy("x").count("tiles.example.com") == 2


def test_the_archive_comes_in_ranges_and_only_to_who_may_see_maps(archive, choose, admin, client) -> None:
    assert admin.get("/map/background.pmtiles").status_code == 404
    choose(map_pmtiles=str(archive))
    whole = admin.get("/map/background.pmtiles", buffered=True)
    assert whole.data == archive.read_bytes()
    part = admin.get("/map/background.pmtiles", headers={"Range": "bytes=0-126"}, buffered=True)
    assert (part.status_code, part.data) == (206, archive.read_bytes()[:127])
    again = admin.get("/map/background.pmtiles", headers={"If-None-Match": whole.headers["ETag"]}, buffered=True)
    assert again.status_code == 304
    assert client.get("/map/background.pmtiles").status_code == 401


def test_the_map_and_the_paper_say_whose_it_is(archive, choose, admin, monkeypatch) -> None:
    from gcrm.maps import paper

    seen = []
    monkeypatch.setattr(paper, "made_apart", lambda sheet, *_rest: seen.append(sheet) or b"drawn")
    choose(map_pmtiles=str(archive), map_attribution="Lake survey 2026")
    text = admin.get("/map").get_data(as_text=True)
    assert '"pmtiles": "/map/background.pmtiles"' in text
    assert "Lake survey 2026" in text
    admin.get("/map/sheet.pdf")
    assert "Lake survey 2026" in seen[0]["credits"]


def test_a_link_brings_its_own_way_to_the_archive(archive, choose, admin, client) -> None:
    from tests.maps.test_shares import make_link

    choose(map_pmtiles=str(archive))
    link = make_link(admin)
    assert f'"pmtiles": "{link}/background.pmtiles"' in client.get(link).get_data(as_text=True)
    assert client.get(f"{link}/background.pmtiles", buffered=True).data == archive.read_bytes()
    assert client.get("/shared/unknown/background.pmtiles").status_code == 404
