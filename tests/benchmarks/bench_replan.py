"""The second at the phone: from the tap on "Replan from here" to the page that tells the changed plan.

    python -m tests.benchmarks.bench_replan [--replans 36]

A real site with its workers on a demo of six reps, kept for the next run in a folder of the benchmark's own (GCRM_DATA names
another). Each rep's clock is moved to a time zone where it is about nine, so that today's plan lies ahead at whatever hour
this runs. Each rep opens the day, which wakes the planner, and reports in turn: running late, a stop done, nobody there, somebody
who must be seen today. The form is answered by a redirect to the day's page with the new plan on it, planned within
the request by the process beside the web process: no job, no asking again. The urgent visit comes over the API, whose answer is
the new plan, and the page is opened after it. What is measured is both requests together.
"""

from __future__ import annotations

import argparse
import datetime as dt
import math
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from sqlalchemy import text

from tests.journeys.site import Site, clean_environment

DATABASE = "gcrm_bench_replan"
PASSWORD = "six blue herons wade"
DEMO = ("--accounts", "1500", "--reps", "6", "--seed", "1")
REPS = 6
LIMIT_MILLISECONDS = 1000
CAUSES = ("late", "done", "missed", "urgent")
TOLD = "Planned anew"
FEWEST_STOPS = 2
"""A day with fewer stops ahead has nothing to plan anew."""
NINE_O_CLOCK = 9
LONGEST_PLAN_SECONDS = 120
FURTHEST_EAST, FURTHEST_WEST = 14, -12


@dataclass
class Measured:
    """Milliseconds by what happened; the first answer after a page was opened stands apart."""

    first: list[float] = field(default_factory=list)
    by_cause: dict[str, list[float]] = field(default_factory=lambda: {cause: [] for cause in CAUSES})

    @property
    def later(self) -> list[float]:
        return [one for each in self.by_cause.values() for one in each]


class Phone:
    """One rep's browser, without the browser."""

    def __init__(self, address: str, email: str) -> None:
        self.email = email
        self.client = httpx.Client(base_url=address, follow_redirects=True, timeout=60)
        page = self.client.get("/login").text
        answer = self.client.post("/login", data={"csrf_token": _token(page), "email": email, "password": PASSWORD})
        if answer.url.path == "/login":
            raise SystemExit(f"{email} could not sign in")
        self.page, self.at = "", ""

    def open_day(self) -> str:
        self.page = self._good(self.client.get("/field/"))
        return self.page

    def post(self, path: str, **values: str) -> str:
        answer = self.client.post(path, data={"csrf_token": _token(self.page), **values})
        self.page, self.at = self._good(answer), answer.url.path
        return self.page

    def urgent(self, plan: str, account: str) -> str:
        """The one report that no form on the phone makes; the page is opened after it."""
        answer = self.client.post(
            f"/api/v1/day-plans/{plan}/replan", json={"cause": "urgent", "urgent": account},
            headers={"X-CSRFToken": _token(self.page), "Referer": str(self.client.base_url)},
        )  # fmt: skip
        self._good(answer)
        assert answer.json()["replaces"] == plan
        return self.open_day()

    def _good(self, answer: httpx.Response) -> str:
        if answer.status_code >= 400:
            raise SystemExit(f"{answer.request.method} {answer.url} answered {answer.status_code}: {answer.text[:400]}")
        return answer.text

    @property
    def stops(self) -> list[str]:
        """The stops ahead and behind, the next one first."""
        return list(dict.fromkeys(re.findall(r"/field/stops/([0-9a-f-]{36})\"", self.page)))

    @property
    def is_ahead(self) -> bool:
        return 'id="replan"' in self.page

    @property
    def stops_ahead(self) -> int:
        """The next stop, and those after it."""
        later = self.page.partition("After that</h2>")[2].partition("</ol>")[0]
        return int(self.is_ahead) + later.count("<li>")


def _token(page: str) -> str:
    found = re.search(r'name="csrf_token" (?:type="hidden" )?value="([^"]+)"', page)
    if found is None:
        raise SystemExit("a page has no form to send")
    return found[1]


# -- what is measured --------------------------------------------------------------------------------------------------


def measure(phones: list[Phone], replans: int) -> Measured:
    found = Measured()
    for phone in phones:
        phone.open_day()
        if phone.stops_ahead >= FEWEST_STOPS:
            found.first.append(report(phone, "late"))
    number = 0
    while len(found.later) < replans:
        able = [phone for phone in phones if phone.stops_ahead >= FEWEST_STOPS]
        if not able:
            break
        for phone in able:
            cause = CAUSES[number % len(CAUSES)]
            number += 1
            found.by_cause[cause].append(report(phone, cause))
    return found


