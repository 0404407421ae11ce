"""Pages of nights away: the hotels, and who stays in them when."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from gcrm.core import web
from gcrm.core.errors import Invalid, NotFound
from gcrm.core.geo import lon_lat
from gcrm.customers import queries as customers
from gcrm.people import access
from gcrm.people import queries as people
from gcrm.people.models import User
from gcrm.routing import nights_forms, nights_labels, nights_queries, nights_services
from gcrm.routing.models import Hotel
from gcrm.routing.nights_forms import EVERYBODY

bp = Blueprint("nights", __name__, url_prefix="/plans/nights")

ROUND_HOME = (0.6, 0.45)
"""Degrees round the reps' homes that the map of a new hotel shows."""


@bp.get("")
@access.hidden_unless("plan_routes")
def index() -> Any:
    """The hotels in sight, and who may stay in them when."""
    session = web.session()
    rules, reps = nights_queries.rules(session), people.visible_reps(session)
    removed = request.args.get("removed")
    gone = nights_queries.hotel_by_uuid(session, people.as_uuid(removed)) if removed else None
    return render_template(
        "routing/nights.html", hotels=nights_queries.hotels(session), reps=reps, rules=rules, evenings=nights_labels.evenings,
        keeps_hotel=nights_services.keeps_hotel, keeps_rule=nights_services.keeps_rule, removed=gone,
    )  # fmt: skip


# -- hotels ----------------------------------------------------------------------------------------------------------


@bp.route("/hotels/new", methods=["GET", "POST"])
@access.hidden_unless("plan_routes")
def new_hotel() -> Any:
    return _hotel_page(None)


@bp.route("/hotels/<uuid:hotel_id>", methods=["GET", "POST"])
@access.hidden_unless("plan_routes")
def hotel(hotel_id: UUID) -> Any:
    found = nights_queries.hotel_by_uuid(web.session(), hotel_id)
    if not nights_services.keeps_hotel(current_user, found):
        raise NotFound(_("There is nothing at this address, or nothing that you may see."))
    return _hotel_page(found)


def _hotel_page(found: Hotel | None) -> Any:
    """The form of a hotel; 422 with the faults beside their fields."""
    session, owners = web.session(), _owners()
    given: dict[str, Any] = _given(found)
    faults: dict[str, str] = {}
    if request.method == "POST":
        given |= {name: request.form[name] for name in given if name in request.form}
        try:
            kept = nights_services.keep_hotel(
                session, current_user, nights_forms.hotel(request.form, {k: v for k, _n, v in owners}), found
            )
        except Invalid as refused:
            faults = refused.details.get("faults") or {"lat": refused.message}
        else:
            flash(_("%(name)s is saved. The next plans look at it.", name=kept.name), "success")
            return redirect(url_for(".index"))
    page = render_template(
        "routing/hotel.html", hotel=found, given=given, faults=faults, owners=[(key, name) for key, name, _id in owners],
        map_settings=_map_settings(),
    )  # fmt: skip
    return page, 422 if faults else 200


def _given(found: Hotel | None) -> dict[str, Any]:
    """What the form shows at first."""
    if found is None:
        owner = EVERYBODY if current_user.may("lead") else str(current_user.uuid)
        return {"name": "", "address": "", "phone": "", "lon": "", "lat": "", "extra_minutes": 0, "owner": owner}
    lon, lat = lon_lat(found.location)
    return {
        "name": found.name, "address": found.address or "", "phone": found.phone or "", "lon": lon, "lat": lat,
        "extra_minutes": found.extra_minutes, "owner": str(found.user.uuid) if found.user else EVERYBODY,
    }  # fmt: skip


def _owners() -> list[tuple[str, str, int | None]]:
    """Whose a hotel may be: what the form sends, what it shows, whose it is then."""
    reps: list[tuple[str, str, int | None]] = [
        (str(rep.uuid), rep.name, rep.id) for rep in people.visible_reps(web.session())
    ]
    return [(EVERYBODY, str(_("Everybody")), None), *reps] if current_user.may("lead") else reps


def _map_settings() -> dict[str, Any]:
    """Where the map opens while no place is set: round the homes of the reps in sight, else on the country."""
    session = web.session()
    homes = [lon_lat(rep.home) for rep in people.visible_reps(session) if rep.home is not None]
    if homes:
        (lons, lats), (wide, high) = zip(*homes, strict=True), ROUND_HOME
        return {"is_embedded": True, "bounds": [min(lons) - wide, min(lats) - high, max(lons) + wide, max(lats) + high]}
    return {
        "is_embedded": True,
        "bounds": customers.bounds_of_country(session, people.the_organisation(session).country),
    }


@bp.post("/hotels/<uuid:hotel_id>/remove")
@access.hidden_unless("plan_routes")
def remove_hotel(hotel_id: UUID) -> Response:
    """Send nobody there any more; the page that follows can undo it."""
    found = nights_queries.hotel_by_uuid(web.session(), hotel_id)
    nights_services.remove_hotel(web.session(), current_user, found)
    return redirect(url_for(".index", removed=found.uuid))


@bp.post("/hotels/<uuid:hotel_id>/restore")
@access.hidden_unless("plan_routes")
def restore_hotel(hotel_id: UUID) -> Response:
    found = nights_queries.hotel_by_uuid(web.session(), hotel_id)
    nights_services.restore_hotel(web.session(), current_user, found)
    flash(_("%(name)s is back.", name=found.name), "success")
    return redirect(url_for(".index"))


# -- who, when -------------------------------------------------------------------------------------------------------


@bp.route("/rules/everybody", methods=["GET", "POST"], endpoint="rule_of_everybody")
@bp.route("/rules/<uuid:user_id>", methods=["GET", "POST"])
@access.hidden_unless("plan_routes")
def rule(user_id: UUID | None = None) -> Any:
    """When a rep may stay away, or everybody without a rule of the own."""
    session = web.session()
    rep = _rep(user_id) if user_id is not None else None
    if not nights_services.keeps_rule(current_user, rep):
        raise NotFound(_("There is nothing at this address, or nothing that you may see."))
    rules = nights_queries.rules(session)
    own = rules.get(rep.id if rep else None)
    shown = own or rules[None]
    given: dict[str, Any] = {
        "holds": "own" if own else EVERYBODY,
        "weekdays": shown.weekdays,
        "saving_minutes": shown.saving_minutes,
    }
    faults: dict[str, str] = {}
    if request.method == "POST":
        try:
            nights_services.set_rule(session, current_user, rep, nights_forms.rule(request.form))
        except Invalid as refused:
            faults = refused.details.get("faults") or {"saving_minutes": refused.message}
            given = {
                "holds": request.form.get("holds", "own"), "saving_minutes": request.form.get("saving_minutes", ""),
                "weekdays": [int(day) for day in request.form.getlist("weekdays") if day in set("1234567")],
            }  # fmt: skip
        else:
            flash(_("Saved. The next plans keep to it."), "success")
            return redirect(url_for(".index"))
    page = render_template(
        "routing/night_rule.html",
        rep=rep,
        given=given,
        faults=faults,
        everybodys=rules[None],
        evenings=nights_labels.evenings,
    )
    return page, 422 if faults else 200


def _rep(public: UUID) -> User:
    found = next((rep for rep in people.visible_reps(web.session()) if rep.uuid == public), None)
    if found is None:
        raise NotFound(_("There is no such rep."))
    return found
