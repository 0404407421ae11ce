"""What a picture from outside may be, and what of it is kept."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image

from gcrm.core import pictures
from gcrm.core.errors import TooLarge
from gcrm.core.pictures import NoPicture, redrawn


def encoded(image, kind="JPEG", **more):
    out = io.BytesIO()
    image.save(out, kind, **more)
    return out.getvalue()


def two_halves(mode="RGB", size=(64, 32)):
    """Red on the left, blue on the right."""
    image = Image.new("RGB", size, "red")
    image.paste("blue", (size[0] // 2, 0, *size))
    return image.convert(mode)


def opened(content):
    return Image.open(io.BytesIO(content))


def exif_of(orientation=None, place=False):
    exif = Image.Exif()
    if orientation:
        exif[0x0112] = orientation
    exif[0x010F] = "Maker of phones"
    if place:
        # 40° 16' 12" north, 76° 52' 48" west.
        exif.get_ifd(pictures.GPS_IFD).update({1: "N", 2: (40.0, 16.0, 12.0), 3: "W", 4: (76.0, 52.0, 48.0)})
    return exif


def claiming(width, height):
    """A PNG of a few bytes that says it is huge."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(b"\0" * 100)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


def test_a_large_picture_is_shrunk_with_a_small_one_beside():
    kept = redrawn(encoded(two_halves(size=(4000, 2000))))
    assert (kept.width, kept.height, kept.suffix) == (1600, 800, ".jpg")
    assert opened(kept.thumbnail).size == (320, 160)


def test_a_picture_is_turned_upright():
    kept = redrawn(encoded(two_halves(size=(640, 320)), exif=exif_of(orientation=6)))
    assert (kept.width, kept.height) == (320, 640)
    red, _, blue = opened(kept.content).convert("RGB").getpixel((160, 40))
    assert red > 200 > 50 > blue


def test_nothing_that_the_file_carried_is_kept_but_its_place_is_told():
    kept = redrawn(encoded(two_halves(), exif=exif_of(place=True)))
    assert kept.place == pytest.approx((-76.88, 40.27))
    assert not opened(kept.content).getexif()
    assert b"Maker of phones" not in kept.content
    assert "icc_profile" not in opened(kept.content).info


@pytest.mark.parametrize("mode", ["CMYK", "L", "RGB"])
def test_every_colour_of_jpeg_is_drawn_in_red_green_and_blue(mode):
    assert opened(redrawn(encoded(two_halves(mode))).content).mode == "RGB"


@pytest.mark.parametrize(
    ("mode", "kind"), [("RGBA", "PNG"), ("P", "PNG"), ("1", "PNG"), ("I;16", "PNG"), ("RGBA", "WEBP")]
)
def test_other_kinds_become_jpeg(mode, kind):
    image = Image.new("I;16", (64, 32)) if mode == "I;16" else two_halves(mode)
    assert opened(redrawn(encoded(image, kind)).content).format == "JPEG"


def test_what_is_see_through_lies_on_white_and_a_drawing_stays_png():
    kept = redrawn(encoded(Image.new("RGBA", (64, 32), (0, 0, 0, 0)), "PNG"), as_drawing=True)
    assert (opened(kept.content).format, opened(kept.content).getpixel((5, 5))) == ("PNG", 255)


@pytest.mark.parametrize("kind", ["WEBP", "PNG"])
def test_an_animated_picture_keeps_its_first_frame(kind):
    frames = [Image.new("RGB", (32, 32), colour) for colour in ("red", "blue")]
    kept = redrawn(encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=100))
    found = opened(kept.content)
    assert getattr(found, "n_frames", 1) == 1
    assert found.convert("RGB").getpixel((5, 5))[0] > 200


@pytest.mark.parametrize(
    "sent",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b'\xef\xbb\xbf <?xml version="1.0"?><svg onload="alert(1)"/>',
    ],
)
def test_an_svg_is_refused_because_of_scripts(sent):
    with pytest.raises(NoPicture, match="SVG may carry a script"):
        redrawn(sent)


@pytest.mark.parametrize(
    "sent", [b"", b"%PDF-1.7", b"MZ" + b"\0" * 500, b"\xff\xd8\xff", b"GIF89a", b"BM" + b"\0" * 60]
)
def test_what_is_no_picture_is_refused(sent):
    with pytest.raises(NoPicture):
        redrawn(sent)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_that_is_cut_off_is_refused(kind):
    whole = encoded(Image.effect_noise((300, 300), 80).convert("RGB"), kind)
    with pytest.raises(NoPicture, match="broken or cut off"):
        redrawn(whole[: len(whole) // 2])


@pytest.mark.parametrize("side", [6_000, 15_000, 60_000])
def test_a_picture_that_claims_too_many_pixels_is_refused_before_it_is_decoded(side):
    with pytest.raises(TooLarge, match="pixels"):
        redrawn(claiming(side, side))


def test_a_file_of_40_megabytes_is_refused_by_its_length():
    with pytest.raises(TooLarge, match="40 MB, and 16 MB are the most"):
        redrawn(b"\0" * (40 * 1024 * 1024))


def test_a_place_that_makes_no_sense_is_none():
    exif = exif_of()
    exif.get_ifd(pictures.GPS_IFD).update({1: "N", 2: (400.0, 0.0, 0.0), 3: "E", 4: (0.0, 0.0, 0.0)})
    assert redrawn(encoded(two_halves(), exif=exif)).place is None
