"""What people do in a browser, in the words of the screen."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.journeys.company import PASSWORD


def sign_in(page: Page, email: str, password: str = PASSWORD) -> None:
    page.goto("/login")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    expect(page).not_to_have_url(re.compile("/login"))


def enter(page: Page, email: str, password: str = PASSWORD) -> None:
    """Sign in without the form, which is filled in elsewhere often enough; the page stays where it is."""
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.request.get("/login").text())
    assert token is not None
    given = {"csrf_token": token[1], "email": email, "password": password}
    answer = page.request.post("/login", form=given, max_redirects=0)
    assert answer.status == 302, f"{email} is not signed in: {answer.status}"


def found_organisation(page: Page, code: str, email: str, password: str = PASSWORD) -> None:
    """Answer the first page, then sign in."""
    page.goto("/setup")
    page.get_by_label("One-time code").fill(code)
    page.get_by_label("Organisation").fill("Herons Ltd")
    page.get_by_label("Country").select_option("us")
    page.get_by_label("Currency").select_option("USD")
    page.get_by_label("Time zone").select_option("America/New_York")
    page.get_by_label("Your name").fill("Ada Heron")
    page.get_by_label("Your e-mail").fill(email)
    page.get_by_label("Choose a password").fill(password)
    page.get_by_role("button", name="Set up").click()
    expect(page).to_have_url(re.compile("/login"))
    sign_in(page, email, password)
