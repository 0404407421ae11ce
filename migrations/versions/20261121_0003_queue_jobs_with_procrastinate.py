"""Queue jobs with procrastinate, in the tables it brings.

Revision ID: 20261121_0003
Revises: 20261121_0002
"""

from __future__ import annotations

from alembic import op
from procrastinate.schema import SchemaManager

revision = "20261121_0003"
down_revision = "20261121_0002"
branch_labels = None
depends_on = None

LOGINS = "gcrm_web, gcrm_all, gcrm_scoped"


def upgrade() -> None:
    # The text holds percent signs and several statements, so it goes to the driver as it is.
    op.get_bind().connection.driver_connection.execute(SchemaManager.get_schema())
    op.execute(f"""
    DO $$ DECLARE thing record; BEGIN
      FOR thing IN SELECT c.oid::regclass AS name, relkind FROM pg_class AS c
        WHERE relname LIKE 'procrastinate\\_%' AND relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S') LOOP
        EXECUTE format('GRANT ALL ON %s %s TO {LOGINS}',
                       CASE thing.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, thing.name);
      END LOOP;
    END $$""")


def downgrade() -> None:
    op.execute("""
    DO $$ DECLARE thing record; BEGIN
      FOR thing IN SELECT oid::regprocedure AS name FROM pg_proc
        WHERE proname LIKE 'procrastinate\\_%' AND pronamespace = 'public'::regnamespace LOOP
        EXECUTE format('DROP FUNCTION %s CASCADE', thing.name);
      END LOOP;
      DROP TABLE procrastinate_events, procrastinate_periodic_defers, procrastinate_jobs, procrastinate_workers CASCADE;
      FOR thing IN SELECT oid::regtype AS name FROM pg_type
        WHERE typname LIKE 'procrastinate\\_%' AND typnamespace = 'public'::regnamespace AND typtype IN ('e', 'c') LOOP
        EXECUTE format('DROP TYPE %s CASCADE', thing.name);
      END LOOP;
    END $$""")
