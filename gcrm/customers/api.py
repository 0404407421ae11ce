"""Accounts, contacts and the timeline over HTTP: accounts are GeoJSON Features, one without a place has no geometry."""

from __future__ import annotations

import uuid
from typing import Any

import marshmallow as ma
from flask import request, url_for
from flask.views import MethodView
from flask_login import current_user
from flask_smorest import Blueprint

from gcrm.core import api, money, web
from gcrm.core.errors import Invalid
from gcrm.core.geo import geojson, lon_lat
from gcrm.customers import contact_queries, queries, services, values
from gcrm.customers.models import Account, Contact, Touch
from gcrm.customers.near import LARGEST_RADIUS_METRES
from gcrm.customers.queries import ORDERS, AccountRow
from gcrm.customers.selecting import Selection
from gcrm.people import access

accounts = Blueprint(
    "accounts", __name__, url_prefix=f"{api.PREFIX}/accounts",
    description="Customers and prospects. Every list takes the words of a selection, as the pages do: "
    "q, status, tier, owner, team, territory, region, industry, tag, source, value_from, place and more.",
)  # fmt: skip
contacts = Blueprint("contacts", __name__, url_prefix=f"{api.PREFIX}/contacts", description="The people at accounts.")
BLUEPRINTS = (accounts, contacts)


class Amount(ma.fields.String):
    """A decimal text; a whole number will do, a binary fraction will not."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if isinstance(value, float):
            raise ma.ValidationError("Send amounts as decimal texts such as “1200.50”: a binary fraction loses cents.")
        return super()._deserialize(value, attr, data, **kwargs)


class Tags(ma.fields.List):
    """A list of words, or one text with semicolons between them."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(ma.fields.String(), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return super()._deserialize(value.split(";") if isinstance(value, str) else value, attr, data, **kwargs)


class Writable(ma.Schema):
    """Takes what it knows, refuses other words by name, and passes over what a reader got but nobody writes."""

    READ_ONLY: frozenset[str] = frozenset()

    @ma.pre_load
    def unwrap(self, data: Any, **_kwargs: Any) -> Any:
        if not isinstance(data, dict):
            return data
        if data.get("type") == "Feature":
            data = _from_feature(data)
        return {name: value for name, value in data.items() if name not in self.READ_ONLY}


def _from_feature(feature: dict[str, Any]) -> dict[str, Any]:
    """The plain fields of a GeoJSON Feature; where it has a geometry, that says where the account is."""
    fields = feature.get("properties") or {}
    if not isinstance(fields, dict):
        raise ma.ValidationError("A Feature's properties are an object.", "properties")
    if "geometry" not in feature:
        return dict(fields)
    geometry = feature["geometry"]
    if geometry is None:
        return fields | {"lon": None, "lat": None}
    try:
        if geometry["type"] != "Point":
            raise ValueError
        lon, lat = geometry["coordinates"][:2]
    except (TypeError, KeyError, ValueError):
        raise ma.ValidationError("The geometry of an account is a Point, or null.", "geometry") from None
    return fields | {"lon": lon, "lat": lat}


def _text(**more: Any) -> ma.fields.String:
    return ma.fields.String(allow_none=True, **more)


