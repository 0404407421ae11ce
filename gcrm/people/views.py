"""People and teams for admins, the invitation that a person answers, and everybody's own settings."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import available_timezones

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from gcrm.core import db, mail, web
from gcrm.core.config import settings
from gcrm.core.errors import GcrmError, Invalid
from gcrm.core.geo import ewkt, lon_lat
from gcrm.people import access, queries, services, tokens
from gcrm.people.labels import MAP_APP_LABELS, ROLE_LABELS, ROLE_TEXTS
from gcrm.people.models import Team, User

bp = Blueprint("people", __name__)

LANGUAGES = (("en", "English"), ("ko", "한국어"))


@bp.get("/people")
@access.may("administer")
def index() -> Any:
    session = web.session()
    return render_template(
        "people/index.html", people=queries.users_of(session, active=False), tree=queries.team_tree(session),
        invitations=queries.open_invitations(session), roles=ROLE_LABELS,
    )  # fmt: skip


@bp.route("/people/new", methods=["GET", "POST"])
@access.may("administer")
def new() -> Any:
    """Add a person and show the link with which they choose a password."""
    session = web.session()
    fault = None
    if request.method == "POST":
        try:
            user = services.add_user(
                session, email=request.form.get("email", ""), role=request.form.get("role", ""),
                name=request.form.get("name") or None, team=_team(),
            )  # fmt: skip
        except GcrmError as error:
            session.rollback()
            fault = error.message
        else:
            return _show_invitation(user)
    return render_template(
        "people/new.html",
        fault=fault,
        given=request.form,
        roles=ROLE_LABELS,
        texts=ROLE_TEXTS,
        teams=queries.teams(session),
    ), 422 if fault else 200


@bp.route("/people/<uuid:user_id>", methods=["GET", "POST"])
@access.may("administer")
def edit(user_id: Any) -> Any:
    session = web.session()
    user = queries.user_by_uuid(session, user_id)
    fault = None
    if request.method == "POST":
        try:
            services.change_user(
                session, user, name=request.form.get("name", ""), role=request.form.get("role", ""), team=_team()
            )
            _take_hours(user)
            session.flush()
            flash(_("Saved."), "success")
            return redirect(url_for(".index"))
        except GcrmError as error:
            session.rollback()
            fault = error.message
    return render_template(
        "people/edit.html", user=user, fault=fault, given=request.form, roles=ROLE_LABELS, texts=ROLE_TEXTS,
        teams=queries.teams(session), home=lon_lat(user.home) if user.home is not None else None,
    ), 422 if fault else 200  # fmt: skip


@bp.post("/people/<uuid:user_id>/invite")
@access.may("administer")
def invite(user_id: Any) -> Any:
    return _show_invitation(queries.user_by_uuid(web.session(), user_id))


@bp.post("/people/<uuid:user_id>/deactivate")
@access.may("administer")
def deactivate(user_id: Any) -> Response:
    user = queries.user_by_uuid(web.session(), user_id)
    services.deactivate(web.session(), user)
    flash(_("%(name)s cannot sign in any more. Nothing that they did is lost.", name=user.name), "success")
    return redirect(url_for(".index"))


@bp.post("/people/<uuid:user_id>/activate")
@access.may("administer")
def activate(user_id: Any) -> Response:
    user = queries.user_by_uuid(web.session(), user_id)
    user.active = True
    flash(_("%(name)s can sign in again.", name=user.name), "success")
    return redirect(url_for(".index"))


@bp.post("/teams")
@access.may("administer")
def add_team() -> Response:
    session = web.session()
    parent = session.get(Team, request.form.get("parent", type=int)) if request.form.get("parent") else None
    services.find_or_add_team(session, request.form.get("name", ""), parent)
    flash(_("The team is there."), "success")
    return redirect(url_for(".index"))


@bp.route("/join/<token>", methods=["GET", "POST"])
def join(token: str) -> Any:
    """A person with an invitation chooses a password; whoever has no valid one sees that it is too old."""
    fault = None
    with db.transaction(None) as session:
        _invitation, user = services.invited(session, token)
        person = {"name": user.name, "email": user.email}
        if request.method == "POST":
            try:
                with session.begin_nested():
                    services.accept_invitation(
                        session, token, request.form.get("password", ""), request.form.get("name")
                    )
            except Invalid as error:
                fault = error.message
    if request.method == "POST" and fault is None:
        flash(_("Your password is set. Sign in to go on."), "success")
        return redirect(url_for("security.login"))
    return render_template("people/join.html", person=person, fault=fault), 422 if fault else 200


@bp.route("/me", methods=["GET", "POST"])
def me() -> Any:
    """One's own language, zone, hours and home; a rep's day begins and ends there."""
    fault = None
    with db.transaction(None) as session:
        user = session.get_one(User, current_user.id)
        if request.method == "POST":
            try:
                with session.begin_nested():
                    _take_own(user)
                    _take_hours(user)
                    session.flush()
            except GcrmError as error:
                fault = error.message
    if request.method == "POST" and fault is None:
        flash(_("Saved."), "success")
        return redirect(url_for(".me"))
    return render_template(
        "people/me.html", user=user, fault=fault, given=request.form, languages=LANGUAGES,
        map_apps=list(MAP_APP_LABELS.items()),
        zones=sorted(zone for zone in available_timezones() if "/" in zone),
        home=lon_lat(user.home) if user.home is not None else None,
    ), 422 if fault else 200  # fmt: skip


@bp.post("/me/tokens")
def make_token() -> Any:
    """A bearer token for one's own programs, shown once."""
    with db.transaction(None) as session:
        user = session.get_one(User, current_user.id)
        made = tokens.make(session, user, (request.form.get("name") or _("API"))[:100], days=365)
    return render_template("people/token.html", token=made)


