"""The OGC API as an OpenAPI 3.0 document (17-069r4, clause 9), made from the collections."""

from __future__ import annotations

from typing import Any

from gcrm.maps.ogc import crs as ogc_crs
from gcrm.maps.ogc import filters as ogc_filters
from gcrm.maps.ogc.collections import COLLECTIONS, Collection
from gcrm.maps.ogc.documents import GEOJSON, HTML, JSON, SCHEMA, schema
from gcrm.maps.ogc.words import LARGEST_LIMIT, USUAL_LIMIT

_SYSTEMS = [each.uri for each in ogc_crs.ALL]


def document(root: str, title: Any, description: Any) -> dict[str, Any]:
    paths: dict[str, Any] = {
        "/": _get("landing", "The landing page", JSON, "page"),
        "/conformance": _get("conformance", "What this API conforms to", JSON, "conformance"),
        "/api": _get("api", "This document", "application/vnd.oai.openapi+json;version=3.0", "page"),
        "/collections": _get("collections", "The collections", JSON, "collections"),
    }
    for each in COLLECTIONS.values():
        paths |= _collection_paths(each)
    return {
        "openapi": "3.0.3",
        "info": {"title": str(title), "description": str(description), "version": "1.0.0"},
        "servers": [{"url": root}],
        "tags": [{"name": each.name, "description": str(each.description)} for each in COLLECTIONS.values()],
        "security": [{"bearer": []}, {"basic": []}],
        "paths": paths,
        "components": _components(),
    }


def _collection_paths(each: Collection) -> dict[str, Any]:
    at = f"/collections/{each.name}"
    return {
        at: _get(f"{each.name}_collection", "The collection", JSON, "collection", tag=each.name),
        f"{at}/queryables": _get(
            f"{each.name}_queryables", "What filters may name", SCHEMA, "page", tag=each.name
        ),
        f"{at}/items": _get(
            f"{each.name}_items", "The features", GEOJSON, "features", tag=each.name,
            parameters=[*_shared("limit", "bbox", "bbox-crs", "datetime", "crs", "after", "filter", "filter-lang", "filter-crs"), *_own(each)],
        ),
        f"{at}/items/{{featureId}}": _get(
            f"{each.name}_item", "One feature", GEOJSON, "feature", tag=each.name, parameters=_shared("featureId", "crs"),
            is_one=True,
        ),
    }  # fmt: skip


def _get(
    operation: str, summary: str, kind: str, shape: str, tag: str | None = None, parameters: list[Any] | None = None,
    is_one: bool = False,
) -> dict[str, Any]:  # fmt: skip
    answers = {
        "200": {
            "description": summary,
            "content": {kind: {"schema": {"$ref": f"#/components/schemas/{shape}"}}, HTML: {"schema": {"type": "string"}}},
        },
        **{status: {"$ref": f"#/components/responses/{status}"} for status in ("400", "401", "503")},
        **({"404": {"$ref": "#/components/responses/404"}} if is_one else {}),
    }  # fmt: skip
    return {
        "get": {
            "operationId": operation,
            "summary": summary,
            "tags": [tag] if tag else [],
            "parameters": [*(parameters or []), *_shared("f")],
            "responses": answers,
        }
    }


def _shared(*names: str) -> list[dict[str, str]]:
    return [{"$ref": f"#/components/parameters/{name}"} for name in names]


def _own(each: Collection) -> list[dict[str, Any]]:
    return [
        _query(found.name, str(found.title), {key: value for key, value in schema(found, each).items() if key != "title"})
        for found in each.properties
    ]  # fmt: skip


def _query(name: str, description: str, schema_of: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": description, "required": False, "schema": schema_of, "style": "form", "explode": False, **more}  # fmt: skip


def _components() -> dict[str, Any]:
    numbers = {"type": "array", "items": {"type": "number"}, "oneOf": [{"minItems": n, "maxItems": n} for n in (4, 6)]}
    system = {"type": "string", "format": "uri", "enum": _SYSTEMS, "default": ogc_crs.CRS84.uri}
    limit = {"type": "integer", "minimum": 1, "maximum": LARGEST_LIMIT, "default": USUAL_LIMIT}
    languages = {"type": "string", "enum": list(ogc_filters.LANGUAGES), "default": ogc_filters.LANGUAGES[0]}
    words = [
        _query("f", "The face of the answer", {"type": "string", "enum": ["json", "html"]}),
        _query("limit", "So many features at most on a page", limit),
        _query("bbox", "Features that meet this box: west, south, east, north in CRS84", numbers),
        _query("datetime", "An instant, or an interval as 2026-01-01T00:00:00Z/..", {"type": "string"}),
        _query("after", "Where the page before ended, as its link “next” has it", {"type": "string"}),
        _query("filter", "A condition in CQL2 over the queryables", {"type": "string"}),
        _query("filter-lang", "The language of filter", languages),
        *(
            _query(name, f"The system of reference of {what}", system)
            for name, what in (("crs", "the answer"), ("bbox-crs", "bbox"), ("filter-crs", "shapes in filter"))
        ),
    ]
    one = {"name": "featureId", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/problem"}}}
    said = {"400": "A parameter cannot be used", "401": "No token, or one that is not valid", "404": "No such feature", "503": "It would take too long"}  # fmt: skip
    return {
        "securitySchemes": {
            "bearer": {"type": "http", "scheme": "bearer"},
            "basic": {"type": "http", "scheme": "basic", "description": "The token as password, with any name."},
        },
        "parameters": {each["name"]: each for each in (*words, one)},
        "responses": {status: {"description": text, "content": problem} for status, text in said.items()},
        "schemas": _schemas(),
    }


def _schemas() -> dict[str, Any]:
    def many(name: str) -> dict[str, Any]:
        return {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}}

    text, number = {"type": "string"}, {"type": "integer", "minimum": 0}
    links = {"links": many("link")}
    return {
        "link": _object(dict.fromkeys(("href", "rel", "type", "title"), text), "href"),
        "page": _object(links),
        "conformance": _object({"conformsTo": {"type": "array", "items": text}}, "conformsTo"),
        "collections": _object({**links, "collections": many("collection")}, "links", "collections"),
        "collection": _object({**links, "id": text, "title": text, "description": text, "extent": {"type": "object"}}, "id", "links"),
        "feature": _object(
            {
                "type": {"type": "string", "enum": ["Feature"]}, "id": {"type": "string", "format": "uuid"},
                "geometry": {"type": "object", "nullable": True}, "properties": {"type": "object"}, **links,
            },
            "type", "geometry", "properties",
        ),
        "features": _object(
            {
                "type": {"type": "string", "enum": ["FeatureCollection"]}, "features": many("feature"), **links,
                "timeStamp": {"type": "string", "format": "date-time"}, "numberMatched": number, "numberReturned": number,
            },
            "type", "features",
        ),
        "problem": _object({"title": text, "status": number, "detail": text}, "title", "status", "detail"),
    }  # fmt: skip


def _object(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {"type": "object", **({"required": list(required)} if required else {}), "properties": properties}
