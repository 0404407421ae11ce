"""Tiles drawn once for a picture of the accounts: exact after any committed write, in nobody else's name, and not drawn twice."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy import func, select, text

from gcrm.app import create_app
from gcrm.core import db, jobs, schema
from gcrm.core.cluster import SUPERUSER
from gcrm.core.geo import ewkt
from gcrm.customers import picture_queries, picture_services, tasks
from gcrm.customers.models import Account, AccountShare, MapWrite
from gcrm.customers.selecting import Selection
from gcrm.maps import tile_queries, views
from gcrm.maps.kept_tiles import KeptTiles
from gcrm.people import tokens
from gcrm.people.models import Team, User
from tests import factories as make
from tests.maps.mvt import tile_of

HARRISBURG = tile_of(-76.88, 40.27, 12)
TILES = (HARRISBURG, tile_of(-76.88, 40.27, 3))


@pytest.fixture
def company(own_database):
    """Two teams of a rep each under a manager of the first, an admin and a planner, with an account for each rep."""
    with db.transaction(jobs.system_principal()) as session:
        make.make_organisation(session)
        north, south = make.make_team(session, "North"), make.make_team(session, "South")
        people = {
            "admin": make.make_user(session, "admin"),
            "planner": make.make_user(session, "planner"),
            "manager": make.make_user(session, "manager", north),
            "rep": make.make_user(session, "rep", north),
            "other": make.make_user(session, "rep", south),
        }
        territory = make.make_territory(session)
        mine = make.make_account(session, people["rep"], name="Mine", annual_value_minor=5, status="prospect")
        theirs = make.make_account(session, people["other"], name="Theirs", territory_id=territory.id)
        teams = {"north": north.id, "south": south.id, "mine": mine.id, "theirs": theirs.id, "territory": territory.id}
        ids = {word: user.id for word, user in people.items()} | teams
        principals = {word: user.principal for word, user in people.items()}
        words = {"north": str(north.uuid), "territory": str(territory.uuid), "rep": people["rep"].email}
    return ids, principals, words


@pytest.fixture
def ask(company):
    """`ask(who, tile, selection)` gives the answer over HTTP."""
    ids, principals, _words = company
    client = create_app(TESTING=True).test_client()
    with db.transaction(None) as session:
        headers = {
            who: {"Authorization": f"Bearer {tokens.make(session, session.get_one(User, ids[who]), 'test')}"}
            for who in principals
        }

    def asked(who, tile=HARRISBURG, query="", etag=None):
        more = {"If-None-Match": etag} if etag else {}
        return client.get(f"/tiles/accounts/{'/'.join(map(str, tile))}.mvt?{query}", headers=headers[who] | more)

    return asked


def change(session, model, row_id, **values):
    found = session.get_one(model, row_id)
    for name, value in values.items():
        setattr(found, name, value)


WRITES = {
    "a name": lambda s, ids: change(s, Account, ids["mine"], name="Renamed"),
    "a value": lambda s, ids: change(s, Account, ids["mine"], annual_value_minor=77),
    "a status": lambda s, ids: change(s, Account, ids["mine"], status="customer"),
    "a place": lambda s, ids: change(s, Account, ids["mine"], location=ewkt(-76.9, 40.3)),
    "a new account": lambda s, ids: make.make_account(s, s.get_one(User, ids["rep"])),
    "an owner": lambda s, ids: change(s, Account, ids["theirs"], owner_id=ids["rep"], owner_named=True),
    "an account less": lambda s, ids: s.delete(s.get_one(Account, ids["theirs"])),
    "a share": lambda s, ids: s.add(AccountShare(account_id=ids["theirs"], user_id=ids["rep"])),
    "a share less": lambda s, ids: s.execute(text("DELETE FROM account_shares")),
    "a person's team": lambda s, ids: change(s, User, ids["other"], team_id=ids["north"]),
    "a team's place": lambda s, ids: change(s, Team, ids["south"], parent_id=ids["north"]),
    "an address": lambda s, ids: change(s, User, ids["rep"], email="someone.else@acme.example"),
    "a currency": lambda s, ids: s.execute(text("UPDATE organisation SET currency = 'EUR'")),
    "a territory": lambda s, ids: s.execute(text("UPDATE accounts SET territory_id = NULL")),
    "a region's place": lambda s, ids: s.execute(text("UPDATE accounts SET location = location")),
}
LEAVE_WHAT_THE_REP_HAS = {
    "an account less", "a share", "a share less", "a person's team", "a team's place", "a territory", "a region's place",
}  # fmt: skip


@pytest.mark.parametrize("write", WRITES)
def test_a_tile_is_what_the_database_says_after_each_committed_write(company, ask, write):
    ids, principals, words = company
    queries = ("", "status=customer", f"team={words['north']}", f"territory={words['territory']}", "owner=me")
    with db.transaction(jobs.system_principal()) as session:
        session.add(AccountShare(account_id=ids["theirs"], user_id=ids["manager"]))

    def told() -> list[bytes]:
        return [ask(who, tile, query).data for who in principals for tile in TILES for query in queries]

    def drawn() -> list[bytes]:
        found = []
        for principal in principals.values():
            with db.transaction(principal) as session:
                for tile in TILES:
                    for query in queries:
                        selection = Selection.parse(dict([query.split("=")] if query else []))
                        found.append(tile_queries.account_tile(session, *tile, selection))
        return found

    assert told() == told() == drawn()
    owner = f"owner={words['rep']}"
    by_address = ask("admin", query=owner).data
    with db.transaction(jobs.system_principal()) as session:
        WRITES[write](session, ids)
    assert told() == drawn()
    tasks.fold_sums()
    assert told() == drawn()
    assert (ask("admin", query=owner).data == by_address) == (write in LEAVE_WHAT_THE_REP_HAS)


def test_a_table_emptied_at_once_is_another_picture(company, ask):
    assert ask("admin").data
    with schema.connected(SUPERUSER, autocommit=True) as connection:
        connection.execute(text("TRUNCATE accounts CASCADE"))
    assert ask("admin").data == b""


def test_a_tile_is_drawn_once_for_all_who_see_all_and_for_each_who_does_not(company, ask, monkeypatch):
    drawn = []

    def draw(session, *given):
        drawn.append(session.principal.role)
        return real(session, *given)

    real = tile_queries.account_tile
    monkeypatch.setattr(tile_queries, "account_tile", draw)
    for _twice in range(2):
        answers = {who: ask(who).data for who in ("admin", "planner", "rep", "other", "manager")}
    assert drawn == ["admin", "rep", "rep", "manager"]
    assert answers["admin"] == answers["planner"] != answers["rep"] != answers["other"]
    assert ask("admin", query="owner=me").data != answers["admin"]
    assert ask("planner", query="owner=rep").status_code == 400  # what means nothing is refused as ever
    mark = ask("rep").headers["ETag"]
    assert ask("rep", etag=mark).status_code == 304
    assert len(drawn) == 5 + 1


def test_what_depends_on_more_than_the_accounts_and_long_selections_are_drawn_each_time(company, ask, monkeypatch):
    drawn = []
    monkeypatch.setattr(tile_queries, "account_tile", lambda *_given: drawn.append(1) or b"")
    many = "&".join(f"owner={uuid.uuid4()}" for _ in range(20))
    for _twice in range(2):
        assert [ask("rep", query=query).status_code for query in ("q=mine", many)] == [200, 200]
    assert len(drawn) == 4


def test_a_write_that_took_its_number_first_and_is_committed_last_is_seen(company, ask):
    ids, _principals, _words = company
    early = db.new_session(jobs.system_principal())
    change(early, Account, ids["mine"], name="Early")
    early.flush()
    with db.transaction(jobs.system_principal()) as late:
        change(late, Account, ids["theirs"], name="Late")
    assert (b"Late" in ask("admin").data, b"Early" in ask("admin").data) == (True, False)
    early.commit()
    early.close()
    assert b"Early" in ask("admin").data


def test_folding_and_what_no_map_tells_leave_the_picture(company):
    ids, _principals, _words = company
    for number in range(picture_services.MOST_WRITES):
        with db.transaction(jobs.system_principal()) as session:
            change(session, Account, ids["mine"], name=f"Name {number}")
    before = picture_queries.picture()
    tasks.fold_writes()
    tasks.fold_sums()
    with db.transaction(jobs.system_principal()) as session:
        assert session.scalar(select(func.count()).select_from(Account)) == 2
        change(session, Account, ids["mine"], note="Nothing for maps")
        make.make_visit(session, session.get_one(Account, ids["mine"]), session.get_one(User, ids["rep"]))
    with db.transaction(None) as session:
        assert session.scalar(select(func.count()).select_from(MapWrite)) == 1
    assert picture_queries.picture() == before
    with db.new_session(jobs.system_principal()) as session:
        change(session, Account, ids["mine"], name="Never")
        session.flush()
        assert picture_queries.picture() == before
    assert picture_queries.picture() == before


def test_within_a_transaction_that_wrote_there_is_no_picture(session):
    make.make_account(session)
    assert picture_queries.picture() is None


def test_with_no_room_each_tile_is_drawn(company, ask, monkeypatch):
    drawn = []
    monkeypatch.setattr(views, "_kept_tiles", lambda: KeptTiles(0))
    monkeypatch.setattr(tile_queries, "account_tile", lambda *_given: drawn.append(1) or b"")
    for _twice in range(2):
        assert ask("rep").status_code == 200
    assert len(drawn) == 2
