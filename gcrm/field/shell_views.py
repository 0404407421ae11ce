"""What makes the phone's pages an app: the worker, the manifest with its icons, the empty page that the worker keeps, the ledger."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from flask import Blueprint, Response, abort, g, render_template, url_for
from flask_babel import get_locale
from flask_babel import gettext as _

from gcrm.core import paths, static, vendor
from gcrm.core.web import etag_answer
from gcrm.field import icon
from gcrm.people import access
from gcrm.visits.labels import OUTCOME_LABELS

bp = Blueprint("shell", __name__)

WORKBOX = ("workbox-core.js", "workbox-routing.js", "workbox-strategies.js", "workbox-precaching.js")
"""In the order in which each needs those before it."""
ICON_SIZES = (180, 192, 512)
FOLDERS = ("js/field", "js/core")
"""Whose modules the phone keeps."""
NOT_KEPT = {"map", "map_gaps", "map_labels", "map_marks", "map_style", "map_tip", "htmx", "accounts", "choropleth", "legend", "background"}  # fmt: skip
"""Modules of `core` that only pages with a live map or with htmx load; those want the network anyway."""
ALSO_KEPT = ("js/main.js", "js/theme.js", "css/tokens.css", "css/field.css", "icon.svg")
VENDORED = ("idb.js", "icons.svg")


def modules() -> list[str]:
    """The phone's own modules by their static names."""
    root = paths.static()
    found = sorted(file for folder in FOLDERS for file in (root / folder).glob("*.js"))
    return [str(file.relative_to(root)) for file in found if file.parent.name == "field" or file.stem not in NOT_KEPT]


FIRST = ("app", "phone", "store", "outbox", "sender", "seal", "place", "pages", "standing", "late", "nearby", "reorder", "state", "texts", "drafts", "worker", "act")  # fmt: skip


def first_modules() -> list[str]:
    """What every page of the phone loads, told at once instead of being found one import after another."""
    core = ("js/core/page.js", "js/core/toast.js")
    return [static.static_url(name) for name in (*(f"js/field/{name}.js" for name in FIRST), *core)] + [
        vendor.vendor_url("idb.js")
    ]


def own_importmap() -> dict[str, dict[str, str]]:
    """The import map of pages that load none but the phone's modules: a third of the page less."""
    return vendor.importmap({f"/static/{name}": static.static_url(name) for name in ("js/main.js", *modules())})


@bp.app_context_processor
def _for_pages() -> dict[str, Any]:
    return {"field_modules": first_modules, "field_importmap": own_importmap, "outcome_labels": OUTCOME_LABELS}


def _nothing(*_: Any, **__: Any) -> str:
    return ""


def _shell(nonce: str) -> str:
    """The empty page: nothing of a person in it, neither a token nor a message that waits to be shown."""
    return render_template(
        "field/shell.html", is_shell=True, csp_nonce=nonce, csrf_token=_nothing, get_flashed_messages=_nothing
    )


@bp.get("/shell")
@access.hidden_unless("plan_routes")
def shell() -> str:
    """What the worker answers with for a page of the day; the phone fills it from its store."""
    return _shell(g.csp_nonce)


@bp.get("/sw.js")
@access.hidden_unless("plan_routes")
def worker() -> Response:
    """The worker; another list of files is another worker."""
    mark = hashlib.sha256(_shell("").encode()).hexdigest()[:16]
    files = [*map(static.static_url, (*ALSO_KEPT, *modules())), *map(vendor.vendor_url, VENDORED)]
    kept = [{"url": url, "revision": None} for url in files if url]
    kept += [
        {"url": url_for("field.shell.shell"), "revision": mark},
        {"url": url_for("field.shell.manifest"), "revision": mark},
    ]
    code = render_template("field/sw.js", kept=kept, workbox=[vendor.vendor_url(name) for name in WORKBOX])
    return Response(code, mimetype="text/javascript", headers={"Cache-Control": "no-cache"})


@bp.get("/manifest.webmanifest")
@access.hidden_unless("plan_routes")
def manifest() -> Response:
    pictures = [
        {
            "src": url_for("field.shell.picture", size=size),
            "sizes": f"{size}x{size}",
            "type": "image/png",
            "purpose": purpose,
        }
        for size in ICON_SIZES[1:]
        for purpose in ("any", "maskable")
    ]
    body = {
        "id": "/field/", "name": _("gcrm field day"), "short_name": "gcrm", "start_url": url_for("field.today"), "scope": "/field/",
        "display": "standalone", "background_color": "#f4f5f7", "theme_color": "#ffffff", "lang": str(get_locale() or "en"),
        "icons": [{"src": static.static_url("icon.svg"), "sizes": "any", "type": "image/svg+xml"}, *pictures],
    }  # fmt: skip
    return etag_answer(json.dumps(body).encode(), "application/manifest+json")


@bp.get("/icon-<int:size>.png")
@access.hidden_unless("plan_routes")
def picture(size: int) -> Response:
    if size not in ICON_SIZES:
        abort(404)
    return etag_answer(icon.drawn(size), "image/png")


@bp.get("/outbox")
@access.hidden_unless("plan_routes")
def outbox() -> str:
    """The ledger of what was done on this phone; the phone alone knows it."""
    return render_template("field/outbox.html")
