"""A manager's four map pages: my region, white space, coverage, the team today. Each is one map, five figures, one ranked table."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request, url_for
from flask_babel import format_time
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from gcrm.core import clock, money, web
from gcrm.core.db import PrincipalSession, is_scoped
from gcrm.core.errors import Invalid
from gcrm.core.formats import percent, short_amount
from gcrm.customers import queries as customers
from gcrm.customers.selecting import Selection
from gcrm.geography import queries as geography
from gcrm.maps import layer_views, layers, manager_pages, manager_queries, place_queries, region_queries, today_queries
from gcrm.maps.manager_pages import Figure, Row
from gcrm.maps.manager_queries import Standings
from gcrm.maps.standing import Standing
from gcrm.people import access
from gcrm.people import queries as people

bp = Blueprint("manager", __name__)

PAGES = {
    "region": _l("My region"), "whitespace": _l("White space"), "coverage": _l("Coverage"), "today": _l("Team today"),
}  # fmt: skip
REGIONS = ("territory", "county", "state")
VALUE_SUMS = ("accounts", "customers", "value_minor", "promised", "in_time", "other_currencies")
WHITE_SUMS = ("accounts", "prospects", "potential_minor", "sold_minor", "prospects_minor", "other_currencies")
DUE_SUMS = ("accounts", "promised", "in_time", "overdue", "never", "overdue_minor")
"""What each page's figures, table and map need of a `Standing`."""
MOST_PROSPECTS = 20
MOST_DAYS = 60
"""Reps whose day is drawn and listed, those first that need somebody."""
REFRESH_SECONDS = 60
SHARE = {"style": "percent", "maximumFractionDigits": 0}
NOBODY = uuid.UUID(int=0)


# -- my region -----------------------------------------------------------------------------------------------------------


@bp.get("/my-region")
@access.hidden_unless("lead")
def region() -> Any:
    """What the accounts are worth and what changed, by territory, county or rep."""
    page = _Page("region", ("territory", "county", "state", "owner"))
    sort = _word("sort", ("-value", "value", "-change", "change"))
    found = page.standings(VALUE_SUMS)
    visits = manager_queries.visits(page.session, page.selection, page.by, clock.now())
    figure = Figure(_("Annual value"), lambda one: one.value_minor / page.units, page.write_money, page.money_format)
    return page.render(
        "maps/manager_region.html", found, figure, rows=page.rows(found, sort, visits), sort=sort,
        pipeline=manager_queries.pipeline(page.session, page.selection, page.currency), pipeline_url=_pipeline_url(page.selection),
    )  # fmt: skip


def _pipeline_url(selection: Selection) -> str | None:
    """The open opportunities behind the sum; None where their list cannot be narrowed alike."""
    words = {name: selection.all(name) for name in selection.values}
    if set(words) <= {"owner", "territory", "region"} and all(len(values) == 1 for values in words.values()):
        pairs = [("state", "open"), *((name, values[0]) for name, values in words.items())]
        return f"{url_for('pipeline.index')}?{urlencode(pairs)}"
    return None


@bp.get("/whitespace")
@access.hidden_unless("lead")
def whitespace() -> Any:
    """Potential not yet sold, and the prospects worth most."""
    page = _Page("whitespace", ("prospect", "territory", "county", "state", "owner"))
    found = page.standings(WHITE_SUMS)
    figure = Figure(_("Potential not yet sold"), _white(page.units), page.write_money, page.money_format)
    if page.by != "prospect":
        return page.render("maps/manager_whitespace.html", found, figure, rows=page.rows(found, "-white"))
    prospects = page.selection.with_value("status", "prospect")
    rows = customers.accounts_page(page.session, prospects, "-potential", per_page=MOST_PROSPECTS).rows
    spots = place_queries.spots(page.session, [account.id for account, _owner in rows])
    return page.render("maps/manager_whitespace.html", found, figure, prospects=rows, spots=spots)


def _white(units: int) -> Callable[[Standing], float | None]:
    """In whole units; None where no potential is known."""
    return lambda one: one.white_minor / units if one.potential_minor else None


