"""Files made at random, whole and broken: every row of the file is found again, as an account or as a reject."""

from __future__ import annotations

import csv
import io
import random

import pytest
from sqlalchemy import select, text

from gcrm.customers.models import Account
from gcrm.exchange import reading
from gcrm.exchange.models import ImportRow

HEADERS = [
    "id",
    "name",
    "zip",
    "street",
    "lat",
    "lon",
    "phone",
    "tier",
    "annual value",
    "status",
    "website",
    "memo",
    "colour",
]


def a_cell(dice: random.Random, header: str) -> str:
    plain = {
        "id": str(dice.randrange(300)), "name": dice.choice(["Shop", "가게", "Joe's, \"Diner\"", "=1+1", "O'Brien\nPub", "x" * 400]),
        "zip": dice.choice(["2139", "02139", "17101.0"]), "street": dice.choice(["1 Main St", "세종대로 110", "2 Elm; rear"]),
        "lat": dice.choice(["40.2", "40.3", "0", "95", "-76.9", "40,2"]), "lon": dice.choice(["-76.9", "-76.8", "0", "1000", "40.2"]),
        "phone": dice.choice(["717-555-1234", "none yet", "+82 2 555 1234"]), "tier": dice.choice(["A", "b", "c", "Z"]),
        "annual value": dice.choice(["12.5", "7", "100", "1,200", "7.005"]), "status": dice.choice(["lead", "고객", "former", "who knows"]),
        "website": dice.choice(["acme.example", "javascript:alert(1)"]), "memo": dice.choice(["a\tb", "'=x", "\u200bz", "\x1f"]),
        "colour": dice.choice(["red", "blue"]),
    }  # fmt: skip
    return "" if dice.random() < 0.4 else plain[header]


def a_file(dice: random.Random) -> bytes:
    """A valid CSV with some of its lines damaged."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=dice.choice(",;|"), lineterminator=dice.choice(["\n", "\r\n"]))
    writer.writerow(HEADERS)
    for _row in range(200):
        cells = [a_cell(dice, header) for header in HEADERS]
        # A row that has an id and no name is an update, which a file that holds its account twice turns round.
        cells[0] = cells[0] if cells[1] else ""
        writer.writerow(cells)
    lines = out.getvalue().encode().splitlines(keepends=True)
    for place in dice.sample(range(1, len(lines)), 25):
        line = lines[place]
        lines[place] = dice.choice(
            [line[: len(line) // 2] + b"\n", line.replace(b"S", b"\xff"), b'"' + line, b"\0" + line, b"\n", line + line]
        )
    return b"".join(lines)


@pytest.mark.parametrize("seed", range(5))
def test_every_row_is_an_account_or_a_reject(session, bring, write, seed):
    path = write(a_file(random.Random(seed)))
    numbers = [row.number for row in reading.open_table(path).rows()]
    batch = bring(path)
    rows = {row.number: row for row in session.scalars(select(ImportRow).where(ImportRow.batch_id == batch.id))}
    assert sorted(rows) == numbers
    assert len(numbers) == batch.read >= 170
    assert batch.created > 20
    assert batch.rejected > 50
    accounts = set(session.scalars(select(Account.id)))
    for row in rows.values():
        assert (row.subject_id in accounts) if row.outcome != "rejected" else (row.reason and row.raw)
    assert len({row.subject_id for row in rows.values() if row.outcome != "rejected"}) == len(accounts)
    again = bring(path)
    assert (again.created, again.updated, again.unchanged, again.rejected) == (0, 0, batch.created, batch.rejected)
    assert session.scalar(text("SELECT count(*) FROM accounts")) == len(accounts)
