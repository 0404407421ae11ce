"""Pages of the day that runs and of what goes out of the house: replan, compare, receipt, slots, hand-over, promises."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import force_locale, format_date, format_time
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from gcrm.core import db, jobs, web
from gcrm.core.config import settings
from gcrm.core.errors import GcrmError, Invalid, NotFound
from gcrm.customers import queries as customers
from gcrm.people import access
from gcrm.people import queries as people
from gcrm.people.models import User
from gcrm.routing import (
    calendar_sync,
    feeds,
    handover,
    labels,
    live_queries,
    live_services,
    queries,
    reasons,
    slot_desk,
)
from gcrm.visits.cadence import DEFAULT_MINUTES

bp = Blueprint("live", __name__)


@bp.post("/plans/<uuid:plan_id>/replan")
@access.hidden_unless("plan_routes")
def replan(plan_id: UUID) -> Response:
    """Plan the rest of the day anew from the desk."""
    session = web.session()
    plan = queries.plan_by_uuid(session, plan_id)
    cause = request.form.get("cause", "asked")
    made = live_services.replan_day(
        session, plan, live_services.Wanted(cause, keep_next="may_change" not in request.form)
    )
    flash(_("Planned anew. %(changes)s", changes=labels.summary(made.changes or [])), "success")
    return redirect(url_for("routing.show", plan_id=made.uuid))


# -- receipt, prices, versions -----------------------------------------------------------------------------------------


@bp.get("/plans/<uuid:plan_id>/receipt")
@access.hidden_unless("plan_routes")
def receipt(plan_id: UUID) -> Any:
    """What the plan was made from, how to make it again, and how it compares with other orders of the same stops."""
    session = web.session()
    plan = queries.plan_by_uuid(session, plan_id, with_problem=True)
    ids = [stop.account_id for stop in plan.stops] + [left.account_id for left in plan.left_out]
    return render_template(
        "routing/receipt.html", plan=plan, receipt=live_queries.receipt_of(session, plan), reasons=reasons.LEFT_OUT,
        accounts=queries.account_uuids(session, ids), local=labels.clock_of(queries.zone_of(session, plan.rep)),
    )  # fmt: skip


@bp.get("/plans/<uuid:plan_id>/problem.json")
@access.hidden_unless("plan_routes")
def problem(plan_id: UUID) -> Response:
    """The problem as `gcrm route solve` reads it, to the byte that the receipt's hash is of."""
    plan = queries.plan_by_uuid(web.session(), plan_id, with_problem=True)
    response = Response(live_queries.stored_problem(plan), mimetype="application/json")
    response.headers.set("Content-Disposition", "attachment", filename="problem.json")
    return response


@bp.get("/plans/<uuid:plan_id>/price")
@access.hidden_unless("plan_routes")
def price(plan_id: UUID) -> Any:
    """What one visit costs the day; a part of a page where one asks for it."""
    session = web.session()
    plan = queries.plan_by_uuid(session, plan_id, with_problem=True)
    account = customers.account_by_uuid(session, request.args.get("account", ""))
    priced = live_queries.price_of(plan, account.id)
    whole = "routing/_price.html" if request.headers.get("HX-Request") else "routing/price.html"
    return render_template(whole, plan=plan, account=account, priced=priced)


@bp.get("/plans/<uuid:plan_id>/versions")
@access.hidden_unless("plan_routes")
def compare(plan_id: UUID) -> Any:
    """Two versions of a day on one map: what came, what went, what moved. Without `with` the one before is taken."""
    session = web.session()
    plan = queries.plan_by_uuid(session, plan_id)
    versions = live_queries.versions(session, plan)
    other = live_queries.compared_with(session, plan, versions, request.args.get("with"))
    zone = queries.zone_of(session, plan.rep)
    found = live_queries.differences(other, plan) if other is not None else []
    return render_template(
        "routing/compare.html", plan=plan, other=other, versions=versions, changes=found, zone=zone, local=labels.clock_of(zone),
        change=labels.change, causes=labels.CAUSES, summary=labels.summary(found),
        routes=live_queries.compared_geojson(other, plan, found) if other is not None else None,
    )  # fmt: skip


# -- slots and the way -------------------------------------------------------------------------------------------------


