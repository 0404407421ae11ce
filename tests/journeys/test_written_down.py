"""What a rep writes down with no signal: a visit with a photo, a signature, answers and an order, all there once the phone is back."""

from __future__ import annotations

import io
import os
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import expect
from sqlalchemy import text

from tests.conftest import clone_database, drop_database
from tests.journeys import field as phones
from tests.journeys.conftest import served
from tests.journeys.site import on_cluster, run_module

PRODUCTS = """
WITH sold AS (INSERT INTO products (code, name, unit) VALUES ('C-1', 'Paper cups', 'carton'), ('N-1', 'Napkins', 'box') RETURNING id)
INSERT INTO prices (product_id, currency, valid_from, price_minor) SELECT id, 'USD', '2020-01-01', 1050 FROM sold
"""
QUESTIONS = """
WITH made AS (INSERT INTO visit_types (name) VALUES ('Stock check') RETURNING id)
INSERT INTO visit_questions (visit_type_id, label, kind, choices, is_required)
SELECT id, 'How full is the shelf?', 'choice', ARRAY['Full', 'Empty'], true FROM made
"""


@pytest.fixture(scope="module")
def day(playwright: Any, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A site whose reps have a day each, with a price list and a question; and how to ask its database."""
    from gcrm.core import schema
    from gcrm.core.cluster import SUPERUSER

    name = f"gcrm_test_{os.getpid()}_{uuid.uuid4().hex[:8]}"
    files: Path = tmp_path_factory.mktemp("files")
    clone_database(name, template)
    run_module("tests.journeys.field_company", on_cluster(name, files))

    def ask(question: str) -> Any:
        with schema.connected(SUPERUSER, name, autocommit=True) as connection:
            found = connection.execute(text(question))
            return found.all() if found.returns_rows else None

    ask(PRODUCTS)
    ask(QUESTIONS)
    with served(name, files) as site:
        yield site, ask
    drop_database(name)


def picture() -> bytes:
    out = io.BytesIO()
    Image.effect_noise((3000, 2000), 60).convert("RGB").save(out, "JPEG", quality=90)
    return out.getvalue()


def sign(page: Any) -> None:
    pad = page.locator(".signature-pad")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 150, box["y"] + 60, steps=5)
    page.mouse.up()


def test_a_visit_with_photo_signature_answers_and_order_without_signal(day, chromium):
    site, ask = day
    with phones.phone(chromium, site.address) as context:
        page = phones.opened(context, "rep1@demo.example")
        context.set_offline(True)
        page.goto("/field/")
        phones.check_in(page)

        page.get_by_role("link", name="Take an order").tap()
        page.get_by_role("button", name="One more of Paper cups").tap()
        page.get_by_role("button", name="One more of Paper cups").tap()
        expect(page.locator("#order-total")).to_have_text("$21.00")
        page.get_by_role("button", name="Take the order").tap()
        expect(page).to_have_url(re.compile("/field/visits/"))

        page.locator("input[name=photos]").set_input_files(
            {"name": "shelf.jpg", "mimeType": "image/jpeg", "buffer": picture()}
        )
        expect(page.locator(".pictures-list img")).to_have_count(1)
        page.get_by_label("Keep where they were taken").check()
        page.locator("#more summary").tap()
        page.get_by_label("Kind of visit").select_option("Stock check")
        page.get_by_label("Signed by").fill("Kim Seo-yeon")
        sign(page)
        page.get_by_role("radio", name="Interested", exact=True).tap()
        page.get_by_role("button", name="Log visit").tap()
        expect(page.get_by_label("How full is the shelf?")).to_be_focused()
        page.get_by_label("How full is the shelf?").select_option("Empty")
        page.get_by_role("button", name="Log visit").tap()
        expect(page).to_have_url(re.compile(r"/field/(\?.*)?$"))
        assert ask("SELECT count(*) FROM orders") == [(0,)]

        context.set_offline(False)
        phones.until(
            lambda: ask("SELECT count(*) FROM visit_photos WHERE file IS NOT NULL") == [(2,)], "both pictures are there"
        )
    assert ask("SELECT total_minor, status, visit_uuid IS NOT NULL FROM orders") == [(2100, "placed", True)]
    assert (
        ask("SELECT outcome, answers FROM visits WHERE finished_at IS NOT NULL AND answers <> '{}'")[0].outcome
        == "interested"
    )
    kept = ask("SELECT kind, signed_by, greatest(width, height) FROM visit_photos ORDER BY kind")
    assert [(row[0], row[1]) for row in kept] == [("photo", None), ("signature", "Kim Seo-yeon")]
    assert kept[0][2] == 1600
    assert ask("SELECT location IS NOT NULL FROM visit_photos ORDER BY kind") == [(True,), (False,)]
