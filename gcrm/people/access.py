"""Who is asking, and whether the role may do this: everything needs a sign-in unless it says otherwise."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import structlog
from flask import Flask, current_app, g, request
from flask_login import current_user
from flask_wtf.csrf import CSRFProtect

from gcrm.core import db
from gcrm.core.errors import Forbidden, NotFound, Unauthorized
from gcrm.people import tokens
from gcrm.people.roles import may as role_may

P = ParamSpec("P")
R = TypeVar("R")

PUBLIC_ENDPOINTS = {
    "static", "security.login", "security.logout", "security.forgot_password", "security.reset_password",
    "core.healthz", "core.readyz", "core.metrics", "core.static_file", "admin.setup", "people.join",
    "routing.live.feed", "maps.shares.show", "maps.shares.layer_tile", "maps.shares.region_tile",
    "maps.shares.territory_tile", "maps.shares.background_archive", "field.acts.hello",
}  # fmt: skip
"""What a stranger reaches; each guards itself."""

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
csrf = CSRFProtect()


def may(act: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Only for roles that may do the act; others get 403."""

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            require(act)
            return view(*args, **kwargs)

        return guarded

    return decorate


def hidden_unless(act: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """For pages that other roles must not even know of: they get 404."""

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            if not role_may(current_user.role, act):
                raise NotFound("There is nothing at this address, or nothing that you may see.")
            return view(*args, **kwargs)

        return guarded

    return decorate


def require(act: str) -> None:
    if not role_may(current_user.role, act):
        raise Forbidden("Your role does not allow this. Ask an admin of your organisation.")


def enter_request() -> None:
    """Refuse strangers, check the form's origin, and set the request's principal."""
    by_token = tokens.bearer(request)
    if current_user.is_authenticated and current_user.role != "system":
        g.principal = db.Principal(current_user.id, current_user.role)
        structlog.contextvars.bind_contextvars(user=current_user.id)
    elif request.endpoint is not None and request.endpoint not in PUBLIC_ENDPOINTS:
        raise Unauthorized("Sign in to see this." if not by_token else "This token is not valid, or it has expired.")
    is_write = request.method not in SAFE_METHODS and request.endpoint is not None
    if is_write and not by_token and current_app.config["WTF_CSRF_ENABLED"]:
        csrf.protect()


def user_from_request(incoming: Any) -> Any:
    """The person whose bearer token the request carries."""
    token = tokens.bearer(incoming)
    return tokens.person_of(token) if token else None


def register(app: Flask) -> None:
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    csrf.init_app(app)
    app.login_manager.request_loader(user_from_request)  # type: ignore[attr-defined]
    app.before_request(enter_request)
