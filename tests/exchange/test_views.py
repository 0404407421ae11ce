from __future__ import annotations

import io
import re

import pytest
from sqlalchemy import select, text

from gcrm.core import files
from gcrm.customers.models import Account
from gcrm.exchange import tasks
from gcrm.exchange.models import ImportBatch
from tests.factories import make_account, make_user

SHOPS = "id,name,colour,lat,lon\n1,A,red,40.27,-76.88\n2,B,,95,1\n3,C,blue,,\n"


@pytest.fixture
def planner(session, organisation):
    return make_user(session, "planner", name="Pat")


@pytest.fixture
def client(planner, login_as):
    return login_as(planner)


@pytest.fixture
def upload(client):
    """`upload(content)` sends a file and answers the address of the page that comes next."""

    def send(content: str | bytes, filename: str = "shops.csv", kind: str = "accounts"):
        raw = content.encode() if isinstance(content, str) else content
        return client.post("/imports/new", data={"kind": kind, "file": (io.BytesIO(raw), filename)})

    return send


@pytest.fixture
def settle(client, planner, session, upload):
    """`settle(content)` takes a file from the upload to its result and answers the batch."""

    def run(content: str, **chosen: str) -> ImportBatch:
        address = upload(content).location
        answer = client.post(address, data={**chosen, "act": "run"})
        assert answer.status_code == 302, answer.get_data(as_text=True)
        batch = session.scalars(select(ImportBatch).order_by(ImportBatch.id.desc())).first()
        tasks.run_import(planner.principal, batch.id)
        session.expire_all()
        return batch

    return run


def test_a_file_goes_from_choosing_to_its_result(client, settle, session):
    assert client.get("/imports/new").status_code == 200
    batch = settle(SHOPS)
    assert (batch.status, batch.created, batch.rejected, batch.unplaced) == ("settled", 2, 1, 1)
    page = client.get(f"/imports/{batch.uuid}").get_data(as_text=True)
    assert "Latitude 95 is out of range" in page
    assert f"/accounts?place=unplaced&amp;import={batch.uuid}" in page
    assert "shops.csv" in client.get("/imports").get_data(as_text=True)
    assert session.scalars(select(Account).filter_by(external_id="1")).one().extra == {"colour": "red"}


def test_the_kept_file_goes_when_the_batch_is_settled(settle):
    before = set(files.folder().iterdir())
    assert settle(SHOPS).stored is None
    assert set(files.folder().iterdir()) <= before


def test_the_preview_shows_columns_rows_and_what_would_be_rejected(client, upload):
    page = client.get(upload(SHOPS).location).get_data(as_text=True)
    assert '<option value="external_id" selected>' in page
    assert "1 further column is kept beside the fields" in page
    assert "Latitude 95 is out of range" in page
    assert "1 of the first 3 rows would be rejected" in page


def test_a_column_is_mapped_by_hand_and_a_value_set_for_all(settle, session):
    settle(
        "code;shop\n7;A\n", **{"column-0": "external_id", "column-1": "name", "set-status": "customer", "source": "erp"}
    )
    found = session.scalars(select(Account)).one()
    assert (found.external_id, found.name, found.status, found.source) == ("7", "A", "customer", "erp")


def test_another_encoding_is_chosen_on_the_page(client, upload, settle):
    address = upload("id,name\n1,Café\n".encode("cp1252")).location
    assert "is not UTF-8" in client.get(address).get_data(as_text=True)
    assert client.post(address, data={"encoding": "cp1252", "act": "look"}).location == address
    page = client.get(address).get_data(as_text=True)
    assert "Café" in page
    assert "rejected" not in page


def test_what_cannot_be_imported_says_why_and_keeps_what_was_chosen(client, upload, session):
    address = upload("foo,bar\n1,A\n").location
    answer = client.post(address, data={"set-currency": "Mark", "source": "mine", "act": "run"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "No column is recognised as the name" in page
    assert "“Mark” is not a currency" in page
    assert 'value="mine"' in page
    assert session.scalars(select(ImportBatch.status)).all() == ["uploaded"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"", "The file is empty"), (b"%PDF-1.4", "This is a PDF"), (b"id,name\n", "no rows below it"), (b"PK\x03\x04rubbish", "damaged")],
)  # fmt: skip
def test_a_file_that_is_no_table_is_said_at_once_and_not_kept(upload, session, content, sentence):
    before = set(files.folder().iterdir())
    answer = upload(content)
    assert answer.status_code == 422
    assert sentence in answer.get_data(as_text=True)
    assert set(files.folder().iterdir()) == before
    assert not session.scalars(select(ImportBatch)).all()


def test_no_file_chosen_is_said(client):
    answer = client.post("/imports/new", data={"kind": "accounts"})
    assert answer.status_code == 422
    assert "Choose a file first" in answer.get_data(as_text=True)


def test_a_file_name_is_never_a_path(upload, session):
    upload(SHOPS, "..\\..\\etc/passwd<script>.csv")
    batch = session.scalars(select(ImportBatch)).one()
    assert batch.filename == "passwd<script>.csv"
    assert re.fullmatch(r"[0-9a-f]{32}\.upload", batch.stored)


def test_a_file_over_the_limit_is_refused(client, monkeypatch):
    from gcrm.core import config

    small = config.Settings(upload_megabytes=0, data=str(files.folder().parent))
    monkeypatch.setattr(files, "settings", lambda: small)
    answer = client.post("/imports/new", data={"kind": "accounts", "file": (io.BytesIO(b"id,name\n1,A\n"), "a.csv")})
    assert answer.status_code == 422
    assert "larger than 0 MB" in answer.get_data(as_text=True)


