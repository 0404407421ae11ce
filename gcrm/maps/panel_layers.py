"""The layers that are the map's own, and what page and script need of each that is on: addresses, legend, table, words."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import url_for
from flask_babel import format_date, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from gcrm.core import money
from gcrm.core.formats import number, short_amount
from gcrm.core.map_layers import LayerKind, LayerRows, MapLayer, register, registered
from gcrm.maps import layer_queries, palette
from gcrm.maps.layer_forms import NO_ACCOUNTS, PROSPECTS, USUAL_WAY, MapWanted
from gcrm.maps.layer_queries import KindCount

register(MapLayer(USUAL_WAY, _l("Accounts"), "building-store", 10, is_way=True, counted=_l("accounts")))
register(MapLayer(PROSPECTS, _l("Prospects only"), "target-arrow", 15, is_way=True, counted=_l("prospects")))
register(MapLayer("heat", _l("Heat"), "chart-dots-2", 20, is_way=True, counted=_l("accounts"), drawn="heat"))
register(
    MapLayer("regions", _l("Regions"), "hexagons", 70, drawn="outlines", note=_l("Outlines of states, then of counties and municipalities as you come nearer."))
)  # fmt: skip

COLOUR_LABELS = {"status": _l("Status"), "tier": _l("Tier"), "coverage": _l("Coverage"), "owner": _l("Owner")}
SIZE_LABELS = {"count": _l("Number"), "value": _l("Annual value"), "potential": _l("Potential")}
SCALES = {"status": "status", "tier": "falling", "coverage": "coverage", "owner": "kinds"}
CELL_WORDS = {
    "status": {"customer": "customers", "prospect": "prospects"},
    "tier": {letter: f"tier_{letter.lower()}" for letter in "ABCD"},
}
"""What a cell of the tiles of accounts calls its numbers; what it does not name is the rest of its `n`."""
USUAL_COLOUR = "status"
MOST_NAMED = 8
"""Groups that a legend names: as many as there are colours that every eye tells apart."""
FEW_KINDS = 3
"""So many are always named, also those that nothing is of."""


@dataclass(frozen=True)
class LegendItem:
    """One line of a legend; `count` once it is known."""

    label: str
    light: str
    dark: str
    hollow: bool
    href: str | None
    count: int | None = None


@dataclass(frozen=True)
class Legend:
    """What one layer says of itself."""

    name: str
    title: str
    unit: str
    shape: str
    items: list[LegendItem]
    notes: list[str]


def choices(wanted: MapWanted) -> dict[str, Any]:
    """What the panel offers."""
    offered = [layer for layer in registered() if layer.offered()]
    return {
        "ways": [*(layer for layer in offered if layer.is_way), MapLayer(NO_ACCOUNTS, _("Hidden"), "eye-off", 99)],
        "overs": [layer for layer in offered if not layer.is_way],
        "colours": list(COLOUR_LABELS.items()),
        "sizes": list(SIZE_LABELS.items()),
        "wanted": wanted,
    }


# -- what the script draws ---------------------------------------------------------------------------------------------


def colour_of(layer: MapLayer, wanted: MapWanted) -> str:
    """By what a way of showing accounts is coloured: coverage by itself, prospects as everywhere."""
    return "coverage" if layer.name == "coverage" else wanted.colour


def rows_of(session: Session, layer: MapLayer, wanted: MapWanted, owners: Sequence[str]) -> LayerRows | None:
    """The layer's rows, where it has any."""
    if layer.is_way:
        return layer_queries.account_rows(session, colour_of(layer, wanted), wanted.size == "potential", owners)
    return layer.rows(session, wanted.days) if layer.rows else None


def owners_of(session: Session, wanted: MapWanted) -> list[str]:
    """The owners with a colour of their own, where owners are what colours tell."""
    return layer_queries.top_owners(session, wanted.shown) if wanted.colour == "owner" else []


def drawn(
    wanted: MapWanted, layer: MapLayer, rows: LayerRows | None, owners: Sequence[str], currency: str
) -> dict[str, Any]:
    """One layer as static/js/maps/layers.js draws it; values are in the currency's minor units."""
    found: dict[str, Any] = {
        "name": layer.name,
        "label": str(layer.label),
        "draws": layer.drawn,
        "shape": layer.shape,
        "is_way": layer.is_way,
    }
    if rows is not None:
        found |= {
            "kinds": _kinds(layer, wanted, rows),
            "by": "n" if wanted.size == "count" or not layer.is_way else "value",
            "worth": str(SIZE_LABELS["potential" if wanted.size == "potential" else "value"]),
            "currency": currency,
            "digits": money.digits(currency),
        }
        found |= _tiles(layer, wanted, owners)
    if layer.features is not None:
        found["url"] = (
            url_for("maps.layers.features", layer=layer.name) + "?" + urlencode([("day", wanted.days.day.isoformat())])
        )
    if layer.drawn == "territories":
        found["tiles"] = "/tiles/territories/{z}/{x}/{y}.mvt"
    return found


