"""What the OGC API says of itself: landing page, conformance, collections and queryables, as plain mappings.

OGC API - Features, part 1 (17-069r4), clauses 7.2 to 7.14, part 2 (18-058r1), clause 6, and part 3 (19-079r2), clause 6.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gcrm.geography.tiles import Box
from gcrm.maps.ogc import crs as ogc_crs
from gcrm.maps.ogc.collections import COLLECTIONS, Collection, Property

GEOJSON = "application/geo+json"
JSON = "application/json"
HTML = "text/html"
SCHEMA = "application/schema+json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
_PART = "http://www.opengis.net/spec/ogcapi-features-{}/1.0/conf/{}"
_CQL2 = "http://www.opengis.net/spec/cql2/1.0/conf/{}"
CONFORMANCE = (
    *(_PART.format(1, each) for each in ("core", "oas30", "html", "geojson")),
    _PART.format(2, "crs"),
    *(_PART.format(3, each) for each in ("queryables", "queryables-query-parameters", "filter", "features-filter")),
    *(
        _CQL2.format(each)
        for each in (
            "cql2-text", "cql2-json", "basic-cql2", "advanced-comparison-operators", "case-insensitive-comparison",
            "basic-spatial-functions", "basic-spatial-functions-plus", "spatial-functions", "temporal-functions",
            "array-functions", "property-property",
        )
    ),
)  # fmt: skip
"""Each is tested: tests/maps/test_ogc_*.py."""
TYPES: dict[str, dict[str, Any]] = {
    "text": {"type": "string"},
    "number": {"type": "number"},
    "integer": {"type": "integer"},
    "date": {"type": "string", "format": "date"},
    "instant": {"type": "string", "format": "date-time"},
    "uuid": {"type": "string", "format": "uuid"},
    "texts": {"type": "array", "items": {"type": "string"}},
}


def link(href: str, rel: str, kind: str, title: Any) -> dict[str, str]:
    return {"href": href, "rel": rel, "type": kind, "title": str(title)}


def both(address: str, kind: str, title: Any, is_html: bool) -> list[dict[str, str]]:
    """A document's links to itself and to its other face."""
    faces = ((f"{address}?f=json", kind), (f"{address}?f=html", HTML))
    return [link(href, "self" if (face == HTML) == is_html else "alternate", face, title) for href, face in faces]


def landing(root: str, title: Any, description: Any, is_html: bool) -> dict[str, Any]:
    return {
        "title": str(title),
        "description": str(description),
        "links": [
            *both(root, JSON, title, is_html),
            link(f"{root}/api?f=json", "service-desc", OPENAPI, "OpenAPI 3.0"),
            link(f"{root}/api?f=html", "service-doc", HTML, "OpenAPI 3.0"),
            link(f"{root}/conformance", "conformance", JSON, "Conformance"),
            link(f"{root}/collections", "data", JSON, "Collections"),
        ],
    }


def conformance(root: str, is_html: bool) -> dict[str, Any]:
    return {"conformsTo": list(CONFORMANCE), "links": both(f"{root}/conformance", JSON, "Conformance", is_html)}


def collections(root: str, extents: dict[str, Box | None], is_html: bool) -> dict[str, Any]:
    return {
        "links": both(f"{root}/collections", JSON, "Collections", is_html),
        "crs": [each.uri for each in ogc_crs.ALL],
        "collections": [
            collection(root, each, extents.get(each.name), is_html, crs=["#/crs"]) for each in COLLECTIONS.values()
        ],
    }


def collection(
    root: str, each: Collection, extent: Box | None, is_html: bool, crs: Iterable[str] | None = None
) -> dict[str, Any]:
    address = f"{root}/collections/{each.name}"
    reach = {"extent": {"spatial": {"bbox": [list(extent)], "crs": ogc_crs.CRS84.uri}}} if extent else {}
    return {
        "id": each.name,
        "title": str(each.title),
        "description": str(each.description),
        **reach,
        "itemType": "feature",
        "crs": list(crs or (system.uri for system in ogc_crs.ALL)),
        "storageCrs": ogc_crs.CRS84.uri,
        "links": [
            *both(address, JSON, each.title, is_html),
            link(f"{address}/items", "items", GEOJSON, each.title),
            link(f"{address}/items?f=html", "items", HTML, each.title),
            link(f"{address}/queryables", "http://www.opengis.net/def/rel/ogc/1.0/queryables", SCHEMA, "Queryables"),
        ],
    }


def queryables(root: str, each: Collection) -> dict[str, Any]:
    """A JSON Schema of what filters may name."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{root}/collections/{each.name}/queryables",
        "type": "object",
        "title": str(each.title),
        "description": str(each.description),
        "properties": {name: schema(found, each) for name, found in each.queryables.items()},
        "additionalProperties": False,
    }


def schema(each: Property, of: Collection) -> dict[str, Any]:
    """One property as JSON Schema."""
    if each.kind == "geometry":
        return {"title": str(each.title), "format": f"geometry-{of.shape.lower()}"}
    words = {"enum": list(each.words)} if each.words else {}
    unit = {"x-ogc-unit": each.unit} if each.unit else {}
    return {"title": str(each.title), **TYPES[each.kind], **words, **unit}
