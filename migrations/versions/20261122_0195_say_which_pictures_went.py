"""Say which pictures went with their photos, so that their files go too.

Revision ID: 20261122_0195
Revises: 20261122_0194
"""

from __future__ import annotations

from alembic import op

revision = "20261122_0195"
down_revision = "20261122_0194"
branch_labels = None
depends_on = None

# A trigger, since photos go with their visits, and visits with their accounts, without anybody naming them.
SAY = """
CREATE FUNCTION gcrm_say_pictures_gone() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
  files jsonb := (SELECT jsonb_agg(name) FROM gone, unnest(ARRAY[file, thumbnail]) AS name WHERE name IS NOT NULL);
BEGIN
  IF files IS NOT NULL THEN
    INSERT INTO events (name, payload) VALUES ('pictures.gone', jsonb_build_object('files', files));
  END IF;
  RETURN NULL;
END $$;
"""


def upgrade() -> None:
    op.execute(SAY)
    op.execute(
        "CREATE TRIGGER visit_photos_gone AFTER DELETE ON visit_photos REFERENCING OLD TABLE AS gone"
        " FOR EACH STATEMENT EXECUTE FUNCTION gcrm_say_pictures_gone()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER visit_photos_gone ON visit_photos")
    op.execute("DROP FUNCTION gcrm_say_pictures_gone")
