"""A field day on the phone: with no signal, in two tabs, signed out, handed on, lost, full, updated, with a wrong clock."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import text

from tests.conftest import clone_database, drop_database
from tests.journeys import field as phones
from tests.journeys import people
from tests.journeys.conftest import served
from tests.journeys.field import acts_on, all_sent, check_in, log, phone, skip, skip_here, states_on, until
from tests.journeys.site import Site, on_cluster, run_module

# Nothing here can telephone: what the phone would have dialled is written down instead.
DIAL = """
() => addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='tel:']");
  if (!link) return;
  event.preventDefault();
  document.body.dataset.dialled = link.getAttribute("href");
})
"""


@dataclass
class Day:
    """A site whose reps have a day each; every test takes another rep."""

    site: Site
    database: str
    reps: Iterator[int] = field(default_factory=lambda: iter(range(1, 100)))

    def rep(self) -> str:
        return f"rep{next(self.reps)}@demo.example"

    def ask(self, question: str, **values: Any) -> Any:
        """What the database answers to somebody who sees all."""
        from gcrm.core import schema
        from gcrm.core.cluster import SUPERUSER

        with schema.connected(SUPERUSER, self.database, autocommit=True) as connection:
            found = connection.execute(text(question), values)
            return found.all() if found.returns_rows else None

    def acts_of(self, email: str) -> list[tuple[str, str]]:
        return [
            (row.kind, row.state)
            for row in self.ask(
                "SELECT kind, state FROM field_acts a JOIN users u ON u.id = a.user_id WHERE u.email = :email ORDER BY a.at, a.seq", email=email
            )
        ]  # fmt: skip

    def visits_of(self, email: str) -> list[tuple[str, str | None]]:
        return [
            (row.status, row.outcome)
            for row in self.ask(
                "SELECT v.status, v.outcome FROM visits v JOIN users u ON u.id = v.user_id WHERE u.email = :email ORDER BY v.id", email=email
            )
        ]  # fmt: skip


@pytest.fixture(scope="module")
def day(playwright: Any, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    name = f"gcrm_test_{os.getpid()}_{uuid.uuid4().hex[:8]}"
    files: Path = tmp_path_factory.mktemp("files")
    clone_database(name, template)
    run_module("tests.journeys.field_company", on_cluster(name, files))
    with served(name, files) as site:
        yield Day(site, name)
    drop_database(name)


def test_a_day_without_signal(day, chromium):
    rep = day.rep()
    with phone(chromium, day.site.address) as context:
        page = phones.opened(context, rep)
        context.set_offline(True)
        page.goto("/field/")
        expect(page.locator(".card-name").first).to_have_text(re.compile("stop 1$"))
        expect(page.locator("#state")).to_contain_text("Offline")
        visit = check_in(page)
        log(page)
        expect(page.locator(".card-name").first).to_have_text(re.compile("stop 2$"))
        skip(page)
        expect(page.locator(".card-name").first).to_have_text(re.compile("stop 3$"))
        expect(page.locator("#state")).to_contain_text("3 to send")
        expect(page.locator("#state")).to_contain_text("Saved")
        page.locator("#state").tap()
        expect(page.locator("[data-act]")).to_have_count(3)
        expect(page.locator("[data-state=queued], [data-state=sent]")).to_have_count(3)
        assert day.acts_of(rep) == []

        context.set_offline(False)
        until(lambda: all_sent(page), "all acts are answered")
        expect(page.locator("[data-state=applied]")).to_have_count(3)
        assert day.acts_of(rep) == [("arrived", "applied"), ("finished", "applied"), ("skipped", "applied")]
        assert day.visits_of(rep) == [("done", "interested")]
        assert (
            str(
                day.ask("SELECT v.uuid FROM visits v JOIN users u ON u.id = v.user_id WHERE u.email = :rep", rep=rep)[
                    0
                ][0]
            )
            == visit
        )
        page.goto("/field/")
        expect(page.locator(".card-name").first).to_have_text(re.compile("stop 3$"))
        expect(page.locator("#state")).not_to_contain_text("to send")


def test_taps_are_few(day, chromium):
    """Check-in and a call are one tap; a visit with outcome and next step is logged with four."""
    with phone(chromium, day.site.address) as context:
        page = phones.opened(context, day.rep())
        page.goto("/field/")
        taps = 0

        def tap(what: Any) -> None:
            nonlocal taps
            what.tap()
            taps += 1

        page.evaluate(DIAL)
        tap(page.get_by_role("link", name="Call", exact=True))
        assert (taps, page.evaluate("document.body.dataset.dialled")) == (1, "tel:+17175550100")
        taps = 0
        tap(page.get_by_role("button", name="Check in"))
        expect(page).to_have_url(re.compile("/field/visits/"))
        assert taps == 1
        tap(page.get_by_role("radio", name="Order", exact=True))
        tap(page.get_by_role("button", name="Send an offer", exact=True))
        tap(page.get_by_role("button", name="Log visit"))
        expect(page).to_have_url(re.compile(r"/field/$"))
        assert taps == 4
        until(lambda: all_sent(page), "all acts are answered")
        assert states_on(page) == [("arrived", "applied"), ("finished", "applied")]


def test_a_check_in_never_waits_longer_than_six_seconds_for_its_position(day, chromium):
    with phone(chromium, day.site.address) as context:
        page = phones.opened(context, day.rep())
        page.goto("/field/")
        page.evaluate("navigator.geolocation.getCurrentPosition = () => {}")
        with page.expect_navigation(timeout=9000):
            page.get_by_role("button", name="Check in").tap()
        until(lambda: all_sent(page), "all acts are answered")
        assert [(act["place"], act["no_place"]) for act in acts_on(page)] == [(None, "took too long")]


def test_what_is_typed_is_there_again(day, chromium):
    with phone(chromium, day.site.address) as context:
        page = phones.opened(context, day.rep())
        context.set_offline(True)
        page.goto("/field/")
        check_in(page)
        page.get_by_label("Note").fill("They want the blue one")
        page.get_by_role("radio", name="Interested", exact=True).tap()
        until(
            lambda: page.evaluate(
                "async () => { await new Promise((done) => { setTimeout(done, 200); }); return true; }"
            ),
            "the draft is kept",
        )
        page.reload()
        expect(page.get_by_label("Note")).to_have_value("They want the blue one")
        expect(page.locator("input[name=outcome]:checked")).to_have_value("interested")
        page.get_by_role("button", name="Log visit").tap()
        expect(page).to_have_url(re.compile(r"/field/$"))
        assert acts_on(page)[-1]["body"]["note"] == "They want the blue one"


def test_two_tabs_send_each_act_once(day, chromium):
    rep = day.rep()
    with phone(chromium, day.site.address) as context:
        page = phones.opened(context, rep)
        context.set_offline(True)
        other = context.new_page()
        for each in (page, other):
            each.goto("/field/")
        check_in(page)
        log(page)
        expect(other.locator(".card-name").first).to_have_text(re.compile("stop 2$"))
        skip(other)
        posts: list[str] = []
        context.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
        context.set_offline(False)
        until(lambda: all_sent(page), "all acts are answered")
        assert day.acts_of(rep) == [("arrived", "applied"), ("finished", "applied"), ("skipped", "applied")]
        assert day.visits_of(rep) == [("done", "interested")]
        assert len(posts) == 1


def test_an_expired_sign_in_loses_nothing(day, chromium):
    rep = day.rep()
    with phone(chromium, day.site.address) as context:
        page = phones.opened(context, rep)
        context.set_offline(True)
        page.goto("/field/")
        skip(page)
        context.clear_cookies()
        context.set_offline(False)
        expect(page.locator("#state")).to_contain_text("Sign in to send")
        assert [state for _, state in states_on(page)] == ["queued"] or states_on(page) == [("skipped", "sent")]
        expect(page.locator(".card-name").first).to_have_text(re.compile("stop 2$"))
        page.locator("#state").tap()
        page.get_by_label("E-mail").fill(rep)
        page.get_by_label("Password").fill(people.PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page).to_have_url(re.compile("/field/"))
        until(lambda: all_sent(page), "all acts are answered")
        assert day.acts_of(rep) == [("skipped", "applied")]


def unsent(page: Page, context: Any) -> None:
    """One act that cannot be sent, and the question what becomes of it."""
    context.set_offline(True)
    page.goto("/field/")
    skip(page)
    page.get_by_role("button", name="You and this phone").tap()
    page.get_by_role("button", name="Sign out").tap()
    expect(page.get_by_text("1 of your entries")).to_be_visible()


def test_signing_out_sends_first(day, chromium):
    rep = day.rep()
    with phone(chromium, day.site.address) as context:
        page = phones.opened(context, rep)
        unsent(page, context)
        page.get_by_role("button", name="Send now").tap()
        expect(page.get_by_text("could not be sent")).to_be_visible()
        context.set_offline(False)
        page.get_by_role("button", name="Send now").tap()
        expect(page).to_have_url(re.compile("/login"))
        assert day.acts_of(rep) == [("skipped", "applied")]
        assert not page.evaluate("caches.has('gcrm-field-open')")


def test_what_is_kept_locked_opens_for_the_same_person_only(day, chromium):
    rep, other = day.rep(), day.rep()
    with phone(chromium, day.site.address) as context:
        page = phones.opened(context, rep)
        unsent(page, context)
        page.get_by_role("button", name="Keep locked").tap()
        expect(page.get_by_role("heading", name="Nobody is signed in")).to_be_visible()
        context.set_offline(False)
        expect(page).to_have_url(re.compile("/login"))
        assert everything_on(page).count("stop 1") == 0

        page = phones.opened(context, other, by_form=True)
        seen = everything_on(page)
        assert rep.partition("@")[0].title().replace("Rep", "Rep ") + " " not in page.content()
        assert SKIPPED not in seen
        page.get_by_role("button", name="You and this phone").tap()
        page.get_by_role("button", name="Sign out").tap()
        expect(page).to_have_url(re.compile("/login"))
        assert day.acts_of(rep) == []

        page = phones.opened(context, rep, by_form=True)
        until(lambda: day.acts_of(rep) == [("skipped", "applied")], "what lay locked is sent")
        assert day.acts_of(other) == []


SKIPPED = '"kind":"skipped"'
EVERYTHING = """
async () => {
  const { openDB } = await import("idb");
  const found = [];
  for (const { name } of await indexedDB.databases()) {
    const db = await openDB(name);
    for (const store of db.objectStoreNames) found.push(name, store, JSON.stringify(await db.getAll(store)));
    db.close();
  }
  return found.join("\\n");
}
"""


def everything_on(page: Page) -> str:
    """All that any store of this phone holds, as text. The sign-in page has no import map, so a page of the phone is asked."""
    if "/field/" not in page.url:
        return str(page.evaluate(EVERYTHING.replace('import("idb")', f'import("{_idb()}")')))
    return str(page.evaluate(EVERYTHING))


def _idb() -> str:
    from gcrm.core import vendor

    return vendor.vendor_url("idb.js")


def test_discarding_wants_the_word(day, chromium):
    rep = day.rep()
    with phone(chromium, day.site.address) as context:
        page = phones.opened(context, rep)
        unsent(page, context)
        context.set_offline(False)
        page.evaluate("() => { window.fetch = () => Promise.reject(new TypeError('cut')); }")
        page.get_by_text("Throw it away", exact=True).tap()
        button = page.get_by_role("button", name="Throw away and sign out")
        expect(button).to_be_disabled()
        page.get_by_label("Type discard").fill("discard")
        button.tap()
        expect(page).to_have_url(re.compile("/login"))
        assert day.acts_of(rep) == []
        assert SKIPPED not in everything_on(page)


def test_another_person_on_the_phone_sees_nothing_of_the_first(day, chromium):
    """Without a sign-out in between: the first one's session ended by itself."""
    rep, other = day.rep(), day.rep()
    with phone(chromium, day.site.address) as context:
        page = phones.opened(context, rep)
        context.set_offline(True)
        page.goto("/field/")
        skip(page)
        context.clear_cookies()
        context.set_offline(False)
        people.sign_in(page, other)
        page.goto("/field/")
        number = other.partition("@")[0].removeprefix("rep")
        expect(page.locator(".card-name").first).to_have_text(re.compile(f"^Rep {number} stop 1$"))
        until(lambda: SKIPPED not in everything_on(page), "the first one's acts are sealed")
        assert day.acts_of(other) == []
        context.clear_cookies()
        phones.opened(context, rep, by_form=True)
        until(lambda: day.acts_of(rep) == [("skipped", "applied")], "the first one's act is sent after all")


