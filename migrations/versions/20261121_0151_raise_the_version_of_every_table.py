"""Raise the version of every table: a trigger without arguments has no TG_ARGV, and nothing was different from nothing.

Revision ID: 20261121_0151
Revises: 20261121_0150
"""

from __future__ import annotations

from alembic import op

revision = "20261121_0151"
down_revision = "20261121_0150"
branch_labels = None
depends_on = None

RAISE = """
CREATE OR REPLACE FUNCTION gcrm_raise_version() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  written_by_us text[] := {arguments} || ARRAY['version', 'updated_at'];
BEGIN
  IF to_jsonb(OLD) - written_by_us IS DISTINCT FROM to_jsonb(NEW) - written_by_us THEN
    NEW.version := OLD.version + 1;
    NEW.updated_at := now();
  ELSE
    NEW.version := OLD.version;
    NEW.updated_at := OLD.updated_at;
  END IF;
  RETURN NEW;
END $$
"""


def upgrade() -> None:
    op.execute(RAISE.format(arguments="coalesce(TG_ARGV, ARRAY[]::text[])"))


def downgrade() -> None:
    op.execute(RAISE.format(arguments="TG_ARGV"))