def _tiles(layer: MapLayer, wanted: MapWanted, owners: Sequence[str]) -> dict[str, str]:
    """Where a layer's tiles are: accounts by status or tier come from tiles of accounts, which are the fastest."""
    colour, selection = colour_of(layer, wanted), wanted.shown.pairs()
    if layer.is_way and colour in CELL_WORDS and wanted.size != "potential":
        by = [("by", colour)] if colour != USUAL_COLOUR else []
        return {"tiles": _tile_url("accounts", [*selection, *by]), "word": colour}
    if layer.is_way:
        more = [("owners", ",".join(owners))] if colour == "owner" else []
        more += [("size", wanted.size)] if wanted.size == "potential" else []
        return {"tiles": _tile_url(colour, [*selection, *more]), "word": "kind"}
    days = (
        [("from", wanted.days.since.isoformat()), ("to", wanted.days.until.isoformat())]
        if layer.asks == "period"
        else []
    )
    return {"tiles": _tile_url(layer.name, [*selection, *days]), "word": "kind", "page": _page(layer)}


def _tile_url(name: str, words: Sequence[tuple[str, str]]) -> str:
    return f"/tiles/{name}/{{z}}/{{x}}/{{y}}.mvt" + (f"?{urlencode(words)}" if words else "")


def _kinds(layer: MapLayer, wanted: MapWanted, rows: LayerRows) -> list[dict[str, Any]]:
    """Each kind with its colours, and by what word a cell says how many of it there are."""
    colour = colour_of(layer, wanted) if layer.is_way else ""
    is_fast = colour in CELL_WORDS and wanted.size != "potential"
    colours = palette.layer_colours(SCALES.get(colour, layer.scale), [kind.word for kind in rows.kinds])
    return [
        {
            "word": kind.word, "label": kind.label, **colours[kind.word],
            "cell": CELL_WORDS[colour].get(kind.word) if is_fast else layer_queries.cell_word(kind.word),
        }
        for kind in rows.kinds
    ]  # fmt: skip


# -- what the page says ------------------------------------------------------------------------------------------------


def legend_of(
    wanted: MapWanted, layer: MapLayer, rows: LayerRows | None, counts: dict[str, KindCount] | None, currency: str
) -> Legend:
    """A layer's colour key, with numbers once they are counted."""
    items = _heat_items() if layer.drawn == "heat" else _items(wanted, layer, rows, counts) if rows is not None else []
    title = str(layer.label)
    if layer.is_way and layer.drawn != "heat" and layer.name != "coverage":
        title = _("%(layer)s by %(colour)s", layer=layer.label, colour=str(COLOUR_LABELS[wanted.colour]).lower())
    notes = _notes(wanted, layer)
    if rows is not None and counts is not None:
        notes += _why(wanted, layer, counts)
    return Legend(layer.name, title, _unit(wanted, layer, currency), layer.shape, items, notes)


def _items(
    wanted: MapWanted, layer: MapLayer, rows: LayerRows, counts: dict[str, KindCount] | None
) -> list[LegendItem]:
    """A line for each kind; where it is counted, kinds that nothing is of are left out."""
    found = []
    for kind, drawn_kind in zip(rows.kinds, _kinds(layer, wanted, rows), strict=True):
        count = None if counts is None else counts[kind.word].count if kind.word in counts else 0
        if count == 0 and len(rows.kinds) > FEW_KINDS:
            continue
        # A prospect's point is a ring under every colour; the key shows it where the colour is the status.
        hollow = layer.is_way and kind.word == "prospect"
        found.append(
            LegendItem(kind.label, drawn_kind["light"], drawn_kind["dark"], hollow, _href(kind, wanted), count)
        )
    return [*found, LegendItem(_("Several, mixed"), palette.MAP_LIGHT["mark"], palette.MAP_DARK["mark"], False, None)]


def _heat_items() -> list[LegendItem]:
    """A glow has no classes: its colours say only less and more, measured by the fullest spot in view."""
    light, dark = palette.ramp(5), palette.ramp(5, dark=True)
    labels = {1: _("Few"), 2: _("Some"), 4: _("Many")}
    return [LegendItem(label, light[place], dark[place], False, None) for place, label in labels.items()]


def _href(kind: LayerKind, wanted: MapWanted) -> str | None:
    """The list of a kind's rows, where there is one that says just these."""
    if kind.narrows is not None:
        name, value = kind.narrows
        clashes = wanted.shown.all(name) not in ((), (value,))
        return (
            None if clashes else f"{url_for('customers.index')}?{wanted.shown.with_value(name, value).query_string()}"
        )
    return None if wanted.shown else kind.href


def _unit(wanted: MapWanted, layer: MapLayer, currency: str) -> str:
    if not layer.is_way or wanted.size == "count":
        return ""
    return _("in %(currency)s", currency=currency)


