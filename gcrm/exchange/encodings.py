"""Which encoding a text file is in: UTF-8 strictly first, then what its bytes say."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gcrm.core.errors import Invalid

BLOCK = 1 << 20
SAMPLE = 512 * 1024
FEWEST_TO_GUESS = 10
"""So many lines outside ASCII are needed before a guess beats rejecting them by name."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_BINARY = ((b"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls)"), (b"%PDF", "a PDF"), (b"\x1f\x8b", "a gzip archive"),
           (b"\x89PNG", "a picture"), (b"\xff\xd8\xff", "a picture"))  # fmt: skip
_OUTSIDE_ASCII = re.compile(r"[^\x00-\x7f�]")
_HANGUL = re.compile(r"[가-힣]")


class UnreadableFile(Invalid):
    """The file as a whole cannot be read."""

    title = "File refused"


@dataclass(frozen=True)
class Encoding:
    """The encoding to read a file in."""

    name: str
    is_guess: bool = False
    """Neither given nor proved by the bytes."""


def chosen(name: str) -> Encoding:
    """The encoding that somebody named."""
    try:
        found = codecs.lookup(name.strip())
    except (LookupError, ValueError):
        raise UnreadableFile(f"“{name}” is no encoding. Try utf-8, cp949 or windows-1252.") from None
    if not getattr(found, "_is_text_encoding", True):
        raise UnreadableFile(f"“{name}” is no encoding of text. Try utf-8, cp949 or windows-1252.")
    return Encoding("utf-8-sig" if found.name == "utf-8" else found.name)


def detect(path: Path) -> Encoding:
    """Look at the whole file once: UTF-8 when every byte fits, otherwise the likeliest."""
    with path.open("rb") as file:
        head = file.read(4096)
    _refuse_binary(head)
    for mark, name in _BOMS:
        if head.startswith(mark):
            return Encoding(name)
    if _fits(path, "utf-8"):
        return Encoding("utf-8-sig")
    good, bad, _hangul = _weigh(path, "utf-8")
    if good > bad:
        return Encoding("utf-8-sig")
    korean, spoilt, hangul = _weigh(path, "cp949")
    if hangul >= 0.7 * korean and hangul > 0 and spoilt <= 0.02 * korean:
        return Encoding("cp949", is_guess=True)
    return _guess(path) or Encoding("utf-8-sig")


def _refuse_binary(head: bytes) -> None:
    for mark, what in _BINARY:
        if head.startswith(mark):
            raise UnreadableFile(f"This is {what}, not a table. Save it as CSV or XLSX and try again.")
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return
    if head.count(b"\0") > len(head) // 4:
        raise UnreadableFile(
            "This is no text: a quarter of its first bytes are zero. Save it as CSV (UTF-8) or XLSX, or name its"
            " encoding, for example utf-16-le."
        )


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            yield block


def _fits(path: Path, name: str) -> bool:
    decoder = codecs.getincrementaldecoder(name)()
    try:
        for block in _blocks(path):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _weigh(path: Path, name: str) -> tuple[int, int, int]:
    """How many signs outside ASCII the encoding reads, how many bytes it cannot, and how many signs are Hangul."""
    decoder = codecs.getincrementaldecoder(name)(errors="replace")
    good = bad = hangul = 0
    for block in _blocks(path):
        text = decoder.decode(block)
        if not text.isascii():
            good += len(_OUTSIDE_ASCII.findall(text))
            bad += text.count("�")
            hangul += len(_HANGUL.findall(text))
    return good, bad, hangul


def _guess(path: Path) -> Encoding | None:
    """What charset-normalizer makes of a file with enough to go by."""
    with path.open("rb") as file:
        sample = file.read(SAMPLE)
    lines = [line for line in sample.splitlines() if not line.isascii()]
    if len(lines) < FEWEST_TO_GUESS:
        return None
    from charset_normalizer import from_bytes

    best = from_bytes(b"\n".join(lines[:2000])).best()
    if best is None or not _fits(path, best.encoding):
        return None
    # Several code pages may read these bytes alike; the one that most programs write is then the right name.
    name = "cp1252" if "cp1252" in best.could_be_from_charset and _fits(path, "cp1252") else best.encoding
    return Encoding(name, is_guess=True)
