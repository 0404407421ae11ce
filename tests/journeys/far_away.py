"""A rep whose customers live a long drive away: `python -m tests.journeys.far_away` adds them to the site's company."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from gcrm.core import clock
from tests import factories as make
from tests.journeys.company import HOME, ZONE

NAME = "Faye Far"
TOWN = (HOME[0] + 0.8, HOME[1])
"""Where the customers are, nearly two and a half hours from home by the straight line's pace."""
ACCOUNTS = 12


def add(session: Session) -> None:
    rep = make.make_user(session, "rep", email="far@demo.example", name=NAME, home=HOME)
    for number in range(ACCOUNTS):
        at = (TOWN[0] + number % 4 / 100, TOWN[1] + number // 4 / 100)
        make.make_account(
            session, rep, at=at, name=f"Farmer {number + 1}", tier="A", cadence_days=28, visit_minutes=60,
            last_visited_on=clock.today(ZONE) - dt.timedelta(days=60),
        )  # fmt: skip


def main() -> None:
    from gcrm.core import db, jobs

    with db.transaction(jobs.system_principal()) as session:
        add(session)


if __name__ == "__main__":
    main()
