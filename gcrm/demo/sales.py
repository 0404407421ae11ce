"""Opportunities: those won and lost in the course of the year, and those still open."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator

from gcrm.demo import seeds
from gcrm.demo.businesses import Business
from gcrm.demo.calendar import DAYS_TOLD, Calendar
from gcrm.demo.company import Company
from gcrm.demo.rows import OpportunityRow, StageRow
from gcrm.demo.words import Words

CHANCE = {"customer": 0.30, "prospect": 0.26, "former": 0.10}
"""That an account has an opportunity in the year; the better tiers more."""
TIER_FACTOR = {"A": 2.6, "B": 1.8, "C": 1.0, "D": 0.55}
USUAL_DAYS = 62
"""Median from the first talk to the decision."""
WON = 0.60
"""Share of customers' decisions that were for us; a prospect who decides for us is a customer by now."""
STAGE_ENDS = (0.3, 0.55, 0.8, 1.0)
"""How far along a sale leaves each open stage."""
SLIPPED = 0.12
RANK_STEP = 1024.0


def make_stages(words: Words, seed: int) -> list[StageRow]:
    source = seeds.stream(seed, "stages")
    return [
        StageRow(seeds.identifier(source), name, position, probability, kind)
        for position, (name, probability, kind) in enumerate(words.stages, start=1)
    ]


def make_opportunities(company: Company) -> list[OpportunityRow]:
    """All of them, oldest first, ranked within their stage by when they are expected to close."""
    found = [sale for business in company.businesses for sale in _of(business, company)]
    ranks: dict[str, int] = {}
    for sale in sorted(found, key=lambda sale: (sale.expected_close, sale.uuid)):
        ranks[sale.stage] = ranks.get(sale.stage, 0) + 1
        sale.rank = ranks[sale.stage] * RANK_STEP
    found.sort(key=lambda sale: (sale.created_at, sale.uuid))
    return found


def _of(business: Business, company: Company) -> Iterator[OpportunityRow]:
    source = seeds.stream(company.seed, "sales", business.row.external_id)
    chance = CHANCE[business.row.status] * TIER_FACTOR[business.row.tier]
    while business.row.owner and source.random() < chance:
        chance *= 0.35
        sale = _sale(business, company, source)
        if sale is not None:
            yield sale


def _sale(business: Business, company: Company, source: random.Random) -> OpportunityRow | None:
    """One sale from its first talk; none when the account was not there yet, or it was settled before the year began."""
    calendar, words = company.calendar, company.country.profile.words
    began = _working(calendar, calendar.today - dt.timedelta(days=source.randint(1, DAYS_TOLD + USUAL_DAYS)))
    if source.random() > business.industry.season[began.month - 1] or began <= business.row.created_at.date():
        return None
    days = max(9, round(source.lognormvariate(0, 0.5) * USUAL_DAYS))
    decided = _working(calendar, began + dt.timedelta(days=days))
    if decided < calendar.first:
        return None
    at = calendar.some_moment(began, source)
    sale = OpportunityRow(
        uuid=seeds.identifier(source), account=business.row.uuid, name=_name(business, words, source), stage="", rank=0.0,
        amount_minor=_amount(business, company, source), currency=business.row.currency, expected_close=decided,
        owner=business.row.owner, next_step=None, next_step_on=None, closed_at=None, close_reason=None,
        note=_note(words, source), created_at=at, updated_at=at,
    )  # fmt: skip
    slips = decided <= calendar.yesterday and (calendar.today - decided).days < 40 and source.random() < SLIPPED * 3
    if decided <= calendar.yesterday and not slips:
        _settle(sale, business, calendar, words, source)
    else:
        _advance(sale, (calendar.today - began).days / days, calendar, words, source)
    return sale


def _working(calendar: Calendar, day: dt.date) -> dt.date:
    while not calendar.is_working(day):
        day -= dt.timedelta(days=1)
    return day


def _name(business: Business, words: Words, source: random.Random) -> str:
    name = source.choice(words.opportunity_patterns).format(
        product=source.choice(words.products[business.industry.key]), rival=source.choice(words.rivals)
    )
    return name[:1].upper() + name[1:]


def _note(words: Words, source: random.Random) -> str | None:
    if source.random() > 0.45:
        return None
    return source.choice(words.opportunity_notes).format(rival=source.choice(words.rivals))


def _amount(business: Business, company: Company, source: random.Random) -> int:
    """Some part of what could be sold to the account in a year."""
    profile = company.country.profile
    dollars = business.row.potential_minor / profile.minor_per_dollar * source.triangular(0.08, 0.7, 0.25)
    return profile.money(dollars)


def _settle(sale: OpportunityRow, business: Business, calendar: Calendar, words: Words, source: random.Random) -> None:
    won = business.row.status == "customer" and source.random() < WON
    kind = "won" if won else "lost"
    sale.stage = next(name for name, _, of_kind in words.stages if of_kind == kind)
    sale.closed_at = sale.updated_at = max(
        calendar.some_moment(sale.expected_close, source), sale.created_at + dt.timedelta(hours=2)
    )
    reason = source.choice(words.won_reasons if won else words.lost_reasons)
    sale.close_reason = reason.format(rival=source.choice(words.rivals))


def _advance(sale: OpportunityRow, progress: float, calendar: Calendar, words: Words, source: random.Random) -> None:
    """An open sale stands in the stage that its progress says; what has slipped stands in the last ones."""
    open_stages = [name for name, _, kind in words.stages if kind == "open"]
    position = next((i for i, end in enumerate(STAGE_ENDS) if progress < end), source.choice((2, 3)))
    sale.stage = open_stages[position]
    if source.random() < 0.85:
        sale.next_step = source.choice(words.opportunity_steps[sale.stage])
        ahead = [*calendar.next_working_days(15), calendar.today, *calendar.past()[-4:]]
        sale.next_step_on = source.choice(ahead)
    touched = _working(calendar, calendar.yesterday - dt.timedelta(days=source.randint(0, 20)))
    sale.updated_at = max(sale.created_at, calendar.some_moment(touched, source))


def stages_passed(sale: OpportunityRow, words: Words) -> list[tuple[dt.datetime, str, str]]:
    """When a sale moved from which open stage to which, evenly over its time until now or its end."""
    open_stages = [name for name, _, kind in words.stages if kind == "open"]
    last = open_stages.index(sale.stage) if sale.stage in open_stages else len(open_stages) - 1
    span = (sale.closed_at or sale.updated_at) - sale.created_at
    return [
        (sale.created_at + span * (step / (last + 1)), open_stages[step - 1], open_stages[step])
        for step in range(1, last + 1)
    ]
