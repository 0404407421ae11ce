"""Asking the OGC API in tests: a client of one person, and what the standards' own tests look for in answers."""

from __future__ import annotations

from typing import Any

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"


def epsg(number: int) -> str:
    return f"http://www.opengis.net/def/crs/EPSG/0/{number}"


def ask(client: Any, path: str, code: int = 200, /, **words: Any) -> Any:
    """An answer's JSON; words in Python's spelling, `bbox_crs` for bbox-crs."""
    query = {
        name.replace("_", "-") if name.endswith(("_crs", "_lang")) else name: value for name, value in words.items()
    }
    answer = client.get(f"/ogc{path}", query_string=query)
    assert answer.status_code == code, answer.text[:500]
    return answer.json


def items(client: Any, collection: str, /, **words: Any) -> list[dict[str, Any]]:
    return ask(client, f"/collections/{collection}/items", **words)["features"]


def names(client: Any, collection: str = "accounts", /, **words: Any) -> list[str]:
    """The names of the features that are answered, in order of the alphabet."""
    return sorted(each["properties"]["name"] for each in items(client, collection, **words))


def links(document: dict[str, Any], rel: str) -> list[dict[str, Any]]:
    return [each for each in document["links"] if each["rel"] == rel]


def path_of(link: dict[str, Any]) -> str:
    """A link's address for the test client."""
    return str(link["href"]).removeprefix("http://localhost")
