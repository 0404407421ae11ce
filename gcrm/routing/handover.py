"""A planned day for other programs: calendar, track, map and table files, and links that open it in map apps.

Everything is made from plain values; nothing is fetched from anywhere.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from urllib.parse import quote, urlencode
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from gcrm.routing.nights import Night

UID_HOST = "gcrm"
HOME = "Home"
GOOGLE_WAYPOINTS = 9
"""Google's links take nine places between the first and the last one."""
APPLE_WAYPOINTS = 9
KAKAO_WAYPOINTS = 5
NAVER_WAYPOINTS = 5
CSV_COLUMNS = ("day", "rep", "number", "name", "address", "lon", "lat", "arrive", "start", "depart", "driving_seconds",
               "driving_metres", "status", "why")  # fmt: skip


@dataclass(frozen=True)
class Call:
    """One stop as other programs are told of it; times carry their zone."""

    uid: uuid.UUID
    number: int
    name: str
    address: str | None
    lon: float
    lat: float
    arrive: dt.datetime
    start: dt.datetime
    depart: dt.datetime
    travel_seconds: int
    travel_metres: int
    status: str
    why: str
    sequence: int = 0
    changed_at: dt.datetime | None = None
    url: str | None = None
    is_tentative: bool = False
    """A stop that may still move; an appointment may not."""

    @property
    def fingerprint(self) -> str:
        """A hash of what a calendar shows; another one is a new sequence."""
        told = (
            self.start.timestamp(),
            self.depart.timestamp(),
            self.name,
            self.address,
            round(self.lon, 6),
            round(self.lat, 6),
        )
        return hashlib.sha256(repr(told).encode()).hexdigest()


@dataclass(frozen=True)
class Sheet:
    """One rep's day: its stops in order, and where it begins and ends."""

    day: dt.date
    rep: str
    zone: str
    home: tuple[float, float] | None
    calls: tuple[Call, ...]
    night_before: Night | None = None
    night_after: Night | None = None
    leaves: dt.datetime | None = None
    returns: dt.datetime | None = None
    night: Call | None = None
    """The night after the day as calendars are told of it."""

    @property
    def begin(self) -> Spot | None:
        """Where the day begins: at a hotel or at home."""
        return _end(self.night_before, self.home)

    @property
    def end(self) -> Spot | None:
        """Where the day ends."""
        return _end(self.night_after, self.home)

    @property
    def events(self) -> tuple[Call, ...]:
        """What a calendar shows of the day."""
        return self.calls if self.night is None else (*self.calls, self.night)

    @property
    def name(self) -> str:
        """A file's name without its ending."""
        plain = "".join(c if c.isalnum() else "-" for c in self.rep).strip("-").lower()
        return f"{self.day.isoformat()}-{plain or 'plan'}"


def _end(night: Night | None, home: tuple[float, float] | None) -> Spot | None:
    if night is not None:
        return Spot(night.name, night.lon, night.lat, night.address or "")
    return Spot(HOME, *home) if home else None


def night_uid(rep: uuid.UUID, day: dt.date) -> uuid.UUID:
    """Return the name under which calendars know a rep's night after a day."""
    return uuid.uuid5(rep, f"{day.isoformat()} night")


def uid_of(rep: uuid.UUID, day: dt.date, account_id: int, appointment: uuid.UUID | None) -> uuid.UUID:
    """Return the name under which calendars know a stop: an appointment keeps its own from day to day, another stop has
    one for each rep, day and account, whichever version of the plan it stands on."""
    return appointment or uuid.uuid5(rep, f"{day.isoformat()} {account_id}")


def icalendar(calls: Sequence[Call], name: str, zone: str, is_feed: bool = True) -> bytes:
    """Return a calendar (RFC 5545) with an event for each stop, on the clocks of `zone`, with that zone's rules.

    A feed says how often to ask again; an event for a CalDAV server must not (RFC 4791, 4.1).
    """
    from icalendar import Calendar

    calendar = Calendar()
    calendar.add("prodid", "-//gcrm//day plans//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    if is_feed:
        calendar.add("method", "PUBLISH")
        calendar.add("x-wr-calname", name)
        calendar.add("x-wr-timezone", zone)
        calendar.add("refresh-interval", dt.timedelta(minutes=15), parameters={"VALUE": "DURATION"})
        calendar.add("x-published-ttl", "PT15M")
    for call in calls:
        calendar.add_component(_event(call, ZoneInfo(zone)))
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())


def _event(call: Call, zone: ZoneInfo) -> Any:
    from icalendar import Event, vGeo

    event = Event()
    event.add("uid", f"{call.uid}@{UID_HOST}")
    event.add("dtstamp", (call.changed_at or call.start).astimezone(dt.UTC))
    event.add("last-modified", (call.changed_at or call.start).astimezone(dt.UTC))
    event.add("sequence", call.sequence)
    event.add("dtstart", call.start.astimezone(zone))
    event.add("dtend", call.depart.astimezone(zone))
    event.add("summary", call.name)
    event.add("status", "TENTATIVE" if call.is_tentative else "CONFIRMED")
    event["geo"] = vGeo((call.lat, call.lon))
    event.add("description", call.why)
    if call.address:
        event.add("location", call.address)
    if call.url:
        event.add("url", call.url)
    return event


