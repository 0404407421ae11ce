"""Making links to one view of a map, and taking them back."""

from __future__ import annotations

import datetime as dt
import secrets

from sqlalchemy.orm import Session

from gcrm.core import clock
from gcrm.core.errors import Invalid
from gcrm.core.secrets import digest
from gcrm.maps.models import SHARED_PAGES, SharedView

DAYS = (1, 7, 30, 90)
"""How long a link may live."""
LONGEST_QUERY = 4_000


def share(session: Session, user_id: int, page: str, query: str, bounds: str | None, days: int) -> str:
    """Keep a view and answer its secret, of which only a digest is kept."""
    if page not in SHARED_PAGES:
        raise Invalid(f"“{page[:20]}” is no map that can be shared.")
    if days not in DAYS:
        raise Invalid(f"A link lives for {', '.join(map(str, DAYS[:-1]))} or {DAYS[-1]} days.")
    if len(query) > LONGEST_QUERY:
        raise Invalid("This selection is too long for a link. Choose fewer words.")
    secret = secrets.token_urlsafe(32)
    until = clock.now() + dt.timedelta(days=days)
    view = SharedView(user_id=user_id, page=page, query=query, bounds=bounds, until=until, secret_hash=digest(secret))
    session.add(view)
    session.flush()
    return secret


def take_back(session: Session, view: SharedView) -> None:
    """End a link now; one that has ended stays as it is."""
    if view.revoked_at is None:
        view.revoked_at = clock.now()
        session.flush()
