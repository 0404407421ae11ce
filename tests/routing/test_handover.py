"""What goes to calendars, navigation devices and spreadsheets."""

from __future__ import annotations

import csv
import datetime as dt
import io
import uuid
from itertools import pairwise
from urllib.parse import parse_qs, unquote, urlsplit
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import gpxpy
import pytest
from icalendar import Calendar

from gcrm.routing import handover
from gcrm.routing.handover import Call, Sheet, Spot

SEOUL = ZoneInfo("Asia/Seoul")
REP = uuid.UUID(int=7)


def call(number, name="한빛 카페", **fields):
    start = dt.datetime(2026, 11, 23, 9, tzinfo=SEOUL) + dt.timedelta(hours=number)
    usual = {
        "uid": handover.uid_of(REP, start.date(), number, None), "number": number, "name": name, "address": "Sejong-daero 1",
        "lon": 126.97 + number / 100, "lat": 37.56, "arrive": start, "start": start, "depart": start + dt.timedelta(minutes=30),
        "travel_seconds": 600, "travel_metres": 4000, "status": "ahead", "why": "due 3 days ago",
    }  # fmt: skip
    return Call(**(usual | fields))


def sheet(count, home=(126.9, 37.5), **fields):
    return Sheet(
        dt.date(2026, 11, 23), "Kim Seo-yeon", "Asia/Seoul", home, tuple(call(n, **fields) for n in range(1, count + 1))
    )


def test_a_calendar_says_begin_and_end_on_the_clocks_of_the_zone():
    told = call(1, sequence=3, changed_at=dt.datetime(2026, 11, 20, tzinfo=dt.UTC))
    found = Calendar.from_ical(handover.icalendar([told], "Kim", "Asia/Seoul"))
    event = found.walk("VEVENT")[0]
    assert event["DTSTART"].to_ical() == b"20261123T100000"
    assert event["DTSTART"].params["TZID"] == "Asia/Seoul"
    assert [zone["TZID"] for zone in found.walk("VTIMEZONE")] == ["Asia/Seoul"]
    assert event["SEQUENCE"] == 3
    assert event["SUMMARY"] == "한빛 카페"
    assert event["GEO"].to_ical() == "37.56;126.98"
    assert event["UID"] == f"{told.uid}@gcrm"


def test_lines_of_a_calendar_are_folded_and_texts_escaped():
    text = handover.icalendar([call(1, name="A; B, C\nBEGIN:VEVENT" + "x" * 200)], "Kim", "Asia/Seoul")
    assert all(len(line) <= 75 for line in text.split(b"\r\n"))
    assert len(Calendar.from_ical(text).walk("VEVENT")) == 1


def test_a_stop_keeps_its_uid_on_another_version_and_an_appointment_on_another_day():
    monday, tuesday = dt.date(2026, 11, 23), dt.date(2026, 11, 24)
    assert (
        handover.uid_of(REP, monday, 5, None)
        == handover.uid_of(REP, monday, 5, None)
        != handover.uid_of(REP, tuesday, 5, None)
    )
    met = uuid.UUID(int=9)
    assert handover.uid_of(REP, monday, 5, met) == handover.uid_of(REP, tuesday, 5, met) == met


def test_the_fingerprint_changes_with_what_a_calendar_shows_and_with_nothing_else():
    one = call(1)
    later = call(1, start=one.start + dt.timedelta(minutes=5))
    assert one.fingerprint != later.fingerprint
    assert one.fingerprint == call(1, status="done", why="x", travel_seconds=9).fingerprint


def test_gpx_can_be_read_back_with_every_stop_and_home_at_both_ends():
    found = gpxpy.parse(handover.gpx(sheet(3)).decode())
    assert [point.name for point in found.routes[0].points] == [
        "⌂",
        "1. 한빛 카페",
        "2. 한빛 카페",
        "3. 한빛 카페",
        "⌂",
    ]
    assert found.waypoints[0].longitude == pytest.approx(126.98)
    assert found.waypoints[0].time.hour == 1


