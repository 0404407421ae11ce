"""What every request has in common: the session, the one commit, the answer to a failure, the headers."""

from __future__ import annotations

import secrets
import uuid
from http import HTTPStatus
from typing import Any

import structlog
from flask import (
    Flask,
    Response,
    current_app,
    flash,
    g,
    has_request_context,
    make_response,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException

from gcrm.core import catalogs, db, logs, static
from gcrm.core.config import settings
from gcrm.core.errors import Conflict, GcrmError, Invalid, Malformed, TooMany, Unavailable

JSON_PREFIXES = ("/api/", "/tiles/", "/ogc", "/metrics", "/healthz", "/readyz", "/field/photos/")


COMPRESSED = {"text/html", "text/plain", "text/csv", "application/json"}
LEAST_COMPRESSED = 1_000
LONGEST_PADDING = 64

TILES = "/tiles/"
"""Everything that a tile's address says stands in the address, so its faults are answered with 400."""


class GcrmFlask(Flask):
    """Commits once, inside the dispatch, when the answer is below 400; rolls back otherwise."""

    def dispatch_request(self) -> ResponseReturnValue:
        try:
            response = make_response(super().dispatch_request())
            opened = g.get("session")
            if opened is not None:
                if response.status_code < HTTPStatus.BAD_REQUEST:
                    opened.commit()
                else:
                    opened.rollback()
            return response
        except StaleDataError as error:
            _roll_back()
            raise Conflict(
                "Somebody else saved this meanwhile. Nothing of yours was written: load it again and repeat the change."
            ) from error
        except (IntegrityError, DBAPIError) as error:
            _roll_back()
            raise explained(error) from error
        except BaseException:
            _roll_back()
            raise


def _roll_back() -> None:
    opened = g.get("session")
    if opened is not None:
        opened.rollback()


def session() -> db.PrincipalSession:
    """The request's session, in the name of who is signed in."""
    if "session" not in g:
        g.session = db.new_session(g.get("principal"))
    opened: db.PrincipalSession = g.session
    return opened


def close_session(_error: BaseException | None = None) -> None:
    opened = g.pop("session", None)
    if opened is not None:
        opened.close()


def explained(error: DBAPIError) -> GcrmError:
    """A sentence for what the database refused."""
    if isinstance(error, OperationalError):
        return Unavailable("The database does not answer just now. Nothing was saved; try again in a moment.")
    state = getattr(error.orig, "sqlstate", None) or ""
    diagnostics = getattr(error.orig, "diag", None)
    about = getattr(diagnostics, "constraint_name", None) or ""
    if state == "23505":
        return Conflict(f"Something with the same key exists already ({about}). Nothing was saved.")
    if state == "23503":
        return Invalid("This names something that does not exist. Nothing was saved.")
    if state == "42501":
        return Invalid("This names something that does not exist. Nothing was saved.")
    if state.startswith(("22", "23")):
        return Invalid(f"A value does not fit ({about or 'out of range'}). Nothing was saved.")
    if state in ("40001", "40P01", "55P03"):
        return Conflict("Somebody else was writing the same rows. Nothing was saved; try again.")
    logs.get().error("database", state=state, exc_info=error)
    return GcrmError("The database refused this. Nothing was saved.")


def wants_json() -> bool:
    return request.path.startswith(JSON_PREFIXES) or (
        request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"
    )


def problem(error: GcrmError) -> Response:
    """The failure as application/problem+json (RFC 9457)."""
    body = {
        "type": "about:blank",
        "title": error.title,
        "status": error.status,
        # What a phone is told it shows to its person.
        "detail": catalogs.said(error) if request.path.startswith("/field/") else error.message,
        **({"faults": error.details["faults"]} if "faults" in error.details else {}),
        **({"current": error.details["current"]} if "current" in error.details else {}),
    }
    from flask import json

    return Response(json.dumps(body), status=error.status, mimetype="application/problem+json")


def answer_failure(error: GcrmError) -> ResponseReturnValue:
    if request.path.startswith(TILES) and error.status == Invalid.status:
        error.status, error.title = Malformed.status, Malformed.title
    if wants_json():
        response = problem(error)
    elif request.headers.get("HX-Request"):
        response = make_response(
            render_template("core/_error.html", error=error, sentence=catalogs.said(error)), error.status
        )
    else:
        response = make_response(
            render_template("core/error.html", error=error, sentence=catalogs.said(error)), error.status
        )
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.details.get("retry_after", 60))
    return response


