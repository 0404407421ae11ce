"""What phones say to the server and hear from it: who is there, what was done, what came of it."""

from __future__ import annotations

import base64
import threading
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import structlog
from flask import Blueprint, jsonify, request
from flask_babel import gettext as _
from flask_login import current_user
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response

from gcrm.core import catalogs, clock, db
from gcrm.core.errors import Conflict, Invalid, TooLarge
from gcrm.field import act_queries, acts, labels, outbox_services, phone_services, snapshot_views
from gcrm.people import access
from gcrm.people import queries as people

bp = Blueprint("acts", __name__)

SECONDS_TO_APPLY = 0.6
"""How long an answer waits for acts to be applied; the others are answered as kept."""
GONE = 410
MOST_AT_ONCE = 2
"""Batches in one process beyond which they are kept only; a worker applies them."""


@bp.get("/hello")
def hello() -> Any:
    """Who is signed in on this phone, and what it needs to go on; the store of whom has no access any more is wiped."""
    contact = _contact()
    with db.transaction(None) as session:
        why = phone_services.why_wipe(session, contact)
        if why is not None:
            return _wipe(contact.person, why)
        if not current_user.is_authenticated or current_user.role == "system":
            return jsonify(signed_in=False), 401
        user = people.user_by_uuid(session, current_user.uuid)
        if not user.may("plan_routes"):
            return _wipe(user.uuid, "role")
        met = phone_services.meet(session, contact, user)
    if met.why_wipe is not None:
        return _wipe(user.uuid, met.why_wipe)
    snapshot = snapshot_views.version(user)
    return jsonify(
        person={"id": str(user.uuid), "name": user.name, "locale": user.locale},
        phone={"id": str(contact.phone), **({"key": met.key} if met.key else {})},
        csrf=generate_csrf(), schema=acts.SCHEMA, now=clock.now().isoformat(), snapshot=snapshot,
        seal=base64.b64encode(phone_services.seal_of(user, contact.phone)).decode(),
    )  # fmt: skip


def _contact() -> phone_services.Contact:
    phone = _ident(request.headers.get("X-Field-Phone"), "X-Field-Phone")
    if phone is None:
        raise Invalid(_("The phone does not say which one it is."))
    return phone_services.Contact(
        phone, request.headers.get("X-Field-Key"), _ident(request.headers.get("X-Field-Person"), "X-Field-Person"),
        request.headers.get("User-Agent"),
    )  # fmt: skip


def _ident(value: str | None, name: str) -> UUID | None:
    try:
        return UUID(value) if value else None
    except ValueError:
        raise Invalid(_("“%(name)s” is no UUID.", name=name)) from None


def _wipe(person: UUID | None, why: str) -> Any:
    return jsonify(wipe=True, why=str(labels.WIPES[why]), person=str(person)), GONE


@bp.post("/acts")
@access.hidden_unless("plan_routes")
def send() -> Any:
    """Keep a batch durably, apply what can be applied at once, and answer each act."""
    with _busy:
        return _taken()


def _taken() -> Any:
    batch = acts.read_batch(_body())
    _must_be_own()
    now = clock.now()
    principal = db.Principal(current_user.id, current_user.role)
    read = _Read.of(batch, now)
    with db.transaction(principal) as session:
        if phone_services.is_lost(session, batch.phone, principal.id):
            return _wipe(current_user.uuid, "lost")
        outbox_services.keep(session, principal.id, batch.phone, read.kept)
    # Here they are on disk: whatever happens from now on, no act is lost and none is done twice.
    _apply(principal)
    with db.transaction(principal) as session:
        rows = act_queries.answers(session, principal.id, [act.id for act in read.kept])
    return _answer([_told(entry, rows) for entry in read.entries])


