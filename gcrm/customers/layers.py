"""What accounts add to the phone: a contact's birthday."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from gcrm.core import talking
from gcrm.customers import birthdays, contact_queries
from gcrm.people import queries as people


def birthdays_near(session: Session, account_ids: Sequence[int]) -> dict[int, list[talking.Point]]:
    """Contacts who have a birthday within two weeks."""
    today = people.today(session)
    found: dict[int, list[talking.Point]] = defaultdict(list)
    for contact in contact_queries.contacts_with_more(session, account_ids):
        birthday = birthdays.of(contact.extra)
        days = birthdays.days_until(birthday, today) if birthday else birthdays.SOON_DAYS + 1
        if days <= birthdays.SOON_DAYS:
            when = _("today") if days == 0 else _("in %(days)s days", days=days)
            found[contact.account_id].append(talking.Point("star", _("Birthday: %(name)s", name=contact.name), when))
    return found


talking.register(birthdays_near)