def report(phone: Phone, cause: str) -> float:
    """Say what happened and ask for a new plan; milliseconds until the page with the new plan is there."""
    if cause == "done":
        phone.post(f"/field/stops/{phone.stops[0]}/arrive", reason="not permitted")
        phone.post(phone.at, outcome="interested", note="Wants a second shelf.")
    plan, account = some_account(phone.email) if cause == "urgent" else ("", "")
    began = time.perf_counter()
    page = phone.urgent(plan, account) if cause == "urgent" else phone.post("/field/replan", cause=cause)
    took = (time.perf_counter() - began) * 1000
    assert cause == "urgent" or TOLD in page, f"{phone.email}, {cause}: the page does not tell the new plan"
    return took


def some_account(email: str) -> tuple[str, str]:
    """The rep's plan of today, and an account that is open on every day and not on it."""
    from gcrm.core import db, jobs

    query = """
    SELECT d.uuid, a.uuid FROM day_plans d JOIN users u ON u.id = d.rep_id JOIN accounts a ON a.owner_id = u.id
    WHERE u.email = :email AND d.status = 'published' AND a.location IS NOT NULL
      AND a.opening_hours LIKE 'Mo-Su%' AND a.id NOT IN (SELECT account_id FROM stops WHERE day_plan_id = d.id)
    ORDER BY d.day, a.id LIMIT 1
    """
    with db.transaction(jobs.system_principal()) as session:
        plan, account = session.execute(text(query), {"email": email}).one()
    return str(plan), str(account)


# -- the site ----------------------------------------------------------------------------------------------------------


def make_demo() -> dict[str, str]:
    from gcrm.core import config, paths

    usual = paths.default_data_folder()
    folder = Path(os.environ.get("GCRM_DATA") or usual.with_name(usual.name + "-bench"))
    settings = {"GCRM_DATA": str(folder), "GCRM_DATABASE": DATABASE, "GCRM_DEMO_PASSWORD": PASSWORD}
    command = [sys.executable, "-m", "gcrm", "demo", *DEMO, "--if-empty"]
    subprocess.run(command, env=clean_environment(settings), check=True, stdout=subprocess.DEVNULL)
    os.environ.update(settings)
    config.settings.cache_clear()
    return settings


def begin_the_day() -> None:
    """Every rep's clock shows about nine, and nobody has a plan for today."""
    from gcrm.core import db, jobs

    east = (NINE_O_CLOCK - dt.datetime.now(dt.UTC).hour + 12) % 24 - 12
    assert FURTHEST_WEST <= east <= FURTHEST_EAST
    with db.transaction(jobs.system_principal()) as session:
        session.execute(text("DELETE FROM stops; DELETE FROM left_out; DELETE FROM plan_edits; DELETE FROM day_plans"))
        # The names of these zones count westward.
        zone = f"Etc/GMT{-east:+d}"
        session.execute(text("UPDATE users SET timezone = :zone WHERE role = 'rep'"), {"zone": zone})


def planned(phones: list[Phone]) -> Iterator[Phone]:
    """Those whose day has been planned and has stops."""
    for phone in phones:
        phone.open_day()
        phone.post("/field/plan")
    for phone in phones:
        until = time.monotonic() + LONGEST_PLAN_SECONDS
        while "is being planned" in phone.open_day() and time.monotonic() < until:
            time.sleep(0.5)
        if phone.stops_ahead >= FEWEST_STOPS:
            yield phone


def spread(milliseconds: list[float]) -> str:
    if not milliseconds:
        return f"{'-':>8} {'-':>8} {'-':>8}"
    ordered = sorted(milliseconds)
    at = [ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)] for share in (0.5, 0.95, 1.0)]
    return " ".join(f"{one:8.0f}" for one in at)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replans", type=int, default=36, help="beside each rep's first one")
    options = parser.parse_args()
    settings = make_demo()
    begin_the_day()
    site = Site(settings).start()
    try:
        phones = list(planned([Phone(site.address, f"rep{number}@demo.example") for number in range(1, REPS + 1)]))
        stops = sum(phone.stops_ahead for phone in phones)
        print(f"{len(phones)} reps with {stops} stops ahead today; the limit is {LIMIT_MILLISECONDS} ms", flush=True)
        found = measure(phones, options.replans)
    finally:
        site.stop()
    print(f"{'replan after':24} {'how many':>8} {'p50 ms':>8} {'p95':>8} {'most':>8}")
    for name, each in {
        "opening the page (first)": found.first,
        **found.by_cause,
        "all but the first": found.later,
    }.items():
        print(f"{name:24} {len(each):8} {spread(each)}")


if __name__ == "__main__":
    main()
