"""The story in the database."""

import hashlib

import pytest
from sqlalchemy import text

from gcrm.core import db
from gcrm.demo import services
from gcrm.people.services import hash_password

# What a row says without the keys that differ from load to load, with the UUIDs and addresses behind them.
DIGESTS = {
    "organisation": "SELECT name, country, currency, timezone FROM organisation",
    "teams": "SELECT t.uuid, t.name, p.uuid FROM teams AS t LEFT JOIN teams AS p ON p.id = t.parent_id ORDER BY 1",
    "users": "SELECT u.uuid, u.email, u.name, role, t.uuid, phone, locale, home, home_address, work_days"
    " FROM users AS u LEFT JOIN teams AS t ON t.id = team_id WHERE role <> 'system' ORDER BY 1",
    "territories": "SELECT t.uuid, t.name, p.uuid, u.email, t.colour FROM territories AS t"
    " LEFT JOIN territories AS p ON p.id = t.parent_id LEFT JOIN users AS u ON u.id = t.owner_id ORDER BY 1",
    "territory_regions": "SELECT t.uuid, r.code FROM territory_regions JOIN territories AS t ON t.id = territory_id"
    " JOIN regions AS r ON r.id = region_id ORDER BY 1, 2",
    "accounts": "SELECT to_jsonb(a) - '{id,state_id,county_id,municipality_id,territory_id,owner_id,entered_by_id,parent_id}'::text[],"
    " p.uuid, u.email, c.code, t.uuid FROM accounts AS a LEFT JOIN accounts AS p ON p.id = a.parent_id"
    " LEFT JOIN users AS u ON u.id = a.owner_id LEFT JOIN regions AS c ON c.id = a.county_id"
    " LEFT JOIN territories AS t ON t.id = a.territory_id ORDER BY a.uuid",
    "stages": "SELECT uuid, name, position, probability, kind FROM stages ORDER BY 1",
    "account_shares": "SELECT a.uuid, u.email FROM account_shares AS s JOIN accounts AS a ON a.id = s.account_id"
    " JOIN users AS u ON u.id = s.user_id ORDER BY 1, 2",
    "contacts": "SELECT to_jsonb(x) - '{id,account_id}'::text[], a.uuid FROM contacts AS x"
    " JOIN accounts AS a ON a.id = x.account_id ORDER BY x.uuid",
    "opportunities": "SELECT to_jsonb(x) - '{id,account_id,owner_id,stage_id}'::text[], a.uuid, u.email, s.name"
    " FROM opportunities AS x JOIN accounts AS a ON a.id = x.account_id JOIN stages AS s ON s.id = x.stage_id"
    " LEFT JOIN users AS u ON u.id = x.owner_id ORDER BY x.uuid",
    **{
        table: f"SELECT to_jsonb(x) - '{{id,account_id,user_id,contact_id}}'::text[], a.uuid, u.email FROM {table} AS x"
        f" JOIN accounts AS a ON a.id = x.account_id JOIN users AS u ON u.id = x.user_id ORDER BY {order}"
        for table, order in {
            "visits": "x.uuid",
            "activities": "x.uuid",
            "tasks": "x.uuid",
            "touches": "x.at, x.subject, x.kind",
        }.items()
    },
}


def _digest(session):
    found = hashlib.sha256()
    for query in DIGESTS.values():
        for row in session.execute(text(query)):
            found.update(repr(tuple(row)).encode())
    return found.hexdigest()


def _found(session, story):
    services.found(session, story, "no password", lambda _what: None)


@pytest.fixture
def loaded(session, us_regions, us_story):
    us_regions(session)
    _found(session, us_story)
    return us_story


def _scalar(session, query, **values):
    return session.execute(text(query), values).scalar()


def test_every_row_arrives(session, loaded):
    for table, rows in loaded.tables().items():
        count = _scalar(
            session, f"SELECT count(*) FROM {table}" + (" WHERE role <> 'system'" if table == "users" else "")
        )
        assert count == len(rows), table
    assert session.execute(text("SELECT name, country, currency, timezone FROM organisation")).one() == (
        "Susquehanna Supply Company", "us", "USD", "America/New_York",
    )  # fmt: skip


def test_the_same_seed_gives_the_same_tables(session, us_regions, us_story):
    us_regions(session)
    digests = []
    for _ in range(2):
        with session.begin_nested() as savepoint:
            _found(session, us_story)
            digests.append(_digest(session))
            savepoint.rollback()
    assert digests[0] == digests[1]
    assert _scalar(session, "SELECT count(*) FROM accounts") == 0


