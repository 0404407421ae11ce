"""Backup and restore of everything: the database as a dump, the files, the secrets, in one tar archive."""

from __future__ import annotations

import io
import json
import os
import subprocess
import tarfile
import tempfile
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import make_url

from gcrm.core import clock, cluster, db, schema
from gcrm.core.cluster import find_programs
from gcrm.core.config import settings
from gcrm.core.errors import Conflict, Invalid, Unavailable

FORM = 1
FOLDERS = ("files", "secrets", "mail")


def write(target: Path) -> dict[str, float]:
    """Write the archive; it appears under its name only when it is whole."""
    folder = settings().data_folder
    unfinished = target.with_name(target.name + ".unfinished")
    kept = [path for name in FOLDERS for path in sorted((folder / name).rglob("*")) if path.is_file()]
    try:
        with tempfile.TemporaryDirectory() as scratch:
            dump = Path(scratch) / "database.dump"
            _run(
                "pg_dump", "--format=custom", "--no-owner", "--exclude-table=spatial_ref_sys", f"--file={dump}",
                _address(db.OWNER),
            )  # fmt: skip
            with tarfile.open(unfinished, "w") as archive:
                _add_text(archive, "gcrm.json", json.dumps(_description()))
                archive.add(dump, "database.dump")
                for path in kept:
                    archive.add(path, str(path.relative_to(folder)))
        unfinished.chmod(0o600)
        os.replace(unfinished, target)
    finally:
        unfinished.unlink(missing_ok=True)
    return {"megabytes": round(target.stat().st_size / 1e6, 1), "files": len(kept)}


def _description() -> dict[str, object]:
    return {"form": FORM, "revision": schema.head(), "made_at": clock.now().isoformat()}


def _add_text(archive: tarfile.TarFile, name: str, content: str) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content.encode())
    archive.addfile(entry, io.BytesIO(content.encode()))


def read(source: Path, replace: bool = False) -> None:
    """Put an archive in place of what is there; without `replace` only into an empty database."""
    if not tarfile.is_tarfile(source):
        raise Invalid(f"{source} is no backup of gcrm: it is no tar archive.")
    with tarfile.open(source) as archive, tempfile.TemporaryDirectory() as scratch:
        names = set(archive.getnames())
        if not {"gcrm.json", "database.dump"} <= names:
            raise Invalid(f"{source} is no backup of gcrm: it lacks the database's dump.")
        archive.extractall(scratch, filter="data")
        _check_description(Path(scratch) / "gcrm.json", source)
        if not replace:
            _refuse_full_database()
        _restore_database(Path(scratch) / "database.dump")
        for name in FOLDERS:
            _restore_folder(Path(scratch) / name, settings().data_folder / name)


def _check_description(path: Path, source: Path) -> None:
    try:
        form = json.loads(path.read_text())["form"]
    except (ValueError, KeyError, OSError):
        raise Invalid(f"{source} is no backup of gcrm: its description cannot be read.") from None
    if form != FORM:
        raise Invalid(f"{source} was made by a newer gcrm (form {form}). Upgrade gcrm, then restore.")


def _refuse_full_database() -> None:
    schema.make_ready()
    with schema.connected(db.OWNER) as connection:
        if connection.scalar(text("SELECT name FROM organisation")):
            raise Conflict(
                "The database holds an organisation already. Nothing was touched. Give --replace to overwrite it."
            )


def _restore_database(dump: Path) -> None:
    if settings().is_private:
        name = settings().database
        with schema.connected(cluster.SUPERUSER, "postgres", autocommit=True) as connection:
            quoted = connection.dialect.identifier_preparer.quote(name)
            connection.execute(text(f"DROP DATABASE IF EXISTS {quoted} WITH (FORCE)"))
        schema.create_database(name)
    else:
        with schema.connected(db.OWNER) as connection:
            connection.execute(text("DROP OWNED BY CURRENT_USER CASCADE"))
            connection.commit()
    listed = _run("pg_restore", "--list", str(dump))
    wanted = dump.with_suffix(".list")
    # The extensions are there already and belong to the superuser.
    wanted.write_text("\n".join(line for line in listed.splitlines() if " EXTENSION " not in line))
    _run(
        "pg_restore", "--no-owner", "--exit-on-error", "--single-transaction", f"--use-list={wanted}",
        f"--dbname={_address(db.OWNER)}", str(dump),
    )  # fmt: skip
    schema.migrate()


def _restore_folder(source: Path, target: Path) -> None:
    import shutil

    if target.exists():
        shutil.rmtree(target)
    if source.exists():
        shutil.copytree(source, target)
        if target.name == "secrets":
            target.chmod(0o700)


def _address(user: str) -> str:
    address = make_url(db.url(user))
    return address.set(drivername="postgresql").render_as_string(hide_password=False)


def _run(program: str, *arguments: str) -> str:
    """PostgreSQL's client programs; a password travels in the environment, not in the list of processes."""
    address = next((a for a in arguments if "postgresql://" in a), "")
    environment = dict(os.environ)
    shown = list(arguments)
    if address:
        url = make_url(address.removeprefix("--dbname="))
        if url.password:
            environment["PGPASSWORD"] = str(url.password)
            hidden = url.set(password=None).render_as_string(hide_password=False)
            shown = [a.replace(address.removeprefix("--dbname="), hidden) for a in arguments]
    answer = subprocess.run(
        [str(find_programs().folder / program), *shown], env=environment, capture_output=True, text=True, check=False
    )
    if answer.returncode != 0:
        raise Unavailable(f"{program} failed: {answer.stderr.strip().splitlines()[-1] if answer.stderr else ''}")
    return answer.stdout