@bp.get("/coverage")
@access.hidden_unless("lead")
def coverage() -> Any:
    """Who is visited in time, what is at stake where nobody was, and who keeps the promises."""
    page = _Page("coverage", ("owner", "territory", "county", "state"))
    sort = _word("sort", ("kept", "-kept", "-overdue", "overdue"))
    found = page.standings(DUE_SUMS, ("tier",))
    shown = _word("show", ("overdue", "week", "none"))
    due = page.selection.with_value("due", shown) if shown != "none" else None
    figure = Figure(_("Overdue"), lambda one: one.overdue / one.promised if one.promised else None, percent, SHARE)
    return page.render(
        "maps/manager_coverage.html", found, figure, rows=page.rows(found, sort), sort=sort, shown=shown, tiers=_tiers(found),
        longest=manager_queries.longest_unvisited(page.session, page.selection), today=people.today(page.session),
        settings={"accounts": layer_views.accounts_look(due, "coverage")} if due else {},
    )  # fmt: skip


def _tiers(found: Standings) -> list[tuple[str | None, Standing]]:
    """Tiers in which somebody was promised visits, those without a tier last."""
    promised = [(tier, one) for tier, one in found.tiers.items() if one.promised]
    return sorted(promised, key=lambda pair: (pair[0] is None, pair[0] or ""))


# -- the team today ------------------------------------------------------------------------------------------------------


@bp.get("/team-today")
@access.hidden_unless("lead")
def today() -> Any:
    """Each rep's plan of today on the map, and how far it is."""
    page = _Page("today", ())
    values = _today(page)
    return page.frame(
        "maps/manager_today.html",
        {
            "part": url_for(".today_part") + page.query(),
            "seconds": REFRESH_SECONDS,
            "plan": url_for("routing.show", plan_id=NOBODY).replace(str(NOBODY), "{plan}"),
        },
        manager_pages.bounds_of(values["points"]),
        **values,
    )


@bp.get("/team-today/part")
@access.hidden_unless("lead")
def today_part() -> Any:
    """The figures, the table and the map's points as they are now; for the page's script."""
    page = _Page("today", ())
    return render_template("maps/_manager_today.html", selection=page.selection, list_url=page.list_url, **_today(page))


def _today(page: _Page) -> dict[str, Any]:
    session, now = page.session, clock.now()
    team = page.selection.get("team")
    reps = today_queries.reps(session, now, people.as_uuid(team) if team else None)
    whole = manager_pages.Team(today_queries.days(session, reps), now)
    shown = whole.ranked[:MOST_DAYS]
    ids = {day.rep_id for day in shown}
    seen = [rep for rep in reps if rep.id in ids]
    stops = today_queries.stops(session, seen)
    check_ins = today_queries.last_check_ins(session, sorted(ids), now - dt.timedelta(hours=now.hour + 12))
    zones = {rep.id: ZoneInfo(rep.zone) for rep in reps}

    def local(rep_id: int, moment: dt.datetime | None) -> str:
        return format_time(moment.astimezone(zones[rep_id]), "short", rebase=False) if moment else "–"

    return {
        "team": whole, "days": shown, "now": now, "local": local, "reps": len(reps), "check_ins": check_ins,
        "points": manager_pages.points(shown, stops, check_ins, now),
    }  # fmt: skip


# -- what the pages share ------------------------------------------------------------------------------------------------


