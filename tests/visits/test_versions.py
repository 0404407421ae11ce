"""What people edit together carries a version that rises with every change, whatever the table."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from tests import factories as make

TABLES = {
    "contacts": "job_title = 'Buyer'",
    "territories": "colour = 3",
    "opportunities": "next_step = 'Call'",
    "visits": "purpose = 'Demo'",
    "activities": "note = 'Longer'",
    "tasks": "note = 'Longer'",
    "accounts": "note = 'Longer'",
}


@pytest.mark.parametrize("table", TABLES)
def test_a_change_raises_the_version_and_writing_the_same_again_does_not(session, company, table):
    make.make_contact(session, company.account)
    make.make_territory(session)
    make.make_opportunity(session, company.account)
    make.make_visit(session, company.account, company.rep)
    make.make_activity(session, company.account, company.rep)
    make.make_task(session, company.account, company.rep)
    versions = text(f"SELECT min(version), max(version) FROM {table}")
    for _ in range(2):
        session.execute(text(f"UPDATE {table} SET {TABLES[table]}"))
        assert tuple(session.execute(versions).one()) == (2, 2)
