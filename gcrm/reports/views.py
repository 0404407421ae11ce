"""The manager's page: five figures, territories and reps ranked, and what came of the latest visits."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, request

from gcrm.core import clock, db, web
from gcrm.core.errors import Invalid
from gcrm.people import access
from gcrm.people import queries as people
from gcrm.people.models import User
from gcrm.pipeline import queries as pipeline
from gcrm.reports import queries, tally
from gcrm.reports.tally import NOTHING, Node, Tally
from gcrm.territories.models import Territory
from gcrm.visits import queries as visits
from gcrm.visits.labels import OUTCOME_LABELS, OUTCOME_TONES

bp = Blueprint("reports", __name__)

MOST_ROWS = 40
"""Territories shown with those below them, as long as the table stays readable."""
MOST_REPS = 60
FEED = 8
"""Latest visits shown."""

REP_ORDERS = {
    "name": lambda row: row.user.name.casefold(),
    "accounts": lambda row: row.tally.accounts,
    "value": lambda row: row.tally.value_minor,
    "overdue": lambda row: row.tally.overdue,
    "visits": lambda row: row.tally.visits,
    "week": lambda row: row.tally.visits_week,
}


@dataclass(frozen=True)
class TerritoryRow:
    territory: Territory
    depth: int
    tally: Tally
    owner: User | None


@dataclass(frozen=True)
class RepRow:
    user: User
    tally: Tally
    today: queries.Today | None


@bp.get("/team")
@access.may("lead")
def team() -> Any:
    """The team, or one territory of it with everything below."""
    session = web.session()
    organisation = people.the_organisation(session)
    now, today = clock.now(), clock.today(organisation.timezone)
    every = queries.territories(session)
    parents = {key: territory.parent_id for key, territory in every.items()}
    here = _chosen(every)
    within = tally.subtree(parents, here.id) if here else None
    monday = clock.at(today - dt.timedelta(days=today.weekday()), dt.time(), organisation.timezone)
    parts = queries.account_parts(session, organisation.currency, within)
    parts += queries.visit_parts(session, now, monday, within)
    by_territory, by_person = tally.by(parts, lambda p: p.territory), tally.by(parts, lambda p: p.person)
    nodes = tally.tree(by_territory, parents, here.id if here else None)
    users = queries.people(session, _ids(by_person, every))
    wanted = pipeline.Wanted(today, state="open", territory=str(here.uuid) if here else None)
    return render_template(
        "reports/team.html", total=tally.total(parts), currency=organisation.currency, here=here,
        path=_path(every, here), pipeline_sums=pipeline.totals(session, wanted),
        territories=_territory_rows(nodes, every, users, db.is_scoped(session)),
        rest=by_territory.get(here.id if here else None, NOTHING) if nodes else NOTHING,
        reps=_rep_rows(by_person, users, queries.days_today(session, today)), most_reps=MOST_REPS,
        feed=visits.latest_visits(session, FEED, within), outcomes=OUTCOME_LABELS, tones=OUTCOME_TONES,
        sort=_sort(), map_url=web.url_if_there("maps.regions.choropleth", level="territory"), today=today, link=web.url_if_there,
    )  # fmt: skip


def _chosen(every: dict[int, Territory]) -> Territory | None:
    public = request.args.get("territory")
    return queries.territory_by_uuid(every, people.as_uuid(public)) if public else None


def _path(every: dict[int, Territory], here: Territory | None) -> list[Territory]:
    """The territories above, from the top down."""
    found: list[Territory] = []
    above = every.get(here.parent_id) if here is not None and here.parent_id else None
    while above is not None:
        found.insert(0, above)
        above = every.get(above.parent_id) if above.parent_id else None
    return found


def _ids(by_person: dict[int | None, Tally], every: dict[int, Territory]) -> list[int]:
    owners = {territory.owner_id for territory in every.values()}
    return sorted(key for key in {*by_person, *owners} if key is not None)


def _territory_rows(
    nodes: tuple[Node[int], ...], every: dict[int, Territory], users: dict[int, User], is_scoped: bool
) -> list[TerritoryRow]:
    """The territories of this level by value, with those just below where that stays readable; of others' nothing."""
    shown = [node for node in nodes if node.tally != NOTHING or not is_scoped]
    deep = len(shown) + sum(len(node.children) for node in shown) <= MOST_ROWS

    def row(node: Node[int], depth: int) -> TerritoryRow:
        territory = every[node.key]
        return TerritoryRow(territory, depth, node.tally, users.get(territory.owner_id or 0))

    found: list[TerritoryRow] = []
    for node in shown:
        found.append(row(node, 0))
        if deep:
            found.extend(row(child, 1) for child in node.children if child.tally != NOTHING or not is_scoped)
    return found


def _rep_rows(
    by_person: dict[int | None, Tally], users: dict[int, User], days: dict[int, queries.Today]
) -> list[RepRow]:
    word = _sort()
    rows = [
        RepRow(user, by_person[key], days.get(key))
        for key, user in users.items()
        if key in by_person and (user.role == "rep" or by_person[key].accounts)
    ]
    rows.sort(key=lambda row: row.user.name.casefold())
    rows.sort(key=REP_ORDERS[word.removeprefix("-")], reverse=word.startswith("-"))
    return rows


def _sort() -> str:
    word = request.args.get("sort", "-value")
    if word.removeprefix("-") not in REP_ORDERS:
        raise Invalid(
            f"“{word}” is no order. It is one of {', '.join(REP_ORDERS)}, with - before it for the other way round."
        )
    return word