@bp.get("/accounts/<uuid:account_id>/slots")
@access.hidden_unless("plan_routes")
def offer_slots(account_id: UUID) -> Any:
    """The best times for a visit to an account, while the customer is on the phone."""
    session = web.session()
    account = customers.account_by_uuid(session, account_id)
    reps = people.visible_reps(session)
    asked = request.args.get("rep", type=people.as_uuid) if request.args.get("rep") else None
    minutes = min(600, max(5, request.args.get("minutes", type=int) or account.visit_minutes or DEFAULT_MINUTES))
    slots, rep, fault = [], None, None
    try:
        rep = slot_desk.rep_for(session, account, asked, current_user)
        slots = slot_desk.slots_for(session, account, rep, minutes, count=6)
    except GcrmError as error:
        fault = error.message
    zone = queries.zone_of(session, rep) if rep else None
    return render_template(
        "routing/slots.html", account=account, reps=reps, rep=rep, choices=[(str(one.uuid), one.name) for one in reps], minutes=minutes, slots=slots,
        fault=fault, zone=zone, local=labels.clock_of(zone) if zone else None,
    )  # fmt: skip


@bp.post("/accounts/<uuid:account_id>/slots")
@access.hidden_unless("plan_routes")
def book_slot(account_id: UUID) -> Response:
    """Make the appointment that was offered."""
    session = web.session()
    account = customers.account_by_uuid(session, account_id)
    asked = people.as_uuid(request.form["rep"]) if request.form.get("rep") else None
    rep = slot_desk.rep_for(session, account, asked, current_user)
    visit = slot_desk.book(
        session, account, rep, _instant(request.form.get("starts_at")), request.form.get("minutes", 30, type=int)
    )
    assert visit.starts_at is not None
    shown = visit.starts_at.astimezone(ZoneInfo(queries.zone_of(session, rep)))
    when = f"{format_date(shown, 'medium', rebase=False)}, {format_time(shown, 'short', rebase=False)}"
    flash(_("Booked: %(when)s, %(name)s.", when=when, name=rep.name), "success")
    return redirect(url_for("customers.show", account_id=account.uuid))


def _instant(text: str | None) -> dt.datetime:
    try:
        found = dt.datetime.fromisoformat(text or "")
    except ValueError:
        raise Invalid(_("“%(text)s” is no time such as 2026-11-23T09:30:00+09:00.", text=text or "")) from None
    if found.tzinfo is None:
        raise Invalid(_("“%(text)s” is no time such as 2026-11-23T09:30:00+09:00.", text=text or ""))
    return found


@bp.route("/plans/<uuid:plan_id>/along", methods=["GET", "POST"])
@access.hidden_unless("plan_routes")
def along(plan_id: UUID) -> Any:
    """Accounts that add least driving to a day; one tap takes one along."""
    session = web.session()
    plan = queries.plan_by_uuid(session, plan_id)
    if request.method == "POST":
        account = customers.account_by_uuid(session, request.form.get("account", ""))
        slot_desk.take_along(session, plan, account)
        flash(_("%(name)s comes along.", name=account.name), "success")
        return redirect(url_for("routing.show", plan_id=plan.uuid))
    zone = queries.zone_of(session, plan.rep)
    return render_template(
        "routing/along.html", plan=plan, found=slot_desk.along(session, plan), local=labels.clock_of(zone)
    )


@bp.get("/plans/promises")
@access.hidden_unless("plan_routes")
def promises() -> Any:
    """Per rep and tier: the interval promised, the one that the hours allow, the one that was kept."""
    session = web.session()
    return render_template("routing/promises.html", meters=live_queries.meters(session, people.visible_reps(session)))


# -- hand-over ---------------------------------------------------------------------------------------------------------

FILES = {
    "ics": ("text/calendar; charset=utf-8", lambda sheet: handover.icalendar(sheet.events, sheet.rep, sheet.zone)),
    "gpx": ("application/gpx+xml", handover.gpx),
    "kml": ("application/vnd.google-earth.kml+xml", handover.kml),
    "csv": ("text/csv; charset=utf-8", lambda sheet: handover.csv_of([sheet])),
}


@bp.get("/plans/<uuid:plan_id>/handover")
@access.hidden_unless("plan_routes")
def hand_over(plan_id: UUID) -> Any:
    """Where a day can go: map apps, calendars, files, paper."""
    session = web.session()
    plan = queries.plan_by_uuid(session, plan_id)
    sheet = feeds.sheet(session, plan, _account_url)
    return render_template(
        "routing/handover.html",
        plan=plan,
        links=handover.links(sheet),
        files=list(FILES),
        feed=feeds.feed_of(current_user.id),
    )


