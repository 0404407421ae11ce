"""Class breaks for choropleths: a few classes that a legend can name."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from gcrm.core.errors import Invalid
from gcrm.maps.natural import natural_limits

MOST_CLASSES = 9
METHODS = ("quantile", "natural", "equal")


@dataclass(frozen=True)
class Classes:
    """Consecutive classes of values.

    `limits` are the inner limits, one fewer than classes; a value equal to a limit belongs to the class above it, as in MapLibre's ``step``.
    """

    limits: tuple[float, ...]
    labels: tuple[str, ...]
    counts: tuple[int, ...]

    def class_of(self, value: float) -> int:
        """Return the number of the class that a value falls into, from 0."""
        return bisect_right(self.limits, value)


def plain(value: float) -> str:
    """Return a number in its shortest form, to three digits when it is not whole."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.3g}" if abs(value) < 100 else f"{value:,.0f}"


def _quantile_limits(values: Sequence[float], n: int) -> list[float]:
    """Return the values at which each next n-th of the sorted values begins."""
    return [values[math.ceil(k * len(values) / n)] for k in range(1, n) if math.ceil(k * len(values) / n) < len(values)]


def _equal_limits(values: Sequence[float], n: int) -> list[float]:
    low, high = values[0], values[-1]
    return [low + (high - low) * k / n for k in range(1, n)]


def _label(low: float | None, high: float | None, whole: bool, write: Callable[[float], str]) -> str:
    if low is None and high is None:
        return ""
    if low is None:
        return f"< {write(high)}"  # type: ignore[arg-type]
    if high is None:
        return f"≥ {write(low)}"
    last = high - 1 if whole else high
    return write(low) if last <= low else f"{write(low)} – {write(last)}"


def _made(values: Sequence[float], limits: Iterable[float], write: Callable[[float], str], open_ends: bool) -> Classes:
    """Return the classes between distinct limits, with labels that name exactly what each holds."""
    inner = tuple(sorted(set(limits)))
    whole = all(float(value).is_integer() for value in (*values, *inner))
    counts = [0] * (len(inner) + 1)
    for value in values:
        counts[bisect_right(inner, value)] += 1
    distinct = sorted(set(values))
    if not open_ends and tuple(distinct[1:]) == inner:
        return Classes(inner, tuple(write(value) for value in distinct), tuple(counts))
    if open_ends:
        edges: list[float | None] = [None, *inner, None]
    else:
        # The highest value is inside its class; whole labels end one below the next edge, so it is moved up by one.
        edges = [values[0], *inner, values[-1] + 1 if whole else values[-1]]
    labels = tuple(_label(low, high, whole, write) for low, high in pairwise(edges))
    return Classes(inner, labels, tuple(counts))


def _below(values: Sequence[float], n: int, method: str) -> list[float]:
    """Return inner limits for sorted values, each class holding some of them."""
    distinct = sorted(set(values))
    if len(distinct) <= n:
        return distinct[1:]
    limits = {"quantile": _quantile_limits, "natural": natural_limits, "equal": _equal_limits}[method](values, n)
    return [limit for limit in limits if limit > values[0]]


def _around_zero(values: Sequence[float], n: int, method: str) -> list[float]:
    """Return inner limits of which one is 0 where there is something on both sides of it."""
    below, rest = [value for value in values if value < 0], [value for value in values if value >= 0]
    if not below or not rest:
        return _below(values, n, method)
    return [*_below(below, n // 2, method), 0.0, *_below(rest, n - n // 2, method)]


def classify(
    values: Iterable[float | None],
    n: int = 5,
    method: str = "quantile",
    limits: Sequence[float] | None = None,
    write: Callable[[float], str] = plain,
    around_zero: bool = False,
) -> Classes:
    """Divide values into at most `n` classes.

    Parameters
    ----------
    values
        None and NaN are left out: they are "no data", not a class.
    method
        ``quantile`` gives classes about equally many values, ``equal`` equal widths, ``natural`` the values that lie closest together
        (gcrm.maps.natural). Values that tie stay together, so there may be fewer classes; with no more than `n` different values each is a class. Where nothing is negative, zeros stand apart,
        since "none" and "few" are different news.
    limits
        Given inner limits, which override `n` and `method`; the first and last class are then open.
    write
        Writes a number for a label.
    around_zero
        Half of the classes are below zero and half from it on, where values lie on both sides: for changes. Zeros then do not stand apart.
    """
    present = sorted(float(value) for value in values if value is not None and not math.isnan(value))
    if limits is not None:
        if not limits:
            raise Invalid("Give at least one limit.")
        return _made(present, limits, write, open_ends=True)
    if not 1 <= n <= MOST_CLASSES:
        raise Invalid(f"There are 1 to {MOST_CLASSES} classes.")
    if method not in METHODS:
        raise Invalid(f"No such method: {method}.")
    if not present:
        return Classes((), (), ())
    if around_zero:
        return _made(present, _around_zero(present, n, method), write, open_ends=False)
    positive = [value for value in present if value > 0]
    if present[0] == 0 and positive and n > 1:
        inner = [positive[0], *_below(positive, n - 1, method)]
        rest = _made(positive, inner[1:], write, open_ends=False)
        zeros = len(present) - len(positive)
        return Classes(tuple(inner), (write(0), *rest.labels), (zeros, *rest.counts))
    return _made(present, _below(present, n, method), write, open_ends=False)