def test_a_lost_phone_is_emptied_at_its_next_contact(day, chromium):
    rep = day.rep()
    with phone(chromium, day.site.address) as context:
        page = phones.opened(context, rep)
        assert len(page.evaluate(phones.STORES)) == 2
        day.ask(
            "UPDATE field_phones p SET lost_at = now() FROM users u WHERE u.id = p.user_id AND u.email = :rep", rep=rep
        )
        page.goto("/field/")
        expect(page.get_by_role("heading", name="This phone was emptied")).to_be_visible()
        expect(page.get_by_text("reported lost")).to_be_visible()
        assert page.evaluate(phones.STORES) == ["gcrm-field"]
        assert not page.evaluate("caches.has('gcrm-field-open')")


def test_a_full_phone_says_so_and_keeps_the_act_on_the_page(day, chromium):
    rep = day.rep()
    with phone(chromium, day.site.address) as context:
        page = phones.opened(context, rep)
        page.goto("/field/")
        page.locator(".card-open").first.tap()
        expect(page).to_have_url(re.compile("/field/stops/"))
        page.evaluate("""() => {
          const add = IDBObjectStore.prototype.add;
          window.roomy = () => { IDBObjectStore.prototype.add = add; };
          window.tries = 0;
          IDBObjectStore.prototype.add = () => { window.tries += 1; throw new DOMException("full", "QuotaExceededError"); };
        }""")
        skip_here(page)
        expect(page.get_by_role("alert")).to_contain_text("no room left")
        page.get_by_role("button", name="Try again").tap()
        until(lambda: page.evaluate("window.tries") == 2, "it was tried again")
        expect(page.get_by_role("alert")).to_be_visible()
        page.evaluate("() => window.roomy()")
        page.get_by_role("button", name="Try again").tap()
        expect(page.get_by_role("alert")).to_have_count(0)
        until(lambda: day.acts_of(rep) == [("skipped", "applied")], "the act is sent")