class AccountFields(Writable):
    READ_ONLY = frozenset(
        "id version created_at updated_at last_visited_on next_due_on location_source placed timezone regions"
        " territory owner_named owner_name phone_e164 extra distance_metres".split()
    )

    external_id = _text()
    source = _text(metadata={"description": "Whose id external_id is; the two are unique together."})
    name = ma.fields.String()
    status = _text(metadata={"description": "prospect, customer or former"})
    lon = ma.fields.Float(allow_none=True)
    lat = ma.fields.Float(allow_none=True)
    location_precision = _text(metadata={"description": "point, street, postcode or town"})
    street = _text()
    city = _text()
    region = _text(metadata={"description": "State or province as the address names it."})
    postcode = _text()
    country = _text(metadata={"description": "ISO 3166-1 alpha-2"})
    phone = _text()
    email = _text()
    website = _text()
    industry = _text()
    tier = _text(metadata={"description": "A to D"})
    annual_value = Amount(allow_none=True, metadata={"description": "A decimal in the account's currency."})
    potential = Amount(allow_none=True)
    currency = _text(metadata={"description": "ISO 4217; the organisation's when left out."})
    owner = _text(metadata={"description": "E-mail of the owner who is named; null leaves it to the territory."})
    parent = ma.fields.UUID(allow_none=True, metadata={"description": "The account that this one belongs to."})
    tags = Tags(allow_none=True)
    opening_hours = _text(metadata={"description": "OSM syntax, as Mo-Fr 09:00-17:00"})
    cadence_days = ma.fields.Integer(allow_none=True, strict=True)
    visit_minutes = ma.fields.Integer(allow_none=True, strict=True)
    check_in_metres = ma.fields.Integer(allow_none=True, strict=True)
    note = _text()


class NewAccount(AccountFields):
    name = ma.fields.String(required=True)


class AccountProperties(AccountFields):
    """What is read of an account: the fields, and what gcrm adds."""

    version = ma.fields.Integer()
    owner_name = _text()
    owner_named = ma.fields.Boolean(metadata={"description": "A person or a file named the owner."})
    phone_e164 = _text()
    location_source = _text()
    placed = _text(metadata={"description": "inside a region, near one (within 2 km), or outside all"})
    regions = ma.fields.Dict(metadata={"description": "Codes such as us:42043 by level."})
    territory = ma.fields.UUID(allow_none=True)
    timezone = _text()
    last_visited_on = ma.fields.Date(allow_none=True)
    next_due_on = ma.fields.Date(allow_none=True)
    extra = ma.fields.Dict()
    created_at = ma.fields.DateTime()
    updated_at = ma.fields.DateTime()
    distance_metres = ma.fields.Float(metadata={"description": "Only in answers of /near."})


class AccountFeature(ma.Schema):
    type = ma.fields.String()
    id = ma.fields.UUID()
    geometry = ma.fields.Dict(allow_none=True)
    properties = ma.fields.Nested(AccountProperties)


class AccountCollection(ma.Schema):
    type = ma.fields.String()
    features = ma.fields.List(ma.fields.Nested(AccountFeature))
    total = ma.fields.Integer(metadata={"description": "On the first page only."})
    next = ma.fields.String(allow_none=True)


class AccountQuery(api.Page):
    sort = ma.fields.String(
        load_default="created",
        metadata={"description": f"One of {', '.join(ORDERS)}; with - before it the other way round."},
    )


class NearQuery(ma.Schema):
    lon = ma.fields.Float(required=True, validate=ma.validate.Range(-180, 180))
    lat = ma.fields.Float(required=True, validate=ma.validate.Range(-90, 90))
    radius_metres = ma.fields.Float(load_default=5_000.0, validate=ma.validate.Range(1, LARGEST_RADIUS_METRES))
    limit = ma.fields.Integer(load_default=50, validate=ma.validate.Range(1, api.LARGEST_PAGE))


class InsistQuery(ma.Schema):
    insist = ma.fields.Boolean(
        load_default=False, metadata={"description": "Write it although such an account seems to be there already."}
    )


class TouchItem(ma.Schema):
    at = ma.fields.DateTime()
    kind = ma.fields.String()
    summary = ma.fields.String()
    detail = ma.fields.String(allow_none=True)
    user = ma.fields.Email(allow_none=True)
    subject = ma.fields.UUID(allow_none=True)


class Timeline(ma.Schema):
    items = ma.fields.List(ma.fields.Nested(TouchItem))
    next = ma.fields.String(allow_none=True)


class ContactFields(Writable):
    READ_ONLY = frozenset({"id", "version", "created_at", "updated_at", "extra", "account_name"})

    account = ma.fields.UUID()
    external_id = _text()
    source = _text()
    name = ma.fields.String()
    job_title = _text()
    phone = _text()
    email = _text()
    is_primary = ma.fields.Boolean()
    note = _text()


