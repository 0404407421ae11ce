"""A rep with a day of the own that may be changed: `python -m tests.journeys.walker` adds them to the site's company."""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.orm import Session

from gcrm.people import services as people
from gcrm.people.models import User
from tests import factories as make
from tests.field.walked import HOME, make_walked_day
from tests.journeys.company import PASSWORD

EMAIL = "walker@demo.example"


def add(session: Session) -> None:
    rep = make.make_user(session, "rep", email=EMAIL, name="Wanda Walker", home=HOME)
    make_walked_day(session, rep)


def main() -> None:
    from gcrm.core import db, jobs

    with db.transaction(jobs.system_principal()) as session:
        add(session)
    with db.transaction(None) as session:
        session.execute(update(User).where(User.email == EMAIL).values(password=people.hash_password(PASSWORD)))


if __name__ == "__main__":
    main()
