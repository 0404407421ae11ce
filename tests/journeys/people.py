"""What people do in a browser, in the words of the screen."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.journeys.company import PASSWORD


def sign_in(page: Page, email: str, password: str = PASSWORD) -> None:
    page.goto("/login")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()
    expect(page).not_to_have_url("**/login**")
