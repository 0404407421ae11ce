"""The stored day, `/field/day.json`: what a phone needs to go through its days without the server.

Its pages and pieces are made by the templates of the pages that the server sends, so that they look and read alike.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from flask import Blueprint, Response, current_app, json, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_login import current_user

from gcrm.core import clock, held_places, paths, web
from gcrm.core.geo import lon_lat
from gcrm.field import acts, day_map, evening_queries, page_views, snapshot_queries
from gcrm.field.labels import SKIP_REASONS
from gcrm.field.queries import Briefing
from gcrm.field.snapshot_queries import Stored
from gcrm.people import access
from gcrm.people.models import User
from gcrm.routing import live_queries, reasons
from gcrm.routing import travel_queries as travel
from gcrm.routing.models import DayPlan, Stop
from gcrm.visits import services as visits

bp = Blueprint("snapshot", __name__)

END = "\x1e"
"""Ends a piece; no text of ours or of a customer's holds it."""
VISIT_TO_COME, ACCOUNT_TO_COME = "VISIT-ID", "ACCOUNT-ID"
"""Stand for the visit that the phone will make, and for whom it will visit outside any plan."""
PAGE = ("title", "heading", "back", "main", "actions")
OF_STOP = ("card", "row", "done", "skipped", "order")
OF_ANY = ("late_row", "late_row_broken", "added_card", "added_row", "added_order")
"""Pieces by their names, in the order of `field/_stored_day.html` and `field/_stored_rows.html`."""


@bp.get("/day.json")
@access.hidden_unless("plan_routes")
def day() -> Response:
    """The days ahead as a phone keeps them; 304 where it has them so already."""
    session = web.session()
    rep = session.get_one(User, current_user.id)
    mark = version(rep)
    if request.if_none_match.contains(mark):
        answer = Response(status=304)
    else:
        body = json.dumps(_document(snapshot_queries.stored(session, rep)))
        answer = Response(body, mimetype="application/json")
    answer.set_etag(mark)
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.vary.add("Cookie")
    return answer


def version(rep: User) -> str:
    """The ETag of a rep's stored day, in the language of who asks."""
    found = snapshot_queries.version_of(web.session(), rep)
    return f"{found}-{get_locale() or 'en'}-{_made_by()}"


@lru_cache(maxsize=1)
def _made_by() -> str:
    """Changes with the templates that the pages are made by, so with each release."""
    files = [*sorted((paths.templates() / "field").glob("*")), *sorted((paths.templates() / "core").glob("_*"))]
    said = b"".join(file.read_bytes() for file in files) + str(acts.SCHEMA).encode()
    return hashlib.sha256(said).hexdigest()[:8]


def _document(stored: Stored) -> dict[str, Any]:
    templates = _Templates()
    rep = stored.rep
    return {
        "schema": acts.SCHEMA,
        "person": {"id": str(rep.uuid), "name": rep.name, "locale": rep.locale},
        "taken_at": clock.now().isoformat(),
        "zone": stored.zone,
        "days": _days(stored, templates),
        "accounts": stored.near,
        "tasks": stored.tasks,
        "pages": _other_pages(stored, templates),
        "pieces": _pieces(stored, templates),
        "texts": {},
        **stored.parts,
    }


def _other_pages(stored: Stored, templates: _Templates) -> dict[str, Any]:
    """Pages that open at their own address without a connection."""
    session = web.session()
    plan = next((plan for plan in stored.plans if plan.day == stored.today and plan.stops), None)
    evening = evening_queries.evening(session, stored.rep, stored.today)
    return {
        url_for("field.orders.new"): _order_page(stored, templates),
        url_for("field.near.near"): templates.page("field/near.html", **page_views.near_context(plan)),
        url_for("field.near.new"): templates.page("field/prospect.html", **page_views.prospect_context()),
        url_for("field.evening.evening"): templates.page(
            "field/evening.html", evening=evening, today=stored.today, fault=None, given={}, skip_reasons=SKIP_REASONS
        ),
        url_for("field.about.about_me"): templates.page(
            "field/about_me.html", **page_views.about_context(held_places.held(session, stored.rep.id))
        ),
    }


