"""A calendar collection on a CalDAV server: read what changed, write and take away events (RFC 4791, RFC 6578)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any
from urllib.parse import quote, urljoin, urlsplit
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from gcrm.core.errors import Invalid, Unavailable

TIMEOUT_SECONDS = 10.0
LARGEST_ANSWER = 8_000_000
DAV, CAL = "{DAV:}", "{urn:ietf:params:xml:ns:caldav}"
SYNC = (
    '<?xml version="1.0"?><d:sync-collection xmlns:d="DAV:"><d:sync-token>{token}</d:sync-token>'
    "<d:sync-level>1</d:sync-level><d:prop><d:getetag/></d:prop></d:sync-collection>"
)
MULTIGET = (
    '<?xml version="1.0"?><c:calendar-multiget xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav">'
    "<d:prop><d:getetag/><c:calendar-data/></d:prop>{hrefs}</c:calendar-multiget>"
)
PROPFIND = '<?xml version="1.0"?><d:propfind xmlns:d="DAV:"><d:prop><d:getetag/><d:resourcetype/></d:prop></d:propfind>'


@dataclass(frozen=True)
class Item:
    """An event as it stands on the server."""

    href: str
    etag: str
    text: str


@dataclass(frozen=True)
class Changes:
    """What is other than at the last reading."""

    items: tuple[Item, ...]
    gone: tuple[str, ...]
    """Addresses of events that were taken away."""
    token: str | None
    is_whole: bool
    """Whether these are all events there, since the server forgot the last reading."""


class Stale(Exception):
    """The event is another one than was read last; it is left as it is."""


def must_be_allowed(url: str, hosts: str) -> None:
    """Refuse an address whose server the installation does not name; people must not make us ask any machine."""
    parts = urlsplit(url)
    allowed = {host.strip().lower() for host in hosts.split(",") if host.strip()}
    if parts.scheme not in ("http", "https") or parts.username is not None or parts.netloc.lower() not in allowed:
        raise Invalid(f"“{url}” is not on a calendar server that this installation allows.")


class Collection:
    """One calendar; use it as a context manager."""

    def __init__(self, url: str, username: str, password: str) -> None:
        import httpx

        self.url = url if url.endswith("/") else url + "/"
        self._client = httpx.Client(auth=(username, password), timeout=TIMEOUT_SECONDS, follow_redirects=False)

    def __enter__(self) -> Collection:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def check(self) -> None:
        """Fail with a sentence unless this is a calendar that one may read."""
        tree = _parsed(self._ask("PROPFIND", self.url, PROPFIND, {"Depth": "0"}))
        if tree.find(f".//{DAV}resourcetype/{CAL}calendar") is None:
            raise Invalid("There is no calendar at this address.")

    def changes(self, token: str | None) -> Changes:
        """What changed since the reading that gave the token; everything without one, or when the server forgot it."""
        answer = self._ask("REPORT", self.url, SYNC.format(token=escape(token or "")), {"Depth": "1"}, (207, 403, 409))
        if answer.status_code != 207:
            if token is None:
                raise Unavailable("The calendar server does not tell what changed.")
            return self.changes(None)
        tree = _parsed(answer)
        hrefs, gone = [], []
        for response in tree.findall(f"{DAV}response"):
            href = response.findtext(f"{DAV}href", "")
            if "404" in response.findtext(f"{DAV}status", ""):
                gone.append(href)
            elif href.rstrip("/") != urlsplit(self.url).path.rstrip("/"):
                hrefs.append(href)
        return Changes(tuple(self._items(hrefs)), tuple(gone), tree.findtext(f"{DAV}sync-token"), token is None)

    def _items(self, hrefs: Sequence[str]) -> list[Item]:
        if not hrefs:
            return []
        body = MULTIGET.format(hrefs="".join(f"<d:href>{escape(href)}</d:href>" for href in hrefs))
        tree = _parsed(self._ask("REPORT", self.url, body, {"Depth": "1"}))
        found = []
        for response in tree.findall(f"{DAV}response"):
            etag, text = response.findtext(f".//{DAV}getetag"), response.findtext(f".//{CAL}calendar-data")
            if etag and text:
                found.append(Item(response.findtext(f"{DAV}href", ""), etag, text))
        return found

    def put(self, name: str, text: bytes, etag: str | None) -> str:
        """Write an event over the one with the ETag, or as a new one; return its ETag. `Stale`: somebody was faster."""
        headers = {"Content-Type": "text/calendar; charset=utf-8"} | (
            {"If-Match": etag} if etag else {"If-None-Match": "*"}
        )
        answer = self._ask("PUT", self._address(name), text, headers, (200, 201, 204, 404, 412))
        if answer.status_code in (404, 412):
            raise Stale
        return str(answer.headers.get("ETag") or self._etag(name))

    def delete(self, name: str, etag: str) -> None:
        """Take an event away; one that is gone already is fine. `Stale`: somebody changed it."""
        if self._ask("DELETE", self._address(name), "", {"If-Match": etag}, (200, 204, 404, 412)).status_code == 412:
            raise Stale

    def _etag(self, name: str) -> str:
        tree = _parsed(self._ask("PROPFIND", self._address(name), PROPFIND, {"Depth": "0"}))
        return tree.findtext(f".//{DAV}getetag", "")

    def _address(self, name: str) -> str:
        return urljoin(self.url, quote(name))

    def _ask(
        self, method: str, url: str, body: str | bytes, headers: dict[str, str], fine: Sequence[int] = (207,)
    ) -> Any:
        import httpx

        content = body.encode() if isinstance(body, str) else body
        kind = {"Content-Type": "application/xml; charset=utf-8"} if method in ("REPORT", "PROPFIND") else {}
        try:
            answer = self._client.request(method, url, content=content, headers=kind | headers)
        except httpx.HTTPError as error:
            raise Unavailable(f"The calendar server does not answer ({type(error).__name__}).") from error
        if answer.status_code in (401, 403) and answer.status_code not in fine:
            raise Invalid("The calendar server refuses this name and password.")
        if answer.status_code not in fine:
            raise Unavailable(f"The calendar server answers {answer.status_code} to {method}.")
        if len(answer.content) > LARGEST_ANSWER:
            raise Unavailable("The calendar server's answer is too large.")
        return answer


def _parsed(answer: Any) -> ElementTree.Element:
    """Read an answer's XML; one with a document type could grow without bounds and is refused."""
    try:
        if b"<!DOCTYPE" in answer.content:
            raise ElementTree.ParseError("it has a document type")
        return ElementTree.fromstring(answer.content)  # noqa: S314 - without a document type nothing can be expanded
    except ElementTree.ParseError as error:
        raise Unavailable(f"The calendar server's answer cannot be read: {error}.") from error