def gpx(sheet: Sheet) -> bytes:
    """Return the day as GPX 1.1: a waypoint for each stop and hotel and one route, its two ends included where known."""
    from gpxpy.gpx import GPX, GPXRoute, GPXRoutePoint, GPXWaypoint

    file = GPX()
    file.creator, file.name, file.time = "gcrm", f"{sheet.rep}, {sheet.day.isoformat()}", None
    route = GPXRoute(name=file.name)
    for spot, call in _points(sheet):
        time = call.start.astimezone(dt.UTC) if call else None
        route.points.append(GPXRoutePoint(spot.lat, spot.lon, time=time, name=spot.sign))
        if spot.name != HOME:
            file.waypoints.append(GPXWaypoint(spot.lat, spot.lon, time=time, name=spot.sign, description=spot.address))
    file.routes.append(route)
    return file.to_xml(version="1.1").encode()


def _points(sheet: Sheet) -> list[tuple[Spot, Call | None]]:
    calls = [(Spot(f"{c.number}. {c.name}", c.lon, c.lat, c.address or "", is_end=False), c) for c in sheet.calls]
    begin, end = [[(spot, None)] if spot else [] for spot in (sheet.begin, sheet.end)]
    return [*begin, *calls, *end]


def kml(sheet: Sheet) -> bytes:
    """Return the day as KML 2.2: a placemark for each stop and a line along them."""
    title = _xml(f"{sheet.rep}, {sheet.day.isoformat()}")
    zone = ZoneInfo(sheet.zone)
    marks = "".join(
        f"<Placemark><name>{_xml(f'{c.number}. {c.name}')}</name>"
        f"<description>{_xml(f'{c.start.astimezone(zone):%H:%M}–{c.depart.astimezone(zone):%H:%M} {c.address or str()}'.strip())}</description>"
        f"<TimeSpan><begin>{c.start.astimezone(zone).isoformat()}</begin><end>{c.depart.astimezone(zone).isoformat()}</end></TimeSpan>"
        f"<Point><coordinates>{c.lon:.6f},{c.lat:.6f}</coordinates></Point></Placemark>"
        for c in sheet.calls
    )
    marks += "".join(
        f"<Placemark><name>{_xml(spot.sign)}</name><description>{_xml(spot.address)}</description>"
        f"<Point><coordinates>{spot.lon:.6f},{spot.lat:.6f}</coordinates></Point></Placemark>"
        for spot in dict.fromkeys((sheet.begin, sheet.end))
        if spot is not None and spot.name != HOME
    )
    line = " ".join(f"{spot.lon:.6f},{spot.lat:.6f}" for spot, _call in _points(sheet))
    path = f"<Placemark><name>{title}</name><LineString><tessellate>1</tessellate><coordinates>{line}</coordinates></LineString></Placemark>"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
        f"<name>{title}</name>{marks}{path if sheet.calls else ''}</Document></kml>\n"
    ).encode()


def _xml(text: str) -> str:
    """Return the text as it may stand in XML 1.0, which has no control characters."""
    return escape("".join(c for c in text if c in "\t\n\r" or c >= " "))


def csv_of(sheets: Sequence[Sheet]) -> bytes:
    """Return the stops as CSV in UTF-8 with its mark; no text of a customer's is taken for a formula.

    A day that begins or ends at a hotel has a row for it without a number, its status `night`.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(CSV_COLUMNS)
    for sheet in sheets:
        zone = ZoneInfo(sheet.zone)
        writer.writerows(_night_row(sheet, sheet.night_before, depart=sheet.leaves))
        for c in sheet.calls:
            times = (moment.astimezone(zone).isoformat(timespec="minutes") for moment in (c.arrive, c.start, c.depart))
            words = (guarded(c.name), guarded(c.address or ""))
            writer.writerow(
                [sheet.day.isoformat(), guarded(sheet.rep), c.number, *words, c.lon, c.lat, *times, c.travel_seconds,
                 c.travel_metres, c.status, guarded(c.why)]
            )  # fmt: skip
        writer.writerows(_night_row(sheet, sheet.night_after, arrive=sheet.returns))
    return ("\ufeff" + out.getvalue()).encode()


def _night_row(
    sheet: Sheet, night: Night | None, arrive: dt.datetime | None = None, depart: dt.datetime | None = None
) -> list[list[Any]]:
    if night is None:
        return []
    zone = ZoneInfo(sheet.zone)
    came, left = ["" if t is None else t.astimezone(zone).isoformat(timespec="minutes") for t in (arrive, depart)]
    words = (guarded(night.name), guarded(night.address or ""))
    return [
        [
            sheet.day.isoformat(),
            guarded(sheet.rep),
            "",
            *words,
            night.lon,
            night.lat,
            came,
            "",
            left,
            "",
            "",
            "night",
            "",
        ]
    ]


def guarded(text: str) -> str:
    """Return the text with an apostrophe before it where a spreadsheet would take it for a formula."""
    return f"'{text}" if text.lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠")) else text


# -- links that open a map app -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Spot:
    """A place to drive to."""

    name: str
    lon: float
    lat: float
    address: str = ""
    is_end: bool = True
    """Whether a day begins or ends there."""

    @property
    def sign(self) -> str:
        """Its name on devices: a house for home, a moon before a hotel."""
        return self.name if not self.is_end else "⌂" if self.name == HOME else f"☾ {self.name}"

    @property
    def lat_lon(self) -> str:
        return f"{self.lat:.6f},{self.lon:.6f}"


@dataclass(frozen=True)
class Link:
    """One app's way through a part of the day: from the first to the last number."""

    app: str
    first: int
    last: int
    url: str


