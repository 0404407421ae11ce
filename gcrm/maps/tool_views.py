"""The tools of the map: what a drawn area holds and what is done with it, what is near, reached in time or on the way."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from werkzeug.datastructures import MultiDict
from werkzeug.urls import iri_to_uri
from werkzeug.wrappers import Response

from gcrm.core import forms as fields
from gcrm.core import web
from gcrm.core.errors import Invalid, NotFound
from gcrm.core.formats import number
from gcrm.customers import area_queries, area_services, bulk_services, queries, shapes
from gcrm.customers.bulk_services import Done, NumberToConfirm
from gcrm.customers.selecting import Selection
from gcrm.maps import layers, tool_pages
from gcrm.people import access
from gcrm.people import queries as people
from gcrm.people.models import User
from gcrm.routing import candidate_services, corridor_queries, reach
from gcrm.routing import queries as routing
from gcrm.routing.corridor_queries import Beside
from gcrm.routing.problem import Place

bp = Blueprint("tools", __name__)

LISTED = 30
MOST_CHOICES = 400
"""People in a list to choose from; where there are more, their address is typed."""
USUAL_MINUTES = 10
LONGEST_NOTE = 120
FORMS = {"tag": "maps/_tag_form.html", "assign": "maps/_assign_form.html", "plan": "maps/_plan_form.html"}
"""The form of each act on a selection."""


# -- what is selected --------------------------------------------------------------------------------------------------


@bp.get("/map/selected")
def selected() -> Any:
    """How many accounts a selection holds, what they are worth, and what can be done with them."""
    selection = Selection.parse(request.args)
    near = _circle(selection)
    rows = []
    if near is not None:
        rest = selection.without("near")
        rows = queries.accounts_near(web.session(), rest, near.lon, near.lat, near.metres, LISTED)
    return render_template(
        "maps/_selected.html", selection=selection, figures=queries.figures(web.session(), selection), near=near, rows=rows,
        list_url=layers.list_url(selection), exports=tool_pages.exports(selection), radii=tool_pages.RADII_METRES,
        regions_url=f"{url_for('maps.regions.choropleth')}?{selection.query_string()}",
    )  # fmt: skip


def _circle(selection: Selection) -> shapes.Circle | None:
    word = selection.get("near")
    return shapes.circle(word) if word else None


@bp.get("/map/shape")
def shape() -> Response:
    """The areas of a selection and its circle as GeoJSON, for the map to draw."""
    selection = Selection.parse(request.args)
    near = _circle(selection)
    around = shapes.round_of(near) if near else None
    found = [("area", area_queries.shape_of(selection.all("area")))] if selection.all("area") else []
    if around is not None:
        found.append(("near", shapes.geojson(around)))
    features = [{"type": "Feature", "properties": {"kind": kind}, "geometry": each} for kind, each in found]
    return jsonify(type="FeatureCollection", features=features)


# -- changing all of them ----------------------------------------------------------------------------------------------


@bp.get("/map/selected/tag")
@access.may("edit_customers")
def tag_form() -> Any:
    return _form("tag", Selection.parse(request.args))


@bp.post("/map/selected/tag")
@access.may("edit_customers")
def tag() -> Any:
    """Put a tag on all selected accounts, or take it off them."""
    selection, word = _posted(), request.form.get("tag", "")
    verb = bulk_services.untag if request.form.get("verb") == "untag" else bulk_services.tag
    try:
        done = verb(web.session(), current_user.id, selection, word, _confirmed())
    except NumberToConfirm as error:
        return _form("tag", selection, count=error.count)
    except Invalid as error:
        return _form("tag", selection, fault=error.message)
    said = {
        bulk_services.tag: ngettext(
            "%(n)s account is tagged “%(tag)s”.", "%(n)s accounts are tagged “%(tag)s”.", done.changed,
            n=number(done.changed), tag=word.strip(),
        ),
        bulk_services.untag: ngettext(
            "The tag “%(tag)s” is off %(n)s account.", "The tag “%(tag)s” is off %(n)s accounts.", done.changed,
            n=number(done.changed), tag=word.strip(),
        ),
    }  # fmt: skip
    return _changed(done, said[verb], selection)


@bp.get("/map/selected/assign")
@access.may("assign_customers")
def assign_form() -> Any:
    return _form("assign", Selection.parse(request.args))


@bp.post("/map/selected/assign")
@access.may("assign_customers")
def assign() -> Any:
    """Make one person the owner of all selected accounts."""
    selection, session = _posted(), web.session()
    owner = people.user_by_email(session, request.form.get("owner", "").strip())
    if owner is None:
        return _form("assign", selection, fault=_("There is nobody with this address."))
    try:
        done = bulk_services.assign(session, current_user.id, selection, owner, _confirmed())
    except NumberToConfirm as error:
        return _form("assign", selection, count=error.count)
    except Invalid as error:
        return _form("assign", selection, fault=error.message)
    said = ngettext(
        "%(n)s account is with %(name)s now.", "%(n)s accounts are with %(name)s now.", done.changed,
        n=number(done.changed), name=owner.name,
    )  # fmt: skip
    return _changed(done, said, selection)


@bp.get("/map/selected/plan")
@access.hidden_unless("plan_routes")
def plan_form() -> Any:
    return _form("plan", Selection.parse(request.args))


@bp.post("/map/selected/plan")
@access.hidden_unless("plan_routes")
def plan() -> Any:
    """Bring the selected accounts into a rep's day."""
    selection, session = _posted(), web.session()
    try:
        day, rep = fields.day(request.form.get("day")), _rep(request.form.get("rep"))
        if day is None or day < people.today(session):
            raise Invalid(_("Choose today or a day to come."))
        ids = queries.ids_up_to(session, selection, candidate_services.MOST_ADDED + 1)
        if len(ids) > candidate_services.MOST_ADDED:
            raise Invalid(_("At most %(n)s accounts come into a day at one time.", n=candidate_services.MOST_ADDED))
        brought = candidate_services.bring_into_day(session, rep, day, ids, _("Visit"))
    except Invalid as error:
        return _form("plan", selection, fault=error.message)
    web.say(tool_pages.brought_said(brought, rep, day))
    if brought.plan is not None:
        return redirect(url_for("routing.show", plan_id=brought.plan.uuid))
    since: dict[str, Any] = {"from": day.isoformat()}
    return redirect(url_for("routing.index", **since))


