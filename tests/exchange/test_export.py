from __future__ import annotations

import csv
import io
import json

import pytest
from python_calamine import CalamineWorkbook

from gcrm.core.errors import Invalid
from gcrm.customers.selecting import Selection
from gcrm.exchange import geofiles, queries, writing
from tests.factories import make_account, make_user


@pytest.fixture
def export(session, tmp_path):
    """`export("csv", status="customer")` writes the selected accounts and answers the file."""

    def run(extension: str, **selected: str):
        path = tmp_path / f"accounts.{extension}"
        with path.open("w+b") as file:
            writing.write(queries.accounts_to_write(session, Selection.parse(selected)), extension, file)
        return path

    return run


@pytest.fixture
def company(session, organisation):
    """Accounts with every field, with text of every kind, and with next to nothing."""
    kim = make_user(session, email="kim@acme.example")
    gone = make_user(session, email="gone@acme.example", active=False)
    make_account(
        session, kim, at=(126.89786979999998, 37.48438541), name="=HYPERLINK(\"http://x\",\"한빛\")", external_id="007", source="erp",
        street="+1 'Main', \"Rear\"", city="@Home", region="-", postcode="02139", country="us", phone="+1 (907) 357-9155",
        phone_e164="+19073579155", email="a@b.example", website="https://acme.example/a?b=c", industry="'Quoted", tier="A",
        annual_value_minor=120050, potential_minor=5, currency="USD", tags=["=a", "b c"], opening_hours="Mo-Fr 09:00-17:00",
        cadence_days=30, visit_minutes=45, note="-2+3 first line\n=second line", extra={"phone": "call us", "state": "PA", "색": "=red", "=key": "1"},
    )  # fmt: skip
    make_account(
        session, gone, name="Won", currency="KRW", annual_value_minor=5_000_000, status="prospect", at=(0.1, 51.5)
    )
    make_account(session, name="Twin", at=None)
    make_account(session, name="Twin", at=None)


@pytest.mark.parametrize("extension", ["csv", "xlsx"])
def test_importing_an_export_changes_nothing(company, export, bring, extension):
    batch = bring(export(extension))
    assert (batch.read, batch.unchanged, batch.rejected) == (4, 4, 0)


def test_a_mended_cell_of_an_export_comes_back(company, export, bring, account, tmp_path):
    path = export("csv")
    path.write_bytes(path.read_bytes().replace(b'"Won"', b'"Mended"'))
    batch = bring(path)
    assert (batch.updated, batch.unchanged) == (1, 3)
    assert account(name="Mended").annual_value_minor == 5_000_000


def cells(path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("extension", ["csv", "xlsx"])
def test_no_cell_of_an_export_begins_a_formula(company, export, extension):
    path = export(extension)
    texts = (
        [text for row in cells(path) for text in row.values()]
        if extension == "csv"
        else [text for row in CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python() for text in row]
    )
    found = [text for text in texts if isinstance(text, str) and text[:1] in ("=", "@", "\t", "\r")]
    assert not found
    assert all(
        not any(sign.isalpha() for sign in text) for text in texts if isinstance(text, str) and text[:1] in ("+", "-")
    )


def test_numbers_phones_and_postcodes_stay_as_they_are(company, export):
    row = cells(export("csv"))[0]
    assert (row["lon"], row["lat"], row["annual_value"]) == ("126.89786979999998", "37.48438541", "1200.50")
    assert (row["phone"], row["postcode"], row["external_id"]) == ("+1 (907) 357-9155", "02139", "007")
    assert (row["owner"], row["tags"]) == ("kim@acme.example", "'=a;b c")
    assert (row["extra: phone"], row["state"], row["색"]) == ("call us", "PA", "'=red")


def test_an_export_holds_what_the_selection_holds(company, export):
    assert [row["name"] for row in cells(export("csv", status="prospect"))] == ["Won"]


def test_geojson_has_points_and_accounts_without_one(company, export):
    found = json.loads(export("geojson").read_bytes())
    first, *_others, last = found["features"]
    assert found["type"] == "FeatureCollection"
    assert len(found["features"]) == 4
    assert first["geometry"] == {"type": "Point", "coordinates": [126.89786979999998, 37.48438541]}
    assert (first["properties"]["tags"], first["properties"]["annual_value"]) == (["=a", "b c"], "1200.50")
    assert last["geometry"] is None


@pytest.mark.parametrize("extension", ["gpkg", "fgb"])
def test_a_layer_has_every_account_and_its_values(company, export, extension):
    import pyogrio

    found = pyogrio.read_dataframe(export(extension))
    assert pyogrio.read_info(export(extension))["crs"] == "EPSG:4326"
    first = found[found["external_id"] == "007"].iloc[0]
    assert len(found) == 4
    assert found.geometry.isna().sum() == 2
    assert (first.geometry.x, first.geometry.y) == (126.89786979999998, 37.48438541)
    assert first["name"] == '=HYPERLINK("http://x","한빛")'  # A layer runs no formulas: the text stays as it is.
    assert (first["annual_value"], first["cadence_days"], first["색"]) == (1200.5, 30, "=red")
    assert (first["extra: phone"], first["state"]) == ("call us", "PA")
    assert found["cadence_days"].isna().sum() == 3


@pytest.mark.parametrize("extension", ["gpkg", "fgb"])
def test_nothing_selected_is_a_layer_without_rows(company, export, extension):
    import pyogrio

    assert len(pyogrio.read_dataframe(export(extension, q="nobody"))) == 0


def test_a_layer_is_written_part_by_part(monkeypatch, tmp_path):
    import pyogrio

    monkeypatch.setattr(geofiles, "CHUNK", 7)
    rows = ((geofiles.point(i / 10, 40.0), [f"Row {i}", i if i % 2 else None]) for i in range(30))
    columns = [geofiles.Column("name"), geofiles.Column("N", "whole"), geofiles.Column("fid")]
    path = tmp_path / "rows.geojson"
    padded = ((shape, [*values, "x"]) for shape, values in rows)
    assert geofiles.write(path, "geojson", "rows", "Point", columns, padded) == 30
    found = pyogrio.read_dataframe(path)
    assert list(found["name"]) == [f"Row {i}" for i in range(30)]
    assert list(found["N"].dropna()) == list(range(1, 30, 2))


def test_columns_that_differ_in_capitals_alone_keep_apart():
    assert geofiles.column_names(["name", "Name", "fid", "NAME 2"]) == ["name", "Name 2", "fid 2", "NAME 2 2"]


def test_the_format_is_known_by_the_extension(tmp_path):
    assert writing.format_of(tmp_path / "A.XLSX") == "xlsx"
    with pytest.raises(Invalid, match=r"ends in none of \.csv, \.xlsx, \.geojson, \.gpkg, \.fgb"):
        writing.format_of(tmp_path / "a.pdf")


def test_a_rep_exports_the_own_accounts_only(session, organisation, as_user):
    rep = make_user(session)
    make_account(session, rep, name="Mine", extra={"a": "1"})
    make_account(session, name="Not mine", extra={"secret": "1"})
    with as_user(rep) as theirs:
        accounts = queries.accounts_to_write(theirs, Selection())
        assert [values["name"] for values, _extra in accounts.rows] == ["Mine"]
        assert accounts.extra == ["a"]
