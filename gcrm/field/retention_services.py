"""Writes that empty acts whose content was kept for long enough; that an act was done, and what came of it, stays."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import text
from sqlalchemy.orm import Session

from gcrm.core import db
from gcrm.field.acts import CONTENT_DAYS, TROUBLE_DAYS

AT_ONCE = 20_000

# Words may name customers too; the sentence that they filled goes with them.
EMPTY = text("""
UPDATE field_acts SET body = '{}', result = NULL, current = NULL, words = NULL,
    why = CASE WHEN words IS NULL THEN why ELSE 'content_gone' END
 WHERE id IN (
   SELECT id FROM field_acts
    WHERE body <> '{}'::jsonb AND applied_at < :before
      AND (state IN ('applied', 'merged') OR (state IN ('refused', 'conflict') AND applied_at < :long_before))
    LIMIT :most)
""")


def empty_acts(session: Session, now: dt.datetime) -> int:
    """Empty what was done long ago, and what was refused or in conflict even longer ago; how many acts there were."""
    spans = {"before": CONTENT_DAYS, "long_before": TROUBLE_DAYS}
    words = {name: now - dt.timedelta(days=days) for name, days in spans.items()}
    emptied = db.write_all(session, EMPTY, words | {"most": AT_ONCE})
    session.expire_all()
    return emptied
