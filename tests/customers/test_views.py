"""The pages of accounts and contacts."""

from __future__ import annotations

import html
import re
import uuid

import pytest
from sqlalchemy import select

from gcrm.customers import views
from gcrm.customers.models import Account, AccountShare, Contact
from tests import factories as make

HTMX = {"HX-Request": "true"}
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def rep(login_as, company):
    return login_as(company.rep)


@pytest.fixture
def planner(login_as, company):
    return login_as(company.planner)


def page(answer, status=200):
    assert answer.status_code == status, answer.text[:2000]
    return html.unescape(answer.text)


def values_of(answer, *names):
    """What the form on the page holds."""
    text = answer.text
    found = {}
    for name in names:
        tag = re.search(rf'<input[^>]*\bname="{name}"[^>]*>', text)
        value = re.search(r'value="([^"]*)"', tag.group(0)) if tag else None
        found[name] = html.unescape(value.group(1)) if value else ""
    return found


def form_of(client, url, **changes):
    """The form as a browser would send it back."""
    text = client.get(url).text
    main = text[text.index('id="account-form"') if 'id="account-form"' in text else text.index("<main") :]
    fields = {}
    for tag in re.findall(r"<input[^>]*>", main):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and ("checkbox" not in tag or "checked" in tag):
            fields[name.group(1)] = html.unescape(value.group(1)) if value else ""
    for name, body in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', main, re.S):
        chosen = re.search(r'<option selected value="([^"]*)"', body)
        fields[name] = chosen.group(1) if chosen else ""
    for name, body in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>\r?\n?(.*?)</textarea>', main, re.S):
        fields[name] = html.unescape(body)
    return fields | changes


def test_the_list_shows_what_the_person_sees_and_its_figures(rep, planner):
    assert "Theirs" not in page(rep.get("/accounts"))
    text = page(planner.get("/accounts"))
    assert all(name in text for name in ("Mine", "Theirs", "Nobodys"))
    assert re.search(r'Accounts</span>\s*<span class="figure-value">3<', text)


def test_an_empty_organisation_is_told_what_to_do(login_as, session):
    make.make_organisation(session)
    assert "No accounts yet" in page(login_as(make.make_user(session, "planner")).get("/accounts"))
    assert "New account" in page(login_as(make.make_user(session, "rep")).get("/accounts"))
    assert "New account" not in page(login_as(make.make_user(session, "service")).get("/accounts"))


def test_nothing_found_offers_to_drop_the_filters(rep):
    text = page(rep.get("/accounts?q=zzz&status=former"))
    assert "Nothing found" in text
    assert 'href="/accounts?status=former"' in text


def test_filters_are_chips_and_menus_that_keep_the_rest(planner):
    text = page(planner.get("/accounts?status=customer&tier=A&sort=-value"))
    assert 'href="/accounts?tier=A"' in text
    assert 'name="sort" value="-value"' in text
    assert re.search(r'value="customer" checked', text)


def test_long_menus_are_asked_for(planner, company):
    listed = page(planner.get("/accounts"))
    assert company.rep.name not in re.findall(r'menu-choice">.*?</label>', listed)
    fragment = page(planner.get("/accounts/filter/owner?status=customer", headers=HTMX))
    assert "Ana" in fragment
    assert 'name="status" value="customer"' in fragment
    assert "<html" not in fragment
    assert "<html" in page(planner.get("/accounts/filter/owner"))
    assert planner.get("/accounts/filter/q").status_code == planner.get("/accounts/filter/nothing").status_code == 404


def test_bad_words_in_the_address_get_a_sentence(rep):
    assert "is no status" in page(rep.get("/accounts?status=lead"), 422)
    assert "no order" in page(rep.get("/accounts?sort=size"), 422)
    assert rep.get("/accounts?after=nonsense").status_code == 422