def _order_page(stored: Stored, templates: _Templates) -> Mapping[str, str]:
    """The page to order from, for whomever its address names."""
    context = page_views.order_context(stored.form.products, stored.currency, stored.today)
    return templates.page("field/order.html", **context, fault=None, given={})


def _days(stored: Stored, templates: _Templates) -> list[dict[str, Any]]:
    """Today in any case, then the others that have a plan."""
    days = [_day(stored, templates, plan.day, plan) for plan in stored.plans]
    if not any(plan.day == stored.today for plan in stored.plans):
        days.insert(0, _day(stored, templates, stored.today, None))
    return days


def _day(stored: Stored, templates: _Templates, on: dt.date, plan: DayPlan | None) -> dict[str, Any]:
    stops = list(plan.stops) if plan is not None else []
    ahead = [stop for stop in stops if stop.status in ("ahead", "arrived")]
    shown = SimpleNamespace(
        week=stored.week, day=on, today=stored.today, is_today=on == stored.today, plan=plan, next_stop=next(iter(ahead), None),
        later=ahead[1:],
    )  # fmt: skip
    strip, late, replan, order, changes, after, *pieces = templates.pieces(
        "field/_stored_day.html", layout="field/_stored.html", day=shown, why=reasons.sentence,
        stops=[_in_each_status(stop, stored.briefings[stop.account_id]) for stop in stops],
        **page_views.day_context(web.session(), plan, stored.zone),
    )  # fmt: skip
    latest = live_queries.latest_starts(plan) if plan is not None else {}
    return {
        "day": on.isoformat(),
        "label": templates.filtered("weekday_date", on),
        "plan": str(plan.uuid) if plan is not None else None,
        "version": plan.id if plan is not None else None,
        "is_published": plan is not None,
        "late_minutes": plan.late_minutes if plan is not None else None,
        "late_at": _iso(plan.late_at) if plan is not None else None,
        "is_accepted": plan is not None and plan.accepted_at is not None,
        "strip": strip,
        "map": picture(plan, stored.near) if plan is not None else None,
        "pieces": {"late": late, "replan": replan, "order": order, "changes": changes, "after": after},
        "stops": [
            _stop(stored, templates, on, stop, pieces[place * len(OF_STOP) :][: len(OF_STOP)])
            | {"latest_at": _iso(latest[stop.id])}
            for place, stop in enumerate(stops)
        ],
    }


