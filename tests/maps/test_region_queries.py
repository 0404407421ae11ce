"""Sums by region: equal to the spatial join, for each role, and their parts always add up."""

from __future__ import annotations

import datetime as dt
import random
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, text

from gcrm.core import clock
from gcrm.core.errors import Invalid
from gcrm.core.geo import ewkt
from gcrm.customers.models import Account
from gcrm.customers.selecting import Selection
from gcrm.customers.selection import STATUS_LABELS
from gcrm.maps import region_queries
from gcrm.maps.metrics import METRICS
from gcrm.maps.periods import month_named, months_to
from gcrm.pipeline.models import Opportunity, Stage
from tests import factories as make

FAR_OUT = (60.0, -40.0)
NEW_YORK = ZoneInfo("America/New_York")
TODAY = clock.today("America/New_York")
NOON = dt.datetime.combine(TODAY, dt.time(12), NEW_YORK)


@pytest.fixture
def country(session):
    """Two states side by side, each of two counties, the first county of two municipalities."""
    make.make_organisation(session)
    states = [make.make_region(session, f"0{i}", "state", west=2.0 * i, south=0, size=2.0) for i in (1, 2)]
    counties = [
        make.make_region(session, f"0{i}00{k}", "county", west=2.0 * i + k, south=0, size=1.0, parent=states[i - 1])
        for i in (1, 2)
        for k in (0, 1)
    ]
    for k in (0, 1):
        make.make_region(session, f"m{k}", "municipality", west=2.0 + 0.5 * k, south=0, size=0.5, parent=counties[0])
    return {"states": states, "counties": counties}


@pytest.fixture
def people(session):
    north, south = make.make_team(session), make.make_team(session)
    return {
        "rep": make.make_user(session, "rep", north),
        "other": make.make_user(session, "rep", south),
        "manager": make.make_user(session, "manager", north),
        "admin": make.make_user(session, "admin"),
    }


def somewhere(draw: random.Random) -> tuple[float, float] | None:
    """Inside the country, on a border of it, far outside, or nowhere."""
    kind = draw.random()
    if kind < 0.1:
        return None
    if kind < 0.2:
        return FAR_OUT
    if kind < 0.4:
        return draw.choice([(3.0, 0.5), (4.0, 0.5), (2.5, 0.25), (2.5, 0.5), (5.0, 1.0)])
    return draw.uniform(2, 6), draw.uniform(0, 1)


def write_at_random(session, people, draw: random.Random) -> None:
    """Accounts with visits and sales, some of them moved, one region changed, and some deleted again."""
    owners = [people["rep"], people["other"], None]
    made = [
        make.make_account(
            session, draw.choice(owners), at=somewhere(draw), status=draw.choice(list(STATUS_LABELS)),
            annual_value_minor=draw.choice([None, draw.randrange(10**8)]),
            potential_minor=draw.choice([None, draw.randrange(10**8)]),
            currency=draw.choice(["USD", "USD", "KRW"]), cadence_days=draw.choice([None, 20, 60]),
        )
        for _ in range(30)
    ]  # fmt: skip
    for account in made:
        for _ in range(draw.randrange(3)):
            visited_at(session, account, people["rep"], NOON - dt.timedelta(days=draw.randrange(100)))
        for _ in range(draw.randrange(4)):
            sold(session, account, draw)
    for account in draw.sample(made, 12):
        to = somewhere(draw)
        account.location = ewkt(*to) if to else None
    for account in draw.sample(made, 4):
        session.delete(account)
    session.flush()


def visited_at(session, account, user, at: dt.datetime) -> None:
    make.make_visit(session, account, user, status="done", arrived_at=at, finished_at=at)
    last = account.last_visited_on
    account.last_visited_on = max(last, at.date()) if last else at.date()


def sold(session, account, draw: random.Random) -> None:
    kind = draw.choice(["open", "won", "won", "lost"])
    make.make_opportunity(
        session, account, stage_id=make.make_stage(session, kind).id, amount_minor=draw.randrange(10**7),
        currency=draw.choice(["USD", "USD", "KRW"]),
        closed_at=None if kind == "open" else NOON - dt.timedelta(days=draw.randrange(800)),
    )  # fmt: skip


WHERE = """
SELECT accounts.id, (
  SELECT code FROM regions WHERE level = :level AND ST_Covers(boundary, location) ORDER BY code LIMIT 1)
FROM accounts
"""