def test_the_list_is_paged_both_ways(planner, company, session, monkeypatch):
    for i in range(60):
        make.make_account(session, company.rep, name=f"S{i:02}")
    first = page(planner.get("/accounts"))
    following = re.search(r'rel="next" href="([^"]+)"', first).group(1)
    second = page(planner.get(following))
    back = re.search(r'rel="prev" href="([^"]+)"', second).group(1)
    rows = lambda text: re.findall(r'is-name"><a href="[^"]+">([^<]+)<', text)  # noqa: E731
    assert rows(first) + rows(second) == sorted(rows(first) + rows(second))
    assert len(rows(first) + rows(second)) == 63
    assert rows(page(planner.get(back))) == rows(first)


def test_a_large_list_comes_before_its_figures(planner, monkeypatch):
    monkeypatch.setattr(views, "LARGE", 2)
    text = page(planner.get("/accounts?status=customer"))
    assert "over 2" in text
    assert 'hx-get="/accounts/figures?status=customer"' in text
    assert "Theirs" in text
    assert re.search(r'figure-value">3<', page(planner.get("/accounts/figures?status=customer")))


def test_searching_answers_the_results_and_the_links_that_go_with_them(rep):
    text = page(rep.get("/accounts?q=mi", headers=HTMX))
    assert "<html" not in text
    assert 'id="list-links" hx-swap-oob="true"' in text
    assert 'href="/map?q=mi"' in text
    assert 'href="/accounts/export.csv?q=mi"' in text


def test_lists_and_pages_run_a_fixed_number_of_statements(planner, company, session, count_queries):
    counts: list[list[tuple[str, int]]] = []
    for more in (1, 25):
        for _ in range(more):
            account = make.make_account(session, company.rep)
            make.make_contact(session, account)
            make.make_contact(session, company.mine)
            make.make_touch(session, company.mine, company.rep)
        found = []
        for path in (
            "/accounts",
            "/contacts",
            f"/accounts/{company.mine.uuid}",
            "/api/v1/accounts",
            "/api/v1/contacts",
        ):
            del count_queries[:]
            page(planner.get(path))
            found.append((path, len(count_queries)))
        counts.append(found)
    assert counts[0] == counts[1]
    most = {"/accounts": 6, "/contacts": 5, "/api/v1/accounts": 6, "/api/v1/contacts": 4}
    assert all(count <= most.get(path, 20) for path, count in counts[1]), counts[1]


def test_hidden_and_unknown_pages_look_alike(rep, company, session, count_queries):
    theirs = make.make_contact(session, company.theirs)
    for hidden, paths in (
        (
            company.theirs.uuid,
            ("/accounts/{}", "/accounts/{}/edit", "/accounts/{}/timeline", "/accounts/{}/contacts/new"),
        ),
        (theirs.uuid, ("/contacts/{}/edit",)),
    ):
        for path in paths:
            told = []
            for public in (hidden, uuid.uuid4()):
                del count_queries[:]
                answer = rep.get(path.format(public))
                told.append(
                    (
                        answer.status_code,
                        re.sub(r'(content|nonce|value)="[^"]{20,}"', "", answer.text),
                        list(count_queries),
                    )
                )
            assert told[0] == told[1], path
            assert told[0][0] == 404


def test_names_are_escaped_everywhere(rep, company, session):
    account = make.make_account(
        session, company.rep, name=SCRIPT, city=SCRIPT, street='"><img src=x>', note=SCRIPT, tags=[SCRIPT], industry=SCRIPT, extra={SCRIPT: SCRIPT},
        website="https://x.example/" + SCRIPT,
    )  # fmt: skip
    make.make_contact(session, account, name=SCRIPT, job_title=SCRIPT, email="a@b.example", note=SCRIPT)
    make.make_touch(session, account, company.rep, summary=SCRIPT, detail=SCRIPT)
    for path in (
        "/accounts", f"/accounts/{account.uuid}", f"/accounts/{account.uuid}/edit", "/contacts", f"/accounts/{account.uuid}/timeline",
        f"/accounts?industry={SCRIPT}", f"/accounts/twins?name={SCRIPT}", f"/accounts/named?parent_name={SCRIPT}",
    ):  # fmt: skip
        answer = rep.get(path)
        assert answer.status_code == 200
        assert SCRIPT not in answer.text, path
        assert "<img src=x>" not in answer.text


