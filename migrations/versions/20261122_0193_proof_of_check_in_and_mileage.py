"""Check-ins with their proof, and mileage.

Revision ID: 20261122_0193
Revises: 20261122_0192
"""

from __future__ import annotations

revision = "20261122_0193"
down_revision = "20261122_0192"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