def answer_http(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None:
        return error.response
    failure = GcrmError(error.description or error.name)
    failure.status = error.code or 500
    failure.title = error.name
    if failure.status == HTTPStatus.NOT_FOUND and request.url_rule is None and _is_broken_tile(request.path):
        return answer_failure(
            Malformed(f"“{request.path[:80]}” names no tile: zoom, x and y are whole numbers from 0 on.")
        )
    if failure.status == HTTPStatus.NOT_FOUND:
        failure.say("There is nothing at this address, or nothing that you may see.")
    if failure.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        failure.details["megabytes"] = settings().upload_megabytes
        failure.say("This is larger than %(megabytes)s MB. Split it and try again.")
    faults = getattr(error, "data", None)
    if isinstance(faults, dict) and "messages" in faults:
        # webargs sorts faults by where they stood; a body's faults go straight to their fields, as everywhere.
        failure.details["faults"] = faults["messages"].get("json") or faults["messages"]
        failure.say("The request holds values that do not fit; see the faults.")
    return answer_failure(failure)


def _is_broken_tile(path: str) -> bool:
    """A tile's address that no route takes because a part of it is no number."""
    numbers = path.removesuffix(".mvt").split("/")[-3:]
    return (
        path.startswith(TILES)
        and path.endswith(".mvt")
        and not all(each.isascii() and each.isdigit() for each in numbers)
    )


def answer_crash(error: Exception) -> ResponseReturnValue:
    logs.get().error("crash", path=request.url_rule.rule if request.url_rule else None, exc_info=error)
    return answer_failure(GcrmError("Something went wrong on our side. Nothing was saved. Try again."))


def policy(nonce: str) -> str:
    # Where the background of maps comes from another host, that one is let in.
    map_host = f" {settings().map_host}" if settings().map_host else ""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' 'nonce-{nonce}'",
            "style-src 'self'",
            f"img-src 'self' data: blob:{map_host}",
            "font-src 'self'",
            f"connect-src 'self'{map_host}",
            "worker-src 'self'",
            "manifest-src 'self'",
            "frame-src 'self'",
            "form-action 'self'",
            "frame-ancestors 'self'",
            "base-uri 'none'",
        )
    )


def open_request() -> None:
    g.csp_nonce = secrets.token_urlsafe(16)
    g.request_id = uuid.uuid4().hex
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request=g.request_id)


def add_headers(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", policy(g.get("csp_nonce", "")))
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "geolocation=(self), camera=(self), microphone=(self)")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    if request.endpoint != "static":
        headers.setdefault("Cache-Control", "private, no-cache")
    if request.is_secure:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if "request_id" in g:
        headers["X-Request-Id"] = g.request_id
    return _compressed(response)


def _compressed(response: Response) -> Response:
    """Pages and figures smaller, for whoever takes them so."""
    encoding = request.accept_encodings.best_match(static.ENCODINGS)
    is_text = response.mimetype in COMPRESSED or (response.mimetype or "").endswith("+json")
    if (
        not (is_text and encoding)
        or response.is_streamed
        or response.direct_passthrough
        or "Content-Encoding" in response.headers
    ):
        return response
    response.vary.add("Accept-Encoding")
    body = response.get_data()
    if len(body) < LEAST_COMPRESSED:
        return response
    response.set_data(static.compressed(body, encoding))
    response.headers["Content-Encoding"] = encoding
    # How long an answer is must not tell what a page holds beside the words that somebody else put into its address.
    response.headers["X-Padding"] = "0" * secrets.randbelow(LONGEST_PADDING)
    return response


def etag_answer(body: bytes, mimetype: str, etag: str | None = None) -> Response:
    """An answer whose ETag is a hash of it, made here unless it is known; 304 when the client has it."""
    response = Response(body, mimetype=mimetype)
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Vary"] = "Cookie, Authorization"
    if etag:
        response.set_etag(etag)
    else:
        response.add_etag()
    response.make_conditional(request)
    return response


def say(text: Any, kind: str = "success", undo_url: str | None = None) -> None:
    """Show a sentence on the next page, with a button that takes the act back where there is an address for it."""
    flash({"text": text, "undo_url": undo_url}, kind)  # type: ignore[arg-type] # the toasts read mappings too


def url_if_there(endpoint: str, **words: Any) -> str | None:
    """The address of another domain's page, where it is there."""
    return url_for(endpoint, **words) if endpoint in current_app.view_functions else None


def current_url(**changes: Any) -> str:
    """This page's address with some of its query changed; a None takes the word away."""
    from werkzeug.urls import iri_to_uri

    words = request.args.to_dict(flat=False) if has_request_context() else {}
    for name, value in changes.items():
        if value is None:
            words.pop(name, None)
        else:
            words[name] = value if isinstance(value, list) else [str(value)]
    from urllib.parse import urlencode

    query = urlencode(words, doseq=True)
    return iri_to_uri(request.path + (f"?{query}" if query else ""))
