"""Alembic's entry: the tables of all domains against the database that `gcrm.core.schema` hands over."""

from __future__ import annotations

import importlib
import importlib.util

from alembic import context
from geoalchemy2 import alembic_helpers

from gcrm.core.db import Model
from gcrm.domains import ORDER

for domain in ORDER:
    if importlib.util.find_spec(f"gcrm.{domain}.models"):
        importlib.import_module(f"gcrm.{domain}.models")

FOREIGN_TABLES = ("procrastinate_", "spatial_ref_sys")


def include_object(thing, name, kind, reflected, compare_to):
    if kind == "table" and name.startswith(FOREIGN_TABLES):
        return False
    return alembic_helpers.include_object(thing, name, kind, reflected, compare_to)


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Model.metadata,
    include_object=include_object,
    process_revision_directives=alembic_helpers.writer,
    render_item=alembic_helpers.render_item,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
