"""What the templates of the phone's pages are filled with: the same for a page asked for and for one that a phone stores."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from gcrm.core import money
from gcrm.core.geo import lon_lat
from gcrm.core.held_places import Held
from gcrm.customers.models import Account
from gcrm.customers.selecting import Selection
from gcrm.customers.values import TIERS
from gcrm.field import acts
from gcrm.field.form_queries import VisitForm
from gcrm.field.labels import SKIP_REASONS
from gcrm.field.queries import Briefing
from gcrm.orders.models import Order
from gcrm.orders.queries import Priced
from gcrm.routing import feeds, handover, labels, reasons
from gcrm.routing.models import DayPlan
from gcrm.visits import proof
from gcrm.visits.labels import OUTCOME_LABELS

LATE_MINUTES = (5, 15, 30)


def day_context(session: Session, plan: DayPlan | None, zone: str) -> dict[str, Any]:
    """For what stands around the stops of a day, `field/_day_before.html` and `field/_day_after.html`."""
    links = handover.links(feeds.sheet(session, plan)) if plan is not None else {}
    return {
        "links": links,
        "change": labels.change,
        "causes": labels.CAUSES,
        "zone": zone,
        "late_minutes": LATE_MINUTES,
    }


def stop_context(stop: Any, briefing: Briefing, back: str) -> dict[str, Any]:
    """For `field/stop.html`."""
    return {
        "stop": stop, "back": back, "why": reasons.sentence(stop.why), "where": lon_lat(stop.location), "briefing": briefing,
        "outcomes": OUTCOME_LABELS, "skip_reasons": SKIP_REASONS,
        "account": briefing.account.uuid if briefing.account is not None else None,
    }  # fmt: skip


def unknown_account(public_id: str) -> dict[str, Any]:
    """For `field/unplanned.html` as a phone stores it, with words in capitals for what it puts in."""
    about = SimpleNamespace(
        uuid=public_id, name="ACCOUNT-NAME", street="ACCOUNT-ADDRESS", city=None, phone_e164="ACCOUNT-PHONE", phone=None, note=None,
    )  # fmt: skip
    briefing = Briefing.of_stand_in(about)
    return {"account": about, "briefing": briefing, "outcomes": OUTCOME_LABELS, "where": None}


def visit_context(
    visit: Any, name: str, briefing: Briefing, today: dt.date, back: str, stop: Any = None, *, form: VisitForm,
    ordered: Sequence[Order] = (),
) -> dict[str, Any]:  # fmt: skip
    """For `field/visit.html`; `ordered` at the visit so far."""
    return {
        "visit": visit, "name": name, "briefing": briefing, "back": back, "today": today, "soon": _soon(today),
        "outcomes": OUTCOME_LABELS, "form": form, "ordered": ordered, "photos": visit.photos or [],
        "log_values": _log_values(visit, briefing, stop),
    }  # fmt: skip


def _log_values(visit: Any, briefing: Briefing, stop: Any) -> dict[str, str]:
    """What the act of logging says besides the form."""
    values = {"visit": str(visit.uuid)}
    if stop is not None:
        values["stop"] = str(stop.uuid)
    if briefing.account is not None:
        values["account"] = str(briefing.account.uuid)
    return values


def _soon(today: dt.date) -> list[tuple[dt.date, str]]:
    """Days that a next step is usually put to."""
    return [
        (today + dt.timedelta(days=1), _("Tomorrow")),
        (today + dt.timedelta(days=7), _("In a week")),
        (today + dt.timedelta(days=30), _("In a month")),
    ]


def order_context(
    offered: Sequence[Priced], currency: str, day: dt.date, account: Account | None = None, visit: UUID | None = None
) -> dict[str, Any]:
    """For `field/order.html`; without an account it is the page that a phone stores, whose address says for whom it is."""
    values = {"price_day": day.isoformat(), "currency": currency}
    if account is not None:
        values["account"] = str(account.uuid)
    return {
        "account": account, "offered": offered, "day": day, "currency": currency, "digits": money.digits(currency),
        "values": values | ({"visit": str(visit)} if visit else {}), "order_id": uuid4() if account is not None else "",
        "back": url_for("field.visit", visit_id=visit) if visit else url_for("field.today"),
    }  # fmt: skip


def near_context(plan: DayPlan | None) -> dict[str, Any]:
    """For `field/near.html` as a phone stores it, which finds the accounts itself."""
    texts = {
        "tier": _("Tier {tier}"), "prospect": _("prospect"), "overdue": _("{number} days overdue"), "never": _("never visited"),
        "visited": _("last visited {day}"), "distance": _("{distance} km"), "no_detour": _("no detour"), "added": _("+{minutes} min"),
        "drive": _("{minutes} min"),
    }  # fmt: skip
    return {"day": plan.day if plan is not None else None, "selection": Selection(), "tiers": TIERS, "texts": texts}


def prospect_context() -> dict[str, Any]:
    """For `field/prospect.html` as a phone stores it: nothing is typed yet."""
    return {"given": {}, "faults": {}, "twins": None}


def about_context(held: Sequence[Held]) -> dict[str, Any]:
    """For `field/about_me.html`."""
    return {
        "held": held, "days": proof.EXACT_DAYS, "fades_on": lambda one: proof.fades_on(one.at.date()),
        "content_days": acts.CONTENT_DAYS, "trouble_days": acts.TROUBLE_DAYS,
    }  # fmt: skip
