"""What a visit's form asks and keeps.

Revision ID: 20261122_0192
Revises: 20261122_0191
"""

from __future__ import annotations

revision = "20261122_0192"
down_revision = "20261122_0191"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
