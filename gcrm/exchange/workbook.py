"""Turning a sheet of an XLSX workbook into CSV text, in a process of its own with limited memory.

A workbook is unpacked and laid out in memory by its reader, and a file of some kilobytes can ask for terabytes: the
sizes that it declares are checked and proved first, and what then still grows too large ends with its own process.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import resource
import subprocess
import sys
import tempfile
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gcrm.exchange.encodings import UnreadableFile

MOST_UNZIPPED_BYTES = 1_000_000_000
MOST_RATIO = 250
"""Sheets of nothing but repeated text shrink to a hundredth; a bomb to a thousandth."""
RATIO_COUNTS_FROM_BYTES = 50_000_000
MOST_MEMORY_BYTES = 3_000_000_000
LONGEST_SECONDS = 300


@dataclass(frozen=True)
class Converted:
    """A sheet as a CSV file that is gone with this object."""

    file: Any
    sheets: list[str]
    sheet: str

    @property
    def path(self) -> Path:
        return Path(self.file.name)


def is_zip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) in (b"PK\x03\x04", b"PK\x05\x06")


def convert(path: Path, sheet: str | None = None) -> Converted:
    """One sheet, the first unless named, as UTF-8 CSV; an empty row stays an empty line."""
    refuse_bomb(path)
    target = tempfile.NamedTemporaryFile(prefix="gcrm-sheet-", suffix=".csv")  # noqa: SIM115 - lives with the table
    try:
        done = subprocess.run(
            [sys.executable, "-m", __name__, str(path), target.name, sheet or ""],
            capture_output=True, text=True, timeout=LONGEST_SECONDS, check=False, env=_environment(),
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise UnreadableFile(f"The workbook was not read within {LONGEST_SECONDS} seconds. Save it as CSV.") from None
    if done.returncode == 0:
        said = json.loads(done.stdout)
        return Converted(target, said["sheets"], said["sheet"])
    if done.returncode == 3:
        raise UnreadableFile(done.stdout.strip())
    raise UnreadableFile(
        "The sheet spans more cells than can be read. Delete what lies far below or beside the table, or save it as CSV."
    )


def _environment() -> dict[str, str]:
    import os

    package = str(Path(__file__).resolve().parent.parent.parent)
    known = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": f"{package}:{known}" if known else package}


def refuse_bomb(path: Path) -> None:
    """Refuse an archive that is no workbook, is damaged, or unpacks to more than it may."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if "xl/workbook.xml" not in archive.namelist():
                raise UnreadableFile("This is a ZIP archive, not an XLSX workbook. Unpack it and import what is in it.")
            unzipped = sum(member.file_size for member in members)
            packed = max(1, path.stat().st_size)
            if unzipped > MOST_UNZIPPED_BYTES:
                raise UnreadableFile(
                    f"The workbook unpacks to {unzipped / 1e6:,.0f} MB; at most {MOST_UNZIPPED_BYTES / 1e6:,.0f} MB are"
                    " read. Nothing of it was unpacked."
                )
            if unzipped > RATIO_COUNTS_FROM_BYTES and unzipped / packed > MOST_RATIO:
                raise UnreadableFile(
                    f"The workbook unpacks to {unzipped / packed:,.0f} times its size, as no table does."
                    " Nothing of it was unpacked."
                )
            # Python's reader stops at the declared size and checks the sum, so that a false declaration shows here.
            damaged = archive.testzip()
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, OSError) as error:
        raise UnreadableFile(f"The workbook is damaged and cannot be unpacked ({error}).") from None
    if damaged:
        raise UnreadableFile(f"The workbook is damaged: {damaged} in it does not have the size it declares.")


def cell_text(value: Any) -> str:
    """A cell as text: whole numbers without a point, dates as ISO."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    return str(value)


def _main(source: str, target: str, wanted: str) -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY_BYTES, MOST_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum

    try:
        book = CalamineWorkbook.from_path(source)
        sheets = [known.name for known in book.sheets_metadata if known.typ == SheetTypeEnum.WorkSheet]
        if not sheets:
            return _refuse("The workbook has no sheet with a table.")
        if wanted and wanted not in sheets:
            return _refuse(f"The workbook has no sheet “{wanted}”; its sheets are: {', '.join(sheets)}.")
        sheet = book.get_sheet_by_name(wanted or sheets[0])
        with open(target, "w", encoding="utf-8", errors="replace", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            for cells in sheet.iter_rows():
                texts = [cell_text(cell) for cell in cells]
                writer.writerow(texts if any(texts) else [])
    except CalamineError as error:
        return _refuse(f"The workbook cannot be read ({error}). Save it again as XLSX or CSV.")
    print(json.dumps({"sheets": sheets, "sheet": sheet.name}))  # noqa: T201 - the answer to the other process
    return 0


def _refuse(sentence: str) -> int:
    print(sentence)  # noqa: T201 - the answer to the other process
    return 3


if __name__ == "__main__":
    sys.exit(_main(*sys.argv[1:]))
