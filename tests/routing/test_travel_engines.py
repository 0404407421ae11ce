"""OSRM and Valhalla by URL, played by a small server on loopback."""

from __future__ import annotations

import contextlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import polyline
import pytest

from gcrm.core.config import Settings
from gcrm.core.errors import Invalid
from gcrm.routing.problem import Place
from gcrm.routing.travel import source_for

LAKE = 50.0
"""Latitude from which on the engines know no road near."""


def drive(a: tuple[float, float], b: tuple[float, float]) -> tuple[float, float]:
    """Seconds and metres of the engines' world; the way back takes 1 s more."""
    metres = 1000 * (abs(a[0] - b[0]) + abs(a[1] - b[1])) * 100
    return metres / 10 + (1 if a > b else 0), metres


def osrm(path: str, _: Any) -> Any:
    _, service, _, _, rest = path.split("/", 4)
    pairs, _, query = rest.partition("?")
    at = [tuple(map(float, pair.split(",")))[::-1] for pair in pairs.split(";")]
    if service == "route":
        return {"code": "Ok", "routes": [{"geometry": polyline.encode([at[0], (at[0][0], at[1][1]), at[1]])}]}
    asked = dict(part.split("=") for part in query.replace("%3B", ";").replace("%2C", ",").split("&"))
    rows = [at[int(i)] for i in asked["sources"].split(";")]
    columns = [at[int(i)] for i in asked["destinations"].split(";")]
    assert len(at) <= 100
    return {
        "code": "Ok", "durations": [[drive(a, b)[0] for b in columns] for a in rows],
        "distances": [[drive(a, b)[1] for b in columns] for a in rows],
        "destinations": [{"distance": 9000.0 if b[0] >= LAKE else 3.0} for b in columns],
    }  # fmt: skip


def valhalla(path: str, asked: Any) -> Any:
    assert asked["costing"] in ("auto", "bicycle", "pedestrian")

    def at(place: Any) -> tuple[float, float]:
        return place["lat"], place["lon"]

    if path == "/locate":
        return [
            {"edges": [] if at(p)[0] >= LAKE else [{"correlated_lat": p["lat"], "correlated_lon": p["lon"]}]}
            for p in asked["locations"]
        ]
    if path == "/route":
        line = [at(place) for place in asked["locations"]]
        return {"trip": {"legs": [{"shape": polyline.encode(line, 6)}]}}
    assert len(asked["sources"]) * len(asked["targets"]) <= 2500
    cells = [[drive(at(a), at(b)) for b in asked["targets"]] for a in asked["sources"]]
    return {"sources_to_targets": [[{"time": s, "distance": m / 1000} for s, m in row] for row in cells]}


