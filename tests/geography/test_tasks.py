"""Jobs and commands, with real commits in a database of their own."""

from __future__ import annotations

import json

import pytest
import shapely
from click.testing import CliRunner
from shapely import MultiPolygon, box
from sqlalchemy import select, text

from gcrm.core import db, jobs
from gcrm.core.errors import Invalid
from gcrm.customers.models import Account
from gcrm.geography import services, tasks
from gcrm.geography.cli import regions
from gcrm.geography.models import Placing, Region
from gcrm.geography.shapes import RegionShape
from tests import factories as make

pytestmark = pytest.mark.usefixtures("own_database")


def county(code, west):
    wkb = shapely.to_wkb(MultiPolygon([box(west, 50, west + 1, 51)]))
    return RegionShape(code, f"County {code}", None, wkb, wkb)


@pytest.fixture
def shipped(monkeypatch):
    """A package that ships two counties; reading it fails while `fails` is set."""
    state = {"fails": None}

    def read(country):
        if state["fails"]:
            raise state["fails"]
        return {"county": [county("1", 10), county("2", 11)]}

    monkeypatch.setattr(services, "read_shipped", read)
    return state


def add_accounts(principal):
    with db.transaction(principal) as session:
        for lon in (10.2, 10.4, 11.5, 40):
            make.make_account(session, at=(lon, 50.5))


def queued(principal):
    with db.transaction(principal) as session:
        return services.queue_load(session, "us").id


def placed(principal):
    with db.transaction(principal) as session:
        rows = session.execute(
            select(Region.code)
            .select_from(Account)
            .outerjoin(Region, Region.id == Account.county_id)
            .order_by(Account.id)
        )
        return [code for (code,) in rows]


def test_a_load_places_the_accounts_chunk_by_chunk(shipped, monkeypatch):
    monkeypatch.setattr(services, "CHUNK", 1)
    principal = jobs.system_principal()
    add_accounts(principal)
    number = queued(principal)
    jobs.run_now("geography.load", principal, placing_id=number)
    assert placed(principal) == ["1", "1", "2", None]
    with db.transaction(principal) as session:
        placing = session.get_one(Placing, number)
        assert (placing.status, placing.done, placing.total) == ("done", 3, 3)


def test_a_load_that_fails_says_why_and_may_be_tried_again(shipped):
    principal = jobs.system_principal()
    add_accounts(principal)
    number = queued(principal)
    shipped["fails"] = Invalid("The package is broken.")
    with pytest.raises(Invalid):
        tasks.load(principal, placing_id=number)
    with db.transaction(principal) as session:
        placing = session.get_one(Placing, number)
        assert (placing.status, placing.fault) == ("failed", "The package is broken.")
    shipped["fails"] = None
    tasks.load(principal, placing_id=number)
    assert placed(principal) == ["1", "1", "2", None]


def written(tmp_path, *west):
    features = [
        {"type": "Feature", "properties": {"k": str(n), "n": f"County {n}"},
         "geometry": json.loads(shapely.to_geojson(box(at, 50, at + 1, 51)))}
        for n, at in enumerate(west, 1)
    ]  # fmt: skip
    path = tmp_path / "counties.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return str(path)


def run(*arguments):
    return CliRunner().invoke(regions, list(arguments))


def test_importing_a_file_says_what_it_did_and_places_accounts(tmp_path):
    principal = jobs.system_principal()
    add_accounts(principal)
    options = ("--level", "county", "--code", "k", "--name", "n", "--country", "de", "--json")
    result = run("import", written(tmp_path, 10, 11), *options)
    assert result.exit_code == 0, result.output
    figures = json.loads(result.output)
    assert figures["levels"] == [
        {"country": "de", "level": "county", "created": 2, "changed": 0, "unchanged": 0, "without_parent": 2}
    ]
    assert (figures["mended"], figures["accounts_placed"], figures["accounts_outside"]) == (0, 3, 1)
    again = json.loads(run("import", written(tmp_path, 10, 40), *options).output)
    assert (again["levels"][0]["changed"], again["levels"][0]["unchanged"]) == (1, 1)
    assert placed(principal) == ["1", "1", None, "2"]


def test_a_file_without_country_needs_an_organisation(tmp_path):
    result = run("import", written(tmp_path, 10), "--level", "county", "--code", "k", "--name", "n")
    assert isinstance(result.exception, Invalid)
    assert "as --country us" in result.exception.message


def test_a_broken_file_changes_nothing(tmp_path):
    path = tmp_path / "broken.geojson"
    path.write_text("{")
    result = run("import", str(path), "--level", "county", "--code", "k", "--name", "n", "--country", "de")
    assert isinstance(result.exception, Invalid)
    with db.transaction(jobs.system_principal()) as session:
        assert session.scalar(text("SELECT count(*) FROM regions")) == 0


def test_commands_name_their_choices():
    assert run("load", "fr").exit_code == 2
    assert run("import", "x", "--level", "planet", "--code", "a", "--name", "b").exit_code == 2