def test_an_account_is_entered_and_shown(rep, company, session):
    fields = form_of(
        rep,
        "/accounts/new",
        name="Corner Store",
        lat="40.5",
        lon="-76.5",
        location_source="phone",
        annual_value="1,200.50",
    )
    assert (fields["country"], fields["currency"], fields["status"]) == ("us", "USD", "prospect")
    answer = rep.post("/accounts/new", data=fields)
    made = session.scalar(select(Account).where(Account.name == "Corner Store"))
    assert answer.headers["Location"] == f"/accounts/{made.uuid}"
    assert (made.location_source, made.annual_value_minor, made.owner_id, made.country) == (
        "phone",
        120050,
        company.rep.id,
        "us",
    )
    text = page(rep.get(answer.headers["Location"]))
    assert "“Corner Store” is entered." in text
    assert "Corner Store" in text


def test_every_fault_stands_at_its_field_and_nothing_typed_is_lost(rep, session):
    typed = {
        "name": " ",
        "tier": "A",
        "email": "nope",
        "annual_value": "much",
        "lat": "95",
        "lon": "1",
        "city": "Hershey",
        "opening_hours": "always open!",
    }
    answer = rep.post("/accounts/new", data=form_of(rep, "/accounts/new", **typed))
    text = page(answer, 422)
    for name, sentence in (
        ("name", "The name is missing."),
        ("email", "“nope” is no e-mail address"),
        ("annual_value", "“much” is not"),
        ("lon", "on no map"),
    ):
        assert sentence in text
        assert f'id="{name}-error"' in text
    kept = values_of(answer, "email", "annual_value", "lat", "city", "opening_hours")
    assert kept == {
        "email": "nope",
        "annual_value": "much",
        "lat": "95",
        "city": "Hershey",
        "opening_hours": "always open!",
    }
    assert session.scalar(select(Account).where(Account.city == "Hershey", Account.name != "Mine")) is None


def test_an_account_that_is_there_can_be_insisted_on(rep, company, session):
    fields = form_of(rep, "/accounts/new", name="Mine", street="1 Main St", postcode="17033")
    answer = rep.post("/accounts/new", data=fields)
    text = page(answer, 409)
    assert f'href="/accounts/{company.mine.uuid}"' in text
    assert values_of(answer, "street") == {"street": "1 Main St"}
    assert rep.post("/accounts/new", data=fields | {"insist": "1"}).status_code == 302
    assert len(session.scalars(select(Account.id).where(Account.name == "Mine")).all()) == 2


def test_somebody_elses_account_says_with_whom_it_is(rep, company):
    fields = form_of(rep, "/accounts/new", name="Theirs", street="2 High St", postcode="17401")
    for insist in ({}, {"insist": "1"}):
        text = page(rep.post("/accounts/new", data=fields | insist), 409)
        assert "Theirs, York: already with Ben" in text
        assert str(company.theirs.uuid) not in text
        assert "Enter it all the same" not in text


def test_typing_a_name_warns_at_once(rep, company):
    assert "already with Ben" in page(rep.get("/accounts/twins?name=theirs", headers=HTMX))
    assert f"/accounts/{company.mine.uuid}" in page(
        rep.get("/accounts/twins?name=mine&postcode=&street=", headers=HTMX)
    )
    assert page(rep.get("/accounts/twins?name=&postcode=1", headers=HTMX)).strip() == ""


def test_an_edit_changes_what_was_edited(rep, company, session):
    url = f"/accounts/{company.mine.uuid}/edit"
    assert rep.post(url, data=form_of(rep, url)).status_code == 302
    session.refresh(company.mine)
    assert company.mine.version == 1
    rep.post(url, data=form_of(rep, url, city="Derry", tags="key; fair"))
    session.refresh(company.mine)
    assert (company.mine.city, company.mine.tags, company.mine.version, company.mine.street) == (
        "Derry",
        ["key", "fair"],
        2,
        "1 Main St",
    )