def test_a_wrong_clock_is_set_right_by_the_server(day, chromium):
    rep = day.rep()
    with phone(chromium, day.site.address) as context:
        context.add_init_script("{ const now = Date.now; Date.now = () => now() - 3 * 86_400_000; }")
        page = phones.opened(context, rep)
        page.goto("/field/")
        page.locator(".card-open").first.tap()
        expect(page).to_have_url(re.compile("/field/stops/"))
        skip_here(page)
        until(lambda: day.acts_of(rep) == [("skipped", "applied")], "the act is applied")
        (row,) = day.ask(
            "SELECT abs(extract(epoch FROM a.at - now())) < 60 AS is_now, a.said_at < now() - interval '2 days' AS was_said"
            " FROM field_acts a JOIN users u ON u.id = a.user_id WHERE u.email = :rep", rep=rep,
        )  # fmt: skip
        assert (row.is_now, row.was_said) == (True, True)


def test_the_app_is_updated_while_acts_wait(day, chromium):
    """A newer worker and a newer form of the store: what waits is still there, and is sent."""
    rep = day.rep()
    with phone(chromium, day.site.address) as context:
        page = phones.opened(context, rep)
        context.set_offline(True)
        page.goto("/field/")
        skip(page)
        context.set_offline(False)
        context.route("**/field/acts", lambda route: route.abort())
        answer = context.request.get("/field/sw.js").text()
        context.route(
            "**/field/sw.js", lambda route: route.fulfill(body=answer + "\n// newer", content_type="text/javascript")
        )
        page.evaluate("async () => { await (await navigator.serviceWorker.getRegistration()).update(); }")
        assert [kind for kind, _ in states_on(page)] == ["skipped"]
        page.goto("/field/")
        expect(page.locator(".card-name").first).to_have_text(re.compile("stop 2$"))
        newer = page.evaluate(
            """async (person) => {
          const { openStore } = await import("/static/js/field/store.js");
          const store = await openStore(person, { steps: [() => {}, () => {}, (db) => db.createObjectStore("newer")] });
          const found = [store.db.version, (await store.acts()).length];
          store.close();
          return found;
        }""",
            page.evaluate(phones.PERSON),
        )
        assert newer[1] == 1
        expect(page.locator("#state")).to_contain_text("Reload")
        context.unroute("**/field/acts")


