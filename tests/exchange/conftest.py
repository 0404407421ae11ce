"""Files made in a line or two, imported within the test's transaction."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from gcrm.customers.models import Account
from gcrm.exchange import queries
from gcrm.exchange.mapping import Options
from gcrm.exchange.models import ImportBatch, ImportRow
from gcrm.exchange.services import batches
from tests.factories import make_organisation


@pytest.fixture
def organisation(session):
    return make_organisation(session)


@pytest.fixture
def write(tmp_path: Path):
    """`write("a,b", "1,2")` makes a file of these lines; bytes are written as they are."""

    def make(*lines: str | bytes, name: str = "shops.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        if lines and isinstance(lines[0], bytes):
            path.write_bytes(b"".join(lines))
        else:
            path.write_bytes("".join(f"{line}\n" for line in lines).encode(encoding))
        return path

    return make


@pytest.fixture
def bring(session, organisation):
    """`bring(path)` imports a file and answers its batch."""

    def run(path: Path, kind: str = "accounts", **options: Any) -> ImportBatch:
        batch = batches.open_batch(session, kind=kind, filename=path.name, options=Options(**options))
        figures = batches.run(session, batch, path)
        session.refresh(batch)
        assert figures.read == figures.created + figures.updated + figures.unchanged + figures.rejected
        assert (batch.read, batch.created, batch.updated, batch.unchanged, batch.rejected) == (
            figures.read, figures.created, figures.updated, figures.unchanged, figures.rejected,
        )  # fmt: skip
        return batch

    return run


@pytest.fixture
def rejects(session):
    """`rejects(batch)` gives the reasons by row number."""

    def reasons(batch: ImportBatch) -> dict[int, str]:
        return {row.number: row.reason for row in queries.rejected(session, batch)}

    return reasons


@pytest.fixture
def account(session):
    """`account(name="A")` is the one account with these values."""

    def find(**values: Any) -> Account:
        session.expire_all()
        return session.scalars(select(Account).filter_by(**values)).one()

    return find


@pytest.fixture
def row(session):
    def find(batch: ImportBatch, number: int) -> ImportRow:
        session.expire_all()
        return session.get_one(ImportRow, (batch.id, number))

    return find