def test_kml_is_xml_whatever_a_name_holds():
    root = ElementTree.fromstring(handover.kml(sheet(2, name="<b> & \x07“quoted”")))  # noqa: S314 - our own text
    space = {"k": "http://www.opengis.net/kml/2.2"}
    names = [node.text for node in root.findall(".//k:Placemark/k:name", space)]
    assert names[:2] == ["1. <b> & “quoted”", "2. <b> & “quoted”"]
    assert root.find(".//k:LineString/k:coordinates", space).text.split()[0] == "126.900000,37.500000"


def test_csv_reads_back_and_calls_no_formula():
    text = handover.csv_of([sheet(1, name="=HYPERLINK(1)")]).decode("utf-8-sig")
    row = next(csv.DictReader(io.StringIO(text)))
    assert row["name"] == "'=HYPERLINK(1)"
    assert row["start"] == "2026-11-23T10:00+09:00"
    assert row["number"] == "1"


@pytest.mark.parametrize(("stops", "parts"), [(1, 1), (9, 1), (10, 2), (19, 2), (20, 3)])
def test_googles_parts_hold_at_most_nine_waypoints_and_join_end_to_begin(stops, parts):
    found = handover.links(sheet(stops))["google"]
    words = [parse_qs(urlsplit(link.url).query) for link in found]
    assert len(found) == parts
    assert all(len(word.get("waypoints", [""])[0].split("|")) <= 9 for word in words)
    assert [word["origin"] for word in words[1:]] == [word["destination"] for word in words[:-1]]
    driven = {
        place
        for word in words
        for name in ("origin", "destination", "waypoints")
        for place in word.get(name, [""])[0].split("|")
    }
    assert {f"37.560000,{126.97 + n / 100:.6f}" for n in range(1, stops + 1)} <= driven
    assert found[0].first == 1
    assert found[-1].last == stops
    assert all(b.first in (a.last, a.last + 1) for a, b in pairwise(found))


def test_links_leave_out_what_is_over_and_begin_where_the_phone_is():
    calls = (call(1, status="done"), call(2), call(3))
    found = handover.links(Sheet(dt.date(2026, 11, 23), "Kim", "Asia/Seoul", None, calls))
    words = parse_qs(urlsplit(found["google"][0].url).query)
    assert words["origin"] == ["37.560000,126.990000"]
    assert "waypoints" not in words
    assert [link.first for link in found["waze"]] == [2, 3]
    assert handover.links(Sheet(dt.date(2026, 11, 23), "Kim", "Asia/Seoul", None, calls[:1])) == {}


def test_korean_apps_get_names_in_parts_of_seven_places():
    found = handover.links(sheet(8))
    assert [url.url.count("/37.") + unquote(url.url).count(",37.") for url in found["kakao"]] == [7, 4]
    assert "한빛 카페" in unquote(found["kakao"][0].url)
    words = parse_qs(urlsplit(found["naver"][0].url).query)
    assert words["v5lat"] == ["37.560000"]
    assert "v6lat" not in words
    assert words["appname"] == ["gcrm"]


def test_a_comma_in_a_name_does_not_break_kakaos_link():
    assert (
        handover.kakao([Spot("Kim, Lee / Co", 127, 37)])
        == "https://map.kakao.com/link/to/Kim%20%20Lee%20%20%20Co,37.000000,127.000000"
    )


def test_apples_link_lists_each_waypoint():
    words = parse_qs(urlsplit(handover.apple([Spot("a", 1, 2), Spot("b", 3, 4), Spot("c", 5, 6)])).query)
    assert words == {
        "source": ["2.000000,1.000000"],
        "waypoint": ["4.000000,3.000000"],
        "destination": ["6.000000,5.000000"],
        "mode": ["driving"],
    }
