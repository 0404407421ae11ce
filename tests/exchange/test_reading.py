from __future__ import annotations

import pytest

from gcrm.exchange import reading
from gcrm.exchange.encodings import UnreadableFile


@pytest.fixture
def read(write):
    """The rows of a file as {number: cells}, and the faults as {number: sentence}."""

    def rows(*lines, **options):
        table = reading.open_table(write(*lines), **options)
        found = list(table.rows())
        return {r.number: r.cells for r in found if not r.fault}, {r.number: r.fault for r in found if r.fault}

    return rows


def refusal(write, *lines, **options) -> str:
    with pytest.raises(UnreadableFile) as caught:
        reading.open_table(write(*lines), **options)
    return caught.value.message


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16"])
def test_korean_reads_alike_in_every_encoding_it_is_written_in(read, encoding):
    lines = ("번호,상호명", "1,이디야커피", "2,스타벅스 신길역점")
    rows, faults = read(*lines) if encoding == "utf-8" else read("\n".join(lines).encode(encoding))
    assert rows == {2: ["1", "이디야커피"], 3: ["2", "스타벅스 신길역점"]}
    assert not faults


def test_western_text_outside_utf8_is_guessed_when_there_is_enough_of_it(write):
    lines = ["id,name", *(f"{i},Müller Straße {i}, Zürich".replace(", ", " ") for i in range(30))]
    table = reading.open_table(write("\n".join(lines).encode("cp1252")))
    assert table.encoding.is_guess
    assert table.first(1)[0].cells == ["0", "Müller Straße 0 Zürich"]


def test_a_named_encoding_wins(read):
    rows, _faults = read("id,name\n1,café\n".encode("cp1252"), encoding="cp1252")
    assert rows == {2: ["1", "café"]}


def test_a_line_that_is_not_utf8_is_named_and_the_others_are_read(read):
    rows, faults = read(b"id,name\n1,ok\n2,caf\xe9\n3,\xed\x95\x9c\n")
    assert rows == {2: ["1", "ok"], 4: ["3", "한"]}
    assert "Line 3 is not UTF-8" in faults[3]
    assert "0xE9" in faults[3]


def test_the_bytes_of_a_broken_line_are_kept(write):
    table = reading.open_table(write(b"id,name\n1,caf\xe9\n"))
    assert table.first(1)[0].cells == ["1", "caf\\xE9"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_recognised(read, delimiter):
    rows, _faults = read(delimiter.join(("id", "name", "city")), delimiter.join(("1", "A B", "C")))
    assert rows == {2: ["1", "A B", "C"]}


def test_a_comma_inside_a_semicolon_file_stays_in_its_cell(read):
    rows, _faults = read("id;name", "1;Smith, John")
    assert rows == {2: ["1", "Smith, John"]}


def test_excels_sep_line_is_obeyed_and_counted(read):
    rows, _faults = read("sep=;", "id;name", "1;A")
    assert rows == {3: ["1", "A"]}


def test_half_a_row_is_rejected_and_the_others_are_read(read):
    rows, faults = read("id,name,city", "1,A,B", "2,C", "3,D,E")
    assert set(rows) == {2, 4}
    assert faults == {3: "The row has 2 cells where the header has 3."}


def test_too_many_cells_are_a_fault_unless_they_are_empty(read):
    rows, faults = read("id,name", "1,A,,", "2,B,C")
    assert rows == {2: ["1", "A"]}
    assert "3 cells where the header has 2" in faults[3]


def test_blank_lines_are_no_rows_but_keep_their_number(read):
    rows, faults = read("id,name", "1,A", "", "2,B", ",")
    assert set(rows) == {2, 4}
    assert faults == {5: "The row is empty."}


def test_a_line_break_inside_a_cell_does_not_count(read):
    rows, faults = read("id,name", '1,"A', 'B"', "2,C", "3")
    assert rows == {2: ["1", "A\nB"], 3: ["2", "C"]}
    assert list(faults) == [4]


def test_a_file_cut_off_inside_a_quoted_cell_loses_only_that_row(read):
    rows, faults = read("id,name", "1,A", '2,"B and')
    assert set(rows) == {2}
    assert "never closed" in faults[3]


def test_a_quotation_mark_left_open_does_not_swallow_the_rest(read):
    rows, faults = read("id,name", '1,"A', "2,B", "3,C")
    assert rows == {3: ["2", "B"], 4: ["3", "C"]}
    assert "never closed" in faults[2]


def test_a_quotation_mark_left_open_in_a_huge_file_does_not_swallow_the_rest(read, monkeypatch):
    monkeypatch.setattr(reading, "MOST_ROW_CHARACTERS", 1000)
    rows, faults = read("id,name", '1,"A', *(f"{i},B" for i in range(2, 1000)))
    assert list(faults) == [2]
    assert len(rows) == 998
    assert rows[1000] == ["999", "B"]


def test_stray_quotation_marks_are_a_fault_of_their_row(read):
    rows, faults = read("id,name", '1,"A" B', '2,5" pipe')
    assert rows == {3: ["2", '5" pipe']}
    assert "quotation marks" in faults[2]


def test_a_nul_byte_is_a_fault_of_its_row(read):
    rows, faults = read(b"id,name\n1,a\0b\n2,c\n")
    assert rows == {3: ["2", "c"]}
    assert faults[2] == "Line 2 holds a NUL byte, which no text has."


@pytest.mark.parametrize("cell", ["x" * 100_000_000, '"' + "x" * 100_000_000 + '"', '"' + "x\n" * 5_000_000 + '"'],
                         ids=["plain", "quoted", "of many lines"])  # fmt: skip
def test_a_huge_cell_costs_only_its_row(write, cell):
    path = write(b"id,name\n1,A\n2,", cell.encode(), b"\n3,C\n")
    found = list(reading.open_table(path).rows())
    assert [row.number for row in found] == [2, 3, 4]
    assert [bool(row.fault) for row in found] == [False, True, False]
    assert "at most 1,000,000 are read" in found[1].fault
    assert sum(map(len, found[1].cells)) < 11_000


def test_repeated_and_nameless_headers_get_names(write):
    table = reading.open_table(write("id,name,name,,id", "1,A,B,C,D"))
    assert table.headers == ["id", "name", "name (2)", "Column 4", "id (2)"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty."),
        (b"\n\n \n", "The file is empty."),
        (b"id,name\n", "has a header but no rows"),
        (b"%PDF-1.4 something", "This is a PDF"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 100, "old Excel workbook"),
        (b"\0" * 5000, "This is no text"),
    ],
    ids=["empty", "blank", "header only", "pdf", "xls", "zeros"],
)
def test_a_file_that_is_no_table_is_refused_with_a_sentence(write, content, sentence):
    assert sentence in refusal(write, content)


def test_an_unknown_encoding_is_refused(write):
    assert "“klingon” is no encoding" in refusal(write, "id,name", "1,A", encoding="klingon")


def test_rows_read_the_same_twice(write):
    table = reading.open_table(write("id,name", "1,A", "2,B"))
    assert list(table.rows()) == list(table.rows())
