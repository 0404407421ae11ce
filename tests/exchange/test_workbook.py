from __future__ import annotations

import datetime as dt
import zipfile

import pytest
import xlsxwriter

from gcrm.exchange import reading, workbook
from gcrm.exchange.encodings import UnreadableFile


@pytest.fixture
def book(tmp_path):
    """`book(sheet=[[...]])` writes a workbook of these sheets."""

    def make(**sheets):
        path = tmp_path / "book.xlsx"
        with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"}) as made:
            for name, rows in sheets.items():
                sheet = made.add_worksheet(name)
                for place, cells in enumerate(rows):
                    sheet.write_row(place, 0, cells)
        return path

    return make


def test_whole_numbers_come_as_text_without_a_point(book):
    path = book(shops=[["id", "zip", "lat", "open", "is_new"], [5000, 2139, 42.5, dt.date(2024, 1, 2), True]])
    assert reading.open_table(path).first(1)[0].cells == ["5000", "2139", "42.5", "2024-01-02", "true"]


def test_rows_are_numbered_as_excel_shows_them(book):
    path = book(shops=[[], ["id", "name"], [1, "A"], [], [2, "B"]])
    table = reading.open_table(path)
    assert table.header_number == 2
    assert [row.number for row in table.rows()] == [3, 5]


def test_line_breaks_and_commas_in_cells_survive(book):
    path = book(shops=[["id", "name"], [1, 'A, "B"\nC']])
    assert reading.open_table(path).first(1)[0].cells == ["1", 'A, "B"\nC']


def test_the_first_sheet_is_read_unless_another_is_named(book):
    path = book(one=[["id", "name"], [1, "A"]], two=[["id", "name"], [2, "B"]])
    first = reading.open_table(path)
    assert (first.sheets, first.sheet, first.first(1)[0].cells) == (["one", "two"], "one", ["1", "A"])
    assert reading.open_table(path, sheet="two").first(1)[0].cells == ["2", "B"]


def test_an_unknown_sheet_is_refused_by_name(book):
    with pytest.raises(UnreadableFile, match="no sheet “three”; its sheets are: one"):
        reading.open_table(book(one=[["id", "name"], [1, "A"]]), sheet="three")


def test_a_workbook_is_recognised_whatever_its_name(book, tmp_path):
    path = book(one=[["id", "name"], [1, "A"]]).rename(tmp_path / "book.csv")
    assert reading.open_table(path).is_workbook


def with_sheet(path, size: int, declared: int | None = None):
    """A workbook whose sheet is `size` blanks, one block at a time."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as member:
            for _block in range(size // 1_000_000):
                member.write(b" " * 1_000_000)
    return path


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(workbook, "MOST_UNZIPPED_BYTES", 100_000_000)
    path = with_sheet(tmp_path / "bomb.xlsx", 110_000_000)
    assert path.stat().st_size < 200_000
    with pytest.raises(UnreadableFile, match=r"unpacks to 110 MB; at most 100 MB"):
        reading.open_table(path)


def test_a_smaller_bomb_is_known_by_its_ratio(tmp_path):
    with pytest.raises(UnreadableFile, match="times its size, as no table does"):
        reading.open_table(with_sheet(tmp_path / "bomb.xlsx", 60_000_000))


def test_a_bomb_that_declares_a_small_size_is_refused(tmp_path):
    path = with_sheet(tmp_path / "liar.xlsx", 60_000_000)
    content = path.read_bytes().replace((60_000_000).to_bytes(4, "little"), (60_000).to_bytes(4, "little"))
    path.write_bytes(content)
    with pytest.raises(UnreadableFile, match="damaged"):
        reading.open_table(path)


def test_a_sheet_that_spans_terabytes_ends_with_a_sentence(tmp_path):
    path = tmp_path / "sparse.xlsx"
    with xlsxwriter.Workbook(path) as made:
        sheet = made.add_worksheet()
        sheet.write(0, 0, "id")
        sheet.write(1048575, 16383, "far")
    with pytest.raises(UnreadableFile, match="spans more cells than can be read"):
        reading.open_table(path)


def test_another_archive_is_no_workbook(tmp_path):
    path = tmp_path / "photos.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "hello")
    with pytest.raises(UnreadableFile, match="not an XLSX workbook"):
        reading.open_table(path)


def test_a_truncated_workbook_is_refused(book):
    path = book(one=[["id", "name"], [1, "A"]])
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(UnreadableFile, match="damaged"):
        reading.open_table(path)


@pytest.mark.parametrize(
    ("value", "text"),
    [(99654.0, "99654"), (-76.8867, "-76.8867"), (1.15601e18, "1.15601e+18"), (True, "true"), ("007", "007"),
     (dt.date(2024, 1, 2), "2024-01-02"), (dt.time(3, 4), "03:04:00")],
)  # fmt: skip
def test_cells_as_text(value, text):
    assert workbook.cell_text(value) == text
