import json
import zipfile

import numpy as np
import pyogrio.raw
import pytest
import shapely
from shapely import box

from gcrm.core.errors import Invalid
from gcrm.geography import reading
from gcrm.geography.reading import Columns

SQUARES = [box(10, 50, 11, 51), box(11, 50, 12, 51)]
COLUMNS = Columns("code", "name")


def geojson(path, shapes=SQUARES, codes=("A", "B"), names=("Alpha", "Beta"), **more):
    features = [
        {"type": "Feature", "properties": {"code": code, "name": name, **{k: v[i] for k, v in more.items()}},
         "geometry": shape if shape is None else json.loads(shapely.to_geojson(shape))}
        for i, (shape, code, name) in enumerate(zip(shapes, codes, names, strict=True))
    ]  # fmt: skip
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def written(path, shapes=SQUARES, crs="EPSG:4326", **options):
    columns = [np.array(["A", "B"], dtype=object), np.array(["Alpha", "Beta"], dtype=object)]
    wkb = np.array([shapely.to_wkb(shape) for shape in shapes])
    kind = options.pop("geometry_type", "Polygon")
    pyogrio.raw.write(path, wkb, columns, ["code", "name"], crs=crs, geometry_type=kind, **options)
    return path


def zipped(tmp_path, *files, name="regions.zip"):
    target = tmp_path / name
    with zipfile.ZipFile(target, "w") as archive:
        for file in files:
            archive.write(file, file.name)
    return target


def areas(read):
    return [shapely.from_wkb(region.boundary).area for region in read.regions]


def test_geojson_is_read(tmp_path):
    read = reading.read(geojson(tmp_path / "r.geojson"), "county", COLUMNS)
    assert [(r.code, r.name, r.parent_code) for r in read.regions] == [("A", "Alpha", None), ("B", "Beta", None)]
    assert areas(read) == pytest.approx([1, 1])
    assert read.mended == 0


@pytest.mark.parametrize("name", ["r.gpkg", "r.shp", "r.fgb"])
def test_other_formats_say_the_same(tmp_path, name):
    read = reading.read(written(tmp_path / name), "county", COLUMNS)
    assert {r.code for r in read.regions} == {"A", "B"}
    assert areas(read) == pytest.approx([1, 1])


def test_another_coordinate_system_is_turned_into_degrees(tmp_path):
    seoul = [box(950000, 1950000, 960000, 1960000), box(960000, 1950000, 970000, 1960000)]
    read = reading.read(written(tmp_path / "r.shp", seoul, crs="EPSG:5179"), "county", COLUMNS)
    west, south, east, north = shapely.from_wkb(read.regions[0].boundary).bounds
    assert 126.9 < west < east < 127.1
    assert 37.5 < south < north < 37.7


def test_a_zipped_shapefile_is_read(tmp_path):
    written(tmp_path / "r.shp")
    parts = [tmp_path / f"r{suffix}" for suffix in (".shp", ".shx", ".dbf", ".prj")]
    assert len(reading.read(zipped(tmp_path, *parts), "county", COLUMNS).regions) == 2


def test_a_shapefile_without_projection_asks_for_one(tmp_path):
    path = written(tmp_path / "r.shp")
    (tmp_path / "r.prj").unlink()
    with pytest.raises(Invalid, match=r"r\.shp does not say in which coordinate system it is.*--crs EPSG:4326"):
        reading.read(path, "county", COLUMNS)
    assert areas(reading.read(path, "county", COLUMNS, crs="epsg:4326")) == pytest.approx([1, 1])


def test_a_made_up_coordinate_system_is_refused(tmp_path):
    path = geojson(tmp_path / "r.geojson")
    with pytest.raises(Invalid, match="“WGS84” is not a coordinate system"):
        reading.read(path, "county", COLUMNS, crs="WGS84")
    with pytest.raises(Invalid, match="EPSG:999999"):
        reading.read(path, "county", COLUMNS, crs="EPSG:999999")


def test_a_missing_column_lists_those_that_are_there(tmp_path):
    with pytest.raises(Invalid, match=r"no column “fips”, “above”\. Its columns are: code, name"):
        reading.read(geojson(tmp_path / "r.geojson"), "county", Columns("fips", "name", "above"))


def test_empty_codes_are_named_by_row(tmp_path):
    path = geojson(tmp_path / "r.geojson", codes=("A", " "))
    with pytest.raises(Invalid, match="row 2 is without a code"):
        reading.read(path, "county", COLUMNS)


def test_repeated_codes_are_named_by_row(tmp_path):
    path = geojson(tmp_path / "r.geojson", codes=("A", "A"))
    with pytest.raises(Invalid, match="row 2 repeats “A” of row 1"):
        reading.read(path, "county", COLUMNS)


def test_points_are_no_regions(tmp_path):
    path = geojson(tmp_path / "r.geojson", shapes=[SQUARES[0], shapely.Point(1, 2)])
    with pytest.raises(Invalid, match=r"row 2 is of another kind \(point\)"):
        reading.read(path, "county", COLUMNS)


def test_a_row_without_a_shape_is_named(tmp_path):
    with pytest.raises(Invalid, match="row 1 is without a shape"):
        reading.read(geojson(tmp_path / "r.geojson", shapes=[None, SQUARES[0]]), "county", COLUMNS)


def test_invalid_shapes_are_mended_and_counted(tmp_path):
    bow_tie = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    read = reading.read(geojson(tmp_path / "r.geojson", shapes=[bow_tie, SQUARES[0]]), "county", COLUMNS)
    assert read.mended == 1
    assert areas(read) == pytest.approx([2, 1])


