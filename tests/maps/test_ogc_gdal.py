"""GDAL's own client, which QGIS and ogr2ogr use, reads /ogc from a running server, by way of pyogrio.

It runs in a process of its own, as a client does; the server notes what it was asked.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_plus

import pytest
from flask import request
from werkzeug.serving import make_server

from tests import factories as make

pytest.importorskip("pyogrio")

ACCOUNTS = 230
READ = """
import json, sys, urllib.request
import pyogrio, shapely
site, token, other, steps = json.loads(sys.argv[1])
address = f"OAPIF:{site}/ogc"
BEARER = {"GDAL_HTTP_AUTH": "BEARER", "GDAL_HTTP_BEARER": token, "GDAL_HTTP_USERPWD": None}
BASIC = {"GDAL_HTTP_AUTH": "BASIC", "GDAL_HTTP_BEARER": None, "GDAL_HTTP_USERPWD": f"anybody:{other}"}
for step, (verb, asked) in steps.items():
    urllib.request.urlopen(f"{site}/healthz?step={step}").read()
    if "bbox" in asked:
        asked["bbox"] = tuple(asked["bbox"])
    pyogrio.set_gdal_config_options(BASIC if asked.pop("basic", False) else BEARER)
    if verb == "list":
        found = pyogrio.list_layers(address)[:, 0].tolist()
    elif verb == "info":
        info = pyogrio.read_info(address, force_feature_count=True, **asked)
        found = {"features": int(info["features"]), "fields": info["fields"].tolist(), "type": info["geometry_type"]}
    else:
        meta, _, shapes, columns = pyogrio.raw.read(address, **asked)
        found = {"crs": meta["crs"], "names": dict(zip(meta["fields"].tolist(), columns))["name"].tolist(),
                 "shapes": [None if shape is None else shapely.from_wkb(shape).wkt for shape in shapes]}
    print(json.dumps([step, found]), flush=True)
"""
STEPS: dict[str, tuple[str, dict[str, Any]]] = {
    "collections": ("list", {}),
    "about": ("info", {"layer": "accounts"}),
    "paged": ("read", {"layer": "accounts", "PAGE_SIZE": "50"}),
    "boxed": ("read", {"layer": "accounts", "bbox": [-100, 0, -95, 1]}),
    "filtered": ("read", {"layer": "accounts", "where": "annual_value >= 225 AND status = 'customer'"}),
    "liked": ("read", {"layer": "accounts", "where": "name LIKE 'A00%' OR name = 'A100'"}),
    "metres": ("read", {"layer": "accounts", "where": "name = 'A000'", "CRS": "EPSG:3857"}),
    "degrees": ("read", {"layer": "accounts", "where": "name = 'A002'", "CRS": "EPSG:4326"}),
    "regions": ("read", {"layer": "regions"}),
    "territories": ("read", {"layer": "territories"}),
    "basic": ("read", {"layer": "accounts", "basic": True}),
}
"""What GDAL is asked to do, all in one process: starting it takes longer than asking."""


@dataclass
class Live:
    """A server on a port of its own, with tokens to enter, and what it was asked in each step."""

    site: str
    token: str
    other_token: str
    asked: dict[str, list[str]] = field(default_factory=dict)

    def note(self) -> None:
        if request.path == "/healthz":
            self.asked[request.args["step"]] = []
        elif "/items" in request.path:
            self.asked[list(self.asked)[-1]].append(unquote_plus(request.full_path))

    def gdal(self) -> dict[str, Any]:
        said = json.dumps([self.site, self.token, self.other_token, STEPS])
        run = subprocess.run(
            [sys.executable, "-c", READ, said], capture_output=True, text=True, timeout=400, check=False
        )
        assert run.returncode == 0, run.stdout[-2000:] + run.stderr[-2000:]
        return dict(json.loads(line) for line in run.stdout.splitlines())


@pytest.fixture
def live(own_database) -> Iterator[Live]:
    from gcrm.app import create_app
    from gcrm.core import db, jobs
    from gcrm.people import tokens

    with db.transaction(jobs.system_principal()) as session:
        make.make_organisation(session)
        rep, other = make.make_user(session), make.make_user(session)
        for i in range(ACCOUNTS):
            make.make_account(session, rep, at=(i / 2 - 100, i / 10), name=f"A{i:03}", annual_value_minor=i * 100,
                              status="prospect" if i % 2 else "customer", tier="AB"[i % 2])  # fmt: skip
        make.make_account(session, other, name="Hidden")
        region = make.make_region(session, "42043", name="Dauphin")
        make.make_territory(session, rep, (region,), name="Middle")
    with db.transaction(None) as session:
        token, other_token = tokens.make(session, rep, "GDAL"), tokens.make(session, other, "GDAL")
    app = create_app(TESTING=True)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    found = Live(f"http://127.0.0.1:{server.server_port}", token, other_token)
    app.before_request(found.note)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield found
    server.shutdown()
    thread.join()


def test_gdal_pages_narrows_and_turns_what_it_reads(live):
    found = live.gdal()
    assert found["collections"] == ["accounts", "regions", "territories", "visits"]

    assert (found["about"]["features"], found["about"]["type"]) == (ACCOUNTS, "Point")
    assert {"name", "annual_value", "updated_at", "last_visited_on", "tags"} <= set(found["about"]["fields"])

    assert sorted(found["paged"]["names"]) == [f"A{i:03}" for i in range(ACCOUNTS)]
    assert len([each for each in live.asked["paged"] if "after=" in each]) >= 4

    assert sorted(found["boxed"]["names"]) == [f"A{i:03}" for i in range(11)]
    assert any("bbox=-100" in each for each in live.asked["boxed"])

    assert sorted(found["filtered"]["names"]) == ["A226", "A228"]
    assert any("status=customer" in each for each in live.asked["filtered"])
    assert sorted(found["liked"]["names"]) == sorted([*(f"A{i:03}" for i in range(10)), "A100"])

    assert "3857" in found["metres"]["crs"]
    assert found["metres"]["shapes"][0].startswith("POINT (-11131949.079")
    assert found["degrees"]["shapes"] == ["POINT (-99 0.2)"]

    assert found["regions"]["shapes"][0].startswith("MULTIPOLYGON (((-77 40")
    assert found["territories"]["names"] == ["Middle"]
    assert found["basic"]["names"] == ["Hidden"]
