"""Writes that let the positions fade from which reps had the rest of a day planned anew."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import text
from sqlalchemy.orm import Session

from gcrm.core import clock, db

# What a rep drove to is drawn from account to account; only the problem of a new version knows where the phone was.
FADE = text("""
WITH old AS (
  SELECT id, problem -> 'shifts' -> 0 ->> 'from' AS number FROM day_plans
   WHERE cause IS NOT NULL AND start_faded_at IS NULL AND published_at < :before
     AND jsonb_typeof(problem -> 'shifts' -> 0 -> 'from') = 'number'
   LIMIT :most
), place AS (
  SELECT old.id, number, gcrm_cell_centre(ST_SetSRID(ST_MakePoint(
      (problem -> 'places' -> number::int ->> 'lon')::float8, (problem -> 'places' -> number::int ->> 'lat')::float8), 4326)) AS centre
    FROM old JOIN day_plans USING (id)
)
UPDATE day_plans SET start_faded_at = :now, problem = jsonb_set(
    jsonb_set(problem, ARRAY['places', number, 'lon'], to_jsonb(ST_X(centre))), ARRAY['places', number, 'lat'], to_jsonb(ST_Y(centre)))
  FROM place WHERE place.id = day_plans.id
""")
AT_ONCE = 200


def fade_starts(session: Session, before: dt.datetime) -> int:
    """Put where replanned days of before an instant went on from to the middle of its square."""
    faded = db.write_all(session, FADE, {"before": before, "now": clock.now(), "most": AT_ONCE})
    session.expire_all()
    return faded
