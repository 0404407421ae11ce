"""Migrations and models agree, both ways."""

from __future__ import annotations

import os
import uuid

import pytest

from gcrm.core import schema
from tests.conftest import drop_database


# Alembic cannot compare an index over an expression, so it says that it leaves it out.
@pytest.mark.filterwarnings("ignore:.*in index 'ix_.*_search' detected to include an operator clause")
def test_up_down_up_leaves_no_difference(database):
    name = f"gcrm_test_{os.getpid()}_{uuid.uuid4().hex[:8]}"
    schema.create_database(name)
    try:
        schema.migrate(name)
        schema.downgrade(name)
        schema.migrate(name)
        assert schema.differences(name) == []
    finally:
        drop_database(name)


def test_every_table_with_customer_data_is_under_the_gate(session):
    from sqlalchemy import text

    rows = session.execute(
        text("SELECT c.relname FROM pg_class AS c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'"
             " AND NOT c.relrowsecurity AND has_table_privilege('gcrm_scoped', c.oid, 'SELECT')")
    ).scalars()  # fmt: skip
    open_to_all = {
        "alembic_version",
        "moved_parts",
        "organisation",
        "prices",
        "products",
        "regions",
        "spatial_ref_sys",
        "stages",
        "sum_parts",
        "teams",
        "territories",
        "territory_regions",
        "visit_questions",
        "visit_types",
    }
    assert {row for row in rows if not row.startswith("procrastinate_")} <= open_to_all