class NewContact(ContactFields):
    account = ma.fields.UUID(required=True)
    name = ma.fields.String(required=True)


class ContactItem(ContactFields):
    id = ma.fields.UUID()
    account_name = ma.fields.String()
    version = ma.fields.Integer()
    extra = ma.fields.Dict()
    created_at = ma.fields.DateTime()
    updated_at = ma.fields.DateTime()


class ContactList(ma.Schema):
    items = ma.fields.List(ma.fields.Nested(ContactItem))
    next = ma.fields.String(allow_none=True)


class ContactQuery(api.Page):
    q = ma.fields.String(load_default=None)
    account = ma.fields.UUID(load_default=None)


def account_feature(row: AccountRow) -> dict[str, Any]:
    """An account as a GeoJSON Feature, its fields under the names of files and forms."""
    account = row.account
    point = lon_lat(account.location) if account.location is not None else (None, None)
    due = queries.next_due_on(account)
    properties: dict[str, Any] = {
        "external_id": account.external_id, "source": account.source, "name": account.name, "status": account.status,
        "lon": point[0], "lat": point[1], "street": account.street, "city": account.city, "region": account.region,
        "postcode": account.postcode, "country": account.country, "phone": account.phone, "email": account.email,
        "website": account.website, "industry": account.industry, "tier": account.tier,
        "annual_value": money.to_decimal(account.annual_value_minor, account.currency),
        "potential": money.to_decimal(account.potential_minor, account.currency), "currency": account.currency,
        "owner": row.owner_email, "tags": account.tags, "opening_hours": account.opening_hours,
        "cadence_days": account.cadence_days, "visit_minutes": account.visit_minutes, "check_in_metres": account.check_in_metres, "note": account.note,
        "parent": row.parent and str(row.parent), "owner_name": row.owner_name, "owner_named": account.owner_named,
        "phone_e164": account.phone_e164, "location_source": account.location_source,
        "location_precision": account.location_precision, "placed": account.placed, "regions": row.regions,
        "territory": row.territory and str(row.territory), "timezone": account.timezone,
        "last_visited_on": account.last_visited_on and account.last_visited_on.isoformat(),
        "next_due_on": due and due.isoformat(), "extra": account.extra, "version": account.version,
        "created_at": account.created_at.isoformat(), "updated_at": account.updated_at.isoformat(),
    }  # fmt: skip
    if row.distance_metres is not None:
        properties["distance_metres"] = row.distance_metres
    return {"type": "Feature", "id": str(account.uuid), "geometry": geojson(account.location), "properties": properties}


def _account_answer(account: Account, status: int = 200) -> Any:
    """The account as this transaction leaves it, also when it goes out of the writer's sight."""
    feature = account_feature(queries.account_row(web.session(), account))
    location = url_for("accounts.OneAccount", public_id=account.uuid) if status == 201 else None
    return api.answer(feature, status, etag=api.mark(account.version, feature), location=location)


def _account_to_write(public_id: uuid.UUID) -> Account:
    session = web.session()
    account = queries.account_by_uuid(session, public_id, lock=True)
    api.must_match(account.version, account_feature(queries.account_row(session, account)))
    return account