def test_every_account_stands_in_its_county_with_the_owner_that_its_territory_gives(session, loaded):
    rows = session.execute(
        text(
            "SELECT a.uuid, r.code, u.email, a.placed FROM accounts AS a LEFT JOIN regions AS r ON r.id = a.county_id"
            " LEFT JOIN users AS u ON u.id = a.owner_id"
        )
    ).all()
    stands = {row.uuid: (row.code, row.email, row.placed) for row in rows}
    for business in loaded.company.businesses:
        placed = None if business.row.lon is None else "inside"
        county = business.county if placed else None
        assert stands[business.row.uuid] == (county, business.row.owner, placed)


def test_homes_lie_in_the_territories_of_their_reps(session, loaded):
    astray = _scalar(
        session,
        "SELECT count(*) FROM users WHERE home IS NOT NULL AND NOT EXISTS (SELECT 1 FROM territories AS t"
        " JOIN territory_regions AS tr ON tr.territory_id = t.id JOIN regions AS r ON r.id = tr.region_id"
        " WHERE t.owner_id = users.id AND ST_Covers(r.boundary, users.home))",
    )
    assert astray == 0
    assert _scalar(session, "SELECT count(*) FROM users WHERE home IS NOT NULL") == 12


def test_last_visits_are_the_latest_by_the_clocks_of_the_company(session, loaded):
    wrong = _scalar(
        session,
        "SELECT count(*) FROM accounts AS a WHERE last_visited_on IS DISTINCT FROM (SELECT max((finished_at"
        " AT TIME ZONE 'America/New_York')::date) FROM visits WHERE account_id = a.id AND outcome <> 'not_met')",
    )
    assert wrong == 0


def test_rows_are_fresh_so_that_nobody_seems_to_have_edited_them(session, loaded):
    for table in ("accounts", "contacts", "visits", "activities", "tasks", "opportunities", "territories"):
        assert _scalar(session, f"SELECT max(version) FROM {table}") == 1


def test_a_rep_sees_the_own_accounts_and_a_manager_the_teams(session, loaded, as_user):
    from gcrm.people.models import User

    people = {user.email: user for user in session.query(User)}
    owners = [business.row.owner for business in loaded.company.businesses]
    shared = {share.account for share in loaded.company.shares if share.person == "rep1@demo.example"}
    own = {b.row.uuid for b in loaded.company.businesses if b.row.owner == "rep1@demo.example"}
    with as_user(people["rep1@demo.example"]) as acting:
        assert _scalar(acting, "SELECT count(*) FROM accounts") == len(own | shared)
    team = [email for email, manager in loaded.company.staff.manager_of.items() if manager == "manager1@demo.example"]
    with as_user(people["manager1@demo.example"]) as acting:
        seen = _scalar(acting, "SELECT count(*) FROM accounts")
    assert seen == sum(owner in (*team, "manager1@demo.example") for owner in owners)


def test_one_password_opens_every_sign_in_and_each_session_mark_is_its_own(session, us_regions, us_story):
    from argon2 import PasswordHasher

    us_regions(session)
    services.found(session, us_story, hash_password("demo-password-1"), lambda _what: None)
    session.flush()
    with db.transaction(None) as bare:
        rows = bare.execute(text("SELECT password, fs_uniquifier FROM users WHERE role <> 'system'")).all()
    assert len({row.password for row in rows}) == 1
    assert len({row.fs_uniquifier for row in rows}) == len(rows) == 19
    assert PasswordHasher().verify(rows[0].password, "demo-password-1")


def test_korean_accounts_stand_in_the_dong_of_their_address(session, kr_regions, kr_story):
    kr_regions(session)
    _found(session, kr_story)
    rows = session.execute(
        text(
            "SELECT a.street, a.city, a.region, m.name AS dong, c.name AS sigungu, s.name AS sido FROM accounts AS a"
            " JOIN regions AS m ON m.id = a.municipality_id JOIN regions AS c ON c.id = a.county_id"
            " JOIN regions AS s ON s.id = a.state_id"
        )
    ).all()
    assert len(rows) == sum(b.row.lon is not None for b in kr_story.company.businesses)
    for row in rows:
        assert (row.street.split()[0], row.city, row.region) == (row.dong, row.sigungu, row.sido)
