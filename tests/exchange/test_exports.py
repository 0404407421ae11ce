"""Files of many accounts: sent while they are read, or made in the background for whoever asked."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select, text

from gcrm.core import clock, files, jobs
from gcrm.core.db import Principal
from gcrm.exchange import views, writing
from gcrm.exchange.models import Export
from gcrm.exchange.services import exports
from gcrm.exchange.writing import Accounts
from tests.factories import make_account, make_user


@pytest.fixture
def client(session, organisation, login_as):
    return login_as(make_user(session, "admin"))


def endless() -> Iterator[tuple[dict[str, str], dict[str, Any]]]:
    place = 0
    while True:
        place += 1
        yield {"gcrm_id": str(place), "name": f"Account {place}", "lon": "", "lat": "", "tags": "", "cadence_days": "",
               "visit_minutes": ""}, {}  # fmt: skip


@pytest.mark.parametrize("ext", writing.STREAMED)
def test_a_file_without_end_begins_to_be_sent(ext):
    fields = ("gcrm_id", "name", "lon", "lat", "tags", "cadence_days", "visit_minutes")
    parts = writing.streamed(Accounts(fields, [], endless()), ext)
    first, second = next(parts), next(parts)
    assert b"Account 1" in first
    assert writing.PART_BYTES <= len(first) < 2 * writing.PART_BYTES
    assert second


@pytest.mark.parametrize("ext", writing.STREAMED)
def test_what_is_streamed_is_what_is_written(ext, session, client, tmp_path):
    make_account(session, name="One")
    make_account(session, name="Two", at=None)
    session.flush()
    sent = client.get(f"/accounts/export.{ext}").get_data()
    assert sent.count(b"One") == 1
    assert sent.count(b"Two") == 1
    assert sent.endswith(b"]}\n" if ext == "geojson" else b"\r\n")


def test_a_bad_selection_is_refused_before_anything_is_sent(client):
    assert client.get("/accounts/export.csv?status=nonsense").status_code == 422


# -- in the background -------------------------------------------------------------------------------------------------


@pytest.fixture
def asked(session, client, monkeypatch) -> Export:
    """A file of two accounts, with one as the most that a page waits for."""
    monkeypatch.setattr(views, "MOST_AT_ONCE", 1)
    make_account(session, name="Here", status="prospect")
    make_account(session, name="Nowhere", status="prospect", at=None)
    make_account(session, name="Other", status="customer")
    session.flush()
    page = client.get("/accounts/export.gpkg?status=prospect")
    assert "Make the file" in page.get_data(as_text=True)
    answer = client.post("/accounts/export.gpkg?status=prospect")
    export = session.scalars(select(Export)).one()
    assert answer.location == f"/exports/{export.uuid}"
    return export


def written(session: Any, export: Export) -> None:
    role = session.scalar(text("SELECT role FROM users WHERE id = :id"), {"id": export.user_id})
    jobs.run_now("exchange.write_export", Principal(export.user_id, role), export_id=export.id)
    session.refresh(export)


def test_a_large_file_is_asked_for_written_and_fetched(session, client, asked):
    said = client.get(f"/exports/{asked.uuid}/progress").get_json()
    assert (said["state"], said["total"], said["result_url"]) == ("waiting", 2, None)
    assert client.get(f"/exports/{asked.uuid}/file").status_code == 404
    written(session, asked)
    said = client.get(f"/exports/{asked.uuid}/progress").get_json()
    assert (said["state"], said["done"]) == ("done", 2)
    answer = client.get(said["result_url"], buffered=True)
    assert "attachment" in answer.headers["Content-Disposition"]
    with sqlite3.connect(files.path(asked.stored)) as package:
        assert {name for (name,) in package.execute("SELECT name FROM accounts")} == {"Here", "Nowhere"}
    assert "The file is ready" in client.get(f"/exports/{asked.uuid}").get_data(as_text=True)


def test_a_large_file_is_for_whoever_asked_alone(session, asked, login_as):
    written(session, asked)
    other = login_as(make_user(session, "admin"))
    for end in ("", "/progress", "/file"):
        assert other.get(f"/exports/{asked.uuid}{end}").status_code == 404


def test_a_cancelled_file_is_not_written(session, client, asked):
    client.post(f"/exports/{asked.uuid}/cancel")
    written(session, asked)
    assert (asked.status, asked.stored) == ("cancelled", None)
    assert "nothing of it is kept" in client.get(f"/exports/{asked.uuid}").get_data(as_text=True)


def test_what_goes_wrong_is_told_and_leaves_no_file(session, client, asked, monkeypatch):
    def fail(*_: Any) -> int:
        raise OSError("no room")

    monkeypatch.setattr(writing, "write", fail)
    with pytest.raises(OSError, match="no room"):
        written(session, asked)
    session.refresh(asked)
    assert (asked.status, asked.fault, asked.stored) == ("failed", "The file could not be written. Try again.", None)


def test_files_are_forgotten_after_a_day(session, asked):
    written(session, asked)
    path = files.path(asked.stored)
    assert exports.sweep(session) == 0
    asked.created_at = clock.now() - dt.timedelta(hours=25)
    session.flush()
    assert exports.sweep(session) == 1
    assert not path.exists()