def _notes(wanted: MapWanted, layer: MapLayer) -> list[str]:
    """What the signs mean, beside the colours."""
    notes = [str(layer.note)] if layer.note else []
    if layer.asks == "day":
        notes.append(_("On %(day)s.", day=format_date(wanted.days.day, "full", rebase=False)))
    if layer.asks == "period":
        notes.append(
            _(
                "%(since)s to %(until)s.",
                since=format_date(wanted.days.since, "medium", rebase=False),
                until=format_date(wanted.days.until, "medium", rebase=False),
            )
        )
    if layer.drawn == "heat":
        notes.append(
            _("More or fewer of them together, against the fullest spot in view.")
            if wanted.size == "count"
            else _("More or less worth together, against the richest spot in view.")
        )
    elif layer.is_way:
        area = {
            "count": _("A larger disc is several accounts, its area their number, in the colour of most of them."),
            "value": _("The area of a disc is the annual value, its colour that of most accounts in it."),
            "potential": _("The area of a disc is the potential, its colour that of most accounts in it."),
        }[wanted.size]
        notes.append(
            area + (" " + _("A ring is a prospect.") if wanted.colour != "status" or layer.name == "coverage" else "")
        )
    return notes


def _why(wanted: MapWanted, layer: MapLayer, counts: dict[str, KindCount]) -> list[str]:
    """How many of a layer's rows the map shows, and why not all."""
    total, located = (sum(getattr(count, name) for count in counts.values()) for name in ("count", "located"))
    said = [
        _(
            "%(shown)s of %(total)s %(things)s are on the map.",
            shown=number(located),
            total=number(total),
            things=layer.counted,
        )
    ]
    if total > located:
        said.append(_unplaced(layer, total - located))
    foreign = sum(count.foreign for count in counts.values())
    if foreign and (wanted.size != "count" or not layer.is_way):
        said.append(
            ngettext(
                "%(n)s amount in another currency is not added.",
                "%(n)s amounts in other currencies are not added.",
                foreign,
                n=number(foreign),
            )
        )
    if wanted.selection:
        said.append(_("Only what fits the filter."))
    return said


def _unplaced(layer: MapLayer, count: int) -> str:
    if layer.is_way:
        return ngettext("%(n)s has no place yet.", "%(n)s have no place yet.", count, n=number(count))
    return ngettext(
        "%(n)s belongs to an account without a place.",
        "%(n)s belong to accounts without a place.",
        count,
        n=number(count),
    )


@dataclass(frozen=True)
class Table:
    """A layer as a table: its kinds with their numbers, and its first rows."""

    name: str
    title: str
    items: list[dict[str, Any]]
    total: int
    has_amounts: bool
    rows: list[dict[str, Any]]


def table_of(
    layer: MapLayer, rows: LayerRows, counts: dict[str, KindCount], first: Sequence[Any], items: Sequence[LegendItem], currency: str
) -> Table:  # fmt: skip
    labels, page = {kind.word: kind.label for kind in rows.kinds}, _page(layer)
    hrefs = {item.label: item.href for item in items}
    kinds = [
        {"label": labels[word], "href": hrefs.get(labels[word]), "count": counts[word].count, "amount": short_amount(counts[word].amount_minor, currency)}
        for word in labels if word in counts
    ]  # fmt: skip
    listed = [
        {"name": row.name, "href": page.replace("{id}", row.id), "kind": labels.get(row.kind, row.kind), "said": row.said, "amount": short_amount(row.amount, row.currency)}
        for row in first
    ]  # fmt: skip
    has_amounts = any(count.amount_minor or count.foreign for count in counts.values())
    return Table(
        layer.name, str(layer.label), kinds, sum(count.count for count in counts.values()), has_amounts, listed
    )


def grouped_legend(wanted: MapWanted, layer: MapLayer, whole: dict[str, Any]) -> Legend:
    """The key of a layer that is sent whole: each of its groups in its colour."""
    groups = whole["groups"]
    sides = [palette.categories(max(1, len(groups)), dark) for dark in (False, True)]
    items = [
        LegendItem(group["label"], sides[0][place], sides[1][place], False, group["href"], group["count"])
        for place, group in enumerate(groups[:MOST_NAMED])
    ]
    said = _notes(wanted, layer)
    shown = _(
        "%(shown)s of %(total)s %(things)s are shown.",
        shown=number(len(groups)),
        total=number(whole["total"]),
        things=layer.counted,
    )
    more = [_("The table names them all.")] if len(groups) > MOST_NAMED else []
    return Legend(layer.name, str(layer.label), _("stops"), "line", items, [*said, shown, *more])


def grouped_table(layer: MapLayer, whole: dict[str, Any]) -> Table:
    items = [{**group, "amount": None} for group in whole["groups"]]
    return Table(layer.name, str(layer.label), items, sum(group["count"] for group in whole["groups"]), False, [])


def _page(layer: MapLayer) -> str:
    """Where a row leads, with {id} for its public id: to itself, or to the account that it is."""
    endpoint, word = layer.page or ("customers.show", "account_id")
    arguments: dict[str, Any] = {word: uuid.UUID(int=0)}
    return url_for(endpoint, **arguments).replace(str(uuid.UUID(int=0)), "{id}")
