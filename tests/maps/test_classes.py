"""Class breaks, each case small enough to count on the fingers."""

from __future__ import annotations

import math

import pytest

from gcrm.core.errors import Invalid
from gcrm.maps.classes import METHODS, classify


def test_quantiles_hold_equally_many() -> None:
    classes = classify(range(1, 11), 5)
    assert classes.limits == (3, 5, 7, 9)
    assert classes.labels == ("1 – 2", "3 – 4", "5 – 6", "7 – 8", "9 – 10")
    assert classes.counts == (2, 2, 2, 2, 2)


def test_equal_widths_ignore_how_many_fall_in() -> None:
    classes = classify([10, 11, 12, 13, 14, 15, 50], 4, "equal")
    assert classes.limits == (20, 30, 40)
    assert classes.counts == (6, 0, 0, 1)
    assert classes.labels == ("10 – 19", "20 – 29", "30 – 39", "40 – 50")


def test_given_limits_leave_the_ends_open() -> None:
    classes = classify([5, 10, 100], limits=[10, 50])
    assert classes.labels == ("< 10", "10 – 49", "≥ 50")
    assert classes.counts == (1, 1, 1)


def test_ties_stay_together_and_make_fewer_classes() -> None:
    classes = classify([1] * 10 + [2, 3, 4, 5, 6], 5)
    assert classes.limits == (3,) or classes.limits[0] > 1
    assert sum(classes.counts) == 15
    assert classes.class_of(1) == 0


def test_zeros_stand_apart() -> None:
    classes = classify([0, 0, 0, 1, 2, 3, 4], 3)
    assert classes.labels == ("0", "1 – 2", "3 – 4")
    assert classes.counts == (3, 2, 2)
    assert classes.limits == (1, 3)


def test_few_values_are_each_their_own_class() -> None:
    assert classify([7, 7, 9], 5).labels == ("7", "9")
    assert classify([7], 5).labels == ("7",)
    assert classify([0, 0], 5).labels == ("0",)


def test_nothing_makes_no_classes() -> None:
    assert classify([]).labels == ()
    assert classify([None, math.nan]).counts == ()


def test_missing_values_are_no_class() -> None:
    assert sum(classify([1, None, 2, math.nan, 3]).counts) == 3


def test_a_value_on_a_limit_belongs_above_it() -> None:
    classes = classify(range(1, 11), 5)
    assert [classes.class_of(value) for value in (1, 2, 3, 9, 10, 11)] == [0, 0, 1, 4, 4, 4]


def test_negative_values_have_no_zero_class() -> None:
    assert classify([-2, 0, 2, 4], 2, "equal").limits == (1,)


def test_fractions_are_written_short() -> None:
    assert classify([0.5, 1.25, 2.123456, 1234.5], 2).labels == ("0.5 – 2.12", "2.12 – 1,234")


def test_labels_use_the_given_writing() -> None:
    assert classify([1000, 2000], 2, write=lambda value: f"${value / 1000:.0f}k").labels == ("$1k", "$2k")


@pytest.mark.parametrize("n", [1, 2, 5, 9])
def test_counts_sum_to_the_values_and_agree_with_class_of(n: int) -> None:
    values = [(i * 37 % 101) ** 2 for i in range(200)]
    for method in METHODS:
        classes = classify(values, n, method)
        assert len(classes.labels) == len(classes.counts) == len(classes.limits) + 1 <= n
        assert list(classes.counts) == [
            sum(classes.class_of(v) == k for v in values) for k in range(len(classes.counts))
        ]


@pytest.mark.parametrize("bad", [{"n": 0}, {"n": 10}, {"method": "guess"}, {"limits": []}])
def test_nonsense_is_refused(bad: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        classify([1, 2, 3], **bad)  # type: ignore[arg-type]


def test_natural_breaks_part_where_the_gaps_are() -> None:
    classes = classify([1, 2, 3, 50, 51, 52, 900], 3, "natural")
    assert classes.labels == ("1 – 49", "50 – 899", "900")
    assert classes.counts == (3, 3, 1)


def test_changes_are_parted_at_zero() -> None:
    classes = classify([-90, -40, -10, 0, 5, 20, 300], 4, around_zero=True)
    assert classes.limits == (-10, 0, 20)
    assert classes.counts == (2, 1, 2, 2)


def test_changes_of_one_kind_are_parted_as_usual() -> None:
    assert classify([1, 2, 3, 4], 2, around_zero=True).limits == (3,)
    assert classify([-4, -3, -2, -1], 2, around_zero=True).limits == (-2,)
