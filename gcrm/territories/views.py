"""Territories on the map and as a tree with figures; drawing them; their tiles."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_login import current_user
from werkzeug.wrappers import Response

from gcrm.core import clock, web
from gcrm.core.errors import GcrmError, Malformed
from gcrm.core.formats import number, short_amount
from gcrm.core.models import Organisation
from gcrm.geography import queries as geography
from gcrm.geography.levels import PLACED_LEVELS
from gcrm.geography.models import Placing
from gcrm.people import access
from gcrm.people import queries as people
from gcrm.territories import queries, services
from gcrm.territories.forms import TerritoryForm
from gcrm.territories.models import Territory
from gcrm.territories.queries import Node
from gcrm.territories.services import Saved

bp = Blueprint("territories", __name__)

MVT = "application/vnd.mapbox-vector-tile"
LEVEL_LABELS = {"state": _l("States"), "county": _l("Counties"), "municipality": _l("Municipalities")}
LINES_FROM_ZOOM = {"state": 0, "county": 5, "municipality": 8}
LISTED_REGIONS = 200
WIDEST_DEGREES = 75
"""Wider than this, territories reach to far islands: the map then opens on the country's mainland."""


@bp.get("/tiles/territories/<int:z>/<int:x>/<int:y>.mvt")
def territory_tile(z: int, x: int, y: int) -> Response:
    """Territories; `depth` shows those of a level of the tree with all that lies below them."""
    depth = request.args.get("depth", str(queries.LEAVES))
    if not (depth.isascii() and depth.isdigit() and len(depth) < 3):
        raise Malformed(f"“depth”: “{depth[:20]}” is no whole number from 0 to {queries.LEAVES}.")
    return web.etag_answer(queries.territory_tile(web.session(), z, x, y, int(depth)), MVT)


@bp.get("/territories")
def index() -> Any:
    """The tree with its figures on the map; `under` goes down into one of them."""
    session = web.session()
    own = people.the_organisation(session)
    tree = queries.tree(session, own.currency, clock.today(own.timezone))
    under = tree.node(people.as_uuid(request.args["under"])) if request.args.get("under") else None
    shown = under.children or [under] if under else tree.roots
    overlaps, overlapping = queries.overlaps(session) if under is None else ([], 0)
    return render_template(
        "territories/index.html", tree=tree, under=under, shown=shown, currency=own.currency, overlaps=overlaps,
        overlapping=overlapping, unassigned=queries.unassigned(session, _unassigned_level(session)),
        placings=_open_placings(session), map_settings=_map_of(session, shown, own), is_loaded=bool(geography.loaded(session)),
        total=under.total if under else tree.total, days=queries.VISITED_DAYS,
    )  # fmt: skip


def _unassigned_level(session: Any) -> str:
    there = {row.level for row in geography.loaded(session)}
    return "county" if "county" in there else "state"


def _open_placings(session: Any) -> list[Placing]:
    return geography.open_placings(session, "territories") if current_user.may("edit_territories") else []


def _map_of(session: Any, shown: list[Node], own: Organisation) -> dict[str, Any]:
    depth = shown[0].depth if shown else 0
    ids = queries.region_ids_below(session, [node.territory.id for node in shown])
    return {
        "levels": _levels(session),
        "bounds": _bounds(session, ids),
        "territories": {
            "url": url_for(".territory_tile", z=0, x=0, y=0).replace("0/0/0", "{z}/{x}/{y}") + f"?depth={depth}",
            "shown": {str(node.territory.uuid): _told(node, own.currency) for node in shown},
        },
    }


def _told(node: Node, currency: str) -> dict[str, Any]:
    """What the map says of a territory, and where it leads: down the tree, or to its accounts."""
    total = node.total
    inside = (
        url_for(".index", under=node.territory.uuid)
        if node.children
        else url_for("customers.index", territory=node.territory.uuid)
    )
    return {
        "name": node.territory.name,
        "facts": [
            [_("Owner"), node.territory.owner.name if node.territory.owner else _("Nobody")],
            [_("Accounts"), number(total.accounts)],
            [_("Value"), short_amount(total.value_minor, currency)],
            [_("Visited"), number(total.visited)],
        ],
        "href": inside,
    }


def _levels(session: Any) -> list[dict[str, Any]]:
    there = {row.level for row in geography.loaded(session)}
    return [{"level": level, "from": LINES_FROM_ZOOM[level]} for level in PLACED_LEVELS if level in there] or [
        {"level": "state", "from": 0}
    ]


def _bounds(session: Any, region_ids: list[int]) -> list[float] | None:
    """What the map opens with: the given regions, else the organisation's country."""
    found = geography.bounds(session, region_ids) if region_ids else None
    is_whole_country = found is not None and found[2] - found[0] > WIDEST_DEGREES
    return (
        list(found)
        if found and not is_whole_country
        else geography.home_bounds(session, people.the_organisation(session).country)
    )


# -- drawing -----------------------------------------------------------------------------------------------------------


@bp.route("/territories/new", methods=["GET", "POST"])
@access.may("edit_territories")
def new() -> Any:
    session = web.session()
    form = TerritoryForm.parse(request.form if request.method == "POST" else request.args)
    if request.method == "GET":
        return _edit_page(None, form)
    try:
        saved = services.create_territory(session, form.content(session))
    except GcrmError as error:
        session.rollback()
        return _edit_page(None, form, error), error.status
    return _done(saved)


