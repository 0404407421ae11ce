"""What visits add to an account's page (appointments, open tasks, a short form to log a call or a note) and to the map."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from flask import render_template, url_for
from flask_babel import format_date
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy.orm import Session

from gcrm.core import clock, map_layers, talking, web
from gcrm.customers import panels
from gcrm.customers.models import Account, Touch
from gcrm.pipeline.labels import short_day
from gcrm.visits import map_queries, queries, services
from gcrm.visits.forms import ActivityForm
from gcrm.visits.labels import KIND_ICONS, KIND_LABELS, OUTCOME_LABELS, OUTCOME_TONES

REMEMBERED = dt.timedelta(days=180)
LONGEST_SAID = 120


def quick_log(account: Account) -> str:
    """Two taps: the kind, and what it was about."""
    if not current_user.may("log_activities"):
        return ""
    return render_template("visits/_quick_log.html", account=account, form=ActivityForm(kind="call"), icons=KIND_ICONS)


def appointments(account: Account) -> str:
    session = web.session()
    zone = ZoneInfo(services.zone_of(session, account))
    return render_template(
        "visits/_appointments.html", account=account, there=lambda moment: moment.astimezone(zone), visits=queries.visits_of(session, account.id, 3),
        appointments=queries.appointments_of(session, account.id, clock.now()), outcomes=OUTCOME_LABELS,
        tones=OUTCOME_TONES,
    )  # fmt: skip


def tasks(account: Account) -> str:
    session = web.session()
    found = queries.tasks_of(session, account.id)
    return render_template(
        "visits/_tasks.html", account=account, tasks=found, short_day=short_day,
        today=clock.today(services.zone_of(session, account)),
    )  # fmt: skip


def last_trouble(session: Session, account_ids: Sequence[int]) -> dict[int, list[talking.Point]]:
    """What the last service visits were about, as long as people remember it."""
    return {
        visit.account_id: [
            talking.Point("tool", _("Last service: %(note)s", note=visit.note[:LONGEST_SAID]), format_date(visit.finished_at, "medium"))
        ]
        for visit in queries.last_services(session, account_ids, clock.now() - REMEMBERED)
        if visit.note
    }  # fmt: skip


talking.register(last_trouble)


def log_action(account: Account) -> dict[str, Any] | None:
    if not current_user.may("log_activities"):
        return None
    return {
        "label": _("Log a visit"),
        "url": url_for("visits.log", account=account.uuid),
        "icon": "map-pin",
        "kind": "primary",
    }


def _outcome(touch: Touch) -> str:
    return str(OUTCOME_LABELS.get(touch.summary, touch.summary))


def _visit_url(touch: Touch) -> str | None:
    return url_for("visits.show", visit_id=touch.subject) if touch.subject else None


def _task_url(touch: Touch) -> str | None:
    return url_for("visits.edit_task", task_id=touch.subject) if touch.subject else None


for _kind, _label in KIND_LABELS.items():
    panels.register_kind(_kind, _label, KIND_ICONS[_kind])
panels.register_kind("visit", KIND_LABELS["visit"], KIND_ICONS["visit"], _outcome, _visit_url)
panels.register_kind("task", KIND_LABELS["task"], KIND_ICONS["task"], href=_task_url)
panels.register("quick_log", 10, quick_log)
panels.register("appointments", 10, appointments, place="side")
panels.register("tasks", 20, tasks, place="side")
panels.register_action("log_visit", 10, log_action)

map_layers.register(
    map_layers.MapLayer(
        "coverage", _l("Coverage"), "calendar-check", 30, is_way=True, counted=_l("accounts"), note=_l("Days since the last visit against the account’s cadence."),
    )
)  # fmt: skip
map_layers.register(
    map_layers.MapLayer(
        "visits", _l("Visits of a period"), "map-pin-check", 40, rows=map_queries.visits, asks="period", shape="square",
        counted=_l("visits"), page=("visits.show", "visit_id"), note=_l("Finished visits, where their accounts are, by what came of them."),
    )
)  # fmt: skip
