"""Tiles of layers, decoded: every row once at every zoom for each role, by kind; the numbers beside them are the same."""

from __future__ import annotations

import datetime as dt
import random

import pytest
from sqlalchemy import select

from gcrm.core import clock
from gcrm.core.errors import Invalid, NotFound
from gcrm.core.map_layers import LayerWords
from gcrm.customers import selection as customer_fields
from gcrm.customers.models import Account
from gcrm.customers.selecting import Selection
from gcrm.maps import layer_queries, tile_queries
from gcrm.pipeline import map_queries as pipeline
from gcrm.routing import map_queries as routing
from gcrm.visits import map_queries as visits
from tests import factories as make
from tests.maps import mvt
from tests.maps.test_tiles import scatter, total

ZONE = "America/New_York"
TODAY = clock.today(ZONE)
DAYS = LayerWords(TODAY - dt.timedelta(days=9), TODAY, TODAY, ZONE)
NEAR = mvt.tile_of(-76.88, 40.27, 14)
EVERYTHING = Selection()
assert customer_fields


def rows_of(session, layer: str, owners: tuple[str, ...] = (), words: LayerWords = DAYS):
    if layer in layer_queries.COLOURS:
        return layer_queries.account_rows(session, layer, False, owners)
    return {"visits": visits.visits, "opportunities": pipeline.opportunities}[layer](session, words)


def features_of(session, layer: str, tiles, selection: Selection = EVERYTHING, **more) -> list[mvt.Feature]:
    found = []
    for z, x, y in sorted(tiles):
        rows = rows_of(session, layer, **more)
        layers = mvt.decode(layer_queries.rows_tile(session, layer, rows, z, x, y, selection))
        found += layers[layer].features if layers else []
    return found


@pytest.fixture(autouse=True)
def request_context(app):
    """Kinds of rows say where their lists are."""
    with app.test_request_context():
        yield


@pytest.fixture
def company(session):
    make.make_organisation(session)
    top = make.make_team(session)
    north, south = make.make_team(session, parent=top), make.make_team(session, parent=top)
    return {
        "rep": make.make_user(session, "rep", north, name="Ada"),
        "other": make.make_user(session, "rep", south, name="Bert"),
        "manager": make.make_user(session, "manager", north),
        "admin": make.make_user(session, "admin"),
    }


def finished(session, account, user, days_ago: int, outcome: str | None = "order"):
    at = clock.at(TODAY - dt.timedelta(days=days_ago), dt.time(12), ZONE)
    return make.make_visit(session, account, user, status="done", finished_at=at, outcome=outcome)


@pytest.mark.parametrize("layer", ["coverage", "owner", "status", "tier", "visits", "opportunities"])
@pytest.mark.parametrize("seed", range(2))
def test_tiles_of_every_zoom_hold_each_visible_row_once(layer, seed, session, company, as_user):
    draw = random.Random(seed)
    for number in range(25):
        owner = draw.choice([company["rep"], company["other"], company["manager"]])
        account = make.make_account(
            session, owner, at=scatter(draw) if number % 6 else None, cadence_days=draw.choice([None, 30])
        )
        if number % 2:
            make.make_opportunity(session, account, owner, amount_minor=draw.randrange(10**6))
        finished(session, account, owner, draw.randrange(20))
    for role in ("admin", "manager", "rep"):
        with as_user(company[role]) as acting:
            counts = layer_queries.kind_counts(acting, rows_of(acting, layer), EVERYTHING)
            places = [
                mvt.lon_lat(feature.point, 16, *tile[1:])
                for tile in {mvt.tile_of(*place, 16) for place in located(acting)}
                for feature in features_of(acting, layer, {tile})
            ]
            assert len(places) == sum(count.located for count in counts.values()), (role, layer)
            for z in (0, seed + 4, 11):
                tiles = {mvt.tile_of(lon, lat, z) for lon, lat in located(acting)}
                assert total(features_of(acting, layer, tiles)) == len(places), (role, layer, z)


