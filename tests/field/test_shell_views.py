"""What makes the phone's pages an app: the worker, the page it keeps, the manifest."""

from __future__ import annotations

import io
import json
import re

import pytest

from gcrm.field import icon
from tests import factories as make


@pytest.fixture
def client(login_as, rep):
    return login_as(rep)


def test_the_kept_page_holds_nothing_of_a_person(client, login_as, session, rep, day):
    rep.name = "Rosalind Heron"
    other = make.make_user(session, "rep", name="Quentin Crane")
    pages = [login_as(who).get("/field/shell").get_data(as_text=True) for who in (rep, other)]
    plain = [re.sub(r'nonce(=|-)"?[\w-]+', "", page) for page in pages]
    assert plain[0] == plain[1]
    for told in (rep.name, rep.email, str(rep.uuid), "Alpha"):
        assert told not in pages[0]
    assert 'name="csrf_token" value=""' in pages[0]


def test_the_kept_page_takes_no_message_away(client, day, stops):
    client.post(f"/field/stops/{stops()[0].uuid}/skip")
    client.get("/field/sw.js")
    client.get("/field/shell")
    assert "is skipped" in client.get("/field/").get_data(as_text=True)


def test_the_worker_keeps_files_that_are_there_and_nothing_from_outside(client, app):
    answer = client.get("/field/sw.js")
    code = answer.get_data(as_text=True)
    assert (answer.mimetype, answer.headers["Cache-Control"]) == ("text/javascript", "no-cache")
    assert not re.search(r"https?://", code)
    kept = json.loads(re.search(r"precacheAndRoute\((\[.*\])\)", code)[1])
    addresses = [one["url"] for one in kept] + re.findall(r'"(/static/vendor/workbox[^"]+)"', code)
    assert len([address for address in addresses if "workbox" in address]) == 4
    for address in addresses:
        assert client.get(address, buffered=True).status_code == 200, address
    assert all(one["revision"] or "?v=" in one["url"] or "/vendor/" in one["url"] for one in kept)


def test_the_same_files_are_the_same_worker(client):
    assert client.get("/field/sw.js").data == client.get("/field/sw.js").data


def test_the_app_can_be_installed(client):
    answer = client.get("/field/manifest.webmanifest")
    manifest = answer.get_json(force=True)
    assert answer.mimetype == "application/manifest+json"
    assert (manifest["start_url"], manifest["scope"], manifest["display"]) == ("/field/", "/field/", "standalone")
    assert {picture["purpose"] for picture in manifest["icons"] if "purpose" in picture} == {"any", "maskable"}
    for picture in manifest["icons"]:
        assert client.get(picture["src"], buffered=True).status_code == 200
    assert client.get("/field/icon-17.png").status_code == 404


def test_the_icon_is_drawn_in_its_size_on_a_full_ground():
    from PIL import Image

    image = Image.open(io.BytesIO(icon.drawn(192)))
    assert image.size == (192, 192)
    assert {image.getpixel(corner) for corner in ((0, 0), (191, 0), (0, 191), (191, 191))} == {(36, 80, 214)}
    assert image.getpixel((int(0.34 * 192), int(0.68 * 192))) == (255, 255, 255)


def test_other_roles_have_no_phone(login_as, session, rep):
    service = login_as(make.make_user(session, "service"))
    for path in ("sw.js", "shell", "manifest.webmanifest", "icon-192.png", "outbox", "map"):
        assert service.get(f"/field/{path}").status_code == 404