class _Read:
    """A batch's acts in the order sent: read, or refused for what cannot be kept."""

    def __init__(self, entries: Sequence[acts.Act | dict[str, Any]]) -> None:
        self.entries = entries
        found = [entry for entry in entries if isinstance(entry, acts.Act)]
        self.kept = list({act.id: act for act in reversed(found)}.values())[::-1]

    @classmethod
    def of(cls, batch: acts.Batch, now: Any) -> _Read:
        offset = acts.clock_offset(batch.sent_at, now)
        return cls([_read(given, batch.schema, offset, now) for given in batch.acts])


def _read(given: Any, schema: int, offset: Any, now: Any) -> acts.Act | dict[str, Any]:
    try:
        act = acts.read_act(given, offset, now)
    except Invalid as error:
        own = given.get("id") if isinstance(given, dict) else None
        own = own if isinstance(own, str) else None
        return _said(own, "refused", catalogs.said(error), error.details.get("fault"))
    if schema != acts.SCHEMA:
        return _said(
            str(act.id), "refused", labels.said("schema_newer" if schema > acts.SCHEMA else "schema_older"), "schema"
        )
    return act


def _body() -> bytes:
    if (request.content_length or 0) > acts.MOST_BYTES:
        raise TooLarge(_("A batch is at most %(most)s MB.", most=acts.MOST_BYTES // 1024 // 1024))
    return request.get_data()


def _must_be_own() -> None:
    """The store that is sent from must be that of who is signed in: two people may share a browser."""
    person = _ident(request.headers.get("X-Field-Person"), "X-Field-Person")
    if person is None:
        raise Invalid(_("The phone does not say whose acts these are."))
    if person != current_user.uuid:
        raise Conflict(_("Somebody else is signed in on this phone by now. The acts stay where they are."))


class _Busy:
    """How many batches this process is taking in; while many come at once, keeping goes before applying."""

    def __init__(self) -> None:
        self._lock, self._under_way = threading.Lock(), 0

    def __enter__(self) -> _Busy:
        with self._lock:
            self._under_way += 1
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._under_way -= 1

    @property
    def is_rush(self) -> bool:
        return self._under_way > MOST_AT_ONCE


_busy = _Busy()


def _apply(principal: db.Principal) -> None:
    if _busy.is_rush:
        return
    try:
        outbox_services.apply_kept(principal, SECONDS_TO_APPLY)
    except Exception:
        # They are kept; a worker applies them.
        structlog.get_logger().exception("acts_not_applied")


@bp.get("/acts")
@access.hidden_unless("plan_routes")
def ask() -> Response:
    """What came of acts that were kept."""
    ids = [_ident(text, "ids") for text in request.args.get("ids", "").split(",") if text][: acts.MOST_ACTS]
    wanted = [own for own in ids if own is not None]
    principal = db.Principal(current_user.id, current_user.role)
    with db.transaction(principal) as session:
        rows = act_queries.answers(session, principal.id, wanted)
    if any(row.state == "kept" for row in rows.values()):
        _apply(principal)
        with db.transaction(principal) as session:
            rows = act_queries.answers(session, principal.id, wanted)
    return _answer([_said_of(rows[own]) for own in wanted if own in rows])


def _told(entry: acts.Act | dict[str, Any], rows: dict[UUID, Any]) -> dict[str, Any]:
    if isinstance(entry, dict):
        return entry
    row = rows.get(entry.id)
    if row is None:
        return _said(str(entry.id), "refused", labels.said("id_taken"), "id")
    told = _said_of(row)
    if row.fingerprint != entry.fingerprint:
        other = labels.said("other_content")
        told["why"] = f"{told['why']} {other}" if told["why"] else other
    return told


def _said_of(row: Any) -> dict[str, Any]:
    return _said(str(row.id), row.state, labels.said(row.why, row.words), row.fault, row.result, row.current)


def _said(
    own: str | None, state: str, why: str | None, fault: str | None = None, result: Any = None, current: Any = None
) -> dict[str, Any]:
    return {"id": own, "state": state, "why": why, "fault": fault, "result": result, "current": current}


def _answer(answers: Sequence[dict[str, Any]]) -> Response:
    return jsonify(now=clock.now().isoformat(), answers=list(answers))
