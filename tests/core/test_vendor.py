"""The copy step, on a made node_modules."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from gcrm.core import vendor

SPRITE = (
    '<svg><defs><symbol id="tabler-map" viewBox="0 0 24 24" fill="none"><path stroke="none" d="M0 0h24v24H0z" fill="none" /><path d="M1 1h2"/></symbol>'
    '<symbol id="tabler-map-2" viewBox="0 0 24 24"><path d="M5 5"/></symbol></defs></svg>'
)


def plain(_name: str, content: bytes) -> bytes:
    return content


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    for name in ("a.js", "b.css"):
        (tmp_path / "packages").mkdir(exist_ok=True)
        (tmp_path / "packages" / name).write_text(name)
    return tmp_path / "packages"


def test_names_carry_the_hash_of_the_content(packages: Path, tmp_path: Path) -> None:
    manifest = vendor.copy_files(packages, tmp_path / "out", {"a.js": "a.js"}, plain)
    assert re.fullmatch(r"a\.[0-9a-f]{12}\.js", manifest["a.js"])
    assert (tmp_path / "out" / manifest["a.js"]).read_text() == "a.js"
    assert json.loads((tmp_path / "out" / "manifest.json").read_text()) == manifest


def test_changed_content_changes_the_name_and_drops_the_old_file(packages: Path, tmp_path: Path) -> None:
    before = vendor.copy_files(packages, tmp_path / "out", {"a.js": "a.js"}, plain)
    (packages / "a.js").write_text("new")
    after = vendor.copy_files(packages, tmp_path / "out", {"a.js": "a.js"}, plain)
    assert before != after
    assert {path.name for path in (tmp_path / "out").iterdir()} == {after["a.js"], "manifest.json"}


def test_a_missing_file_is_named_and_nothing_is_changed(packages: Path, tmp_path: Path) -> None:
    with pytest.raises(vendor.VendorError, match=r"gone/c\.js"):
        vendor.copy_files(packages, tmp_path / "out", {"a.js": "a.js", "c.js": "gone/c.js"}, plain)
    assert not (tmp_path / "out").exists()


def test_without_a_manifest_addresses_are_empty_and_paths_say_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vendor, "VENDOR", tmp_path / "nothing")
    assert vendor.vendor_url("bootstrap.css") == ""
    assert vendor.importmap() == {"imports": {}}
    with pytest.raises(vendor.VendorError, match="--install"):
        vendor.vendor_path("leaflet.js")


def test_a_manifest_made_later_is_found(packages: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vendor, "VENDOR", tmp_path / "out")
    assert vendor.vendor_url("a.js") == ""
    manifest = vendor.copy_files(packages, tmp_path / "out", {"a.js": "a.js"}, plain)
    assert vendor.vendor_url("a.js") == f"/static/vendor/{manifest['a.js']}"
    assert vendor.vendor_path("a.js") == tmp_path / "out" / manifest["a.js"]
    with pytest.raises(KeyError):
        vendor.vendor_url("unlisted.js")


def test_own_modules_join_the_import_map(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vendor, "VENDOR", tmp_path / "nothing")
    own = {"/static/js/core/map.js": "/static/js/core/map.js?v=1"}
    assert vendor.importmap(own) == {"imports": own}


def test_the_sprite_is_cut_to_what_is_named() -> None:
    cut = vendor.cut_sprite(SPRITE, ["map"])
    assert '<symbol id="map" viewBox="0 0 24 24"><path d="M1 1h2"/></symbol>' in cut
    assert "M5 5" not in cut


def test_an_unknown_icon_is_named() -> None:
    with pytest.raises(vendor.VendorError, match="'spaceship'"):
        vendor.cut_sprite(SPRITE, ["spaceship"])


def test_vendored_styles_stand_below_ours() -> None:
    assert vendor.layered('@charset "UTF-8";a{b:c}') == "@layer vendor{a{b:c}}\n"
    assert vendor.prepared("bootstrap.css", b"a{}") == b"@layer vendor{a{}}\n"


def test_source_maps_are_not_asked_for() -> None:
    assert vendor.prepared("x.js", b"let a;\n//# sourceMappingURL=x.js.map\n") == b"let a;\n"
    assert vendor.prepared("x.css", b"a{}\n/*# sourceMappingURL=x.css.map */") == b"a{}\n"


def test_import_names_lead_to_listed_files() -> None:
    assert set(vendor.IMPORTS.values()) <= set(vendor.FILES)


def test_icons_are_listed_once() -> None:
    assert len(vendor.ICONS) == len(set(vendor.ICONS))


def test_the_lock_names_no_host_and_pins_exactly() -> None:
    lock = (vendor.ROOT / "package-lock.json").read_text()
    package = json.loads((vendor.ROOT / "package.json").read_text())
    assert "://" not in lock
    assert '"funding"' not in lock
    for version in (package["dependencies"] | package["devDependencies"]).values():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version)


def test_listed_files_come_from_pinned_packages() -> None:
    package = json.loads((vendor.ROOT / "package.json").read_text())
    for path in vendor.FILES.values():
        name = "/".join(path.split("/")[: 2 if path.startswith("@") else 1])
        assert name in package["dependencies"]