def located(session) -> list[tuple[float, float]]:
    from gcrm.core.geo import lon_lat

    return [lon_lat(place) for place in session.scalars(select(Account.location).where(Account.location.is_not(None)))]


def test_coverage_tells_how_accounts_stand_against_their_cadence(session, company):
    for days_ago, status in ((31, "customer"), (30, "customer"), (10, "customer"), (None, "prospect"), (40, "former")):
        day = None if days_ago is None else TODAY - dt.timedelta(days=days_ago)
        make.make_account(session, cadence_days=30, last_visited_on=day, status=status)
    make.make_account(session, cadence_days=None)
    (cell,) = features_of(session, "coverage", {(4, 4, 6)})
    assert cell.properties == {
        "n": 6,
        "value": 0,
        "k_overdue": 1,
        "k_due": 1,
        "k_in_time": 1,
        "k_never": 1,
        "k_none": 2,
    }
    kinds = sorted(feature.properties["kind"] for feature in features_of(session, "coverage", {NEAR}))
    assert kinds == ["due", "in_time", "never", "none", "none", "overdue"]


def test_each_state_of_coverage_is_a_list_of_the_same_length(session, company):
    for days_ago in (31, 30, 25, 10, None):
        day = None if days_ago is None else TODAY - dt.timedelta(days=days_ago)
        make.make_account(session, cadence_days=30, last_visited_on=day)
    rows = rows_of(session, "coverage")
    counts = layer_queries.kind_counts(session, rows, EVERYTHING)
    linked = {kind.word: Selection.parse(dict([kind.narrows])) for kind in rows.kinds if kind.narrows}
    assert set(linked) == {"never", "due"}
    for word, selection in linked.items():
        listed = session.scalars(selection.narrow(select(Account.id))).all()
        assert len(listed) == counts[word].count, word


def test_visits_are_those_of_the_period_by_outcome(session, company):
    account = make.make_account(session, company["rep"])
    for days_ago, outcome in ((0, "order"), (9, None), (10, "order"), (-1, "order")):
        finished(session, account, company["rep"], days_ago, outcome)
    make.make_visit(session, account, company["rep"], status="planned")
    (cell,) = features_of(session, "visits", {(4, 4, 6)})
    assert cell.properties == {"n": 2, "value": 0, "k_order": 1, "k_none": 1}
    first = layer_queries.first_rows(session, rows_of(session, "visits"), EVERYTHING, 5)
    assert [row.said for row in first] == [f"{TODAY}, Ada", f"{TODAY - dt.timedelta(days=9)}, Ada"]


def test_a_period_ends_at_midnight_where_the_organisation_is(session, company):
    account = make.make_account(session, company["rep"])
    last = clock.at(TODAY + dt.timedelta(days=1), dt.time.min, ZONE)
    for moment in (last - dt.timedelta(seconds=1), last):
        make.make_visit(session, account, company["rep"], status="done", finished_at=moment, outcome="order")
    assert total(features_of(session, "visits", {(0, 0, 0)})) == 1


def test_opportunities_are_the_open_ones_by_stage(session, company):
    account = make.make_account(session, company["rep"])
    first, won = make.make_stage(session), make.make_stage(session, "won")
    deal = make.make_opportunity(session, account, stage_id=first.id, amount_minor=700)
    make.make_opportunity(session, account, stage_id=first.id, amount_minor=50_000, currency="KRW")
    make.make_opportunity(session, account, stage_id=won.id)
    (cell,) = features_of(session, "opportunities", {(4, 4, 6)})
    assert cell.properties == {"n": 2, "value": 700, f"k_s{first.id}": 2}
    point = next(each for each in features_of(session, "opportunities", {NEAR}) if each.properties["value"])
    assert point.properties == {"n": 1, "value": 700, "id": str(deal.uuid), "name": deal.name, "kind": f"s{first.id}"}
    (count,) = layer_queries.kind_counts(session, rows_of(session, "opportunities"), EVERYTHING).values()
    assert (count.count, count.located, count.amount_minor, count.foreign) == (2, 2, 700, 1)