@pytest.fixture
def serve() -> Iterator[Callable[..., str]]:
    """Start a server that answers by a function of path and body; returns its address."""
    running = []

    def start(answer: Callable[[str, Any], Any], status: int = 200) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.reply(None)

            def do_POST(self) -> None:
                self.reply(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

            def reply(self, asked: Any) -> None:
                body = json.dumps(answer(self.path, asked)).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                with contextlib.suppress(OSError):  # Whoever gave up is no longer there.
                    self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        running.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


def source(tmp_path, url: str, **more: Any):
    return source_for(Settings(data=str(tmp_path), travel_url=url, **more))


@pytest.mark.parametrize(("kind", "answer", "name"), [("osrm", osrm, "OSRM"), ("valhalla", valhalla, "Valhalla")])
class TestEngine:
    def test_its_times_and_metres_are_taken_in_blocks(self, tmp_path, serve, kind, answer, name):
        places = [Place(40 + i / 1000, -77.0) for i in range(120)]
        found = source(tmp_path, f"{kind}+{serve(answer)}").travel(places)
        assert (found.source, found.estimated) == (name, ())
        for i, j in ((0, 119), (119, 0), (49, 50), (3, 3), (60, 20)):
            seconds, metres = drive((places[i].lat, places[i].lon), (places[j].lat, places[j].lon))
            assert found.seconds[i][j] == round(seconds)
            assert found.metres[i][j] == round(metres)

    def test_a_place_in_the_lake_is_estimated(self, tmp_path, serve, kind, answer, name):
        places = [Place(40, -77), Place(51, -77), Place(40.1, -77)]
        found = source(tmp_path, f"{kind}+{serve(answer)}").travel(places)
        assert (found.source, found.estimated) == (f"{name} + estimate for 1 place", (1,))
        assert found.seconds[0][2] == 1000
        assert found.seconds[0][1] > 100_000  # 11 degrees of latitude by the straight line

    def test_lines_come_from_it(self, tmp_path, serve, kind, answer, name):
        legs = source(tmp_path, f"{kind}+{serve(answer)}").geometry(
            [Place(40, -77), Place(40.1, -76.9), Place(40, -77)]
        )
        assert [leg[0] for leg in legs] == [(40, -77), (40.1, -76.9)]
        assert legs[0][-1] == (40.1, -76.9)

    @pytest.mark.parametrize("said", [{}, {"code": "NoTable"}, [], "no", {"durations": [[1]], "distances": [[1]]}])
    def test_an_answer_that_cannot_be_read_falls_back_and_says_so(self, tmp_path, serve, kind, answer, name, said):
        url = f"{kind}+{serve(lambda *_: said)}"
        found = source(tmp_path, url).travel([Place(40, -77), Place(40.1, -77)])
        assert found.source == f"estimate ({name} did not answer)"
        assert found.seconds[0][1] > 0

    def test_a_refusal_falls_back_and_says_so(self, tmp_path, serve, kind, answer, name):
        url = f"{kind}+{serve(lambda *_: {'message': 'no'}, status=400)}"
        assert source(tmp_path, url).travel([Place(40, -77), Place(40.1, -77)]).source.endswith("did not answer)")

    def test_one_that_hangs_is_given_up(self, tmp_path, serve, kind, answer, name):
        silence = threading.Event()
        url = f"{kind}+{serve(lambda *_: silence.wait(5))}"
        places = [Place(40, -77), Place(40.1, -77)]
        found = source(tmp_path, url, travel_timeout=0.2).travel(places)
        assert found.source == f"estimate ({name} did not answer)"
        assert source(tmp_path, url, travel_timeout=0.2).geometry(places) == [None]
        silence.set()

    def test_one_that_is_not_there_falls_back(self, tmp_path, serve, kind, answer, name):
        found = source(tmp_path, f"{kind}+http://127.0.0.1:9").travel([Place(40, -77), Place(40.1, -77)])
        assert found.source == f"estimate ({name} did not answer)"


@pytest.mark.parametrize("url", ["http://somewhere", "osrm+ftp://somewhere", "graphhopper+http://somewhere", "osrm"])
def test_an_address_of_no_known_engine_is_refused_by_its_setting(tmp_path, url):
    with pytest.raises(Invalid, match=re.escape(url)):
        source(tmp_path, url)


def test_a_mode_that_nobody_knows_is_refused(tmp_path):
    with pytest.raises(Invalid, match="car, bicycle or foot, not “boat”"):
        source_for(Settings(data=str(tmp_path)), "boat")


def test_the_mode_decides_what_the_engine_is_asked(tmp_path, serve):
    asked: list[str] = []

    def noted(path: str, body: Any) -> Any:
        asked.append(path.split("/")[3])
        return osrm(path, body)

    source(tmp_path, f"osrm+{serve(noted)}", travel_mode="bicycle").travel([Place(40, -77), Place(40.1, -77)])
    assert set(asked) == {"cycling"}


# -- what was answered once ------------------------------------------------------------------------------------------


def counted(asked: list[str]) -> Callable[[str, Any], Any]:
    def answer(path: str, body: Any) -> Any:
        asked.append(path)
        return valhalla(path, body)

    return answer


def test_what_was_answered_is_not_asked_again(tmp_path, serve):
    asked: list[str] = []
    url = f"valhalla+{serve(counted(asked))}"
    places = [Place(40 + i / 100, -77.0) for i in range(5)] + [Place(51.0, -77.0)]
    first = source(tmp_path, url).travel(places)
    assert asked == ["/locate", "/sources_to_targets"]
    again = source(tmp_path, url).travel(places)
    assert len(asked) == 2
    assert (again, again.source, again.estimated) == (first, first.source, first.estimated)


def test_only_a_new_place_is_asked_about(tmp_path, serve):
    asked: list[Any] = []

    def noted(path: str, body: Any) -> Any:
        asked.append((path, len(body.get("sources", body.get("locations", []))), len(body.get("targets", []))))
        return valhalla(path, body)

    url = f"valhalla+{serve(noted)}"
    places = [Place(40 + i / 100, -77.0) for i in range(5)]
    source(tmp_path, url).travel(places)
    asked.clear()
    found = source(tmp_path, url).travel([*places, Place(41.0, -77.0)])
    assert asked == [("/locate", 1, 0), ("/sources_to_targets", 1, 6), ("/sources_to_targets", 5, 1)]
    assert found.seconds == source(tmp_path / "other", url).travel([*places, Place(41.0, -77.0)]).seconds


def test_modes_and_engines_do_not_mix(tmp_path, serve):
    asked: list[str] = []
    url = f"valhalla+{serve(counted(asked))}"
    places = [Place(40, -77), Place(40.1, -77)]
    source(tmp_path, url).travel(places)
    source(tmp_path, url, travel_mode="foot").travel(places)
    assert len(asked) == 4


def test_a_damaged_file_only_means_asking_again(tmp_path, serve):
    asked: list[str] = []
    url = f"valhalla+{serve(counted(asked))}"
    (tmp_path / "engine_times.sqlite").write_text("no database at all, but long enough to be looked at" * 20)
    places = [Place(40, -77), Place(40.1, -77)]
    assert source(tmp_path, url).travel(places).seconds[0][1] == 1000
    assert source(tmp_path, url).travel(places).seconds[0][1] == 1000
    assert len(asked) == 4


def test_the_file_is_bounded(tmp_path, monkeypatch):
    from gcrm.routing import travel_cache

    monkeypatch.setattr(travel_cache, "MOST_PAIRS", 50)
    cache = travel_cache.TravelCache(tmp_path / "times.sqlite", "an engine")
    places = [Place(40 + i / 1000, -77.0) for i in range(100)]
    for first in range(0, 100, 10):
        cache.keep(places, [((first, j), (1, 1)) for j in range(10)])
    assert 45 <= len(cache.known(places)) <= 50


def test_no_way_is_kept_as_no_way(tmp_path, serve):
    def island(path: str, body: Any) -> Any:
        if path == "/locate":
            return valhalla(path, body)
        return {
            "sources_to_targets": [[{"time": None, "distance": None} for _ in body["targets"]] for _ in body["sources"]]
        }

    url = f"valhalla+{serve(island)}"
    places = [Place(40, -77), Place(40.1, -77)]
    for _ in range(2):
        found = source(tmp_path, url).travel(places)
        assert (found.seconds, found.source) == (((0, None), (None, 0)), "Valhalla")
