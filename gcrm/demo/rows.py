"""What the generator makes: rows as the tables hold them, that name each other by UUID and people by e-mail."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from uuid import UUID


@dataclass(slots=True)
class TeamRow:
    uuid: UUID
    name: str
    parent: UUID | None


@dataclass(slots=True)
class PersonRow:
    uuid: UUID
    email: str
    name: str
    role: str
    team: UUID | None
    phone: str | None
    locale: str
    lon: float | None = None
    lat: float | None = None
    home_address: str | None = None
    work_days: list[int] = field(default_factory=lambda: [1, 2, 3, 4, 5])


@dataclass(slots=True)
class TerritoryRow:
    uuid: UUID
    name: str
    parent: UUID | None
    owner: str | None
    colour: int
    counties: list[str]
    """Region codes; empty for a territory above others."""


@dataclass(slots=True)
class AccountRow:
    uuid: UUID
    external_id: str
    source: str
    name: str
    status: str
    lon: float | None
    lat: float | None
    location_source: str | None
    location_precision: str | None
    street: str
    city: str
    region: str
    postcode: str | None
    country: str
    phone: str
    phone_e164: str
    email: str | None
    website: str | None
    industry: str
    tier: str
    annual_value_minor: int | None
    potential_minor: int
    currency: str
    tags: list[str]
    opening_hours: str
    cadence_days: int | None
    visit_minutes: int
    note: str | None
    parent: UUID | None
    owner: str | None
    owner_named: bool
    entered_by: str | None
    last_visited_on: dt.date | None
    created_at: dt.datetime
    updated_at: dt.datetime


@dataclass(slots=True)
class ContactRow:
    uuid: UUID
    account: UUID
    name: str
    job_title: str
    phone: str
    email: str
    is_primary: bool
    created_at: dt.datetime
    updated_at: dt.datetime


@dataclass(slots=True)
class ShareRow:
    account: UUID
    person: str


@dataclass(slots=True)
class VisitRow:
    uuid: UUID
    account: UUID
    contact: UUID | None
    person: str
    status: str
    starts_at: dt.datetime | None
    minutes: int
    purpose: str
    arrived_at: dt.datetime | None
    arrived_lon: float | None
    arrived_lat: float | None
    accuracy_metres: float | None
    distance_metres: float | None
    no_position_reason: str | None
    finished_at: dt.datetime | None
    outcome: str | None
    note: str | None
    next_step: str | None
    next_step_on: dt.date | None
    created_at: dt.datetime
    updated_at: dt.datetime


@dataclass(slots=True)
class ActivityRow:
    uuid: UUID
    account: UUID
    contact: UUID | None
    person: str
    kind: str
    at: dt.datetime
    subject: str
    note: str | None
    created_at: dt.datetime
    updated_at: dt.datetime


@dataclass(slots=True)
class TaskRow:
    uuid: UUID
    account: UUID
    person: str
    title: str
    due_on: dt.date
    needs_visit: bool
    done_at: dt.datetime | None
    note: str | None
    created_at: dt.datetime
    updated_at: dt.datetime


@dataclass(slots=True)
class StageRow:
    uuid: UUID
    name: str
    position: int
    probability: int
    kind: str


@dataclass(slots=True)
class OpportunityRow:
    uuid: UUID
    account: UUID
    name: str
    stage: str
    rank: float
    amount_minor: int
    currency: str
    expected_close: dt.date
    owner: str | None
    next_step: str | None
    next_step_on: dt.date | None
    closed_at: dt.datetime | None
    close_reason: str | None
    note: str | None
    created_at: dt.datetime
    updated_at: dt.datetime


@dataclass(slots=True)
class ProductRow:
    uuid: UUID
    code: str
    name: str
    unit: str
    created_at: dt.datetime
    updated_at: dt.datetime


@dataclass(slots=True)
class PriceRow:
    product: UUID
    currency: str
    valid_from: dt.date
    price_minor: int


@dataclass(slots=True)
class OrderRow:
    uuid: UUID
    account: UUID
    person: str
    visit: UUID
    currency: str
    ordered_at: dt.datetime
    price_day: dt.date
    total_minor: int
    created_at: dt.datetime
    updated_at: dt.datetime


@dataclass(slots=True)
class OrderLineRow:
    order_uuid: UUID
    place: int
    """Among all lines of all orders."""
    product: UUID
    name: str
    unit: str
    quantity: int
    price_minor: int
    total_minor: int


@dataclass(slots=True)
class TouchRow:
    account: UUID
    person: str | None
    at: dt.datetime
    kind: str
    summary: str
    detail: str | None
    subject: UUID | None
