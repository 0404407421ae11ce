"""OGC API - Features under /ogc: accounts, regions, territories and visits for QGIS, GDAL and other programs.

Part 1 (17-069r4): core, GeoJSON, OpenAPI 3.0, HTML; part 2 (18-058r1): systems of reference; part 3 (19-079r2): filters.
The same gate as everywhere: row-level security decides which features there are.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import uuid
from decimal import Decimal
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, render_template, request, url_for
from flask_babel import lazy_gettext as _l

from gcrm.core import clock, web
from gcrm.core.errors import Malformed
from gcrm.maps.ogc import documents as ogc_documents
from gcrm.maps.ogc import openapi as ogc_openapi
from gcrm.maps.ogc import queries as ogc_queries
from gcrm.maps.ogc import words as ogc_words
from gcrm.maps.ogc.collections import COLLECTIONS, Collection, collection_named
from gcrm.maps.ogc.crs import Crs
from gcrm.maps.ogc.documents import GEOJSON, HTML, JSON, OPENAPI, SCHEMA, link

bp = Blueprint("ogc", __name__, url_prefix="/ogc")

TITLE = _l("Accounts, regions, territories and visits for map programs")
DESCRIPTION = _l(
    "OGC API Features for QGIS, GDAL and other programs. Sign in with a token: as bearer, or as the password of HTTP"
    " Basic with any name. You get what you see in gcrm, nothing else."
)
FACES = ("json", "html")
JSON_KINDS = (GEOJSON, JSON, SCHEMA, "application/vnd.oai.openapi+json")
LINKS_IN_HEAD = ("self", "alternate", "next")


@bp.after_request
def challenge(response: Response) -> Response:
    """Tell programs how to sign in; a browser would ask with a window of its own, so it is not told of Basic."""
    if response.status_code == HTTPStatus.UNAUTHORIZED:
        response.headers.add("WWW-Authenticate", "Bearer")
        if HTML not in request.accept_mimetypes.values():
            response.headers.add("WWW-Authenticate", 'Basic realm="gcrm", charset="UTF-8"')
    return response


def _is_html() -> bool:
    """The face that is wanted: by `f`, else by the Accept header, where JSON wins a draw."""
    face = request.args.get("f")
    if face is not None and face not in FACES:
        raise Malformed(f"“f”: there is no face “{face[:40]}”. It is one of {', '.join(FACES)}.")
    if face is not None:
        return face == "html"
    return request.accept_mimetypes.best_match([*JSON_KINDS, HTML]) == HTML


def _root() -> str:
    return url_for("maps.ogc.landing", _external=True).rstrip("/")


def _answer(body: dict[str, Any], kind: str, template: str, **shown: Any) -> Response:
    """The one document as JSON or as a page, with an ETag of what it says, not of when."""
    if _is_html():
        response = Response(render_template(template, document=body, root=_root(), **shown), mimetype=HTML)
        response.headers["Vary"] = "Accept, Cookie, Authorization"
        return response
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    response = Response(text, content_type=kind)
    response.headers["Vary"] = "Accept, Cookie, Authorization"
    lasting = json.dumps({**body, "timeStamp": None}, ensure_ascii=False)
    response.set_etag(hashlib.sha256(lasting.encode()).hexdigest()[:32])
    for each in body.get("links", ()):
        if each["rel"] in LINKS_IN_HEAD:
            response.headers.add("Link", f'<{each["href"]}>; rel="{each["rel"]}"; type="{each["type"]}"')
    return response.make_conditional(request)  # type: ignore[return-value]  # werkzeug gives back this response


@bp.get("", strict_slashes=False)
def landing() -> Response:
    """Where a program begins."""
    ogc_words.refuse_unknown(request.args, ogc_words.PAGE_WORDS)
    body = ogc_documents.landing(_root(), TITLE, DESCRIPTION, _is_html())
    return _answer(body, JSON, "maps/ogc_landing.html", collections=COLLECTIONS.values())


@bp.get("/conformance")
def conformance() -> Response:
    ogc_words.refuse_unknown(request.args, ogc_words.PAGE_WORDS)
    return _answer(ogc_documents.conformance(_root(), _is_html()), JSON, "maps/ogc_conformance.html")


@bp.get("/api")
def api() -> Response:
    """The API's own description."""
    ogc_words.refuse_unknown(request.args, ogc_words.PAGE_WORDS)
    return _answer(ogc_openapi.document(_root(), TITLE, DESCRIPTION), OPENAPI, "maps/ogc_api.html")


