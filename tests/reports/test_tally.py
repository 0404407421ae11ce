"""Sums along a tree: each account counts once in every territory above it."""

from __future__ import annotations

from gcrm.reports import tally
from gcrm.reports.tally import Part, Tally

PARENTS = {"whole": None, "north": "whole", "south": "whole", "far north": "north", "alone": None}


def worth(value, accounts=1):
    return Tally(accounts=accounts, value_minor=value)


def test_a_territory_holds_what_lies_below_it():
    own = {"far north": worth(5), "north": worth(1), "south": worth(10), None: worth(99)}
    (whole, alone) = tally.tree(own, PARENTS)
    assert (whole.key, whole.tally) == ("whole", Tally(accounts=3, value_minor=16))
    assert (alone.key, alone.tally) == ("alone", tally.NOTHING)
    assert [(node.key, node.tally.value_minor, node.own.value_minor) for node in whole.children] == [
        ("south", 10, 10),
        ("north", 6, 1),
    ]


def test_a_tree_begins_where_it_is_asked_to():
    (far,) = tally.tree({"far north": worth(5)}, PARENTS, "north")
    assert (far.key, far.tally.value_minor) == ("far north", 5)


def test_a_subtree_names_every_territory_below():
    assert set(tally.subtree(PARENTS, "whole")) == {"whole", "north", "south", "far north"}
    assert tally.subtree(PARENTS, "south") == ["south"]


def test_parts_add_up_by_either_side():
    parts = [Part("north", 1, worth(5)), Part("north", 2, worth(7)), Part(None, 2, worth(1))]
    assert tally.by(parts, lambda part: part.territory) == {"north": worth(12, 2), None: worth(1)}
    assert tally.by(parts, lambda part: part.person) == {1: worth(5), 2: worth(8, 2)}
    assert tally.total(parts) == worth(13, 3)


def test_a_change_against_nothing_is_not_told():
    assert Tally(visits=3).change is None
    assert Tally(visits=3, visits_before=4).change == -0.25