def _team() -> Team | None:
    chosen = request.form.get("team", type=int)
    return web.session().get(Team, chosen) if chosen else None


def _show_invitation(user: User) -> Any:
    token = services.invite(web.session(), user)
    base = settings().base_url or request.host_url.rstrip("/")
    link = base + url_for(".join", token=token)
    if mail.is_set():
        text = _("Choose your password here: %(link)s", link=link)
        mail.send(mail.compose(user.email, _("Your invitation to gcrm"), text))
    return render_template(
        "people/invited.html", user=user, link=link, is_mailed=mail.is_set(), days=services.INVITATION_DAYS
    )


def _take_own(user: User) -> None:
    locale, zone = request.form.get("locale"), request.form.get("timezone")
    user.locale = locale if locale in dict(LANGUAGES) else None
    user.timezone = zone if zone in available_timezones() else None
    if "map_app" in request.form:
        user.map_app = request.form["map_app"] if request.form["map_app"] in MAP_APP_LABELS else None
    user.phone = (request.form.get("phone") or "").strip()[:40] or None


def _take_hours(user: User) -> None:
    """Working hours, lunch and home, as the form names them."""
    form = request.form
    if "work_starts" in form:
        days = sorted({int(day) for day in form.getlist("work_days") if day in "1234567" and day})
        starts, ends = _time("work_starts"), _time("work_ends")
        if ends <= starts:
            raise Invalid(_("The working day ends before it begins."))
        user.work_days, user.work_starts, user.work_ends = days, starts, ends
        user.lunch_from, user.lunch_until = _time("lunch_from"), _time("lunch_until")
        if user.lunch_until < user.lunch_from:
            raise Invalid(_("Lunch cannot begin at the latest before it begins at the earliest."))
        minutes = form.get("lunch_minutes", type=int)
        if minutes is None or not 0 <= minutes <= 180:
            raise Invalid(_("Lunch lasts between 0 and 180 minutes."))
        user.lunch_minutes = minutes
    if form.get("lon") and form.get("lat"):
        try:
            user.home = ewkt(float(form["lon"]), float(form["lat"]))  # type: ignore[assignment]
        except ValueError:
            raise Invalid(_("The position of the home is not a number.")) from None
    if "home_address" in form:
        user.home_address = form["home_address"].strip()[:300] or None


def _time(name: str) -> dt.time:
    try:
        return dt.time.fromisoformat(request.form.get(name, ""))
    except ValueError:
        raise Invalid(_("“%(text)s” is no time of day such as 08:30.", text=request.form.get(name, ""))) from None
