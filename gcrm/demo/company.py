"""The company: its people, territories and accounts, before anything happens."""

from __future__ import annotations

import datetime as dt
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

from gcrm.core.errors import Invalid
from gcrm.demo import businesses, seeds
from gcrm.demo.businesses import Business, Names
from gcrm.demo.calendar import DAYS_TOLD, Calendar
from gcrm.demo.country import Country
from gcrm.demo.places import Place
from gcrm.demo.rows import AccountRow, ShareRow
from gcrm.demo.staff import Staff, address_of, make_staff, team_sizes

SOURCE = "demo"
FEWEST_ACCOUNTS = 50
MOST_ACCOUNTS = 200_000
UNPLACED = 0.008
"""Share of accounts whose place nobody has found yet."""
NAMED_OWNER = 0.02
SHARED = 0.01
NEGLECTED = 0.15
ACCOUNTS_PER_CHAIN = 500
MOST_A_DAY, FEWEST_A_DAY, LOST_PER_KM = 10.0, 4.0, 0.06
"""Visits that a rep manages on a day, fewer the further the accounts are; those beyond it have no cadence."""
VISITING_DAYS = 215
FARTHEST_KM = 120
"""Whoever is further from the rep's home is served by telephone."""


@dataclass
class Company:
    """Everything but what happened."""

    country: Country
    calendar: Calendar
    staff: Staff
    businesses: list[Business]
    shares: list[ShareRow]
    seed: int

    def owned_by(self, person: str) -> list[Business]:
        return [business for business in self.businesses if business.row.owner == person]


def check_size(accounts: int, reps: int) -> None:
    """Refuse what is no company."""
    if not FEWEST_ACCOUNTS <= accounts <= MOST_ACCOUNTS:
        raise Invalid(f"The demo has {FEWEST_ACCOUNTS} to {MOST_ACCOUNTS:,} accounts, not {accounts:,}.")
    team_sizes(reps)


def make_company(country: Country, calendar: Calendar, accounts: int, reps: int, seed: int) -> Company:
    """Everything that the seed says about the company on this ground on this day."""
    check_size(accounts, reps)
    strengths = businesses.strengths(country.county_weights(), country.home(), country.unserved(), reps, seed)
    places = country.scatter(accounts, {code: s.presence for code, s in strengths.items()}, seed)
    seeds.stream(seed, "order").shuffle(places)
    staff = make_staff(country, places, reps, seed)
    made = _make_businesses(country, calendar, places, strengths, seed)
    _form_chains(made, country, seed)
    businesses.tiers(made)
    _assign(made, staff, seed)
    _set_cadence(made, staff, country, seed)
    for business in made:
        business.contacts = businesses.contacts(business, country, seed)
    return Company(country, calendar, staff, made, _share(made, staff, seed), seed)


def _make_businesses(
    country: Country, calendar: Calendar, places: Sequence[Place], strengths: dict[str, businesses.Strength], seed: int
) -> list[Business]:
    counties = [country.ground.county_of(place.piece).code for place in places]
    statuses = businesses.statuses(counties, strengths, seed)
    names = Names(country.profile.words)
    made = []
    for number, (place, county, status) in enumerate(zip(places, counties, statuses, strict=True)):
        source = seeds.stream(seed, "account", number)
        industry = businesses.trade(place, place.is_rural, source)
        value, potential = businesses.worth(industry, strengths[county], source)
        x, y = country.ground.plane.km(place.lon, place.lat)
        row = _row(country, calendar, place, status, number, source)
        row.name = names.business(industry, place.town, source)
        row.industry = country.profile.words.industries[industry.key]
        row.annual_value_minor = country.profile.money(value) if status == "customer" else None
        row.potential_minor = country.profile.money(potential)
        row.opening_hours = source.choice(industry.hours)
        row.visit_minutes = industry.visit_minutes
        row.tags = [tag for tag, share in country.profile.words.tags if source.random() < share]
        row.note = _note(country, source)
        if source.random() < 0.7:
            row.email = f"info@{businesses.domain(row.name, row.external_id)}"
            row.website = f"https://www.{businesses.domain(row.name, row.external_id)}"
        made.append(Business(row, industry, place, county, float(x), float(y)))
    return made


def _row(
    country: Country, calendar: Calendar, place: Place, status: str, number: int, source: random.Random
) -> AccountRow:
    """An account's place and dates; what depends on its trade comes after."""
    address = country.address(place, source)
    phone, e164 = country.phone(address.phone_area, source)
    oldest = 2400 if status == "customer" else 1100
    # Most were there when the year began; a tenth came in its course.
    age = source.randint(10, DAYS_TOLD) if source.random() < 0.1 else source.randint(DAYS_TOLD, oldest)
    created = calendar.some_moment(calendar.today - dt.timedelta(days=age), source)
    unplaced = source.random() < UNPLACED
    return AccountRow(
        uuid=seeds.identifier(source), external_id=f"C{100_001 + number}", source=SOURCE, name="", status=status,
        lon=None if unplaced else place.lon, lat=None if unplaced else place.lat,
        location_source=None if unplaced else "demo",
        location_precision=None if unplaced else "point" if source.random() < 0.3 else "street",
        street=address.street, city=address.city, region=address.region, postcode=address.postcode,
        country=country.profile.code, phone=phone, phone_e164=e164, email=None, website=None, industry="", tier="D",
        annual_value_minor=None, potential_minor=0, currency=country.profile.currency, tags=[], opening_hours="",
        cadence_days=None, visit_minutes=20, note=None, parent=None, owner=None, owner_named=False, entered_by=None,
        last_visited_on=None, created_at=created, updated_at=created,
    )  # fmt: skip


