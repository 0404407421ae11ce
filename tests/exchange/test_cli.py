"""The commands as another program calls them, in a database of their own."""

from __future__ import annotations

import csv
import json

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from gcrm import cli
from gcrm.core import db, jobs
from gcrm.core.errors import GcrmError
from gcrm.exchange.models import ImportBatch
from tests.factories import make_organisation, make_user


@pytest.fixture
def people(own_database):
    with db.transaction(jobs.system_principal()) as session:
        make_organisation(session)
        make_user(session, "admin", email="admin@acme.example")
        make_user(session, "rep", email="rep@acme.example")


@pytest.fixture
def gcrm(people):
    """`gcrm("import", …)` answers exit status, output and errors."""

    def run(*words: str) -> tuple[int, str, str]:
        runner = CliRunner()
        result = runner.invoke(cli.gcrm, [str(word) for word in words])
        if isinstance(result.exception, GcrmError):
            # As gcrm.cli.main answers it.
            lines = result.exception.details.get("lines", [result.exception.message])
            return (2 if result.exception.status < 500 else 1), "", "\n".join(lines)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.stdout, result.stderr

    return run


def counted() -> int:
    with db.transaction(jobs.system_principal()) as session:
        return session.scalar(text("SELECT count(*) FROM accounts"))


def test_json_has_the_figures_and_where_the_rows_are(gcrm, write):
    path = write("id,name,tier", "1,A,B", "2,B,Z", "1,C,A")
    status, said, _errors = gcrm("import", "accounts", path, "--set", "status=prospect", "--json")
    found = json.loads(said)
    assert status == 0
    assert list(found) == ["batch", "read", "created", "updated", "unchanged", "rejected", "rows_url"]
    assert (found["read"], found["created"], found["rejected"]) == (3, 1, 2)
    assert found["rows_url"] == f"/api/v1/imports/{found['batch']}/rows"
    again = json.loads(gcrm("import", "accounts", path, "--json")[1])
    assert (again["created"], again["unchanged"]) == (0, 1)


def test_the_table_names_the_rejected_rows(gcrm, write):
    status, said, _errors = gcrm("import", "accounts", write("id,name,tier", "1,A,B", "2,B,Z"))
    assert status == 0
    assert "row 3: tier: “Z” is not one of A, B, C, D." in said
    assert "created              1" in said


def test_a_dry_run_says_the_same_and_changes_nothing(gcrm, write):
    path = write("id,name,tier", "1,A,B", "2,B,Z")
    found = json.loads(gcrm("import", "accounts", path, "--dry-run", "--json")[1])
    assert (found["batch"], found["read"], found["created"], found["rejected"]) == (None, 2, 1, 1)
    assert counted() == 0
    with db.transaction(jobs.system_principal()) as session:
        assert session.query(ImportBatch).count() == 0


def test_bad_options_are_exit_2_with_every_fault(gcrm, write):
    path = write("id,name", "1,A")
    status, _said, errors = gcrm(
        "import", "accounts", path, "--map", "Foo=name", "--map", "name=bar", "--set", "tier=Z"
    )
    assert status == 2
    assert all(part in errors for part in ("no column “Foo”", "“bar” is no field", "“Z” is not one of"))
    status, _said, errors = gcrm("import", "accounts", path, "--map", "Foo", "--set", "x")
    assert status == 2
    assert "--map “Foo”" in errors
    assert "--set “x”" in errors


def test_a_refused_file_is_exit_2_and_written_down(gcrm, write, tmp_path):
    status, _said, errors = gcrm("import", "accounts", write(b""))
    assert (status, errors) == (2, "The file is empty.")
    assert gcrm("import", "accounts", tmp_path / "nope.csv")[0] == 2
    with db.transaction(jobs.system_principal()) as session:
        assert [batch.status for batch in session.query(ImportBatch)] == ["refused"]


def test_whose_role_does_not_import_is_refused(gcrm, write):
    status, _said, errors = gcrm("import", "accounts", write("id,name", "1,A"), "--as", "rep@acme.example")
    assert status == 2
    assert "Your role does not import accounts." in errors
    assert gcrm("import", "accounts", write("id,name", "1,A"), "--as", "nobody@acme.example")[0] == 2


def test_keys_maps_sources_encodings_and_systems_are_taken(gcrm, write):
    path = write("번호,가게,x,y", "7,한빛,953898,1952032", encoding="cp949")
    status, _said, _errors = gcrm(
        "import",
        "accounts",
        path,
        "--map",
        "가게=name",
        "--key",
        "번호",
        "--source",
        "city",
        "--encoding",
        "cp949",
        "--crs",
        "EPSG:5179",
    )
    assert status == 0
    with db.transaction(jobs.system_principal()) as session:
        found = session.execute(
            text("SELECT name, external_id, source, round(ST_X(location)::numeric, 2) FROM accounts")
        ).one()
    assert (found[0], found[1], found[2], float(found[3])) == ("한빛", "7", "city", 126.98)


def test_contacts_and_people_come_by_the_same_command(gcrm, write):
    gcrm("import", "accounts", write("id,name", "1,A"))
    assert "created              1" in gcrm("import", "contacts", write("account,name", "A,Kim", name="c.csv"))[1]
    said = gcrm("import", "people", write("email,name", "lee@acme.example,Lee", name="p.csv"), "--set", "role=rep")[1]
    assert "New people have no password yet" in said


def test_an_export_is_written_by_its_extension_and_selection(gcrm, write, tmp_path):
    gcrm("import", "accounts", write("id,name,status", "1,A,prospect", "2,B,customer"))
    target = tmp_path / "out.csv"
    status, said, _errors = gcrm("export", "accounts", target, "--status", "customer", "--json")
    assert (status, json.loads(said)["accounts"]) == (0, 1)
    with target.open(encoding="utf-8-sig", newline="") as opened:
        assert [row["name"] for row in csv.DictReader(opened)] == ["B"]
    assert "unchanged            1" in gcrm("import", "accounts", target)[1]
    status, _said, errors = gcrm("export", "accounts", tmp_path / "out.pdf")
    assert status == 2
    assert "ends in none of .csv" in errors
    assert gcrm("export", "accounts", target, "--status", "nonsense")[0] == 2
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".part"] == []
