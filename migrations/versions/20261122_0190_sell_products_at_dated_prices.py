"""Sell products at dated prices, and keep what customers order.

Revision ID: 20261122_0190
Revises: 20261122_0186
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261122_0190"
down_revision = "20261122_0186"
branch_labels = None
depends_on = None

ACCOUNT = "EXISTS (SELECT 1 FROM accounts WHERE accounts.id = account_id)"
ORDER = "EXISTS (SELECT 1 FROM orders WHERE orders.id = order_id)"
SCOPED = {
    "orders": (
        f"user_id = (SELECT gcrm_principal()) OR {ACCOUNT}",
        f"user_id = ANY ((SELECT gcrm_visible_owners())::int[]) AND ({ACCOUNT} OR gcrm_was_planned(account_id))",
    ),
    "order_lines": (ORDER, ORDER),
}
"""Table: what a rep or manager sees, and what the new row must fulfil, as with visits."""

AUDITED = {"products": "", "prices": "", "orders": "note"}
"""Tables on the trail, with their private columns."""


def upgrade() -> None:
    _products()
    _orders()
    for table in ("products", "orders"):
        op.execute(
            f"CREATE TRIGGER {table}_9_version BEFORE UPDATE ON {table} FOR EACH ROW"
            " EXECUTE FUNCTION gcrm_raise_version()"
        )
    for table, private in AUDITED.items():
        _audit(table, private)
    for table, (seen, written) in SCOPED.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY {table}_all ON {table} TO gcrm_all USING (true) WITH CHECK (true)")
        op.execute(f"CREATE POLICY {table}_scoped ON {table} TO gcrm_scoped USING ({seen}) WITH CHECK ({written})")
        op.execute(f"GRANT SELECT, INSERT, UPDATE ON {table} TO gcrm_all, gcrm_scoped")
        op.execute(f"GRANT DELETE ON {table} TO gcrm_all")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON products, prices TO gcrm_all")
    op.execute("GRANT SELECT ON products, prices TO gcrm_scoped")
    op.execute(
        "GRANT USAGE ON SEQUENCE products_id_seq, prices_id_seq, orders_id_seq, order_lines_id_seq"
        " TO gcrm_all, gcrm_scoped"
    )


def _products() -> None:
    op.create_table(
        "products",
        sa.Column("id", sa.Integer(), nullable=False),
        _public_id(),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=True),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        *_versioned(),
        sa.CheckConstraint("btrim(code) <> ''", name=op.f("ck_products_code")),
        sa.CheckConstraint("btrim(name) <> ''", name=op.f("ck_products_name")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_products")),
        sa.UniqueConstraint("code", name=op.f("uq_products_code")),
        sa.UniqueConstraint("uuid", name=op.f("uq_products_uuid")),
    )
    op.create_table(
        "prices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("price_minor >= 0", name=op.f("ck_prices_price")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_prices_product_id_products"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prices")),
        sa.UniqueConstraint(
            "product_id", "currency", "valid_from", name=op.f("uq_prices_product_id_currency_valid_from")
        ),
    )


def _orders() -> None:
    op.create_table(
        "orders",
        sa.Column("id", sa.BigInteger(), nullable=False),
        _public_id(),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("visit_uuid", postgresql.UUID(as_uuid=True), nullable=True),
        sa.Column("status", sa.String(), server_default="placed", nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("price_day", sa.Date(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        *_versioned(),
        sa.CheckConstraint("status IN ('placed', 'cancelled')", name=op.f("ck_orders_status")),
        sa.CheckConstraint("total_minor >= 0", name=op.f("ck_orders_total")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_orders_account_id_accounts"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_orders_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("uuid", name=op.f("uq_orders_uuid")),
    )
    op.create_index("ix_orders_account_at", "orders", ["account_id", sa.literal_column("ordered_at DESC")])
    op.create_index("ix_orders_user_at", "orders", ["user_id", sa.literal_column("ordered_at DESC")])
    op.create_index("ix_orders_at", "orders", [sa.literal_column("ordered_at DESC"), sa.literal_column("id DESC")])
    op.create_index(
        "ix_orders_visit", "orders", ["visit_uuid"], postgresql_where=sa.text("visit_uuid IS NOT NULL")
    )  # fmt: skip
    op.create_table(
        "order_lines",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=True),
        sa.Column("quantity", sa.Numeric(12, 3), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("list_price_minor", sa.BigInteger(), nullable=True),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_order_lines_quantity")),
        sa.CheckConstraint("price_minor >= 0", name=op.f("ck_order_lines_price")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_order_lines_order_id_orders"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_order_lines_product_id_products")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_lines")),
        sa.UniqueConstraint("order_id", "position", name=op.f("uq_order_lines_order_id_position")),
    )
    op.create_index("ix_order_lines_product", "order_lines", ["product_id"])


def _public_id() -> sa.Column[object]:
    return sa.Column(
        "uuid", postgresql.UUID(as_uuid=True), server_default=sa.text("gen_random_uuid()"), nullable=False
    )  # fmt: skip


def _versioned() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )


def _audit(table: str, private: str) -> None:
    transitions = {
        "insert": "NEW TABLE AS new_rows", "delete": "OLD TABLE AS old_rows",
        "update": "OLD TABLE AS old_rows NEW TABLE AS new_rows",
    }  # fmt: skip
    for verb, tables in transitions.items():
        op.execute(
            f"CREATE TRIGGER {table}_audit_{verb} AFTER {verb.upper()} ON {table} REFERENCING {tables}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION gcrm_audit('{private}', '')"
        )


def downgrade() -> None:
    op.execute("DELETE FROM touches WHERE kind IN ('order', 'order_cancelled')")
    for table in ("order_lines", "orders", "prices", "products"):
        op.drop_table(table)
