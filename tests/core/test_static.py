"""Static files over HTTP: compressed for whoever takes it, the same bytes otherwise, nothing outside their folder."""

from __future__ import annotations

import gzip

import pytest

from gcrm.core import paths, static

NAME = "css/tokens.css"
CONTENT = (paths.static() / NAME).read_bytes()
TAKES_GZIP = {"Accept-Encoding": "gzip"}


def test_a_style_sheet_is_compressed_for_whoever_takes_it(client):
    answer = client.get(f"/static/{NAME}?v=1", headers=TAKES_GZIP)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert answer.mimetype == "text/css"
    assert "immutable" in answer.headers["Cache-Control"]
    assert gzip.decompress(answer.data) == CONTENT
    assert len(answer.data) < len(CONTENT) / 2


def test_brotli_is_taken_before_gzip(client):
    brotli = pytest.importorskip("brotli")
    answer = client.get(f"/static/{NAME}", headers={"Accept-Encoding": "gzip, deflate, br, zstd"})
    assert answer.headers["Content-Encoding"] == "br"
    assert brotli.decompress(answer.data) == CONTENT


def test_others_get_it_as_it_is(client):
    answer = client.get(f"/static/{NAME}", buffered=True)
    assert "Content-Encoding" not in answer.headers
    assert (answer.data, answer.headers["Cache-Control"]) == (CONTENT, "no-cache")


def test_a_kept_file_is_not_sent_again(client):
    mark = client.get(f"/static/{NAME}", headers=TAKES_GZIP).headers["ETag"]
    again = client.get(f"/static/{NAME}", headers=TAKES_GZIP | {"If-None-Match": mark})
    assert (again.status_code, again.data) == (304, b"")


def test_nothing_outside_the_folder_is_sent(client):
    for name in ("../pyproject.toml", "css/../../gcrm/app.py", "css/none.css", "%2e%2e/static.css"):
        assert client.get(f"/static/{name}", headers=TAKES_GZIP, buffered=True).status_code == 404, name


def test_a_page_names_each_module_that_its_script_imports(client):
    root = paths.static()
    found = static.needed_by("maps/accounts", "core/panel")
    assert len(found) == len(set(found))
    names = [address.removeprefix("/static/").split("?")[0] for address in found]
    assert names[:2] == ["js/maps/accounts.js", "js/core/panel.js"]
    assert {"js/core/map.js", "js/core/page.js", "js/maps/tools/pen.js"} <= set(names)
    # What a layer draws with comes when the layer is switched on.
    assert "js/maps/layers/heat.js" not in names
    assert all((root / name).is_file() for name in names)
    for address in found:
        assert "immutable" in client.get(address, buffered=True).headers["Cache-Control"]


def test_unknown_modules_are_left_out():
    assert static.needed_by("maps/nothing") == []