@accounts.route("")
class Accounts(MethodView):
    @accounts.arguments(AccountQuery, location="query")
    @accounts.alt_response(200, schema=AccountCollection)
    def get(self, page: dict[str, Any]) -> Any:
        """The accounts of a selection, a page at a time, as a GeoJSON FeatureCollection."""
        session, selection = web.session(), Selection.parse(request.args)
        found = queries.account_rows(session, selection, page["sort"], page["after"], page["limit"])
        features = [account_feature(row) for row in found.rows]
        counted = {"total": queries.figures(session, selection).count} if page["after"] is None else {}
        return api.answer({"type": "FeatureCollection", "features": features, "next": found.next} | counted)

    @accounts.arguments(NewAccount)
    @accounts.arguments(InsistQuery, location="query")
    @accounts.alt_response(201, schema=AccountFeature)
    @access.may("edit_customers")
    @api.idempotent
    def post(self, given: dict[str, Any], how: dict[str, Any]) -> Any:
        """Enter an account, as plain fields or as a Feature. 409 says who has it already."""
        try:
            account = services.create_account(web.session(), given, entered_by=current_user, insist=how["insist"])
        except services.AlreadyThere as error:
            raise _told(error) from error
        return _account_answer(account, 201)


def _told(error: services.AlreadyThere) -> services.AlreadyThere:
    """The conflict with what a program needs to go on."""
    error.details["current"] = {
        "accounts": [{"id": str(account.uuid), "name": account.name} for account in error.accounts],
        "holders": [{"name": holder.name, "town": holder.town, "owner": holder.owner} for holder in error.holders],
        "may_insist": error.may_insist,
    }
    return error


@accounts.route("/near")
class AccountsNear(MethodView):
    @accounts.arguments(NearQuery, location="query")
    @accounts.alt_response(200, schema=AccountCollection)
    def get(self, near: dict[str, Any]) -> Any:
        """Accounts round a point, the nearest first, each with its distance in metres."""
        rows = queries.accounts_near(web.session(), Selection.parse(request.args), **near)
        features = [account_feature(row) for row in rows]
        return api.answer({"type": "FeatureCollection", "features": features})


@accounts.route("/<uuid:public_id>")
class OneAccount(MethodView):
    @accounts.alt_response(200, schema=AccountFeature)
    def get(self, public_id: uuid.UUID) -> Any:
        """One account as a Feature."""
        return _account_answer(queries.account_by_uuid(web.session(), public_id))

    @accounts.arguments(AccountFields)
    @accounts.alt_response(200, schema=AccountFeature)
    @access.may("edit_customers")
    def patch(self, given: dict[str, Any], public_id: uuid.UUID) -> Any:
        """Change the fields that are sent; null clears one. Needs If-Match."""
        account = _account_to_write(public_id)
        return _account_answer(services.update_account(web.session(), account, given))

    @accounts.arguments(NewAccount)
    @accounts.alt_response(200, schema=AccountFeature)
    @access.may("edit_customers")
    def put(self, given: dict[str, Any], public_id: uuid.UUID) -> Any:
        """Replace all fields: what is not sent is cleared. Needs If-Match."""
        account = _account_to_write(public_id)
        whole = dict.fromkeys((name for name in AccountFields().fields if name != "currency"), None) | given
        return _account_answer(services.update_account(web.session(), account, whole))

    @accounts.alt_response(200, schema=AccountFeature)
    @accounts.alt_response(204, description="Gone; nothing had happened with it.")
    @access.may("delete_customers")
    def delete(self, public_id: uuid.UUID) -> Any:
        """Delete an account on which nothing hangs; any other becomes a former one and is answered. Needs If-Match."""
        account = _account_to_write(public_id)
        if services.delete_account(web.session(), account):
            return "", 204
        return _account_answer(account)


@accounts.route("/<uuid:public_id>/timeline")
class AccountTimeline(MethodView):
    @accounts.arguments(api.Page, location="query")
    @accounts.alt_response(200, schema=Timeline)
    def get(self, page: dict[str, Any], public_id: uuid.UUID) -> Any:
        """What happened at an account, the newest first."""
        session = web.session()
        account = queries.account_by_uuid(session, public_id)
        found = queries.timeline(session, account, page["after"], page["limit"])
        return api.page_answer([touch_item(touch) for touch in found.rows], found.next)


def touch_item(touch: Touch) -> dict[str, Any]:
    return {
        "at": touch.at.isoformat(), "kind": touch.kind, "summary": touch.summary, "detail": touch.detail,
        "user": touch.user and touch.user.email, "subject": touch.subject and str(touch.subject),
    }  # fmt: skip