class _Page:
    """One of the pages as it was asked for: its selection, and what its table is by."""

    def __init__(self, name: str, choices: tuple[str, ...]) -> None:
        self.name, self.session = name, web.session()
        self.selection = Selection.parse(request.args)
        self.selection.conditions()  # Words that mean nothing are refused before anything is read.
        self.loaded = geography.loaded(self.session)
        company = people.the_organisation(self.session)
        self.currency = company.currency
        self.units = 10 ** money.digits(self.currency)
        self.money_format = {
            "style": "currency", "currency": self.currency, "notation": "compact", "maximumSignificantDigits": 4,
        }  # fmt: skip
        self.choices = self._possible(choices)
        self.by = _word("by", choices, self.choices[0]) if choices else ""

    def _possible(self, choices: tuple[str, ...]) -> tuple[str, ...]:
        """Those that there is something of."""
        levels = {each.level for each in self.loaded}
        has_territories = region_queries.has_territories(self.session)
        is_there = {"territory": has_territories, "county": "county" in levels, "state": "state" in levels}
        return tuple(word for word in choices if is_there.get(word, True))

    @property
    def level(self) -> str:
        """What the map shows: what the table is by, else counties, or whatever there is."""
        if self.by in REGIONS:
            return self.by
        present = self._possible(("county", "state", "territory"))
        return present[0] if present else "county"

    @property
    def options(self) -> list[tuple[str, str]]:
        """What the table may be by, with its words."""
        return [(word, str(manager_pages.BY[word])) for word in self.choices]

    def standings(self, sums: tuple[str, ...], also: tuple[str, ...] = ()) -> Standings:
        also = (*also, "owner") if self.by == "owner" else also
        return manager_queries.standings(self.session, self.selection, self.level, self.currency, sums, also)

    def write_money(self, value: float) -> str:
        return short_amount(round(value * self.units), self.currency)

    def rows(self, found: Standings, sort: str, visits: Any = None) -> list[Row]:
        table = found.owners if self.by == "owner" else found.regions
        names = manager_queries.named(self.session, self.by, table)
        return manager_pages.rows(self.by, table, names, visits or {}, sort)

    def list_url(self, row: Row | None = None, sort: str | None = None, map_: bool = False, **words: str) -> str | None:
        """The list, or the map, of the accounts behind a number; None where no selection says which."""
        selection = self.selection
        if row is not None:
            if row.named.word is None:
                return None
            words[row.named.field] = row.named.word
        for name, value in words.items():
            selection = selection.with_value(name, value)
        pairs = selection.pairs() + ([("sort", sort)] if sort else [])
        return url_for("maps.accounts" if map_ else "customers.index") + (f"?{urlencode(pairs)}" if pairs else "")

    def query(self, **changes: str | None) -> str:
        """The page's own address with some words changed."""
        words = {
            "by": request.args.get("by"),
            "sort": request.args.get("sort"),
            "show": request.args.get("show"),
        } | changes
        pairs = [(name, value) for name, value in words.items() if value] + self.selection.pairs()
        return f"?{urlencode(pairs)}" if pairs else ""

    def render(
        self, template: str, found: Standings, figure: Figure, settings: dict[str, Any] | None = None, **values: Any
    ) -> str:
        names = manager_queries.named(self.session, self.level, found.regions)
        drawn = {"choropleth": manager_pages.choropleth(self.level, found.regions, names, figure)} if names else {}
        return self.frame(template, drawn | (settings or {}), total=found.total, **values)

    def frame(
        self, template: str, settings: dict[str, Any], bounds: tuple[float, float, float, float] | None = None, **values: Any
    ) -> str:  # fmt: skip
        """The page with its map and what all of them show; without bounds it opens on the accounts."""
        bounds = bounds or place_queries.bounds(self.session, self.selection) or layers.home(self.session)
        return render_template(
            template, page=self, pages=PAGES, selection=self.selection, chips=layers.chips(self.selection),
            map_settings=layers.ground(self.loaded, bounds) | settings, by_labels=manager_pages.BY, one_label=manager_pages.ONE,
            currency=self.currency, list_url=self.list_url, loaded=self.loaded, credits=layers.credit_text(self.loaded),
            teams=_teams(self.session), most_rows=manager_pages.MOST_ROWS, **values,
        )  # fmt: skip


def _teams(session: PrincipalSession) -> list[Any]:
    """The teams to choose from, for who sees them all."""
    return [] if is_scoped(session) else people.teams(session)


def _word(name: str, choices: tuple[str, ...], usual: str | None = None) -> str:
    """A word of the address, one of some."""
    given = request.args.get(name) or usual or choices[0]
    if given not in choices:
        raise Invalid(
            _("“%(given)s” is not known here. It is one of %(choices)s.", given=given[:40], choices=", ".join(choices))
        )
    return given