def test_a_store_of_the_apps_first_form_is_brought_up_to_date_with_its_acts(day, chromium):
    rep = day.rep()
    with phone(chromium, day.site.address) as context:
        page = phones.opened(context, rep)
        found = page.evaluate(
            """async () => {
          const first = await new Promise((resolve, reject) => {
            const request = indexedDB.open("gcrm-field-early", 1);
            request.onupgradeneeded = ({ target }) => {
              target.result.createObjectStore("acts", { keyPath: "id" }).createIndex("seq", "seq");
              target.result.createObjectStore("meta");
            };
            request.onsuccess = () => resolve(request.result);
            request.onerror = () => reject(request.error);
          });
          const kept = first.transaction(["acts", "meta"], "readwrite");
          kept.objectStore("acts").put({ id: "early", seq: 7, kind: "skipped", state: "queued", body: {} });
          kept.objectStore("meta").put(7, "seq");
          await new Promise((resolve) => { kept.oncomplete = resolve; });
          first.close();
          const { openStore } = await import("/static/js/field/store.js");
          const store = await openStore("early");
          await store.keepDraft("visit", { note: "typed" });
          await store.addAct("skipped", {}, { id: "later", now: Date.now() });
          const answer = [(await store.acts()).map(({ id, seq }) => id === "early" ? id : seq), await store.draft("visit")];
          store.close();
          return answer;
        }"""
        )
    assert found == [["early", 8], {"note": "typed"}]