class Books:
    """What one sees, added up in plain Python."""

    def __init__(self, acting, level: str) -> None:
        self.code = dict(acting.execute(text(WHERE), {"level": level}).all())
        self.accounts = list(acting.scalars(select(Account)))
        kinds = {stage.id: stage.kind for stage in acting.scalars(select(Stage))}
        self.sales = [(sale, kinds[sale.stage_id]) for sale in acting.scalars(select(Opportunity))]

    def rows(self, metric: str) -> list[tuple[int, int, float, float]]:
        """account, 1 when it counts, what is added to the amount, and to the base."""
        return getattr(self, metric)()

    def _counted(self, *statuses: str):
        return [(a.id, int(a.status in statuses), 0, 0) for a in self.accounts]

    def accounts_(self):
        return self._counted(*STATUS_LABELS)

    def customers(self):
        return self._counted("customer")

    def prospects(self):
        return self._counted("prospect")

    prospect_density = prospects

    def value(self):
        return [(a.id, 1, usd(a, a.annual_value_minor), 0) for a in self.accounts]

    value_density = value

    def potential(self):
        return [(a.id, 1, usd(a, a.potential_minor), 0) for a in self.accounts]

    def white_space(self):
        return [(a.id, 1, usd(a, rest(a)), 0) for a in self.accounts]

    def white_space_share(self):
        known = [a for a in self.accounts if a.currency == "USD" and a.potential_minor is not None]
        return [(a.id, 1, rest(a) / 100, a.potential_minor / 100) for a in known]

    def in_time(self):
        kept = [a for a in self.accounts if a.cadence_days and a.status != "former"]
        return [(a.id, 1, int(not is_late(a)), 1) for a in kept]

    def overdue_value(self):
        late = [a for a in self.accounts if a.cadence_days and a.status != "former" and is_late(a)]
        return [(a.id, 1, usd(a, a.annual_value_minor), 0) for a in late]

    def pipeline(self):
        return [(s.account_id, 1, usd(s, s.amount_minor), 0) for s, kind in self.sales if kind == "open"]

    def revenue(self):
        return [(s.account_id, 1, usd(s, s.amount_minor), 0) for s in self.settled("won") if day_of(s) > months_ago(12)]

    def revenue_change(self):
        sold = [s for s in self.settled("won") if day_of(s) > months_ago(12)]
        amounts = [(s, usd(s, s.amount_minor)) for s in sold]
        return [(s.account_id, 1, *((usd, 0) if day_of(s) > months_ago(6) else (0, usd))) for s, usd in amounts]

    def win_rate(self):
        won = {sale.id for sale in self.settled("won")}
        return [
            (s.account_id, 1, int(s.id in won), 1) for s in self.settled("won", "lost") if day_of(s) > months_ago(12)
        ]

    def settled(self, *kinds: str):
        return [sale for sale, kind in self.sales if kind in kinds]


def usd(thing, amount_minor: int | None) -> float:
    return (amount_minor or 0) / 100 if thing.currency == "USD" else 0


def rest(account) -> int | None:
    return None if account.potential_minor is None else account.potential_minor - (account.annual_value_minor or 0)


def day_of(sale) -> dt.date:
    return sale.closed_at.astimezone(NEW_YORK).date()


def months_ago(n: int) -> dt.date:
    return months_to(TODAY, n).first - dt.timedelta(days=1)


def is_late(account) -> bool:
    last = account.last_visited_on
    return last is None or last + dt.timedelta(days=account.cadence_days) < TODAY


def summed(books: Books, metric: str) -> dict[str | None, tuple[int, float, float]]:
    found: dict[str | None, tuple[int, float, float]] = {}
    for account, *parts in books.rows("accounts_" if metric == "accounts" else metric):
        old = found.get(books.code[account], (0, 0, 0))
        found[books.code[account]] = tuple(a + b for a, b in zip(old, parts, strict=True))
    return found


@pytest.mark.parametrize("seed", range(3))
def test_figures_equal_the_spatial_join_for_each_role(seed, session, country, people, as_user):
    write_at_random(session, people, random.Random(seed))
    for role in ("admin", "manager", "rep"):
        with as_user(people[role]) as acting:
            for level in ("state", "county", "municipality"):
                books = Books(acting, level)
                for metric in METRICS.values():
                    hold(
                        metric,
                        summed(books, metric.word),
                        region_queries.region_stats(acting, level, metric.word, Selection()),
                    )


def hold(metric, expected, stats) -> None:
    """The figures are the expected ones, and their parts are the whole."""
    outside = expected.get(None, (0, 0, 0))
    assert {f.code: f.count for f in stats.regions if f.count} == {c: n for c, (n, *_) in expected.items() if c and n}
    assert stats.outside == outside[0]
    assert sum(f.count for f in stats.regions) + stats.outside == stats.total
    for figure in stats.regions:
        count, amount, base = expected.get(figure.code, (0, 0, 0))
        assert same(figure.value, plain(metric, count, amount, base, figure.area_km2)), metric.word
        assert figure.is_reliable == (not metric.base or count >= 5)
    if not metric.is_density:
        whole = [sum(part) for part in zip(*expected.values(), strict=True)] or (0, 0, 0)
        assert same(stats.total_value, plain(metric, *whole, None))
        assert same(stats.outside_value, plain(metric, *outside, None))