def _iso(moment: dt.datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _in_each_status(stop: Stop, briefing: Briefing) -> Any:
    begun = stop if stop.status == "arrived" else _As(stop, status="ahead")
    done, skipped = _As(stop, status="done"), _As(stop, status="skipped")
    return SimpleNamespace(ahead=begun, done=done, skipped=skipped, briefing=briefing)


def _stop(stored: Stored, templates: _Templates, on: dt.date, stop: Stop, pieces: Sequence[str]) -> dict[str, Any]:
    briefing = stored.briefings[stop.account_id]
    lon, lat = lon_lat(stop.location)
    return {
        "id": str(stop.uuid),
        "account": str(briefing.account.uuid) if briefing.account is not None else None,
        "name": stop.account_name,
        "status": stop.status,
        "position": stop.position,
        "visit": str(stop.visit.uuid) if stop.visit is not None else None,
        "arrive_at": stop.arrive_at.isoformat(),
        "start_at": stop.start_at.isoformat(),
        "depart_at": stop.depart_at.isoformat(),
        "travel_seconds": stop.travel_seconds,
        "travel_metres": stop.travel_metres,
        "lon": lon,
        "lat": lat,
        "is_fixed": stop.is_fixed,
        "radius_metres": visits.check_in_radius(web.session(), briefing.account),
        "pieces": dict(zip(OF_STOP, pieces, strict=True)),
        "pages": _pages(stored, templates, on, stop, briefing),
    }


def _pages(stored: Stored, templates: _Templates, on: dt.date, stop: Stop, briefing: Briefing) -> dict[str, Any]:
    back = url_for("field.today", day=None if on == stored.today else on.isoformat())
    visit = stop.visit or _Blank(uuid=VISIT_TO_COME, status="arrived", arrived_at=clock.now())
    about_visit = page_views.visit_context(
        visit, stop.account_name, briefing, stored.today, back, stop, form=stored.form,
        ordered=stored.ordered.get(stop.visit.uuid, ()) if stop.visit is not None else (),
    )  # fmt: skip
    return {
        "stop": templates.page("field/stop.html", **page_views.stop_context(stop, briefing, back)),
        "visit": templates.page("field/visit.html", **about_visit, fault=None, given={}),
    }


def _pieces(stored: Stored, templates: _Templates) -> dict[str, Any]:
    """What the phone makes pages of for accounts that are on no plan."""
    rows = templates.pieces("field/_stored_rows.html", layout="field/_stored.html")
    return {
        "visit": _visit_anywhere(stored, templates),
        "account": templates.page("field/unplanned.html", **page_views.unknown_account(ACCOUNT_TO_COME)),
    } | dict(zip(OF_ANY, rows, strict=True))


def _visit_anywhere(stored: Stored, templates: _Templates) -> Mapping[str, str]:
    """The page of a visit on no plan, begun on the phone without a connection."""
    about = Briefing.of_stand_in(_Blank(uuid=ACCOUNT_TO_COME))
    visit = _Blank(uuid=VISIT_TO_COME, status="arrived")
    context = page_views.visit_context(visit, "", about, stored.today, url_for("field.today"), form=stored.form)
    return templates.page("field/visit.html", **context, fault=None, given={})


def picture(plan: DayPlan, near: Sequence[Mapping[str, Any]]) -> str | None:
    """The day's picture with the towns of accounts near it; None for a day without stops."""
    way: list[Any] = travel.line_of(plan)
    stops = [day_map.Numbered(str(stop.uuid), stop.position, lon_lat(stop.location)) for stop in plan.stops]
    view = day_map.view_of([*[stop.point for stop in stops], *way])
    if view is None or not stops:
        return None
    ground = day_map.Ground(
        snapshot_queries.borders(web.session(), view.box, day_map.WIDTH), snapshot_queries.main_roads(view.box),
        snapshot_queries.towns(near),
    )  # fmt: skip
    ends = {point for point in (plan.begin, plan.end) if point is not None}
    return day_map.draw(view, _("The day on a map"), stops, way, sorted(ends), ground)


class _As:
    """A row with some of its values other than they are."""

    def __init__(self, row: Any, **other: Any) -> None:
        self._row = row
        self.__dict__.update(other)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._row, name)


class _Blank:
    """A row that is not there yet: some values, and None for any other."""

    def __init__(self, **known: Any) -> None:
        self.__dict__.update(known)

    def __getattr__(self, name: str) -> None:
        if name.startswith("__"):
            raise AttributeError(name)


class _Templates:
    """Renders many pieces with what every page gets, gathered once."""

    def __init__(self) -> None:
        self._base: dict[str, Any] = {}
        current_app.update_template_context(self._base)
        # A form's token is the session's; the phone puts the one of its hello in.
        self._base |= {"csrf_token": str, "end": END}

    def filtered(self, name: str, value: Any) -> str:
        return str(current_app.jinja_env.filters[name](value))

    def pieces(self, template: str, **values: Any) -> list[str]:
        whole = current_app.jinja_env.get_template(template).render(self._base | values)
        return [piece.strip() for piece in whole.split(END)]

    def page(self, template: str, **values: Any) -> Mapping[str, str]:
        """A page's blocks."""
        return dict(zip(PAGE, self.pieces(template, **values, layout="field/_stored.html"), strict=True))