def links(sheet: Sheet) -> dict[str, list[Link]]:
    """Return for each map app the links through what lies ahead, in as many parts as the app's limit asks for.

    Each part begins where the one before it ended. Waze knows one aim at a time.
    """
    calls = [call for call in sheet.calls if call.status == "ahead"]
    if not calls:
        return {}
    spots = [(call.number, Spot(call.name, call.lon, call.lat)) for call in calls]
    begin = sheet.begin if len(calls) == len(sheet.calls) else None
    end = sheet.end
    whole = [*([(0, begin)] if begin else []), *spots, *([(calls[-1].number, end)] if end else [])]
    found = {
        "google": _parts("google", whole, GOOGLE_WAYPOINTS, google),
        "apple": _parts("apple", whole, APPLE_WAYPOINTS, apple),
        "kakao": _parts("kakao", whole, KAKAO_WAYPOINTS, kakao),
        "naver": _parts("naver", whole, NAVER_WAYPOINTS, naver),
    }
    found["waze"] = [Link("waze", number, number, waze(spot)) for number, spot in spots]
    return found


def _parts(app: str, spots: list[tuple[int, Spot]], between: int, url: Callable[[list[Spot]], str]) -> list[Link]:
    if len(spots) == 1:
        return [Link(app, spots[0][0], spots[0][0], url([spots[0][1]]))]
    cuts = [*range(0, len(spots) - 1, between + 1), len(spots) - 1]
    return [
        Link(
            app,
            max(1, spots[a][0]) if a == 0 else spots[a + 1][0],
            spots[b][0],
            url([spot for _, spot in spots[a : b + 1]]),
        )
        for a, b in pairwise(cuts)
    ]


def google(spots: list[Spot]) -> str:
    """Return a link of Google's Maps URLs; a single place is driven to from where one is."""
    words = {"api": "1", "destination": spots[-1].lat_lon, "travelmode": "driving"}
    if len(spots) > 1:
        words["origin"] = spots[0].lat_lon
    if len(spots) > 2:
        words["waypoints"] = "|".join(spot.lat_lon for spot in spots[1:-1])
    return "https://www.google.com/maps/dir/?" + urlencode(words)


def apple(spots: list[Spot]) -> str:
    """Return a link of Apple's unified map URLs."""
    words = [("destination", spots[-1].lat_lon), ("mode", "driving")]
    if len(spots) > 1:
        words.append(("source", spots[0].lat_lon))
    words += [("waypoint", spot.lat_lon) for spot in spots[1:-1]]
    return "https://maps.apple.com/directions?" + urlencode(words)


def waze(spot: Spot) -> str:
    return "https://waze.com/ul?" + urlencode({"ll": spot.lat_lon, "navigate": "yes"})


def kakao(spots: list[Spot]) -> str:
    """Return a KakaoMap link; commas part its words, so none may stand in a name."""

    def word(spot: Spot) -> str:
        return f"{quote(spot.name.replace(',', ' ').replace('/', ' '), safe='')},{spot.lat_lon}"

    if len(spots) == 1:
        return f"https://map.kakao.com/link/to/{word(spots[0])}"
    return "https://map.kakao.com/link/by/car/" + "/".join(word(spot) for spot in spots)


def naver(spots: list[Spot]) -> str:
    """Return a link that opens the NAVER Map app."""
    words = {"dlat": f"{spots[-1].lat:.6f}", "dlng": f"{spots[-1].lon:.6f}", "dname": spots[-1].name}
    if len(spots) > 1:
        words |= {"slat": f"{spots[0].lat:.6f}", "slng": f"{spots[0].lon:.6f}", "sname": spots[0].name}
    for number, spot in enumerate(spots[1:-1], start=1):
        words |= {f"v{number}lat": f"{spot.lat:.6f}", f"v{number}lng": f"{spot.lon:.6f}", f"v{number}name": spot.name}
    return "nmap://route/car?" + urlencode(words | {"appname": "gcrm"}, quote_via=quote)