def test_a_page_that_changes_takes_no_tap_and_closes_no_sheet(day, chromium):
    rep = day.rep()
    with phone(chromium, day.site.address) as context:
        page = phones.opened(context, rep)
        button = page.get_by_role("button", name="Navigate")
        spot = button.bounding_box()
        page.mouse.move(spot["x"] + spot["width"] / 2, spot["y"] + spot["height"] / 2)
        page.mouse.down()
        ask_the_page_anew(page)
        page.mouse.up()
        expect(page.get_by_role("link", name="NAVER Map")).to_be_visible()
        expect(page.locator(CHANGED)).to_be_attached()
        ask_the_page_anew(page)
        expect(page.locator(CHANGED)).to_be_attached()
        expect(page.get_by_role("link", name="NAVER Map")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("link", name="NAVER Map")).to_be_hidden()


CHANGED = "#main:not([data-before])"


def ask_the_page_anew(page: Page) -> None:
    """Have the server asked for the page again, as when it shows things otherwise by now; it is `CHANGED` once that is on screen."""
    with page.expect_response(lambda answer: answer.url.endswith("/field/")):
        page.evaluate(
            """async () => {
          const { events } = await import("/static/js/field/phone.js");
          document.getElementById("main").dataset.before = "";
          events.dispatchEvent(new Event("stale"));
        }"""
        )


def test_without_a_worker_the_phone_works_with_a_connection(day, chromium):
    rep = day.rep()
    with phone(chromium, day.site.address, service_workers="block") as context:
        page = context.new_page()
        people.enter(page, rep)
        page.goto("/field/")
        check_in(page)
        log(page)
        expect(page.locator(".card-name").first).to_have_text(re.compile("stop 2$"))
        assert day.visits_of(rep) == [("done", "interested")]