def test_more_than_a_request_may_hold_is_answered_with_a_sentence(app, client, monkeypatch):
    monkeypatch.setitem(app.config, "MAX_CONTENT_LENGTH", 1000)
    answer = client.post("/imports/new", data={"kind": "accounts", "file": (io.BytesIO(b"x" * 5000), "a.csv")})
    assert answer.status_code == 413
    assert "larger than 64 MB" in answer.get_data(as_text=True)


def test_undoing_takes_it_back_from_the_page(client, settle, session):
    batch = settle(SHOPS)
    assert client.post(f"/imports/{batch.uuid}/undo").status_code == 302
    assert session.scalar(text("SELECT count(*) FROM accounts")) == 0
    assert "This import is undone" in client.get(f"/imports/{batch.uuid}").get_data(as_text=True)


def test_a_large_import_is_undone_in_the_background(client, settle, session, planner, monkeypatch):
    from gcrm.exchange import views

    monkeypatch.setattr(views, "LARGE", 1)
    batch = settle(SHOPS)
    client.post(f"/imports/{batch.uuid}/undo")
    assert client.get(f"/imports/{batch.uuid}/progress").json["state"] == "running"
    assert client.post(f"/imports/{batch.uuid}/undo").status_code == 409
    tasks.undo_import(planner.principal, batch.id)
    assert client.get(f"/imports/{batch.uuid}/progress").json["state"] == "done"
    assert session.scalar(text("SELECT count(*) FROM accounts")) == 0


def test_progress_and_cancelling(client, upload, session, planner):
    address = upload(SHOPS).location
    client.post(address, data={"act": "run"})
    batch = session.scalars(select(ImportBatch)).one()
    assert client.get(f"/imports/{batch.uuid}/progress").json["state"] == "waiting"
    assert client.post(f"/imports/{batch.uuid}/cancel").status_code == 302
    assert client.get(f"/imports/{batch.uuid}/progress").json["state"] == "failed"
    tasks.run_import(planner.principal, batch.id)
    session.expire_all()
    assert (batch.status, batch.stored is not None) == ("refused", True)
    assert session.scalar(text("SELECT count(*) FROM accounts")) == 0
    assert client.post(f"/imports/{batch.uuid}/discard").location == "/imports"
    assert not session.scalars(select(ImportBatch.id)).all()


def test_what_is_rejected_can_be_downloaded_mended_and_imported(client, settle, session):
    batch = settle(SHOPS)
    found = client.get(f"/imports/{batch.uuid}/rejected.csv", buffered=True)
    assert found.headers["Content-Disposition"].startswith("attachment; filename=shops-rejected.csv")
    lines = found.get_data().decode("utf-8-sig").splitlines()
    assert lines[0] == '"gcrm_row","gcrm_reason","id","name","colour","lat","lon"'
    assert lines[1].startswith('"3","Latitude 95')
    assert lines[1].endswith('"2","B","","95","1"')
    mended = settle("\n".join(lines).replace('"95","1"', '"40.1","-76"'), source="shops")
    assert (mended.created, mended.rejected) == (1, 0)
    assert session.scalars(select(Account).filter_by(external_id="2")).one().extra == {}


def test_planners_neither_import_people_nor_see_such_imports(client, upload, session, login_as, app):
    assert upload("email,role\nkim@acme.example,admin\n", kind="people").status_code == 422
    assert not session.scalars(select(ImportBatch.id)).all()
    admin = login_as(make_user(session, "admin"))
    answer = admin.post(
        "/imports/new",
        data={"kind": "people", "file": (io.BytesIO(b"email,role\nkim@acme.example,rep\n"), "people.csv")},
    )
    address = answer.location
    assert admin.get(address).status_code == 200
    assert client.get(address).status_code == 404
    assert "people.csv" not in client.get("/imports").get_data(as_text=True)


@pytest.mark.parametrize("role", ["rep", "manager", "marketer", "service"])
def test_other_roles_do_not_import(session, organisation, login_as, role):
    client = login_as(make_user(session, role))
    for address in ("/imports", "/imports/new", "/imports/00000000-0000-4000-8000-000000000005"):
        assert client.get(address).status_code == 403


def test_an_unknown_import_is_not_found(client):
    assert client.get("/imports/00000000-0000-4000-8000-000000000005").status_code == 404


@pytest.mark.parametrize(("ext", "begins"), [("csv", b"\xef\xbb\xbf"), ("xlsx", b"PK"), ("geojson", b'{"type"')])
def test_lists_of_accounts_are_exported_with_their_selection(session, client, organisation, ext, begins):
    make_account(session, name="Chosen", status="prospect")
    make_account(session, name="Other", status="customer")
    session.flush()
    answer = client.get(f"/accounts/export.{ext}?status=prospect", buffered=True)
    assert answer.status_code == 200
    assert answer.data.startswith(begins)
    assert f".{ext}" in answer.headers["Content-Disposition"]
    if ext != "xlsx":
        assert b"Chosen" in answer.data
        assert b"Other" not in answer.data


def test_a_reps_export_holds_the_own_accounts(session, organisation, login_as):
    rep = make_user(session)
    make_account(session, rep, name="Mine")
    make_account(session, name="Not mine")
    found = login_as(rep).get("/accounts/export.csv", buffered=True)
    assert b'"Mine"' in found.data
    assert b"Not mine" not in found.data


def test_the_accounts_of_an_import_are_a_selection(session, client, settle, organisation, login_as):
    make_account(session, name="Other")
    batch = settle(SHOPS)
    page = client.get(f"/accounts?import={batch.uuid}").get_data(as_text=True)
    assert ">A<" in page
    assert ">C<" in page
    assert "Other" not in page
    assert login_as(make_user(session)).get(f"/accounts?import={batch.uuid}").status_code == 200
    assert client.get("/accounts?import=rubbish").status_code == 422
