"""The app's icon as a picture: the route with its pin on a blue ground that fills the square, so that any mask may cut its corners."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw as Pen

GROUND = "#2450d6"
INK = "#ffffff"
FINER = 4
"""Drawn so many times larger, then made smaller, which smooths the edges."""
PIN = (0.64, 0.36)
START = (0.34, 0.68)


@lru_cache(maxsize=8)
def drawn(size: int) -> bytes:
    """A PNG of so many pixels; all that matters lies within the middle four fifths."""
    from PIL import Image, ImageDraw

    side = size * FINER
    image = Image.new("RGB", (side, side), GROUND)
    pen = ImageDraw.Draw(image)
    line = [(x * side, y * side) for x, y in _way()]
    pen.line(line, fill=INK, width=round(side * 0.055), joint="curve")
    _disc(pen, side, *START, 0.062, INK)
    x, y = PIN
    _disc(pen, side, x, y, 0.115, INK)
    pen.polygon(
        [
            ((x - 0.105) * side, (y + 0.05) * side),
            ((x + 0.105) * side, (y + 0.05) * side),
            (x * side, (y + 0.235) * side),
        ],
        fill=INK,
    )
    _disc(pen, side, x, y, 0.045, GROUND)
    content = io.BytesIO()
    image.resize((size, size), Image.Resampling.LANCZOS).save(content, "PNG", optimize=True)
    return content.getvalue()


def _disc(pen: Pen, side: int, x: float, y: float, radius: float, colour: str) -> None:
    box = [(x - radius) * side, (y - radius) * side, (x + radius) * side, (y + radius) * side]
    pen.ellipse(box, fill=colour)


def _way(steps: int = 40) -> list[tuple[float, float]]:
    """From the start to the pin's foot along an S."""
    ends = (START, (0.58, 0.68), (0.36, 0.56), (PIN[0], PIN[1] + 0.2))
    weights = [
        ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3) for t in (n / steps for n in range(steps + 1))
    ]
    return [
        (sum(w * p[0] for w, p in zip(each, ends, strict=True)), sum(w * p[1] for w, p in zip(each, ends, strict=True)))
        for each in weights
    ]