def _rep(public: str | None) -> User:
    """The rep who is named; a rep's own day needs no name."""
    reps = people.visible_reps(web.session())
    found = next((rep for rep in reps if str(rep.uuid) == public or (not public and rep.id == current_user.id)), None)
    if found is None:
        raise Invalid(_("Choose whose day it is."))
    return found


@bp.post("/map/undo/<uuid:change_id>")
@access.may("edit_customers")
def undo(change_id: uuid.UUID) -> Any:
    """Take a change of many accounts back."""
    bulk_services.undo(web.session(), change_id)
    web.say(_("It is as it was before."))
    return redirect(_map(Selection.parse(request.args)))


def _posted() -> Selection:
    """The selection that a form carries along as a query string."""
    from urllib.parse import parse_qsl

    words = request.form.get("selection", "")
    return Selection.parse(MultiDict(parse_qsl(words, keep_blank_values=True, max_num_fields=500)))


def _confirmed() -> int | None:
    return request.form.get("confirmed", type=int)


def _form(verb: str, selection: Selection, fault: str | None = None, count: int | None = None) -> Any:
    """The form of one act; a fault or a number to confirm sends it back."""
    session = web.session()
    values: dict[str, Any] = {}
    if verb == "assign":
        owners = people.users_of(session, ("rep", "manager"))
        values["owners"] = owners if len(owners) <= MOST_CHOICES else None
    if verb == "plan":
        reps, today = people.visible_reps(session), people.today(session)
        values |= {"reps": reps if [rep.id for rep in reps] != [current_user.id] else [], "today": today}
    figures = queries.figures(session, selection)
    answer = render_template(FORMS[verb], selection=selection, figures=figures, fault=fault, to_confirm=count, **values)
    return (answer, 422) if fault or count else answer


def _changed(done: Done, said: str, selection: Selection) -> Any:
    if done.change is None:
        web.say(_("All of them were so already; nothing was changed."), "info")
    else:
        web.say(said, undo_url=url_for(".undo", change_id=done.change.uuid, **_words(selection)))
    return redirect(_map(selection))


def _words(selection: Selection) -> dict[str, Any]:
    return {name: list(values) for name, values in selection.values.items()}


def _map(selection: Selection) -> str:
    return iri_to_uri(url_for("maps.accounts", **_words(selection)))


# -- areas -------------------------------------------------------------------------------------------------------------


@bp.get("/map/areas")
def areas() -> Any:
    """The areas that one has, or that are shared."""
    return render_template("maps/_areas.html", areas=area_queries.areas(web.session()), fault=None)


@bp.post("/map/areas")
def keep() -> Response:
    """Keep a shape: a GeoJSON geometry, or the areas of a selection under a name."""
    said = request.get_json(silent=True)
    if not isinstance(said, dict):
        raise Invalid(_("Send the area as a JSON object."))
    name = said.get("name")
    if name is not None and not isinstance(name, str):
        raise Invalid(_("Give the area a name."))
    geometry = said.get("geometry")
    if geometry is None:
        geometry = area_queries.shape_of(_area_words(said.get("area")))
    area, is_repaired = area_services.keep_area(web.session(), current_user.id, geometry, name)
    note = _("The line crossed itself. All that it encloses counts.") if is_repaired else None
    return jsonify(area=str(area.uuid), name=area.name, note=note, area_km2=round(area.area_km2, 3))


