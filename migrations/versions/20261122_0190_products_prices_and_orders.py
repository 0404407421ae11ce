"""Products, prices and orders.

Revision ID: 20261122_0190
Revises: 20261122_0186
"""

from __future__ import annotations

revision = "20261122_0190"
down_revision = "20261122_0186"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
