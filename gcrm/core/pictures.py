"""Pictures from outside, drawn anew: what is kept is pixels of ours and nothing else that a file may carry.

Pillow reads JPEG, PNG and WebP only; how many pixels a file claims is looked at before any of them is decoded.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from typing import Any

from gcrm.core.errors import Invalid, TooLarge

LARGEST_BYTES = 16 * 1024 * 1024
MOST_PIXELS = 26_000_000
"""Of a PNG or WebP, which is decoded as a whole: about 100 MB."""
MOST_JPEG_PIXELS = 64_000_000
"""A JPEG is decoded at a fraction of its size."""
LONGEST_SIDE = 1600
THUMBNAIL_SIDE = 320
JPEG_QUALITY = 82
FORMATS = ("JPEG", "PNG", "WEBP")
GPS_IFD = 0x8825
_SIGNS = (b"<svg", b"<!doctype svg", b"<?xml")


class NoPicture(Invalid):
    title = "No picture"


@dataclass(frozen=True)
class Picture:
    """A picture as it is kept, with a small one for lists."""

    content: bytes
    thumbnail: bytes
    suffix: str
    width: int
    height: int
    place: tuple[float, float] | None
    """Where the camera said that it was taken, (lon, lat)."""


def check_size(size: int | None) -> None:
    """Refuse a file by its length alone, before it is read."""
    if size is not None and size > LARGEST_BYTES:
        raise TooLarge(
            "The picture has %(size)s MB, and %(most)s MB are the most. Make it smaller and send it again.",
            size=round(size / 1_048_576),
            most=LARGEST_BYTES // 1_048_576,
        )


def redrawn(sent: bytes, as_drawing: bool = False) -> Picture:
    """Decode a picture, turn it upright, shrink it and encode it anew; a drawing is kept as PNG.

    Of an animated one the first frame is kept. Raises `TooLarge` or `NoPicture` with a sentence.
    """
    check_size(len(sent))
    if not sent:
        raise NoPicture("The picture is empty.")
    if sent[:200].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_SIGNS):
        raise NoPicture("An SVG may carry a script, so it is not taken. Send a JPEG, PNG or WebP.")
    from PIL import Image, ImageFile, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            # What a file claims beyond our own limits is refused below, with a sentence.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            # Who draws paper lets cut-off pictures pass, for the whole process.
            ImageFile.LOAD_TRUNCATED_IMAGES = False
            with Image.open(io.BytesIO(sent), formats=FORMATS) as opened:
                return _kept(opened, as_drawing)
    except UnidentifiedImageError:
        raise NoPicture("This file is no picture that can be read. Send a JPEG, PNG or WebP.") from None
    except Image.DecompressionBombError:
        raise TooLarge("The picture claims more pixels than are taken. Make it smaller and send it again.") from None
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError) as error:
        raise NoPicture("The picture is broken or cut off. Take it again.") from error


def _kept(opened: Any, as_drawing: bool) -> Picture:
    from PIL import ImageOps

    most = MOST_JPEG_PIXELS if opened.format == "JPEG" else MOST_PIXELS
    if opened.width * opened.height > most:
        raise TooLarge(
            "The picture has %(width)s × %(height)s pixels, and %(most)s million are the most.",
            width=opened.width,
            height=opened.height,
            most=most // 1_000_000,
        )
    place = _place(opened)
    if opened.format == "JPEG":
        opened.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
    opened.load()
    upright = ImageOps.exif_transpose(opened)
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    plain = _flat(upright)
    small = plain.copy()
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    kind, suffix = ("PNG", ".png") if as_drawing else ("JPEG", ".jpg")
    return Picture(_encoded(plain, kind), _encoded(small, kind), suffix, plain.width, plain.height, place)


def _flat(image: Any) -> Any:
    """Red, green and blue; what is see-through lies on white."""
    from PIL import Image

    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    return image.convert("RGB")


def _encoded(image: Any, kind: str) -> bytes:
    image.info.clear()
    out = io.BytesIO()
    if kind == "PNG":
        image.convert("L").save(out, "PNG", optimize=True)
    else:
        image.save(out, "JPEG", quality=JPEG_QUALITY, optimize=True)
    return out.getvalue()


def _place(opened: Any) -> tuple[float, float] | None:
    """The place that the camera wrote into the file; None where it is missing or makes no sense."""
    try:
        gps = opened.getexif().get_ifd(GPS_IFD)
        lat, lon = _degrees(gps[2], gps[1] == "S"), _degrees(gps[4], gps[3] == "W")
    except (KeyError, TypeError, ValueError, ZeroDivisionError, OSError, SyntaxError, IndexError):
        return None
    return (lon, lat) if -180 <= lon <= 180 and -90 <= lat <= 90 else None


def _degrees(parts: Any, is_negative: bool) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)
    found = degrees + minutes / 60 + seconds / 3600
    return -found if is_negative else found