def same(found: float | None, expected: float | None) -> bool:
    return found is expected is None or (None not in (found, expected) and found == pytest.approx(expected, rel=1e-12))


def plain(metric, count: int, amount: float, base: float, area_km2: float | None) -> float | None:
    if metric.word == "revenue_change":
        return (amount - base) / base * 100 if base else None
    if metric.base:
        return amount / base * 100 if base else None
    found = amount if metric.amount else count
    return found / area_km2 if metric.is_density else found


@pytest.mark.parametrize("level", ["hex10", "hex100", "hex1000"])
def test_hexagons_hold_the_accounts_that_lie_in_them(level, session, country, people):
    write_at_random(session, people, random.Random(7))
    stats = region_queries.region_stats(session, level, "accounts", Selection())
    inside = text(
        "SELECT count(*) FROM accounts WHERE ST_Covers(ST_Buffer(gcrm_hexagon_boundary(:code, :area), 1e-7), location)"
    )
    area = float(level.removeprefix("hex"))
    assert stats.regions
    for figure in stats.regions:
        assert session.scalar(inside, {"code": int(figure.code), "area": area}) >= figure.count
        assert figure.area_km2 == area
    assert sum(f.count for f in stats.regions) + stats.outside == stats.total
    assert stats.outside == stats.unplaced


def test_a_hexagon_is_called_by_the_region_it_lies_in(session, country):
    make.make_account(session, at=(3.5, 0.5))
    (figure,) = region_queries.region_stats(session, "hex100", "accounts", Selection()).regions
    assert figure.name == country["counties"][1].name
    assert figure.country == "hex100"


def test_the_whole_and_what_lies_outside_are_said_in_money_too(session, country):
    make.make_account(session, at=(2.2, 0.2), annual_value_minor=12_345)
    make.make_account(session, at=FAR_OUT, annual_value_minor=1_000)
    make.make_account(session, at=None, annual_value_minor=500)
    stats = region_queries.region_stats(session, "county", "value", Selection())
    assert (stats.total, stats.outside, stats.unplaced) == (3, 2, 1)
    assert (stats.total_value, stats.outside_value, stats.regions[0].value) == (138.45, 15.0, 123.45)
    assert stats.unit == "USD"


def test_amounts_in_another_currency_are_left_out_and_counted(session, country):
    make.make_account(session, at=(2.2, 0.2), annual_value_minor=100)
    make.make_account(session, at=(2.2, 0.2), annual_value_minor=900_000, currency="KRW")
    stats = region_queries.region_stats(session, "state", "value", Selection())
    assert stats.regions[0].value == 1.0
    assert stats.regions[0].count == 2
    assert stats.other_currencies == 1


def test_within_a_parent_regions_without_accounts_are_there_with_zero(session, country):
    make.make_account(session, at=(2.2, 0.2), status="prospect")
    make.make_account(session, at=(4.5, 0.5), status="prospect")
    state = country["states"][0]
    stats = region_queries.region_stats(session, "county", "prospects", Selection(), state)
    assert [(f.code, f.count, f.value) for f in stats.regions] == [("01000", 1, 1), ("01001", 0, 0)]
    assert stats.total == 1
    below = region_queries.region_stats(session, "municipality", "prospects", Selection(), state)
    assert [(f.code, f.count) for f in below.regions] == [("m0", 1), ("m1", 0)]
    assert [f.code for f in region_queries.region_stats(session, "county", "prospects", Selection()).regions] == [
        "01000",
        "02000",
    ]


def test_a_parent_has_to_lie_above(session, country):
    with pytest.raises(Invalid, match="county"):
        region_queries.region_stats(session, "state", "accounts", Selection(), country["counties"][0])


@pytest.mark.parametrize(("level", "metric"), [("street", "accounts"), ("county", "happiness")])
def test_unknown_words_are_named(level, metric, session):
    with pytest.raises(Invalid, match="It is one of"):
        region_queries.region_stats(session, level, metric, Selection())


def test_territories_are_summed_by_who_holds_the_account(session, country, people):
    territory = make.make_territory(session, people["rep"], (country["counties"][0],), name="West")
    make.make_account(session, at=(2.2, 0.2))
    make.make_account(session, at=(4.5, 0.5))
    stats = region_queries.region_stats(session, "territory", "accounts", Selection())
    assert [(f.code, f.name, f.count) for f in stats.regions] == [(str(territory.uuid), "West", 1)]
    assert stats.regions[0].area_km2 == pytest.approx(country["counties"][0].area_km2)
    assert stats.outside == 1


