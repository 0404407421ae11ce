"""What higher domains show on an account's page."""

from __future__ import annotations

import pytest

from gcrm.customers import panels


@pytest.fixture
def empty(monkeypatch):
    for name in ("_panels", "_actions", "_kinds"):
        monkeypatch.setattr(panels, name, {})


def test_panels_stand_in_their_order_and_empty_ones_fall_away(empty):
    panels.register("late", 20, lambda account: f"<p>{account}</p>")
    panels.register("early", 10, lambda account: "<p>first</p>")
    panels.register("nothing", 5, lambda account: "  ")
    panels.register("aside", 1, lambda account: "x", place="side")
    assert panels.rendered("A", "main") == [("early", "<p>first</p>"), ("late", "<p>A</p>")]
    assert panels.rendered("A", "side") == [("aside", "x")]


def test_a_panel_replaces_the_one_of_its_name(empty):
    panels.register("tasks", 1, lambda account: "old")
    panels.register("tasks", 1, lambda account: "new")
    assert panels.rendered("A", "main") == [("tasks", "new")]


def test_an_unknown_place_is_refused(empty):
    with pytest.raises(ValueError, match="main, side"):
        panels.register("x", 1, str, place="left")


def test_actions_that_do_not_apply_are_left_out(empty):
    panels.register_action("a", 2, lambda account: {"label": "A", "url": "/a"})
    panels.register_action("b", 1, lambda account: None)
    assert panels.actions("A") == [{"label": "A", "url": "/a"}]


def test_an_unknown_kind_of_touch_is_still_shown(empty):
    assert panels.kinds("trade_fair").label == "Trade fair"