@bp.get("/collections")
def collections() -> Response:
    ogc_words.refuse_unknown(request.args, ogc_words.PAGE_WORDS)
    extents = {each.name: ogc_queries.extent(web.session(), each) for each in COLLECTIONS.values()}
    body = ogc_documents.collections(_root(), extents, _is_html())
    return _answer(body, JSON, "maps/ogc_collections.html")


@bp.get("/collections/<name>")
def collection(name: str) -> Response:
    ogc_words.refuse_unknown(request.args, ogc_words.PAGE_WORDS)
    found = collection_named(name)
    body = ogc_documents.collection(_root(), found, ogc_queries.extent(web.session(), found), _is_html())
    return _answer(body, JSON, "maps/ogc_collection.html", collection=found)


@bp.get("/collections/<name>/queryables")
def queryables(name: str) -> Response:
    ogc_words.refuse_unknown(request.args, ogc_words.PAGE_WORDS)
    found = collection_named(name)
    return _answer(ogc_documents.queryables(_root(), found), SCHEMA, "maps/ogc_queryables.html", collection=found)


@bp.get("/collections/<name>/items")
def items(name: str) -> Response:
    """A page of a collection's features."""
    found = collection_named(name)
    _refuse_repeated()
    is_html = _is_html()
    wanted = ogc_words.wanted(request.args, found)
    page = ogc_queries.features_page(web.session(), found, wanted)
    body = {
        "type": "FeatureCollection",
        "features": [_feature(found, each) for each in page.features],
        "links": _page_links(found, page.following, is_html),
        "timeStamp": clock.now().astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        **({"numberMatched": page.matched} if page.matched is not None else {}),
        "numberReturned": len(page.features),
    }
    return _in_crs(_answer(body, GEOJSON, "maps/ogc_items.html", collection=found), wanted.crs)


def _refuse_repeated() -> None:
    for word, values in request.args.lists():
        if len(values) > 1:
            raise Malformed(f"“{word[:80]}” is given {len(values)} times; it takes one value.")


def _page_links(found: Collection, following: tuple[int, ...] | None, is_html: bool) -> list[dict[str, str]]:
    address = f"{_root()}/collections/{found.name}/items"

    def with_words(**changes: str) -> str:
        return f"{address}?{urlencode({**request.args, **changes})}"

    faces = (("json", GEOJSON), ("html", HTML))
    links = [
        link(with_words(f=face), "self" if (kind == HTML) == is_html else "alternate", kind, found.title)
        for face, kind in faces
    ]
    if following is not None:
        kind = HTML if is_html else GEOJSON
        links.append(link(with_words(after=ogc_words.after_text(following)), "next", kind, "Next page"))
    links.append(link(f"{_root()}/collections/{found.name}", "collection", JSON, found.title))
    return links


@bp.get("/collections/<name>/items/<uuid:feature_id>")
def item(name: str, feature_id: uuid.UUID) -> Response:
    """One feature."""
    found = collection_named(name)
    crs = ogc_words.crs_of_item(request.args)
    is_html = _is_html()
    body = _feature(found, ogc_queries.feature(web.session(), found, feature_id, crs))
    address = f"{_root()}/collections/{found.name}"
    body["links"] = [
        *ogc_documents.both(f"{address}/items/{feature_id}", GEOJSON, found.title, is_html),
        link(address, "collection", JSON, found.title),
    ]
    return _in_crs(_answer(body, GEOJSON, "maps/ogc_item.html", collection=found), crs)


def _feature(found: Collection, each: ogc_queries.Feature) -> dict[str, Any]:
    """A GeoJSON feature with its properties in the order of their description."""
    return {
        "type": "Feature",
        "id": str(each.uuid),
        "geometry": each.geometry,
        "properties": {about.name: _plain(each.properties[about.name]) for about in found.properties},
    }


def _plain(value: Any) -> Any:
    match value:
        case dt.datetime():
            return value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
        case dt.date():
            return value.isoformat()
        case Decimal():
            return float(value)
        case uuid.UUID():
            return str(value)
    return value


def _in_crs(response: Response, crs: Crs) -> Response:
    """Say which system the coordinates are in (part 2, clause 6.4)."""
    response.headers["Content-Crs"] = f"<{crs.uri}>"
    return response