def test_saving_a_form_does_not_move_an_account_of_many_decimals(rep, company, session):
    account = make.make_account(session, company.rep, at=(-76.123456789012, 40.987654321098))
    url = f"/accounts/{account.uuid}/edit"
    assert rep.post(url, data=form_of(rep, url)).status_code == 302
    session.refresh(account)
    assert account.version == 1


def test_who_comes_second_sees_both_and_keeps_what_was_typed(rep, company, session):
    url = f"/accounts/{company.mine.uuid}/edit"
    second = form_of(rep, url, city="Second", note="typed by the second")
    rep.post(url, data=form_of(rep, url, city="First"))
    answer = rep.post(url, data=second)
    text = page(answer, 409)
    assert "Somebody else saved this meanwhile" in text
    assert re.search(r"<td>First</td><td>Second</td>", text)
    assert "typed by the second" in text
    again = second | values_of(answer, "version", "city")
    assert again["city"] == "Second"
    assert rep.post(url, data=again).status_code == 302
    session.refresh(company.mine)
    assert (company.mine.city, company.mine.note) == ("Second", "typed by the second")


def test_a_write_that_takes_the_account_out_of_sight_says_with_whom_it_is_now(rep, company, session):
    region = make.make_region(session, west=10, south=10)
    make.make_territory(session, company.other, (region,))
    fields = form_of(rep, "/accounts/new", name="Away", lon="10.5", lat="10.5")
    answer = rep.post("/accounts/new", data=fields)
    assert answer.headers["Location"] == "/accounts"
    assert "Saved. The account is now with Ben." in page(rep.get("/accounts"))
    answer = rep.post(f"/accounts/{company.mine.uuid}/owner", data={"owner": company.other.email})
    assert answer.headers["Location"] == "/accounts"
    assert rep.get(f"/accounts/{company.mine.uuid}").status_code == 404


def test_an_owner_is_named_and_released(planner, company, session):
    url = f"/accounts/{company.nobodys.uuid}/owner"
    planner.post(url, data={"owner": company.rep.email.upper()})
    session.refresh(company.nobodys)
    assert (company.nobodys.owner_id, company.nobodys.owner_named) == (company.rep.id, True)
    planner.post(url, data={"release": "1"})
    session.refresh(company.nobodys)
    assert (company.nobodys.owner_id, company.nobodys.owner_named) == (None, False)
    assert "There is nobody with the address" in page(planner.post(url, data={"owner": "ghost@acme.example"}), 422)


def test_an_account_is_shared_and_undone(rep, login_as, company, session):
    other = login_as(company.other)
    rep.post(f"/accounts/{company.mine.uuid}/share", data={"person": company.other.email})
    assert session.scalar(select(AccountShare.user_id)) == company.other.id
    assert "Mine" in page(other.get("/accounts"))
    undo = re.search(r'action="([^"]+unshare\?[^"]+)"', page(rep.get(f"/accounts/{company.mine.uuid}"))).group(1)
    assert rep.post(undo).status_code == 302
    assert "Mine" not in page(other.get("/accounts"))
    rep.post(f"/accounts/{company.mine.uuid}/share", data={"person": company.other.email})
    answer = other.post(f"/accounts/{company.mine.uuid}/unshare", data={"person": company.other.email})
    assert answer.headers["Location"] == "/accounts"


def test_people_and_accounts_are_suggested_while_typing(rep, company):
    assert company.other.email in page(rep.get("/accounts/people?owner=ben", headers=HTMX))
    assert page(rep.get("/accounts/people?owner=", headers=HTMX)).strip() == ""
    assert str(company.mine.uuid) in page(rep.get("/accounts/named?parent_name=min", headers=HTMX))
    assert "Theirs" not in page(rep.get("/accounts/named?parent_name=their", headers=HTMX))


