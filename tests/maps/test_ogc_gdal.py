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
from urllib.parse import unquote

import pytest
from flask import request
from werkzeug.serving import make_server

from tests import factories as make

pytest.importorskip("pyogrio")

ACCOUNTS = 230
READ = """
import json, sys
import pyogrio
asked = json.loads(sys.argv[1])
pyogrio.set_gdal_config_options(asked.pop("options"))
address = asked.pop("address")
if "list" in asked:
    print(json.dumps(pyogrio.list_layers(address)[:, 0].tolist()))
elif "info" in asked:
    found = pyogrio.read_info(address, layer=asked["info"], **asked.get("more", {}))
    print(json.dumps({"crs": found["crs"], "features": int(found["features"]), "fields": dict(zip(found["fields"].tolist(),
        [str(each) for each in found["dtypes"]])), "type": found["geometry_type"],
        "bounds": [float(x) for x in found["total_bounds"]] if found["total_bounds"] is not None else None}))
else:
    import shapely
    meta, _, shapes, columns = pyogrio.raw.read(address, **asked)
    named = dict(zip(meta["fields"].tolist(), columns))
    print(json.dumps({"crs": meta["crs"], "names": named["name"].tolist() if "name" in named else len(columns[0]),
        "shapes": [None if shape is None else shapely.from_wkb(shape).wkt for shape in shapes]}))
"""


@dataclass
class Live:
    """A server on a port of its own, with a token to enter."""

    address: str
    token: str
    other_token: str
    asked: list[str] = field(default_factory=list)

    def gdal(self, options: dict[str, str] | None = None, **wanted: Any) -> Any:
        self.asked.clear()
        way_in = options or {"GDAL_HTTP_AUTH": "BEARER", "GDAL_HTTP_BEARER": self.token}
        said = json.dumps(
            {"address": f"OAPIF:{self.address}", "options": {**way_in, "GDAL_HTTP_TIMEOUT": "60"}, **wanted}
        )
        run = subprocess.run(
            [sys.executable, "-c", READ, said], capture_output=True, text=True, timeout=180, check=False
        )
        assert run.returncode == 0, run.stderr[-2000:]
        return json.loads(run.stdout)

    def asked_items(self) -> list[str]:
        return [unquote(each) for each in self.asked if "/items" in each]


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
    found = Live(f"http://127.0.0.1:{server.server_port}/ogc", token, other_token)
    app.before_request(lambda: found.asked.append(request.full_path))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield found
    server.shutdown()
    thread.join()


def test_gdal_reads_it(live):
    """One server for all that is asked of it: starting one takes longer than asking."""
    assert live.gdal(list=True) == ["accounts", "regions", "territories", "visits"]

    about = live.gdal(info="accounts", more={"force_feature_count": True})
    assert about["features"] == ACCOUNTS
    assert about["type"] == "Point"
    assert {"name", "annual_value", "updated_at", "last_visited_on", "tags"} <= set(about["fields"])

    whole = live.gdal(layer="accounts")
    assert sorted(whole["names"]) == [f"A{i:03}" for i in range(ACCOUNTS)]

    paged = live.gdal(layer="accounts", PAGE_SIZE="50")
    assert sorted(paged["names"]) == sorted(whole["names"])
    assert len([each for each in live.asked_items() if "after=" in each]) >= 4

    boxed = live.gdal(layer="accounts", bbox=[-100, 0, -95, 1])
    assert sorted(boxed["names"]) == [f"A{i:03}" for i in range(11)]
    assert any("bbox=-100,0,-95,1" in each for each in live.asked_items())

    filtered = live.gdal(layer="accounts", where="annual_value >= 225 AND status = 'customer'")
    assert sorted(filtered["names"]) == ["A226", "A228"]
    assert any("annual_value" in each and "filter=" in each for each in live.asked_items()), live.asked_items()

    liked = live.gdal(layer="accounts", where="name LIKE 'A00%' OR name = 'A100'")
    assert sorted(liked["names"]) == [*(f"A{i:03}" for i in range(10)), "A100"]

    metric = live.gdal(layer="accounts", where="name = 'A000'", CRS="EPSG:3857")
    assert "3857" in metric["crs"]
    assert metric["shapes"] == ["POINT (-11131949.079 0)"] or metric["shapes"][0].startswith("POINT (-11131949.079")

    geographic = live.gdal(layer="accounts", where="name = 'A002'", CRS="EPSG:4326")
    assert geographic["shapes"] == ["POINT (-99 0.2)"]

    (shape,) = live.gdal(layer="regions")["shapes"]
    assert shape.startswith("MULTIPOLYGON (((-77 40")
    assert live.gdal(layer="territories")["names"] == ["Middle"]

    basic = {"GDAL_HTTP_AUTH": "BASIC", "GDAL_HTTP_USERPWD": f"token:{live.other_token}"}
    assert live.gdal(options=basic, layer="accounts")["names"] == ["Hidden"]
