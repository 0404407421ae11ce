"""Give a point in a gap between counties, but inside their state, the nearest county.

Boundary files leave slivers between neighbours: in Korea's, one of 471 cafés of Seoul stood in one, 31 m from its district.

Revision ID: 20261121_0160
Revises: 20261121_0151
"""

from __future__ import annotations

from alembic import op

revision = "20261121_0160"
down_revision = "20261121_0151"
branch_labels = None
depends_on = None

COVERING = """
SELECT id FROM regions WHERE boundary && point AND level = wanted AND ST_Covers(boundary, point)
ORDER BY code, id LIMIT 1
"""

NEAREST_IN_STATE = """
SELECT county.id FROM regions AS state JOIN regions AS county ON county.parent_id = state.id
WHERE wanted = 'county' AND county.level = 'county' AND state.level = 'state'
  AND state.boundary && point AND ST_Covers(state.boundary, point)
  AND county.boundary && ST_Expand(point, 0.02 / greatest(0.02, cos(radians(ST_Y(point)))), 0.02)
  AND ST_DWithin(county.boundary::geography, point::geography, 2000)
ORDER BY ST_Distance(county.boundary::geography, point::geography), county.code, county.id LIMIT 1
"""


def upgrade() -> None:
    op.execute(
        "CREATE OR REPLACE FUNCTION gcrm_region_at(wanted text, point geometry) RETURNS int LANGUAGE sql STABLE STRICT AS $$"
        f" SELECT coalesce(({COVERING}), ({NEAREST_IN_STATE})) $$"
    )


def downgrade() -> None:
    op.execute(
        "CREATE OR REPLACE FUNCTION gcrm_region_at(wanted text, point geometry) RETURNS int LANGUAGE sql STABLE STRICT AS $$"
        f" {COVERING} $$"
    )