def contact_item(contact: Contact, account: Account) -> dict[str, Any]:
    return {
        "id": str(contact.uuid), "account": str(account.uuid), "account_name": account.name,
        "external_id": contact.external_id, "source": contact.source, "name": contact.name,
        "job_title": contact.job_title, "phone": contact.phone, "email": contact.email,
        "is_primary": contact.is_primary, "note": contact.note, "extra": contact.extra, "version": contact.version,
        "created_at": contact.created_at.isoformat(), "updated_at": contact.updated_at.isoformat(),
    }  # fmt: skip


def _contact_answer(contact: Contact, status: int = 200) -> Any:
    item = contact_item(contact, contact.account)
    location = url_for("contacts.OneContact", public_id=contact.uuid) if status == 201 else None
    return api.answer(item, status, etag=api.mark(contact.version, item), location=location)


def _contact_to_write(public_id: uuid.UUID) -> Contact:
    contact = contact_queries.contact_by_uuid(web.session(), public_id, lock=True)
    api.must_match(contact.version, contact_item(contact, contact.account))
    return contact


def _refuse_move(contact: Contact, given: dict[str, Any]) -> None:
    if given.pop("account", contact.account.uuid) != contact.account.uuid:
        raise Invalid("A contact stays at its account: enter the person at the other one.")


@contacts.route("")
class Contacts(MethodView):
    @contacts.arguments(ContactQuery, location="query")
    @contacts.alt_response(200, schema=ContactList)
    def get(self, wanted: dict[str, Any]) -> Any:
        """The people at accounts by name, a page at a time; all, those of one account, or those found by words."""
        session = web.session()
        account = queries.account_by_uuid(session, wanted["account"]) if wanted["account"] else None
        found = contact_queries.contacts_page(session, wanted["q"], wanted["after"], wanted["limit"], account)
        return api.page_answer([contact_item(contact, at) for contact, at in found.rows], found.next)

    @contacts.arguments(NewContact)
    @contacts.alt_response(201, schema=ContactItem)
    @access.may("edit_customers")
    @api.idempotent
    def post(self, given: dict[str, Any]) -> Any:
        """Enter a person at an account."""
        session = web.session()
        account = queries.account_by_uuid(session, given.pop("account"))
        return _contact_answer(services.create_contact(session, account, given), 201)


@contacts.route("/<uuid:public_id>")
class OneContact(MethodView):
    @contacts.alt_response(200, schema=ContactItem)
    def get(self, public_id: uuid.UUID) -> Any:
        """One person."""
        return _contact_answer(contact_queries.contact_by_uuid(web.session(), public_id))

    @contacts.arguments(ContactFields)
    @contacts.alt_response(200, schema=ContactItem)
    @access.may("edit_customers")
    def patch(self, given: dict[str, Any], public_id: uuid.UUID) -> Any:
        """Change the fields that are sent; null clears one. Needs If-Match."""
        contact = _contact_to_write(public_id)
        _refuse_move(contact, given)
        return _contact_answer(services.update_contact(web.session(), contact, given))

    @contacts.arguments(NewContact(partial=("account",)))
    @contacts.alt_response(200, schema=ContactItem)
    @access.may("edit_customers")
    def put(self, given: dict[str, Any], public_id: uuid.UUID) -> Any:
        """Replace all fields: what is not sent is cleared. Needs If-Match."""
        contact = _contact_to_write(public_id)
        _refuse_move(contact, given)
        whole = dict.fromkeys(values.CONTACT_FIELDS, None) | {"is_primary": False} | given
        return _contact_answer(services.update_contact(web.session(), contact, whole))

    @contacts.alt_response(204, description="Gone.")
    @access.may("edit_customers")
    def delete(self, public_id: uuid.UUID) -> Any:
        """Take a person out. Needs If-Match."""
        services.delete_contact(web.session(), _contact_to_write(public_id))
        return "", 204
