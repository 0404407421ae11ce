"""Backup and restore keep everything: every row of every table, every file, every secret."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import pytest
from sqlalchemy import text

from gcrm.core import backup, db, jobs, schema
from gcrm.core.config import settings
from gcrm.core.errors import Conflict, Invalid
from tests import factories as make


def contents() -> dict[str, str]:
    """A hash of every table's rows."""
    with schema.connected(db.OWNER) as connection:
        tables = connection.scalars(
            text("SELECT c.relname FROM pg_class AS c WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
                 " AND relname <> 'spatial_ref_sys' ORDER BY 1")
        ).all()  # fmt: skip
        return {
            table: connection.scalar(
                text(f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {table} AS t")
            )
            for table in tables
        }


def files() -> dict[str, str]:
    folder = settings().data_folder
    found = [p for name in ("files", "secrets") for p in (folder / name).rglob("*") if p.is_file()]
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in found}


@pytest.fixture
def company(own_database):
    from gcrm.core import files as kept
    from gcrm.core import secrets

    secrets.secret_key()
    with db.transaction(jobs.system_principal()) as session:
        make.make_organisation(session)
        make.make_region(session, "42043")
        rep = make.make_user(session, home=(-76.9, 40.3))
        account = make.make_account(session, rep, name="카페 강남", tags=["a", "b"], extra={"Größe": "12"})
        make.make_visit(session, account, rep)
    (kept.folder() / "note.txt").write_text("kept")
    yield
    (kept.folder() / "note.txt").unlink(missing_ok=True)


def test_everything_comes_back(company, tmp_path):
    before, kept_before = contents(), files()
    archive = tmp_path / "all.tar"
    backup.write(archive)
    with db.transaction(jobs.system_principal()) as session:
        make.make_user(session)
        session.execute(text("DELETE FROM visits"))
    (settings().data_folder / "files" / "note.txt").unlink()
    db.engine().dispose()
    backup.read(archive, replace=True)
    assert contents() == before
    assert files() == kept_before
    with db.transaction(jobs.system_principal()) as session:
        made = make.make_account(session, at=(-76.5, 40.5))
        assert made.county_id is not None  # triggers and sequences came along


def test_a_full_database_is_not_overwritten_unasked(company, tmp_path):
    archive = tmp_path / "all.tar"
    backup.write(archive)
    with pytest.raises(Conflict, match="holds an organisation already"):
        backup.read(archive)


def test_a_file_that_is_no_backup_is_refused(own_database, tmp_path):
    other = tmp_path / "photo.tar"
    other.write_bytes(b"not a tar")
    with pytest.raises(Invalid, match="is no backup"):
        backup.read(other)


def test_the_commands_say_what_they_did(company, tmp_path):
    archive = tmp_path / "all.tar"
    said = subprocess.run(
        [sys.executable, "-m", "gcrm", "db", "backup", str(archive)],
        env=os.environ,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Wrote" in said.stdout
    assert archive.stat().st_mode & 0o077 == 0
