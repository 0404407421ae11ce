"""Writes that let the places of acts fade."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import text
from sqlalchemy.orm import Session

from gcrm.core import clock, db
from gcrm.visits.proof import CELL_REACH_METRES

# A new prospect's place is the account's by now; where the phone was when it was made fades like any other place.
FADE = text("""
WITH old AS (
  SELECT id, lon, lat, gcrm_cell_centre(ST_SetSRID(ST_MakePoint(lon, lat), 4326)) AS centre FROM field_acts
   WHERE received_at < :before AND faded_at IS NULL AND (lon IS NOT NULL OR kind = 'prospect_added')
   LIMIT :most
)
UPDATE field_acts SET faded_at = :now, lon = ST_X(centre), lat = ST_Y(centre), body = body - '{lon,lat}'::text[],
    accuracy_metres = CASE WHEN old.lon IS NOT NULL THEN greatest(coalesce(accuracy_metres, 0), :reach) END
  FROM old WHERE old.id = field_acts.id
""")
AT_ONCE = 20_000


def fade_acts(session: Session, before: dt.datetime) -> int:
    """Put the places of acts that came before an instant to the middle of their square."""
    words = {"before": before, "now": clock.now(), "most": AT_ONCE, "reach": CELL_REACH_METRES}
    faded = db.write_all(session, FADE, words)
    session.expire_all()
    return faded