def test_owners_have_kinds_and_the_rest_is_one(session, company):
    for owner, count in ((company["rep"], 3), (company["other"], 2), (company["manager"], 1), (None, 1)):
        for _ in range(count):
            make.make_account(session, owner)
    top = layer_queries.top_owners(session, EVERYTHING)
    assert top[:2] == [str(company["rep"].uuid), str(company["other"].uuid)]
    (cell,) = features_of(session, "owner", {(4, 4, 6)}, owners=tuple(top[:2]))
    assert cell.properties == {"n": 7, "value": 0, "k_o0": 3, "k_o1": 2, "k_others": 1, "k_nobody": 1}
    kinds = rows_of(session, "owner", tuple(top[:2])).kinds
    assert [kind.label for kind in kinds] == ["Ada", "Bert", "Others", "Nobody"]


@pytest.mark.parametrize("owners", [("nobody",), ("00000000-0000-0000-0000-000000000000",), ("x",) * 8])
def test_unknown_owners_are_refused_with_a_sentence(owners, session, company):
    with pytest.raises(Invalid, match="owner"):
        rows_of(session, "owner", owners)


def test_potential_takes_the_place_of_the_value(session, company):
    make.make_account(session, annual_value_minor=5, potential_minor=900)
    rows = layer_queries.account_rows(session, "status", True, ())
    tile = mvt.decode(layer_queries.rows_tile(session, "accounts", rows, 0, 0, 0, EVERYTHING))
    assert tile["accounts"].features[0].properties["value"] == 900


def test_a_selection_narrows_layers_too(session, company):
    mine, theirs = (
        make.make_account(session, company["rep"], tier="A"),
        make.make_account(session, company["other"], tier="B"),
    )
    for account in (mine, theirs):
        make.make_opportunity(session, account)
    only = Selection.parse({"tier": "A"})
    assert total(features_of(session, "opportunities", {(0, 0, 0)}, only)) == 1
    assert total(features_of(session, "coverage", {(0, 0, 0)}, only)) == 1


def test_a_crowded_tile_shows_cells_and_loses_nobody(session, company, monkeypatch):
    monkeypatch.setattr(layer_queries, "MOST_POINTS", 3)
    for i in range(5):
        make.make_account(session, at=(-76.88 + i * 0.0001, 40.27))
    features = features_of(session, "coverage", {mvt.tile_of(-76.88, 40.27, 12)})
    assert total(features) == 5
    assert all("id" not in feature.properties for feature in features)


def test_cells_are_where_those_of_accounts_are(session, company):
    draw = random.Random(3)
    for _ in range(30):
        make.make_account(session, at=scatter(draw))
    ours = {(each.point, each.properties["n"]) for each in features_of(session, "status", {(0, 0, 0)})}
    tile = mvt.decode(tile_queries.account_tile(session, 0, 0, 0, EVERYTHING))["accounts"]
    assert ours == {(each.point, each.properties["n"]) for each in tile.features}


def test_there_is_no_tile_outside_the_square(session, company):
    with pytest.raises(NotFound):
        features_of(session, "coverage", {(1, 2, 0)})


def test_plans_of_a_day_are_the_published_ones_else_the_newest(session, company):
    from tests.company import _plan

    account = make.make_account(session, company["rep"], name="Shop")
    published = _plan(session, company["rep"], account, "", "published", TODAY)
    _plan(session, company["rep"], account, "", "ready", TODAY)
    _plan(session, company["other"], account, "", "replaced", TODAY)
    whole = routing.plans_of_day(session, DAYS)
    assert [(group["label"], group["count"]) for group in whole["groups"]] == [("Ada", 1)]
    assert whole["groups"][0]["href"].endswith(str(published.uuid))
    (stop,) = [each for each in whole["features"] if each["geometry"]["type"] == "Point"]
    assert (stop["properties"]["number"], stop["properties"]["name"]) == (1, "Shop")
