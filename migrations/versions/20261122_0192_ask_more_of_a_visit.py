"""Ask more of a visit: its type and questions, products talked about, photos and a signature.

Revision ID: 20261122_0192
Revises: 20261122_0191
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "20261122_0192"
down_revision = "20261122_0191"
branch_labels = None
depends_on = None

VISIT = "EXISTS (SELECT 1 FROM visits WHERE visits.id = visit_id)"
MINE = "user_id = (SELECT gcrm_principal())"
SCOPED = {"visit_products": (VISIT, VISIT), "visit_photos": (VISIT, f"{MINE} AND {VISIT}")}
"""Table: what a rep or manager sees, and what the new row must fulfil."""

PRIVATE = "arrived_point,accuracy_metres,distance_metres,note"
AUDITED = {"visit_types": "", "visit_questions": "", "visit_photos": "location,signed_by"}


def upgrade() -> None:
    _questions()
    op.add_column("visits", sa.Column("visit_type_id", sa.Integer(), nullable=True))
    op.add_column("visits", sa.Column("satisfaction", sa.SmallInteger(), nullable=True))
    op.add_column("visits", sa.Column("competitor", sa.String(), nullable=True))
    op.add_column("visits", sa.Column("next_visit_on", sa.Date(), nullable=True))
    op.add_column(
        "visits",
        sa.Column("answers", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
    )
    op.create_foreign_key(
        op.f("fk_visits_visit_type_id_visit_types"), "visits", "visit_types", ["visit_type_id"], ["id"]
    )
    op.create_check_constraint(op.f("ck_visits_satisfaction"), "visits", "satisfaction BETWEEN 1 AND 5")
    _things_of_a_visit()
    for table, (seen, written) in SCOPED.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY {table}_all ON {table} TO gcrm_all USING (true) WITH CHECK (true)")
        op.execute(f"CREATE POLICY {table}_scoped ON {table} TO gcrm_scoped USING ({seen}) WITH CHECK ({written})")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO gcrm_all")
        op.execute(f"GRANT SELECT, INSERT, UPDATE ON {table} TO gcrm_scoped")
    op.execute("GRANT DELETE ON visit_products TO gcrm_scoped")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON visit_types, visit_questions TO gcrm_all")
    op.execute("GRANT SELECT ON visit_types, visit_questions TO gcrm_scoped")
    op.execute(
        "GRANT USAGE ON SEQUENCE visit_types_id_seq, visit_questions_id_seq, visit_photos_id_seq"
        " TO gcrm_all, gcrm_scoped"
    )
    for table, private in AUDITED.items():
        _audit(table, private)
    _audit("visits", f"{PRIVATE},answers,competitor", anew=True)


def _questions() -> None:
    op.create_table(
        "visit_types",
        sa.Column("id", sa.Integer(), nullable=False),
        _public_id(),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.CheckConstraint("btrim(name) <> ''", name=op.f("ck_visit_types_name")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_types")),
        sa.UniqueConstraint("name", name=op.f("uq_visit_types_name")),
        sa.UniqueConstraint("uuid", name=op.f("uq_visit_types_uuid")),
    )
    op.create_table(
        "visit_questions",
        sa.Column("id", sa.Integer(), nullable=False),
        _public_id(),
        sa.Column("visit_type_id", sa.Integer(), nullable=True),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("choices", postgresql.ARRAY(sa.String()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("is_required", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("position", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.CheckConstraint("btrim(label) <> ''", name=op.f("ck_visit_questions_label")),
        sa.CheckConstraint(
            "kind IN ('text', 'number', 'yes_no', 'choice', 'scale')", name=op.f("ck_visit_questions_kind")
        ),
        sa.ForeignKeyConstraint(
            ["visit_type_id"], ["visit_types.id"], name=op.f("fk_visit_questions_visit_type_id_visit_types")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_questions")),
        sa.UniqueConstraint("uuid", name=op.f("uq_visit_questions_uuid")),
    )


def _things_of_a_visit() -> None:
    op.create_table(
        "visit_products",
        sa.Column("visit_id", sa.BigInteger(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["visit_id"], ["visits.id"], name=op.f("fk_visit_products_visit_id_visits"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_visit_products_product_id_products")),
        sa.PrimaryKeyConstraint("visit_id", "product_id", name=op.f("pk_visit_products")),
    )
    op.create_table(
        "visit_photos",
        sa.Column("id", sa.BigInteger(), nullable=False),
        _public_id(),
        sa.Column("visit_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("keeps_place", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("location", Geometry("POINT", srid=4326, spatial_index=False), nullable=True),
        sa.Column("signed_by", sa.String(), nullable=True),
        sa.Column("file", sa.String(), nullable=True),
        sa.Column("thumbnail", sa.String(), nullable=True),
        sa.Column("sent_hash", sa.String(), nullable=True),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint("kind IN ('photo', 'signature')", name=op.f("ck_visit_photos_kind")),
        sa.ForeignKeyConstraint(
            ["visit_id"], ["visits.id"], name=op.f("fk_visit_photos_visit_id_visits"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_visit_photos_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_photos")),
        sa.UniqueConstraint("uuid", name=op.f("uq_visit_photos_uuid")),
    )
    op.create_index("ix_visit_photos_visit", "visit_photos", ["visit_id"])
    op.create_index(
        "ix_visit_photos_placed", "visit_photos", ["taken_at"], postgresql_where=sa.text("location IS NOT NULL")
    )


def _public_id() -> sa.Column[object]:
    return sa.Column(
        "uuid", postgresql.UUID(as_uuid=True), server_default=sa.text("gen_random_uuid()"), nullable=False
    )  # fmt: skip


def _audit(table: str, private: str, anew: bool = False) -> None:
    transitions = {
        "insert": "NEW TABLE AS new_rows", "delete": "OLD TABLE AS old_rows",
        "update": "OLD TABLE AS old_rows NEW TABLE AS new_rows",
    }  # fmt: skip
    for verb, tables in transitions.items():
        if anew:
            op.execute(f"DROP TRIGGER {table}_audit_{verb} ON {table}")
        op.execute(
            f"CREATE TRIGGER {table}_audit_{verb} AFTER {verb.upper()} ON {table} REFERENCING {tables}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION gcrm_audit('{private}', '')"
        )


def downgrade() -> None:
    _audit("visits", PRIVATE, anew=True)
    for table in ("visit_photos", "visit_products"):
        op.drop_table(table)
    for column in ("answers", "next_visit_on", "competitor", "satisfaction", "visit_type_id"):
        op.drop_column("visits", column)
    for table in ("visit_questions", "visit_types"):
        op.drop_table(table)
