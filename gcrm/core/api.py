"""The API's common parts: problem+json, bearer tokens, keyset pages, ETag and If-Match, idempotency keys."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Any

import marshmallow as ma
from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.common import resolve_schema_instance
from flask import Flask, Response, g, make_response, request
from flask_smorest import Api as SmorestApi
from sqlalchemy import Select, select, update
from sqlalchemy.dialects.postgresql import insert

from gcrm.core import web
from gcrm.core.errors import Conflict, GcrmError, Invalid
from gcrm.core.models import IdempotencyKey

PREFIX = "/api/v1"
LARGEST_PAGE = 500


class Problem(ma.Schema):
    """A failure as RFC 9457 puts it."""

    type = ma.fields.String()
    title = ma.fields.String(required=True)
    status = ma.fields.Integer(required=True)
    detail = ma.fields.String(required=True)
    faults = ma.fields.Dict()


class Page(ma.Schema):
    """Where a keyset page goes on: `after` is the `next` of the answer before."""

    limit = ma.fields.Integer(load_default=100, validate=ma.validate.Range(1, LARGEST_PAGE))
    after = ma.fields.String(load_default=None)


class Writable(ma.Schema):
    """Takes what it knows, refuses other words by name, and passes over what a reader got but nobody writes."""

    READ_ONLY: frozenset[str] = frozenset()

    @ma.pre_load
    def pass_over(self, data: Any, **_kwargs: Any) -> Any:
        if not isinstance(data, dict):
            return data
        return {name: value for name, value in data.items() if name not in self.READ_ONLY}


class Api(SmorestApi):  # type: ignore[misc]  # flask-smorest has no types
    """flask-smorest with our one way of answering failures."""

    ERROR_SCHEMA = Problem

    def _register_error_handlers(self) -> None:
        """Failures are answered by `core.web` for pages and API alike."""


def register(app: Flask) -> Api:
    app.config.update(
        API_TITLE="gcrm",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX=PREFIX,
        OPENAPI_JSON_PATH="openapi.json",
        API_SPEC_OPTIONS={
            "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
            "security": [{"bearer": []}],
        },
    )
    return Api(app, spec_kwargs={"marshmallow_plugin": MarshmallowPlugin(schema_name_resolver=_schema_name)})


def _schema_name(schema: Any) -> str:
    """A schema's name in the document; one for changes, where every field may be left out, has a name of its own."""
    made = resolve_schema_instance(schema)
    name = type(made).__name__.removesuffix("Schema")
    return f"{name}Changes" if made.partial else name


def keyset(query: Select[Any], page: dict[str, Any]) -> tuple[list[Any], str | None]:
    """One page of a query that has a total order, and the bookmark of the next page."""
    from sqlakeyset import select_page
    from sqlakeyset.results import unserialize_bookmark
    from sqlakeyset.serial import BadBookmark

    try:
        place = unserialize_bookmark(page["after"]) if page.get("after") else None
    except (BadBookmark, ValueError, KeyError, IndexError) as error:
        raise Invalid("The page marker “after” is not one that this list gave out.") from error
    try:
        found = select_page(web.session(), query, per_page=page["limit"], after=place.place if place else None)
    except ValueError as error:
        raise Invalid("The page marker “after” belongs to another list or order.") from error
    rows = [row[0] if len(row) == 1 else row for row in found]
    return rows, found.paging.bookmark_next if found.paging.has_next else None


def page_answer(items: Sequence[Any], following: str | None, **more: Any) -> Response:
    return answer({"items": list(items), "next": following, **more})


def answer(body: Any, status: int = 200, etag: int | str | None = None, location: str | None = None) -> Response:
    """JSON with an ETag: the row's version where there is one, else a hash of the body.

    A version may go with a point and a mark for what changes without it, as `7.c0ffee`: writes compare the version only.
    """
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"), default=str)
    response = Response(text, status=status, mimetype="application/json")
    response.headers["Vary"] = "Cookie, Authorization"
    if location:
        response.headers["Location"] = location
    if etag is not None:
        response.set_etag(str(etag))
    elif status == 200:
        response.add_etag()
    if request.method == "GET":
        response.make_conditional(request)
    return response


def mark(version: int, body: Any) -> str:
    """An ETag: the version, which If-Match compares, and a hash for what changes without it, such as a name beside."""
    text = json.dumps(body, sort_keys=True, default=str)
    return f"{version}.{hashlib.sha256(text.encode()).hexdigest()[:12]}"


class Unconditional(GcrmError):
    status = 428
    title = "If-Match is needed"


class Stale(Conflict):
    status = 412
    title = "Changed meanwhile"


def must_match(version: int, current: Any = None) -> None:
    """Refuse a write that does not say which version it changes, or names another one."""
    if not request.if_match and "*" not in str(request.headers.get("If-Match", "")):
        raise Unconditional("Send the ETag that you last read as If-Match.")
    versions = {tag.partition(".")[0] for tag in request.if_match}
    if str(version) not in versions and request.headers.get("If-Match") != "*":
        raise Stale("It was changed since you read it. Nothing was written.", current=current)


def idempotent(view: Callable[..., Any]) -> Callable[..., Any]:
    """Answer a repeated Idempotency-Key with the first answer; the same key with other content is refused.

    The key is inserted first, in the transaction of the work itself: a twin waits for it and then finds the answer.
    """

    @functools.wraps(view)
    def once(*args: Any, **kwargs: Any) -> Any:
        key = request.headers.get("Idempotency-Key")
        if not key:
            return view(*args, **kwargs)
        if len(key) > 200:
            raise Invalid("The Idempotency-Key is longer than 200 characters.")
        said = hashlib.sha256(f"{request.method} {request.path}".encode() + _content()).hexdigest()
        session = web.session()
        user = g.principal.id
        row = insert(IdempotencyKey).values(user_id=user, key=key, request_hash=said)
        made = session.execute(row.on_conflict_do_nothing().returning(IdempotencyKey.key)).scalar()
        if made is None:
            return _given_before(user, key, said)
        response = make_response(view(*args, **kwargs))
        if response.status_code < 400:
            kept = {name: response.headers[name] for name in ("Location", "ETag") if name in response.headers}
            session.execute(
                update(IdempotencyKey)
                .where(IdempotencyKey.user_id == user, IdempotencyKey.key == key)
                .values(status=response.status_code, headers=kept, body=response.get_data(as_text=True))
            )
        return response

    return once


def _content() -> bytes:
    """What was sent, as it counts; two sendings of one form differ in the boundary between its parts."""
    if request.mimetype != "multipart/form-data":
        return request.get_data()
    mark = hashlib.sha256(repr(sorted(request.form.items(multi=True))).encode())
    for name, file in sorted(request.files.items(multi=True)):
        mark.update(repr((name, file.filename)).encode())
        while block := file.stream.read(1 << 20):
            mark.update(block)
        file.stream.seek(0)
    return mark.digest()


def _given_before(user: int, key: str, said: str) -> Response:
    earlier = web.session().scalar(
        select(IdempotencyKey).where(IdempotencyKey.user_id == user, IdempotencyKey.key == key)
    )
    if earlier is None or earlier.request_hash != said:
        raise Invalid("This Idempotency-Key was used for another request. Take a new one.")
    response = Response(earlier.body or "", status=earlier.status or 200, mimetype="application/json")
    response.headers.update(earlier.headers or {})
    response.headers["Idempotent-Replay"] = "true"
    return response