def _note(country: Country, source: random.Random) -> str | None:
    words = country.profile.words
    if source.random() > 0.12:
        return None
    return source.choice(words.account_notes).format(rival=source.choice(words.rivals))


def _form_chains(made: list[Business], country: Country, seed: int) -> None:
    """Some businesses of a trade become branches of one chain, led from the most promising of them."""
    words = country.profile.words
    free = {business.row.external_id for business in made}
    for name, key in words.chains[: max(1, len(made) // ACCOUNTS_PER_CHAIN)]:
        source = seeds.stream(seed, "chain", name)
        members = [b for b in made if b.industry.key == key and b.row.external_id in free]
        if len(members) < 4:
            continue
        head = max(members, key=lambda b: (b.row.potential_minor, b.row.external_id))
        members.remove(head)
        branches = source.sample(members, k=min(source.randint(6, 14), len(members) // 2))
        head.row.name = words.head_office_pattern.format(chain=name)
        head.row.tags = [words.chain_tag, words.tags[0][0]]
        numbers = sorted(source.sample(range(1, 90), k=len(branches)))
        names = Names(words)
        for number, branch in zip(numbers, branches, strict=True):
            branch.row.name = names.unlike(
                words.branch_pattern.format(chain=name, number=number, town=branch.place.town)
            )
            branch.row.parent = head.row.uuid
            branch.row.tags = [words.chain_tag, *branch.row.tags]
        for member in (head, *branches):
            free.discard(member.row.external_id)
            member.row.email = f"info@{businesses.domain(name, 'chain' + key)}"
            member.row.website = f"https://www.{businesses.domain(name, 'chain' + key)}"


def _assign(made: list[Business], staff: Staff, seed: int) -> None:
    """Owners as the territories give them, some named by hand, and those that no territory can give."""
    reps = [rep.email for rep in staff.reps]
    for business in made:
        row = business.row
        source = seeds.stream(seed, "owner", row.external_id)
        local = staff.rep_of_county.get(business.county)
        if row.lon is None:
            _assign_unplaced(row, local, source)
        elif local is None:
            row.owner = None
        elif source.random() < NAMED_OWNER:
            colleagues = [rep for rep in reps if staff.manager_of[rep] == staff.manager_of[local] and rep != local]
            row.owner, row.owner_named = source.choice([*colleagues, staff.manager_of[local]]), True
        else:
            row.owner = local
            row.entered_by = local if source.random() < 0.15 else None


def _assign_unplaced(row: AccountRow, local: str | None, source: random.Random) -> None:
    """Without a place no territory gives an owner: the person who entered it has it, or one that was named."""
    mood = source.random()
    if local and mood < 0.5:
        row.owner, row.entered_by = local, local
    elif local and mood < 0.75:
        row.owner, row.owner_named, row.entered_by = local, True, address_of("planner")
    else:
        row.entered_by = address_of("planner")


def _set_cadence(made: list[Business], staff: Staff, country: Country, seed: int) -> None:
    """How often to visit, the best accounts first, as far as each rep's days and car reach; some are let slide."""
    for rep in staff.reps:
        own = [business for business in made if business.row.owner == rep.email]
        own.sort(key=lambda b: (b.row.tier, b.row.status != "customer", b.row.external_id))
        home = country.ground.plane.km(rep.lon, rep.lat)
        away = [math.dist(home, (business.x_km, business.y_km)) for business in own]
        a_day = MOST_A_DAY - LOST_PER_KM * sum(away) / max(1, len(away))
        left = max(FEWEST_A_DAY, a_day) * VISITING_DAYS * len(rep.work_days) / 5
        for business, km in zip(own, away, strict=True):
            days = businesses.cadence(business.row)
            if days and left > 0 and km < FARTHEST_KM:
                business.row.cadence_days = days
                left -= 365 / days
    for business in made:
        source = seeds.stream(seed, "neglect", business.row.external_id)
        business.neglected = source.random() < NEGLECTED * (0.5 if business.row.tier == "A" else 1.0)


def _share(made: list[Business], staff: Staff, seed: int) -> list[ShareRow]:
    """Some accounts are seen by a colleague too."""
    source = seeds.stream(seed, "shares")
    reps = [rep.email for rep in staff.reps]
    found = []
    for business in made:
        others = [rep for rep in reps if rep != business.row.owner]
        if business.row.owner and others and source.random() < SHARED:
            found.append(ShareRow(business.row.uuid, source.choice(others)))
    return found
