"""Acts and phones of the field.

Revision ID: 20261122_0191
Revises: 20261122_0190
"""

from __future__ import annotations

revision = "20261122_0191"
down_revision = "20261122_0190"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