def _area_words(words: Any) -> tuple[str, ...]:
    if not isinstance(words, list) or not words or not all(isinstance(word, str) for word in words):
        raise Invalid(_("Draw an area first."))
    return Selection.parse({"area": words}).all("area")


@bp.post("/map/areas/<uuid:area_id>")
def change(area_id: uuid.UUID) -> Any:
    """Rename an area, share it or stop sharing it."""
    session = web.session()
    area = area_queries.area_by_uuid(session, area_id)
    try:
        area_services.change_area(session, area, request.form.get("name", ""), request.form.get("shared") == "1")
    except Invalid as error:
        return render_template("maps/_areas.html", areas=area_queries.areas(session), fault=error.message), 422
    return render_template("maps/_areas.html", areas=area_queries.areas(session), fault=None)


@bp.post("/map/areas/<uuid:area_id>/delete")
def delete(area_id: uuid.UUID) -> Any:
    """Take an area off the list."""
    session = web.session()
    area_services.delete_area(session, area_queries.area_by_uuid(session, area_id))
    return render_template("maps/_areas.html", areas=area_queries.areas(session), fault=None)


@bp.post("/map/reach")
def reached() -> Response:
    """What is reached from a place within so many minutes, kept as an area."""
    lon, lat, minutes = (request.form.get(name, float("nan"), type=float) for name in ("lon", "lat", "minutes"))
    mode = request.form.get("mode", "car")
    around = shapes.circle(f"{lon},{lat},1")
    seconds = reach.checked(mode, minutes)
    found = tool_pages.source(mode).reach(Place(lat=around.lat, lon=around.lon), seconds)
    note = tool_pages.reach_said(mode, minutes, found)
    shape = shapes.Stored(shapes.many(found.shape), False)
    area, _is_repaired = area_services.keep_shape(web.session(), current_user.id, shape, note=note[:LONGEST_NOTE])
    return jsonify(area=str(area.uuid), note=note, is_estimate=found.is_estimate)


# -- along a route -----------------------------------------------------------------------------------------------------


@bp.get("/map/along")
@access.hidden_unless("plan_routes")
def along() -> Any:
    """Accounts beside today's route, by the driving that a call there adds."""
    session = web.session()
    minutes = request.args.get("minutes", float(USUAL_MINUTES), type=float)
    if not 1 <= minutes <= corridor_queries.MOST_MINUTES:
        raise Invalid(_("The time is between 1 and %(n)s minutes.", n=corridor_queries.MOST_MINUTES))
    today = people.today(session)
    plans = [plan for plan in routing.plans(session, today, today) if plan.status == "published"]
    wanted = request.args.get("plan")
    chosen = next((each for each in plans if str(each.uuid) == wanted), None)
    if wanted and chosen is None:
        raise NotFound(_("There is no such plan today."))
    chosen = chosen or next((each for each in plans if each.rep_id == current_user.id), plans[0] if plans else None)
    rows: list[Beside] = []
    line: list[tuple[float, float]] = []
    is_estimate = False
    if chosen is not None:
        plan = routing.plan_by_uuid(session, chosen.uuid, with_problem=True)
        selection = Selection.parse(request.args).without("area").without("near")
        rows, is_estimate = corridor_queries.along(session, plan, selection, minutes)
        line = corridor_queries.line_ahead(plan) if plan.stops else []
    return render_template(
        "maps/_along.html", plans=plans, chosen=chosen, rows=rows, minutes=int(minutes), is_estimate=is_estimate, today=today,
        points=tool_pages.points(rows), line=line, choices=tool_pages.MINUTES_ADDED,
    )  # fmt: skip


@bp.post("/map/along/<uuid:plan_id>/<uuid:account_id>")
@access.hidden_unless("plan_routes")
def call_on_the_way(plan_id: uuid.UUID, account_id: uuid.UUID) -> Any:
    """Put one account into the route where it costs least."""
    session = web.session()
    plan = routing.plan_by_uuid(session, plan_id, with_problem=True)
    account = queries.account_by_uuid(session, account_id)
    brought = candidate_services.bring_into_plan(session, plan, account)
    if not brought.added:
        raise Invalid(_("%(name)s does not fit into this day.", name=account.name))
    web.say(_("%(name)s is in the route.", name=account.name))
    return redirect(url_for("routing.show", plan_id=plan.uuid))