def test_a_parent_is_chosen_from_the_list(rep, company, session):
    url = f"/accounts/{company.mine.uuid}/edit"
    head = make.make_account(session, company.rep, name="Head")
    assert "Choose one of the accounts" in page(rep.post(url, data=form_of(rep, url, parent_name="Hea")), 422)
    assert rep.post(url, data=form_of(rep, url, parent_name="Head", parent=str(head.uuid))).status_code == 302
    assert "Head" in page(rep.get(f"/accounts/{company.mine.uuid}"))
    assert "Mine" in page(rep.get(f"/accounts/{head.uuid}"))
    bad = rep.post(url, data=form_of(rep, url, parent=str(company.theirs.uuid)))
    assert "no such account" in page(bad, 422)


def test_deleting_is_offered_to_planners_only(rep, planner, company, session):
    assert "/delete" not in page(rep.get(f"/accounts/{company.mine.uuid}"))
    assert rep.post(f"/accounts/{company.mine.uuid}/delete").status_code == 403
    make.make_touch(session, company.mine, company.rep)
    planner.post(f"/accounts/{company.mine.uuid}/delete")
    session.refresh(company.mine)
    assert company.mine.status == "former"
    assert planner.post(f"/accounts/{company.nobodys.uuid}/delete").headers["Location"] == "/accounts"


def test_a_contact_is_entered_edited_taken_out_and_brought_back(rep, company, session):
    url = f"/accounts/{company.mine.uuid}/contacts/new"
    assert "The name is missing." in page(rep.post(url, data={"name": "", "email": "x"}), 422)
    rep.post(url, data={"name": "Ada", "email": "ada@x.example", "phone": "717 234 5678"})
    contact = session.scalar(select(Contact))
    edit = f"/contacts/{contact.uuid}/edit"
    rep.post(edit, data=form_of(rep, edit, job_title="Buyer"))
    session.refresh(contact)
    assert (contact.job_title, contact.is_primary) == ("Buyer", True)
    answer = rep.post(edit, data={"name": "Stale", "version": "1"})
    assert "Somebody else saved this meanwhile" in page(answer, 409)
    rep.post(f"/contacts/{contact.uuid}/delete")
    session.expire_all()
    assert session.scalar(select(Contact)) is None
    text = page(rep.get(f"/accounts/{company.mine.uuid}"))
    assert 'action="/contacts/restore"' in text
    rep.post("/contacts/restore")
    back = session.scalar(select(Contact))
    assert (back.name, back.job_title, back.email, back.is_primary) == ("Ada", "Buyer", "ada@x.example", True)
    assert rep.post("/contacts/restore").status_code == 409


def test_contacts_are_listed_and_found(rep, company, session):
    assert "No contacts yet" in page(rep.get("/contacts"))
    make.make_contact(session, company.mine, name="Ada Park")
    make.make_contact(session, company.theirs, name="Spy")
    text = page(rep.get("/contacts"))
    assert "Ada Park" in text
    assert "Spy" not in text
    assert "Nobody found" in page(rep.get("/contacts?q=zzz", headers=HTMX))


def test_the_timeline_goes_back_further(rep, company, session):
    for i in range(25):
        make.make_touch(session, company.mine, company.rep, summary=f"Talk {i}")
    text = page(rep.get(f"/accounts/{company.mine.uuid}"))
    further = re.search(r'href="(/accounts/[^"]+/timeline\?[^"]+)"', text).group(1)
    rest = page(rep.get(further, headers=HTMX))
    assert len(re.findall(r"Talk \d+", text)) + len(re.findall(r"Talk \d+", rest)) == 25
    assert "<html" in page(rep.get(further))


def test_service_agents_see_and_do_not_edit(login_as, company):
    agent = login_as(company.service)
    text = page(agent.get(f"/accounts/{company.mine.uuid}"))
    assert f"{company.mine.uuid}/edit" not in text
    for path in ("/accounts/new", f"/accounts/{company.mine.uuid}/edit", f"/accounts/{company.mine.uuid}/contacts/new"):
        assert agent.get(path).status_code == 403
        assert agent.post(path, data={"name": "x"}).status_code == 403


def test_the_page_of_an_account_without_a_place_says_so(rep, company, session):
    account = make.make_account(session, company.rep, at=None, cadence_days=14)
    text = page(rep.get(f"/accounts/{account.uuid}"))
    assert "It shows on no map and no route." in text
    assert "first visit" in text
