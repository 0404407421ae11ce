"""Make the first tables of every domain.

Revision ID: 20261121_0001
Revises:
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "20261121_0001"
down_revision = None
branch_labels = None
depends_on = None

NAME_KEY = """
CREATE FUNCTION gcrm_name_key(name text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
RETURN lower(regexp_replace(normalize(name, NFKC), '[^[:alnum:]]+', '', 'g'))
"""
"""A name without case, spaces and punctuation, in any script: what matching compares."""


def upgrade() -> None:
    op.execute(NAME_KEY)
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("table_name", sa.String(), nullable=False),
        sa.Column("operation", sa.String(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=True),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("changes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
    )
    op.create_index("ix_audit_entries_at", "audit_entries", [sa.literal_column("at DESC")], unique=False)
    op.create_table(
        "events",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    op.create_index("ix_events_waiting", "events", ["id"], unique=False, postgresql_where=sa.text("handled_at IS NULL"))
    op.create_table(
        "idempotency_keys",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("request_hash", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("body", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_table(
        "organisation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("timezone", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_organisation_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
    )
    op.create_geospatial_table(
        "regions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uuid", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column(
            "boundary",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column(
            "outline",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            nullable=True,
        ),
        sa.Column("area_km2", sa.Double(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "level IN ('country', 'state', 'county', 'municipality', 'postcode')", name=op.f("ck_regions_level")
        ),
        sa.CheckConstraint("country = lower(country)", name=op.f("ck_regions_country_lower")),
        sa.ForeignKeyConstraint(["parent_id"], ["regions.id"], name=op.f("fk_regions_parent_id_regions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_regions")),
        sa.UniqueConstraint("country", "level", "code", name=op.f("uq_regions_country_level_code")),
        sa.UniqueConstraint("uuid", name=op.f("uq_regions_uuid")),
    )
    op.create_geospatial_index(
        "ix_regions_boundary", "regions", ["boundary"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    op.create_geospatial_index(
        "ix_regions_outline", "regions", ["outline"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    op.create_index(op.f("ix_regions_parent_id"), "regions", ["parent_id"], unique=False)
    op.create_table(
        "sign_in_attempts",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_attempts")),
    )
    op.create_index("ix_sign_in_attempts_subject", "sign_in_attempts", ["subject", "at"], unique=False)
    op.create_table(
        "stages",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uuid", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("probability", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), server_default="open", nullable=False),
        sa.CheckConstraint("kind IN ('open', 'won', 'lost')", name=op.f("ck_stages_kind")),
        sa.CheckConstraint("probability BETWEEN 0 AND 100", name=op.f("ck_stages_probability")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stages")),
        sa.UniqueConstraint("name", name=op.f("uq_stages_name")),
        sa.UniqueConstraint("uuid", name=op.f("uq_stages_uuid")),
    )
    op.create_table(
        "teams",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uuid", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["parent_id"], ["teams.id"], name=op.f("fk_teams_parent_id_teams")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teams")),
        sa.UniqueConstraint("name", name=op.f("uq_teams_name")),
        sa.UniqueConstraint("uuid", name=op.f("uq_teams_uuid")),
    )
    op.create_index(op.f("ix_teams_parent_id"), "teams", ["parent_id"], unique=False)
    op.create_geospatial_table(
        "users",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uuid", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=True),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("locale", sa.String(), nullable=True),
        sa.Column("timezone", sa.String(), nullable=True),
        sa.Column(
            "home",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            nullable=True,
        ),
        sa.Column("home_address", sa.String(), nullable=True),
        sa.Column("work_days", sa.ARRAY(sa.SmallInteger()), server_default=sa.text("'{1,2,3,4,5}'"), nullable=False),
        sa.Column("work_starts", sa.Time(), server_default="08:30", nullable=False),
        sa.Column("work_ends", sa.Time(), server_default="17:30", nullable=False),
        sa.Column("lunch_from", sa.Time(), server_default="11:30", nullable=False),
        sa.Column("lunch_until", sa.Time(), server_default="13:30", nullable=False),
        sa.Column("lunch_minutes", sa.Integer(), server_default=sa.text("30"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("password", sa.String(), nullable=True),
        sa.Column("fs_uniquifier", sa.String(), nullable=False),
        sa.CheckConstraint(
            "role IN ('rep', 'manager', 'planner', 'marketer', 'service', 'admin', 'system')",
            name=op.f("ck_users_role"),
        ),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_users_email_lower")),
        sa.CheckConstraint("lunch_until >= lunch_from", name=op.f("ck_users_lunch")),
        sa.CheckConstraint("work_ends > work_starts", name=op.f("ck_users_work_hours")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_users_team_id_teams")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
        sa.UniqueConstraint("fs_uniquifier", name=op.f("uq_users_fs_uniquifier")),
        sa.UniqueConstraint("uuid", name=op.f("uq_users_uuid")),
    )
    op.create_index(op.f("ix_users_team_id"), "users", ["team_id"], unique=False)
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uuid", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("prefix", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_api_tokens_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("prefix", name=op.f("uq_api_tokens_prefix")),
        sa.UniqueConstraint("uuid", name=op.f("uq_api_tokens_uuid")),
    )
    op.create_index(op.f("ix_api_tokens_user_id"), "api_tokens", ["user_id"], unique=False)
    op.create_table(
        "day_plans",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("uuid", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("rep_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("status", sa.String(), server_default="queued", nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("solved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fault", sa.String(), nullable=True),
        sa.Column("candidates", sa.Integer(), nullable=True),
        sa.Column("travel_source", sa.String(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leaves_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("returns_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("travel_seconds", sa.Integer(), nullable=True),
        sa.Column("travel_metres", sa.Integer(), nullable=True),
        sa.Column("problem", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("solution", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.CheckConstraint(
            "status IN ('queued', 'solving', 'ready', 'published', 'failed', 'replaced')",
            name=op.f("ck_day_plans_status"),
        ),
        sa.ForeignKeyConstraint(["made_by_id"], ["users.id"], name=op.f("fk_day_plans_made_by_id_users")),
        sa.ForeignKeyConstraint(["rep_id"], ["users.id"], name=op.f("fk_day_plans_rep_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_day_plans")),
        sa.UniqueConstraint("uuid", name=op.f("uq_day_plans_uuid")),
    )
    op.create_index("ix_day_plans_rep_day", "day_plans", ["rep_id", "day"], unique=False)
    op.create_index(
        "uq_day_plans_published",
        "day_plans",
        ["rep_id", "day"],
        unique=True,
        postgresql_where=sa.text("status = 'published'"),
    )
    op.create_table(
        "import_batches",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uuid", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("filename", sa.String(), nullable=False),
        sa.Column("stored", sa.String(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("options", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("fault", sa.String(), nullable=True),
        sa.Column("read", sa.Integer(), nullable=False),
        sa.Column("created", sa.Integer(), nullable=False),
        sa.Column("updated", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("unplaced", sa.Integer(), nullable=False),
        sa.Column("outside", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('accounts', 'contacts', 'people')", name=op.f("ck_import_batches_kind")),
        sa.CheckConstraint(
            "status IN ('uploaded', 'queued', 'running', 'settled', 'refused', 'undone')",
            name=op.f("ck_import_batches_status"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_import_batches_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_batches")),
        sa.UniqueConstraint("uuid", name=op.f("uq_import_batches_uuid")),
    )
    op.create_index("ix_import_batches_created", "import_batches", ["created_at"], unique=False)
    op.create_table(
        "invitations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_invitations_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitations_token_hash")),
    )
    op.create_index(op.f("ix_invitations_user_id"), "invitations", ["user_id"], unique=False)
    op.create_table(
        "territories",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uuid", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("colour", sa.Integer(), server_default="0", nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_territories_owner_id_users")),
        sa.ForeignKeyConstraint(["parent_id"], ["territories.id"], name=op.f("fk_territories_parent_id_territories")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_territories")),
        sa.UniqueConstraint("name", name=op.f("uq_territories_name")),
        sa.UniqueConstraint("uuid", name=op.f("uq_territories_uuid")),
    )
    op.create_index(op.f("ix_territories_owner_id"), "territories", ["owner_id"], unique=False)
    op.create_index(op.f("ix_territories_parent_id"), "territories", ["parent_id"], unique=False)
    op.create_geospatial_table(
        "accounts",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("uuid", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_key", sa.Text(), sa.Computed("gcrm_name_key(name)", persisted=True), nullable=False),
        sa.Column("status", sa.String(), server_default="prospect", nullable=False),
        sa.Column(
            "location",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            nullable=True,
        ),
        sa.Column("location_source", sa.String(), nullable=True),
        sa.Column("location_precision", sa.String(), nullable=True),
        sa.Column("street", sa.String(), nullable=True),
        sa.Column("city", sa.String(), nullable=True),
        sa.Column("region", sa.String(), nullable=True),
        sa.Column("postcode", sa.String(), nullable=True),
        sa.Column("country", sa.String(), nullable=True),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("phone_e164", sa.String(), nullable=True),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("website", sa.String(), nullable=True),
        sa.Column("industry", sa.String(), nullable=True),
        sa.Column("tier", sa.String(), nullable=True),
        sa.Column("annual_value_minor", sa.BigInteger(), nullable=True),
        sa.Column("potential_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("tags", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("opening_hours", sa.String(), nullable=True),
        sa.Column("cadence_days", sa.Integer(), nullable=True),
        sa.Column("visit_minutes", sa.Integer(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("extra", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("owner_named", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("entered_by_id", sa.Integer(), nullable=True),
        sa.Column("last_visited_on", sa.Date(), nullable=True),
        sa.Column("timezone", sa.String(), nullable=True),
        sa.Column("state_id", sa.Integer(), server_default=sa.FetchedValue(), nullable=True),
        sa.Column("county_id", sa.Integer(), server_default=sa.FetchedValue(), nullable=True),
        sa.Column("municipality_id", sa.Integer(), server_default=sa.FetchedValue(), nullable=True),
        sa.Column("placed", sa.String(), server_default=sa.FetchedValue(), nullable=True),
        sa.Column("hex10", sa.BigInteger(), server_default=sa.FetchedValue(), nullable=True),
        sa.Column("hex100", sa.BigInteger(), server_default=sa.FetchedValue(), nullable=True),
        sa.Column("hex1000", sa.BigInteger(), server_default=sa.FetchedValue(), nullable=True),
        sa.Column("grid_key", sa.BigInteger(), server_default=sa.FetchedValue(), nullable=True),
        sa.Column("territory_id", sa.Integer(), server_default=sa.FetchedValue(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("btrim(name) <> ''", name=op.f("ck_accounts_name")),
        sa.CheckConstraint(
            "location_precision IN ('point', 'street', 'postcode', 'town')", name=op.f("ck_accounts_location_precision")
        ),
        sa.CheckConstraint(
            "location_source IN ('file', 'pin', 'phone', 'geocoder', 'api', 'demo')",
            name=op.f("ck_accounts_location_source"),
        ),
        sa.CheckConstraint("status IN ('prospect', 'customer', 'former')", name=op.f("ck_accounts_status")),
        sa.CheckConstraint("tier IN ('A', 'B', 'C', 'D')", name=op.f("ck_accounts_tier")),
        sa.CheckConstraint("annual_value_minor >= 0 AND potential_minor >= 0", name=op.f("ck_accounts_money")),
        sa.CheckConstraint("cadence_days > 0", name=op.f("ck_accounts_cadence_days")),
        sa.CheckConstraint("visit_minutes > 0", name=op.f("ck_accounts_visit_minutes")),
        sa.ForeignKeyConstraint(
            ["county_id"], ["regions.id"], name=op.f("fk_accounts_county_id_regions"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["entered_by_id"], ["users.id"], name=op.f("fk_accounts_entered_by_id_users")),
        sa.ForeignKeyConstraint(
            ["municipality_id"], ["regions.id"], name=op.f("fk_accounts_municipality_id_regions"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_accounts_owner_id_users")),
        sa.ForeignKeyConstraint(["parent_id"], ["accounts.id"], name=op.f("fk_accounts_parent_id_accounts")),
        sa.ForeignKeyConstraint(
            ["state_id"], ["regions.id"], name=op.f("fk_accounts_state_id_regions"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["territory_id"], ["territories.id"], name=op.f("fk_accounts_territory_id_territories"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("source", "external_id", name=op.f("uq_accounts_source_external_id")),
        sa.UniqueConstraint("uuid", name=op.f("uq_accounts_uuid")),
    )
    op.create_index("ix_accounts_county", "accounts", ["county_id"], unique=False)
    op.create_index("ix_accounts_grid", "accounts", ["grid_key"], unique=False)
    op.create_geospatial_index(
        "ix_accounts_location", "accounts", ["location"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    op.create_index("ix_accounts_match", "accounts", ["name_key", "postcode"], unique=False)
    op.create_index("ix_accounts_municipality", "accounts", ["municipality_id"], unique=False)
    op.create_index("ix_accounts_name_id", "accounts", ["name", "id"], unique=False)
    op.create_index(
        "ix_accounts_name_trigrams",
        "accounts",
        ["name"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"name": "gin_trgm_ops"},
    )
    op.create_index("ix_accounts_owner_grid", "accounts", ["owner_id", "grid_key"], unique=False)
    op.create_index("ix_accounts_owner_visited", "accounts", ["owner_id", "last_visited_on"], unique=False)
    op.create_index("ix_accounts_parent", "accounts", ["parent_id"], unique=False)
    op.create_index("ix_accounts_state", "accounts", ["state_id"], unique=False)
    op.create_index("ix_accounts_territory", "accounts", ["territory_id"], unique=False)
    op.create_table(
        "import_rows",
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("raw", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("subject_id", sa.BigInteger(), nullable=True),
        sa.Column("subject_version", sa.Integer(), nullable=True),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('created', 'updated', 'unchanged', 'rejected')", name=op.f("ck_import_rows_outcome")
        ),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["import_batches.id"], name=op.f("fk_import_rows_batch_id_import_batches"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("batch_id", "number", name=op.f("pk_import_rows")),
    )
    op.create_index("ix_import_rows_subject", "import_rows", ["batch_id", "subject_id"], unique=False)
    op.create_table(
        "territory_regions",
        sa.Column("territory_id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["region_id"], ["regions.id"], name=op.f("fk_territory_regions_region_id_regions"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["territory_id"],
            ["territories.id"],
            name=op.f("fk_territory_regions_territory_id_territories"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("territory_id", "region_id", name=op.f("pk_territory_regions")),
    )
    op.create_index(op.f("ix_territory_regions_region_id"), "territory_regions", ["region_id"], unique=False)
    op.create_table(
        "account_shares",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_account_shares_account_id_accounts"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_account_shares_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "user_id", name=op.f("pk_account_shares")),
    )
    op.create_index(op.f("ix_account_shares_user_id"), "account_shares", ["user_id"], unique=False)
    op.create_table(
        "contacts",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("uuid", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("job_title", sa.String(), nullable=True),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("is_primary", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("extra", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("btrim(name) <> ''", name=op.f("ck_contacts_name")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_contacts_account_id_accounts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contacts")),
        sa.UniqueConstraint("source", "external_id", name=op.f("uq_contacts_source_external_id")),
        sa.UniqueConstraint("uuid", name=op.f("uq_contacts_uuid")),
    )
    op.create_index(op.f("ix_contacts_account_id"), "contacts", ["account_id"], unique=False)
    op.create_table(
        "left_out",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("day_plan_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("account_name", sa.String(), nullable=False),
        sa.Column("why", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("added_seconds", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_left_out_account_id_accounts"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["day_plan_id"], ["day_plans.id"], name=op.f("fk_left_out_day_plan_id_day_plans"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_left_out")),
    )
    op.create_index("ix_left_out_account", "left_out", ["account_id"], unique=False)
    op.create_index("ix_left_out_day_plan", "left_out", ["day_plan_id"], unique=False)
    op.create_table(
        "opportunities",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("uuid", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("stage_id", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Double(), server_default="0", nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("expected_close", sa.Date(), nullable=True),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("next_step", sa.String(), nullable=True),
        sa.Column("next_step_on", sa.Date(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("close_reason", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("btrim(name) <> ''", name=op.f("ck_opportunities_name")),
        sa.CheckConstraint("amount_minor >= 0", name=op.f("ck_opportunities_amount")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_opportunities_account_id_accounts"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_opportunities_owner_id_users")),
        sa.ForeignKeyConstraint(["stage_id"], ["stages.id"], name=op.f("fk_opportunities_stage_id_stages")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opportunities")),
        sa.UniqueConstraint("uuid", name=op.f("uq_opportunities_uuid")),
    )
    op.create_index("ix_opportunities_account", "opportunities", ["account_id"], unique=False)
    op.create_index("ix_opportunities_owner_close", "opportunities", ["owner_id", "expected_close"], unique=False)
    op.create_index("ix_opportunities_stage", "opportunities", ["stage_id", "rank", "id"], unique=False)
    op.create_table(
        "tasks",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("uuid", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("needs_visit", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("btrim(title) <> ''", name=op.f("ck_tasks_title")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_tasks_account_id_accounts"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_tasks_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
        sa.UniqueConstraint("uuid", name=op.f("uq_tasks_uuid")),
    )
    op.create_index("ix_tasks_account_due", "tasks", ["account_id", "due_on"], unique=False)
    op.create_index(
        "ix_tasks_user_due", "tasks", ["user_id", "due_on"], unique=False, postgresql_where=sa.text("done_at IS NULL")
    )
    op.create_table(
        "touches",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=True),
        sa.Column("subject", sa.UUID(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_touches_account_id_accounts"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_touches_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_touches")),
    )
    op.create_index("ix_touches_account_at", "touches", ["account_id", sa.literal_column("at DESC")], unique=False)
    op.create_index("ix_touches_subject", "touches", ["subject"], unique=False)
    op.create_index("ix_touches_user_at", "touches", ["user_id", sa.literal_column("at DESC")], unique=False)
    op.create_table(
        "activities",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("uuid", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind IN ('call', 'mail', 'meeting', 'note')", name=op.f("ck_activities_kind")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_activities_account_id_accounts"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_activities_contact_id_contacts"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_activities_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activities")),
        sa.UniqueConstraint("uuid", name=op.f("uq_activities_uuid")),
    )
    op.create_index(
        "ix_activities_account_at", "activities", ["account_id", sa.literal_column("at DESC")], unique=False
    )
    op.create_index("ix_activities_user_at", "activities", ["user_id", sa.literal_column("at DESC")], unique=False)
    op.create_geospatial_table(
        "visits",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("uuid", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), server_default="planned", nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("purpose", sa.String(), nullable=True),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "arrived_point",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            nullable=True,
        ),
        sa.Column("accuracy_metres", sa.Double(), nullable=True),
        sa.Column("distance_metres", sa.Double(), nullable=True),
        sa.Column("no_position_reason", sa.String(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("next_step", sa.String(), nullable=True),
        sa.Column("next_step_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('order', 'interested', 'no_interest', 'not_met', 'follow_up', 'service')",
            name=op.f("ck_visits_outcome"),
        ),
        sa.CheckConstraint(
            "status IN ('planned', 'arrived', 'done', 'missed', 'cancelled')", name=op.f("ck_visits_status")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_visits_account_id_accounts"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_visits_contact_id_contacts"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_visits_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visits")),
        sa.UniqueConstraint("uuid", name=op.f("uq_visits_uuid")),
    )
    op.create_index(
        "ix_visits_account_finished", "visits", ["account_id", sa.literal_column("finished_at DESC")], unique=False
    )
    op.create_index(
        "ix_visits_user_finished", "visits", ["user_id", sa.literal_column("finished_at DESC")], unique=False
    )
    op.create_index("ix_visits_user_starts", "visits", ["user_id", "starts_at"], unique=False)
    op.create_geospatial_table(
        "stops",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("uuid", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("day_plan_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("visit_id", sa.BigInteger(), nullable=True),
        sa.Column("account_name", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column(
            "location",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column("arrive_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("start_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("depart_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("travel_seconds", sa.Integer(), nullable=False),
        sa.Column("travel_metres", sa.Integer(), nullable=False),
        sa.Column("why", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("is_fixed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("status", sa.String(), server_default="ahead", nullable=False),
        sa.CheckConstraint("status IN ('ahead', 'arrived', 'done', 'skipped')", name=op.f("ck_stops_status")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_stops_account_id_accounts"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["day_plan_id"], ["day_plans.id"], name=op.f("fk_stops_day_plan_id_day_plans"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["visit_id"], ["visits.id"], name=op.f("fk_stops_visit_id_visits"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stops")),
        sa.UniqueConstraint("uuid", name=op.f("uq_stops_uuid")),
    )
    op.create_index("ix_stops_account", "stops", ["account_id"], unique=False)
    op.create_index("ix_stops_day_plan", "stops", ["day_plan_id", "position"], unique=False)
    op.create_index(op.f("ix_stops_visit_id"), "stops", ["visit_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_stops_visit_id"), table_name="stops")
    op.drop_index("ix_stops_day_plan", table_name="stops")
    op.drop_index("ix_stops_account", table_name="stops")
    op.drop_geospatial_table("stops")
    op.drop_index("ix_visits_user_starts", table_name="visits")
    op.drop_index("ix_visits_user_finished", table_name="visits")
    op.drop_index("ix_visits_account_finished", table_name="visits")
    op.drop_geospatial_table("visits")
    op.drop_index("ix_activities_user_at", table_name="activities")
    op.drop_index("ix_activities_account_at", table_name="activities")
    op.drop_table("activities")
    op.drop_index("ix_touches_user_at", table_name="touches")
    op.drop_index("ix_touches_subject", table_name="touches")
    op.drop_index("ix_touches_account_at", table_name="touches")
    op.drop_table("touches")
    op.drop_index("ix_tasks_user_due", table_name="tasks", postgresql_where=sa.text("done_at IS NULL"))
    op.drop_index("ix_tasks_account_due", table_name="tasks")
    op.drop_table("tasks")
    op.drop_index("ix_opportunities_stage", table_name="opportunities")
    op.drop_index("ix_opportunities_owner_close", table_name="opportunities")
    op.drop_index("ix_opportunities_account", table_name="opportunities")
    op.drop_table("opportunities")
    op.drop_index("ix_left_out_day_plan", table_name="left_out")
    op.drop_index("ix_left_out_account", table_name="left_out")
    op.drop_table("left_out")
    op.drop_index(op.f("ix_contacts_account_id"), table_name="contacts")
    op.drop_table("contacts")
    op.drop_index(op.f("ix_account_shares_user_id"), table_name="account_shares")
    op.drop_table("account_shares")
    op.drop_index(op.f("ix_territory_regions_region_id"), table_name="territory_regions")
    op.drop_table("territory_regions")
    op.drop_index("ix_import_rows_subject", table_name="import_rows")
    op.drop_table("import_rows")
    op.drop_index("ix_accounts_territory", table_name="accounts")
    op.drop_index("ix_accounts_state", table_name="accounts")
    op.drop_index("ix_accounts_parent", table_name="accounts")
    op.drop_index("ix_accounts_owner_visited", table_name="accounts")
    op.drop_index("ix_accounts_owner_grid", table_name="accounts")
    op.drop_index(
        "ix_accounts_name_trigrams",
        table_name="accounts",
        postgresql_using="gin",
        postgresql_ops={"name": "gin_trgm_ops"},
    )
    op.drop_index("ix_accounts_name_id", table_name="accounts")
    op.drop_index("ix_accounts_municipality", table_name="accounts")
    op.drop_index("ix_accounts_match", table_name="accounts")
    op.drop_geospatial_index(
        "ix_accounts_location", table_name="accounts", postgresql_using="gist", column_name="location"
    )
    op.drop_index("ix_accounts_grid", table_name="accounts")
    op.drop_index("ix_accounts_county", table_name="accounts")
    op.drop_geospatial_table("accounts")
    op.drop_index(op.f("ix_territories_parent_id"), table_name="territories")
    op.drop_index(op.f("ix_territories_owner_id"), table_name="territories")
    op.drop_table("territories")
    op.drop_index(op.f("ix_invitations_user_id"), table_name="invitations")
    op.drop_table("invitations")
    op.drop_index("ix_import_batches_created", table_name="import_batches")
    op.drop_table("import_batches")
    op.drop_index("uq_day_plans_published", table_name="day_plans", postgresql_where=sa.text("status = 'published'"))
    op.drop_index("ix_day_plans_rep_day", table_name="day_plans")
    op.drop_table("day_plans")
    op.drop_index(op.f("ix_api_tokens_user_id"), table_name="api_tokens")
    op.drop_table("api_tokens")
    op.drop_index(op.f("ix_users_team_id"), table_name="users")
    op.drop_geospatial_table("users")
    op.drop_index(op.f("ix_teams_parent_id"), table_name="teams")
    op.drop_table("teams")
    op.drop_table("stages")
    op.drop_index("ix_sign_in_attempts_subject", table_name="sign_in_attempts")
    op.drop_table("sign_in_attempts")
    op.drop_index(op.f("ix_regions_parent_id"), table_name="regions")
    op.drop_geospatial_index("ix_regions_outline", table_name="regions", postgresql_using="gist", column_name="outline")
    op.drop_geospatial_index(
        "ix_regions_boundary", table_name="regions", postgresql_using="gist", column_name="boundary"
    )
    op.drop_geospatial_table("regions")
    op.drop_table("organisation")
    op.drop_table("idempotency_keys")
    op.drop_index("ix_events_waiting", table_name="events", postgresql_where=sa.text("handled_at IS NULL"))
    op.drop_table("events")
    op.drop_index("ix_audit_entries_at", table_name="audit_entries")
    op.drop_table("audit_entries")
    op.execute("DROP FUNCTION gcrm_name_key")
