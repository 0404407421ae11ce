"""Distances between points as whole numbers, exactly, so that every solver is given the same ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import isqrt

Matrix = tuple[tuple[int, ...], ...]
Point = tuple[str, str]
"""The coordinates as they are written in the file."""

# Coordinates have at most three decimals.
GRID = 1000


def truncated(points: Sequence[Point], scale: int) -> Matrix:
    """Return `scale` times each distance, cut to a whole number; 10 keeps one decimal, 100 two."""
    return _table(points, lambda square: isqrt(square * scale * scale // GRID**2))


def rounded(points: Sequence[Point], scale: int) -> Matrix:
    """Return `scale` times each distance, rounded to the nearest whole number."""
    return _table(points, lambda square: (isqrt(4 * square * scale * scale // GRID**2) + 1) // 2)


def _table(points: Sequence[Point], length: Callable[[int], int]) -> Matrix:
    """Return the table of lengths by squares on the grid: no leg depends on how a float was rounded."""
    grid = [(round(Fraction(x) * GRID), round(Fraction(y) * GRID)) for x, y in points]
    table = [[0] * len(grid) for _ in grid]
    for i, (x, y) in enumerate(grid):
        for j, (u, v) in enumerate(grid[:i]):
            table[i][j] = table[j][i] = length((x - u) ** 2 + (y - v) ** 2)
    return tuple(map(tuple, table))


def whole(text: str, scale: int) -> int:
    """Return `scale` times a number as it is written in a file, which must be whole."""
    number = Fraction(text) * scale
    if number.denominator != 1:
        raise ValueError(f"{text} has more decimals than the {scale} allows")
    return int(number)