LARGE = """
addEventListener("DOMContentLoaded", () => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("html { font-size: 200% }");
  document.adoptedStyleSheets = [sheet];
});
"""


@pytest.mark.parametrize("look", ["light", "dark", "large"])
def test_nothing_is_wrong_with_any_page_of_the_phone(day, chromium, look):
    """Axe finds nothing at all, nothing is wider than 320 pixels, nothing moves after it is drawn."""
    small = {"viewport": {"width": 320, "height": 640}, "color_scheme": "dark" if look == "dark" else "light"}
    with phone(chromium, day.site.address, **small) as context:
        if look == "large":
            context.add_init_script(LARGE)
        page = phones.opened(context, day.rep())
        faults = phones.faults_of(page)
        context.set_offline(True)
        page.goto("/field/")
        expect(page.locator(".card-next")).to_be_visible()
        faults += phones.faults_of(page)
        assert page.evaluate(phones.SHIFT) == 0
        page.locator(".card-open").first.tap()
        expect(page.get_by_text("Skip this stop", exact=True)).to_be_visible()
        faults += phones.faults_of(page)
        check_in(page)
        faults += phones.faults_of(page)
        log(page)
        skip(page)
        page.goto("/field/outbox")
        expect(page.locator("[data-act]")).to_have_count(3)
        page.locator("[data-act] summary").first.tap()
        faults += phones.faults_of(page)
        for path in (
            "near",
            f"near?lon={phones.HOME['longitude']}&lat={phones.HOME['latitude']}",
            "near/new",
            "evening",
            "about-me",
        ):
            page.goto(f"/field/{path}")
            expect(page.locator("#back")).to_be_visible()
            faults += phones.faults_of(page)
        page.goto("/field/near-nowhere")
        expect(page.get_by_role("heading", name="Not on this phone")).to_be_visible()
        faults += phones.faults_of(page)
        page.goto("/field/")
        page.get_by_role("button", name="You and this phone").tap()
        faults += phones.faults_of(page)
        page.get_by_role("button", name="Sign out").tap()
        expect(page.get_by_text("of your entries")).to_be_visible()
        faults += phones.faults_of(page)
        assert not faults, "\n".join(faults)


def test_a_refused_act_is_corrected_and_of_two_versions_one_is_kept(day, chromium):
    rep = day.rep()
    with phone(chromium, day.site.address) as context:
        page = phones.opened(context, rep)
        context.set_offline(True)
        page.goto("/field/")
        visit = check_in(page)
        log(page, "Interested", None)
        # A colleague logs the same visit otherwise meanwhile.
        stop = acts_on(page)[0]["body"]["stop"]
        day.ask(
            "WITH v AS (INSERT INTO visits (uuid, user_id, account_id, status, arrived_at, finished_at, outcome, note)"
            " SELECT :visit, p.rep_id, s.account_id, 'done', now(), now(), 'order', 'Two crates' FROM stops s JOIN day_plans p ON p.id = s.day_plan_id"
            " WHERE s.uuid = :stop RETURNING id)"
            " UPDATE stops SET visit_id = v.id, status = 'done' FROM v WHERE uuid = :stop", visit=visit, stop=stop,
        )  # fmt: skip
        context.set_offline(False)
        until(lambda: all_sent(page), "all acts are answered")
        assert [state for _, state in states_on(page)] == ["merged", "conflict"]
        expect(page.locator("#state")).to_contain_text("1 to look at")
        page.goto("/field/outbox")
        both = page.get_by_role("table")
        expect(both).to_contain_text("Two crates")
        expect(both).to_contain_text("Interested")
        page.get_by_role("button", name="Keep mine").tap()
        until(lambda: day.visits_of(rep) == [("done", "interested")], "mine is kept")
        expect(page.get_by_text("Corrected")).to_be_visible()
        expect(page.locator("#state")).not_to_contain_text("to look at")
