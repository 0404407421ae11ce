"""create_app: configure, register the domains' blueprints, nothing else."""

from __future__ import annotations

import importlib
import importlib.util
from types import ModuleType
from typing import Any

from flask import Flask, g, request
from flask_babel import Babel, get_locale
from flask_login import current_user
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from gcrm import navigation
from gcrm.core import api, catalogs, formats, logs, paths, static, vendor, web
from gcrm.core.config import settings
from gcrm.core.errors import GcrmError
from gcrm.domains import ORDER
from gcrm.maps import palette
from gcrm.people import access, queries, sign_in

LANGUAGES = ("en", *catalogs.languages())


def create_app(**config: Any) -> web.GcrmFlask:
    logs.configure()
    app = web.GcrmFlask("gcrm", template_folder=str(paths.templates()), static_folder=None)
    app.config.update(
        MAX_CONTENT_LENGTH=settings().upload_megabytes * 1024 * 1024 + 64 * 1024,
        MAX_FORM_MEMORY_SIZE=4 * 1024 * 1024,
        BABEL_DEFAULT_LOCALE="en",
        WTF_CSRF_TIME_LIMIT=None,
        **config,
    )
    app.before_request(web.open_request)
    app.after_request(web.add_headers)
    Babel(app, locale_selector=_locale, timezone_selector=_timezone).domain_instance = catalogs.Catalogs()  # type: ignore[attr-defined]  # a property
    sign_in.register(app)
    access.register(app)
    static.register(app)
    formats.register(app)
    app.teardown_appcontext(web.close_session)
    app.register_error_handler(GcrmError, web.answer_failure)
    app.register_error_handler(HTTPException, web.answer_http)
    app.register_error_handler(Exception, web.answer_crash)
    app.context_processor(_context)
    _register_domains(app)
    if settings().proxies:
        hops = settings().proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops, x_prefix=hops)  # type: ignore[method-assign]
    return app


def _register_domains(app: Flask) -> None:
    rest = api.register(app)
    for domain in ORDER:
        for name in ("selection", "layers", "tasks"):
            _module(domain, name)
        views = _module(domain, "views")
        if views:
            app.register_blueprint(views.bp)
        endpoints = _module(domain, "api")
        for blueprint in getattr(endpoints, "BLUEPRINTS", (getattr(endpoints, "blp", None),)):
            if blueprint is not None:
                rest.register_blueprint(blueprint)


def _module(domain: str, name: str) -> ModuleType | None:
    full = f"gcrm.{domain}.{name}"
    return importlib.import_module(full) if importlib.util.find_spec(full) else None


def _organisation() -> Any:
    if "organisation" not in g:
        g.organisation = queries.organisation(web.session()) if g.get("principal") else None
    return g.organisation


def _locale() -> str | None:
    chosen = getattr(current_user, "locale", None)
    return chosen if chosen in LANGUAGES else request.accept_languages.best_match(LANGUAGES)


def _timezone() -> str | None:
    organisation = _organisation()
    return getattr(current_user, "timezone", None) or (organisation.timezone if organisation else None)


def _context() -> dict[str, Any]:
    return {
        "csp_nonce": g.get("csp_nonce", ""),
        "vendor_url": vendor.vendor_url,
        "static_url": static.static_url,
        "needed_by": static.needed_by,
        "importmap_json": vendor.importmap(static.modules()),
        "navigation": navigation.entries(current_user),
        "organisation": _organisation(),
        "locale": str(get_locale() or "en"),
        "current_url": web.current_url,
        "may": lambda act: current_user.is_authenticated and current_user.may(act),
        "map_palette": palette.scheme,
    }