@bp.route("/territories/<uuid:territory_id>", methods=["GET", "POST"])
def edit(territory_id: uuid.UUID) -> Any:
    """The territory to change; who may not change it sees it among the others."""
    session = web.session()
    territory = queries.territory(session, territory_id)
    if request.method == "GET" and not current_user.may("edit_territories"):
        return redirect(url_for(".index", under=territory_id))
    access.require("edit_territories")
    if request.method == "GET":
        return _edit_page(
            territory, TerritoryForm.of(territory, queries.codes_of(session, [territory.id]).get(territory.id, []))
        )
    form = TerritoryForm.parse(request.form)
    try:
        form.refuse_stale(territory)
        saved = services.save_territory(session, territory, form.content(session))
    except GcrmError as error:
        session.rollback()
        return _edit_page(queries.territory(session, territory_id), form, error), error.status
    return _done(saved)


@bp.post("/territories/preview")
@access.may("edit_territories")
def preview() -> Any:
    """What saving would change, as a fragment of the page."""
    return render_template("territories/_preview.html", **_change(TerritoryForm.parse(request.form), _previewed()))


def _previewed() -> Territory | None:
    said = request.form.get("territory")
    return queries.territory(web.session(), people.as_uuid(said)) if said else None


@bp.post("/territories/<uuid:territory_id>/delete")
@access.may("edit_territories")
def delete(territory_id: uuid.UUID) -> Response:
    session = web.session()
    territory = queries.territory(session, territory_id)
    name = territory.name
    saved = services.delete_territory(session, territory)
    _flash(_("“%(name)s” is gone; %(n)s accounts have moved on.", name=name, n=number(saved.accounts)), saved.placing)
    return redirect(url_for(".index"))


@bp.post("/territories/undo/<uuid:placing_id>")
@access.may("edit_territories")
def undo(placing_id: uuid.UUID) -> Response:
    """Take back a save, where nobody has changed the territory since."""
    session = web.session()
    services.undo_save(session, geography.placing(session, placing_id))
    flash(_("Taken back."), "success")
    return redirect(url_for(".index"))


@bp.get("/territories/placings/<uuid:placing_id>")
@access.may("edit_territories")
def placing(placing_id: uuid.UUID) -> Any:
    """How far giving accounts their owner is, for the progress bar."""
    found = geography.placing(web.session(), placing_id)
    return jsonify(
        state={"queued": "waiting"}.get(found.status, found.status),
        text=found.fault if found.status == "failed" else _("Giving accounts their owner"),
        done=found.done,
        total=found.total,
        result_url=url_for(".index") if found.status == "done" else None,
    )


def _edit_page(territory: Territory | None, form: TerritoryForm, fault: GcrmError | None = None) -> str:
    session = web.session()
    below = services.ids_below(session, territory) if territory else set()
    change = _change(form, territory)
    chosen = [region.id for region in change["regions"]]
    near = chosen or (
        queries.region_ids_below(session, [t.id for t in [form.chosen_parent(session)] if t]) if form.parent else []
    )
    return render_template(
        "territories/edit.html", form=form, fault=fault, **change,
        parents=[t for t in queries.territories(session) if t.id not in below],
        owners=people.users_of(session, services.OWNER_ROLES), levels=_level_choices(session),
        map_settings={
            "levels": _levels(session),
            "bounds": _bounds(session, near),
            "territories": {
                "url": url_for(".territory_tile", z=0, x=0, y=0).replace("0/0/0", "{z}/{x}/{y}"),
                "own": str(territory.uuid) if territory else None,
            },
        },
    )  # fmt: skip


def _level_choices(session: Any) -> list[tuple[str, Any]]:
    there = {row.level for row in geography.loaded(session)}
    return [(level, label) for level, label in LEVEL_LABELS.items() if level in there]


def _change(form: TerritoryForm, territory: Territory | None) -> dict[str, Any]:
    """The chosen regions and what saving them would do; a fault where the codes say nothing."""
    session = web.session()
    own = people.the_organisation(session)
    shared = {"currency": own.currency, "listed": LISTED_REGIONS, "territory": territory}
    try:
        regions = form.chosen_regions(session)
        seen = queries.preview(session, territory, [r.id for r in regions], form.chosen_parent(session), own.currency)
    except GcrmError as error:
        return shared | {"regions": [], "preview": None, "unclear": error.message}
    return shared | {"regions": regions, "preview": seen, "unclear": None}


def _done(saved: Saved) -> Response:
    assert saved.territory is not None
    _flash(_said(saved), saved.placing)
    return redirect(url_for(".index", under=saved.territory.parent.uuid if saved.territory.parent else None))


def _flash(words: Any, placing: Placing) -> None:
    web.say(words, undo_url=url_for(".undo", placing_id=placing.uuid))


def _said(saved: Saved) -> Any:
    """“412 accounts now with Kim; 3 keep their named owner.”"""
    territory = saved.territory
    assert territory is not None
    if saved.accounts is None or saved.owner_named is None:
        return _("Saved “%(name)s”. Its accounts are being given their owner.", name=territory.name)
    count = saved.accounts - saved.owner_named
    owner = territory.owner.name if territory.owner else _("nobody")
    words = ngettext(
        "%(n)s account now with %(owner)s", "%(n)s accounts now with %(owner)s", count, n=number(count), owner=owner
    )
    if saved.owner_named:
        kept = ngettext(
            "%(n)s keeps its named owner",
            "%(n)s keep their named owner",
            saved.owner_named,
            n=number(saved.owner_named),
        )
        words = f"{words}; {kept}"
    return f"{words}."