def test_a_selection_narrows_the_sums(session, country):
    make.make_account(session, at=(2.2, 0.2), status="prospect")
    make.make_account(session, at=(2.2, 0.2), status="customer")
    stats = region_queries.region_stats(session, "county", "accounts", Selection.parse({"status": "customer"}))
    assert (stats.total, stats.regions[0].count) == (1, 1)


def test_postcodes_are_those_of_the_addresses(session, country):
    make.make_region(session, "17101", "postcode", west=2, south=0, size=1)
    make.make_account(session, at=(2.2, 0.2), postcode="17101", country="us")
    make.make_account(session, at=(2.2, 0.2), postcode="17101-1234", country="us")
    make.make_account(session, at=(2.2, 0.2), postcode="17101", country="kr")
    make.make_account(session, at=(2.2, 0.2))
    stats = region_queries.region_stats(session, "postcode", "accounts", Selection())
    assert [(f.key, f.count) for f in stats.regions] == [("us:17101", 2)]
    assert (stats.outside, stats.total) == (2, 4)
    chosen = Selection.parse({"postcode": "us:17101"})
    assert region_queries.region_stats(session, "state", "accounts", chosen).total == 2


def test_a_loaded_country_is_called_by_its_own_name(session, country):
    make.make_region(session, "USA", "country", west=0, south=-10, size=50, name="America")
    make.make_account(session, at=(2.2, 0.2))
    make.make_account(session, at=FAR_OUT)
    stats = region_queries.region_stats(session, "country", "accounts", Selection())
    assert [(f.key, f.name, f.count) for f in stats.regions] == [("us:USA", "America", 1)]
    assert (stats.outside, stats.total) == (1, 2)


@pytest.mark.parametrize("role", ["admin", "rep"])
def test_visits_are_in_time_as_of_the_last_day_of_a_month(role, session, country, people, as_user):
    """Every 30 days: visited 29 and 31 days before the last of March, never, after it, and one without a cadence.

    On the 20th of March nobody was met, which is no visit.
    """

    def noon(month: int, day: int) -> dt.datetime:
        return dt.datetime(2026, month, day, 12, tzinfo=NEW_YORK)

    for visits, cadence in (
        ([noon(3, 2)], 30),
        ([noon(2, 28)], 30),
        ([], 30),
        ([noon(4, 1)], 30),
        ([noon(3, 30)], None),
    ):
        account = make.make_account(session, people["rep"], at=(2.2, 0.2), cadence_days=cadence)
        for at in visits:
            visited_at(session, account, people["rep"], at)
        make.make_visit(session, account, people["rep"], status="done", finished_at=noon(3, 20), outcome="not_met")
    session.flush()
    with as_user(people[role]) as acting:
        for month, in_time in (("2026-03", 1), ("2026-02", 1), ("2026-04", 1), ("2026-05", 0)):
            stats = region_queries.region_stats(acting, "state", "in_time", Selection(), period=month_named(month))
            assert (stats.total, stats.total_value) == (4, in_time * 25.0), month


def test_sales_are_of_the_month_where_the_organisation_is(session, country):
    account = make.make_account(session, at=(2.2, 0.2))
    won = make.make_stage(session, "won").id
    for at in (dt.datetime(2026, 4, 1, 3, tzinfo=dt.UTC), dt.datetime(2026, 4, 1, 5, tzinfo=dt.UTC)):
        make.make_opportunity(session, account, stage_id=won, closed_at=at, amount_minor=100)
    found = {
        month: region_queries.region_stats(
            session, "state", "revenue", Selection(), period=month_named(month)
        ).total_value
        for month in ("2026-03", "2026-04")
    }
    assert found == {"2026-03": 1.0, "2026-04": 1.0}
    change = region_queries.region_stats(session, "state", "revenue_change", Selection(), period=month_named("2026-04"))
    assert (change.regions[0].value, change.total, change.unit) == (0.0, 2, "%")


def test_figures_follow_when_a_region_is_edited(session, country):
    make.make_account(session, at=(2.9, 0.7))
    left, right = country["counties"][:2]
    left.boundary, right.boundary = make.square(2.0, 0.0, 0.8), make.square(2.8, 0.0, 1.2)
    session.flush()
    session.execute(text("SELECT gcrm_place_again(:ids, 0, 100)"), {"ids": [left.id, right.id]})
    stats = region_queries.region_stats(session, "county", "accounts", Selection())
    assert [f.code for f in stats.regions] == [right.code]