def test_metres_that_claim_to_be_degrees_are_refused(tmp_path):
    path = geojson(tmp_path / "r.geojson", shapes=[box(950000, 1950000, 960000, 1960000), SQUARES[0]])
    with pytest.raises(Invalid, match=r"row 1 is outside the earth .*--crs EPSG:n"):
        reading.read(path, "county", COLUMNS)


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("r.geojson", b'{"type": "FeatureCollection", "features": [{"type": "Fea', "not a GeoJSON"),
        ("r.geojson", b"\xff\xfe\x00nonsense", "not a GeoJSON"),
        ("r.geojson", b"", "is empty"),
        ("r.geojson", b'{"type": "FeatureCollection", "features": []}', "holds no regions"),
        ("r.txt", b"hello", "not a GeoJSON"),
        ("r.shp", b"PK\x03\x04 broken", "damaged or locked .zip"),
        ("r.gpkg", b"SQLite format 3\x00" + b"\x00" * 200, "not a GeoJSON"),
    ],
)
def test_a_broken_file_is_said_to_be_one(tmp_path, name, content, fault):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(Invalid, match=f"{name}.*{fault}"):
        reading.read(path, "county", COLUMNS)


def test_half_a_shapefile_says_what_is_missing(tmp_path):
    path = written(tmp_path / "r.shp")
    (tmp_path / "r.shx").unlink()
    with pytest.raises(Invalid, match=r"lacks its \.shx file"):
        reading.read(path, "county", COLUMNS)


def test_a_file_that_is_not_there_is_said(tmp_path):
    with pytest.raises(Invalid, match="There is no file"):
        reading.read(tmp_path / "none.shp", "county", COLUMNS)


def test_a_table_without_shapes_is_refused(tmp_path):
    path = tmp_path / "r.csv"
    path.write_text("code,name\nA,Alpha\n")
    with pytest.raises(Invalid, match=r"r\.csv"):
        reading.read(path, "county", COLUMNS)


def test_a_virtual_file_that_points_elsewhere_is_refused(tmp_path):
    written(tmp_path / "r.gpkg")
    path = tmp_path / "r.vrt"
    path.write_text(
        f'<OGRVRTDataSource><OGRVRTLayer name="r"><SrcDataSource>{tmp_path}/r.gpkg</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'
    )
    with pytest.raises(Invalid, match="regions come as GeoJSON, shapefile or GeoPackage"):
        reading.read(path, "county", COLUMNS)


def test_several_layers_ask_which(tmp_path):
    path = written(tmp_path / "r.gpkg", layer="one")
    written(path, layer="two", append=True)
    with pytest.raises(Invalid, match=r"several layers \(one, two\)"):
        reading.read(path, "county", COLUMNS)
    assert len(reading.read(path, "county", COLUMNS, layer="two").regions) == 2
    with pytest.raises(Invalid, match=r"no layer “three”\. It has: one, two"):
        reading.read(path, "county", COLUMNS, layer="three")


def test_a_zip_with_several_files_asks_for_one(tmp_path):
    path = zipped(tmp_path, geojson(tmp_path / "a.geojson"), geojson(tmp_path / "b.geojson"))
    with pytest.raises(Invalid, match=r"several files \(a.geojson, b.geojson\)"):
        reading.read(path, "county", COLUMNS)


def test_a_zip_without_regions_is_refused(tmp_path):
    (tmp_path / "readme.txt").write_text("hello")
    with pytest.raises(Invalid, match="holds no shapefile"):
        reading.read(zipped(tmp_path, tmp_path / "readme.txt"), "county", COLUMNS)


def test_a_zip_bomb_is_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "MOST_BYTES", 1_000_000)
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("r.geojson", b" " * 5_000_000)
    assert bomb.stat().st_size < 10_000
    with pytest.raises(Invalid, match="more than 1 MB once unpacked"):
        reading.read(bomb, "county", COLUMNS)


def test_a_zip_whose_directory_lies_about_sizes_is_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "MOST_BYTES", 1_000_000)
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("r.geojson", b" " * 5_000_000)
    size = (5_000_000).to_bytes(4, "little")
    bomb.write_bytes(bomb.read_bytes().replace(size, (5_000).to_bytes(4, "little")))
    with pytest.raises(Invalid, match=r"bomb\.zip"):
        reading.read(bomb, "county", COLUMNS)


def test_a_zip_cannot_write_elsewhere(tmp_path):
    evil = tmp_path / "evil.zip"
    with zipfile.ZipFile(evil, "w") as archive:
        archive.writestr("../../r.geojson", geojson(tmp_path / "r.geojson").read_bytes())
    assert len(reading.read(evil, "county", COLUMNS).regions) == 2
    assert not (tmp_path.parent / "r.geojson").exists()


def test_too_many_regions_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "MOST_REGIONS", 1)
    with pytest.raises(Invalid, match="has 2 regions; at most 1"):
        reading.read(geojson(tmp_path / "r.geojson"), "county", COLUMNS)


def test_whole_numbers_are_codes_without_a_decimal_point(tmp_path):
    read = reading.read(geojson(tmp_path / "r.geojson", codes=(48121, 48113.0)), "county", COLUMNS)
    assert [r.code for r in read.regions] == ["48121", "48113"]


def test_an_empty_name_is_filled_with_the_code(tmp_path):
    read = reading.read(geojson(tmp_path / "r.geojson", names=("", "Beta")), "county", COLUMNS)
    assert read.regions[0].name == "A"