@bp.get("/plans/<uuid:plan_id>/day.<any(ics, gpx, kml, csv):ext>")
@access.hidden_unless("plan_routes")
def file(plan_id: UUID, ext: str) -> Response:
    """A day as a file."""
    session = web.session()
    made = feeds.told_sheet if ext == "ics" else feeds.sheet
    sheet = made(session, queries.plan_by_uuid(session, plan_id), _account_url)
    mimetype, write = FILES[ext]
    response = Response(write(sheet), mimetype=mimetype)
    response.headers.set("Content-Disposition", "attachment", filename=f"{sheet.name}.{ext}")
    return response


@bp.get("/plans/<uuid:plan_id>/print")
@access.hidden_unless("plan_routes")
def sheet_of_paper(plan_id: UUID) -> Any:
    """A day on paper."""
    session = web.session()
    plan = queries.plan_by_uuid(session, plan_id)
    return render_template(
        "routing/print.html", plan=plan, sentence=reasons.sentence, zone=queries.zone_of(session, plan.rep),
        local=labels.clock_of(queries.zone_of(session, plan.rep)), phones=live_queries.phones(session, plan),
    )  # fmt: skip


@bp.get("/calendar/<secret>.ics")
def feed(secret: str) -> Response:
    """A person's own feed, for the calendar program that holds the secret; it sees what the person sees."""
    user = feeds.owner(secret)
    if user is None:
        raise NotFound("There is nothing at this address, or nothing that you may see.")
    with force_locale(user.locale or "en"), db.transaction(user.principal) as session:
        calls = feeds.calls_of(session, session.get_one(User, user.id), _account_url)
        text = handover.icalendar(calls, user.name, queries.zone_of(session, user))
    response = web.etag_answer(text, "text/calendar")
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@bp.route("/plans/calendar", methods=["GET", "POST"])
@access.hidden_unless("plan_routes")
def own_feed() -> Any:
    """The own feed: its address is shown once, when it is made."""
    address = None
    if request.method == "POST" and "end" in request.form:
        feeds.end(current_user.id)
        flash(_("The feed is gone; calendars that read it get nothing any more."), "success")
        return redirect(url_for(".own_feed"))
    if request.method == "POST":
        base = settings().base_url or request.host_url.rstrip("/")
        address = base + url_for(".feed", secret=feeds.make(current_user.id))
    return render_template(
        "routing/feed.html", feed=feeds.feed_of(current_user.id), address=address, link=calendar_sync.link_of(current_user.id),
        hosts=[host.strip() for host in settings().caldav_hosts.split(",") if host.strip()],
    )  # fmt: skip


@bp.post("/plans/calendar/link")
@access.hidden_unless("plan_routes")
def join_calendar() -> Response:
    """Join a calendar of one's own, or end that; what moves there moves the stop here."""
    me = web.session().get_one(User, current_user.id)
    if "end" in request.form:
        calendar_sync.part(me)
        flash(_("The calendar is left as it is; nothing goes there any more."), "success")
        return redirect(url_for(".own_feed"))
    words = {name: request.form.get(name, "").strip() for name in ("url", "username")}
    try:
        calendar_sync.join(me, words["url"], words["username"], request.form.get("password", ""))
    except GcrmError as error:
        flash(error.message, "warning")
        return redirect(url_for(".own_feed"))
    jobs.defer(web.session(), "routing.sync_calendar", user_id=me.id, lock=f"calendar of {me.id}")
    flash(_("Joined. Your days are on their way into the calendar."), "success")
    return redirect(url_for(".own_feed"))


@bp.post("/plans/calendar/sync")
@access.hidden_unless("plan_routes")
def sync_calendar() -> Response:
    """Do a round now instead of within five minutes."""
    jobs.defer(web.session(), "routing.sync_calendar", user_id=current_user.id, lock=f"calendar of {current_user.id}")
    flash(_("The calendar is being compared."), "info")
    return redirect(url_for(".own_feed"))


def _account_url(public: UUID) -> str:
    return (settings().base_url or request.host_url.rstrip("/")) + url_for("customers.show", account_id=public)
