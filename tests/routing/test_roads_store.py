"""A build on disk: whole, checked, replaced at once, and read by `gcrm roads build` and planning alike."""

from __future__ import annotations

import datetime as dt
import json

import numpy as np
import pytest
from click.testing import CliRunner

from gcrm.cli import gcrm, main
from gcrm.core.config import Settings
from gcrm.routing.problem import Place
from gcrm.routing.roads import store
from gcrm.routing.roads.build import build
from gcrm.routing.roads.extract import UnreadableExtract
from gcrm.routing.travel import source_for
from tests.routing.roads import osm, square, town

NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)


def built(folder, file=None):
    nodes, streets = square()
    return build(file or osm(folder / "town.osm", nodes, streets), folder / "roads", NOW)


def test_a_graph_comes_back_as_it_was_saved(tmp_path):
    graph = town(tmp_path, *square())
    store.save(tmp_path / "roads", {"car": graph}, {})
    found = store.current(tmp_path / "roads")
    assert found is not None
    again = found.graph("car")
    places = [(0.0, 0.005), (0.005, 0.0), (0.01, 0.004)]
    assert (again.matrix(places, 100).seconds == graph.matrix(places, 100).seconds).all()
    assert again.route(*places[:2], 100) == graph.route(*places[:2], 100)
    assert found.graph("bicycle") is None


def test_graphs_are_mapped_and_cannot_be_written_to(tmp_path):
    store.save(tmp_path / "roads", {"car": town(tmp_path, *square())}, {})
    found = store.current(tmp_path / "roads")
    head = found.graph("car").hierarchy.away.head
    assert isinstance(head.base, np.memmap)
    assert not head.flags.writeable


def test_nothing_built_is_no_build(tmp_path):
    assert store.current(tmp_path / "roads") is None


def test_another_version_is_refused_with_what_to_do(tmp_path):
    built(tmp_path)
    folder = store.current(tmp_path / "roads").folder
    about = json.loads((folder / "build.json").read_text())
    (folder / "build.json").write_text(json.dumps(about | {"version": 0}))
    with pytest.raises(store.UnusableBuild, match=r"is of version 0, .* Run `gcrm roads build EXTRACT.osm.pbf` again"):
        store.current(tmp_path / "roads")


@pytest.mark.parametrize("damage", ["cut", "changed", "gone"])
def test_a_damaged_file_is_refused(tmp_path, damage):
    built(tmp_path)
    found = store.current(tmp_path / "roads")
    file = found.folder / "car.hierarchy.away.head.npy"
    whole = file.read_bytes()
    if damage == "gone":
        file.unlink()
    else:
        file.write_bytes(whole[:-1] if damage == "cut" else whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(store.UnusableBuild, match="is damaged"):
        found.graph("car")


def test_a_new_build_replaces_the_old_one(tmp_path):
    built(tmp_path)
    first = store.current(tmp_path / "roads")
    graph = first.graph("car")
    built(tmp_path)
    second = store.current(tmp_path / "roads")
    assert second.name != first.name
    assert [path.name for path in (tmp_path / "roads").glob("build-*")] == [second.name]
    # Whoever has the old one open goes on with it.
    assert graph.matrix([(0.0, 0.005), (0.005, 0.0)], 100).seconds[0, 1] > 0


def test_a_refused_extract_leaves_the_build_as_it_was(tmp_path):
    built(tmp_path)
    before = store.current(tmp_path / "roads").name
    broken = tmp_path / "broken.osm.pbf"
    broken.write_bytes(b"\0\0\0\x0dnothing of the kind")
    with pytest.raises(UnreadableExtract):
        built(tmp_path, broken)
    assert store.current(tmp_path / "roads").name == before
    assert len(list((tmp_path / "roads").iterdir())) == 2


def test_a_save_that_fails_half_way_leaves_the_build_as_it_was(tmp_path, monkeypatch):
    built(tmp_path)
    before = store.current(tmp_path / "roads").name

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store.os, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        built(tmp_path)
    assert store.current(tmp_path / "roads").name == before
    assert len(list((tmp_path / "roads").iterdir())) == 2


# -- what planning takes ---------------------------------------------------------------------------------------------


def test_without_a_build_the_line_is_the_source(tmp_path):
    assert source_for(Settings(data=str(tmp_path))).source == "estimate"


def test_with_a_build_the_roads_are_the_source_until_another_is_built(tmp_path):
    built(tmp_path)
    settings = Settings(data=str(tmp_path))
    source = source_for(settings)
    assert source.source == "roads"
    assert source_for(settings) is source
    built(tmp_path)
    assert source_for(settings) is not source


def test_an_old_build_is_not_used(tmp_path):
    built(tmp_path)
    file = store.current(tmp_path / "roads").folder / "build.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"version": 0}))
    assert source_for(Settings(data=str(tmp_path))).source == "estimate"


def test_a_place_in_the_lake_is_estimated_and_said(tmp_path):
    built(tmp_path)
    places = [Place(0.0, 0.005), Place(0.005, 0.0), Place(0.1, 0.1)]
    found = source_for(Settings(data=str(tmp_path))).travel(places)
    assert found.source == "roads + estimate for 1 place"
    assert found.estimated == (2,)
    roads = source_for(Settings(data=str(tmp_path))).travel(places[:2])
    assert (found.seconds[0][1], roads.source, roads.estimated) == (roads.seconds[0][1], "roads", ())
    assert found.seconds[0][2] > 0
    assert found.seconds[2][2] == 0


def test_far_outside_the_extract_everything_is_estimated(tmp_path):
    built(tmp_path)
    found = source_for(Settings(data=str(tmp_path))).travel([Place(50, 8), Place(50.1, 8)])
    assert (found.source, found.estimated) == ("estimate", (0, 1))


def test_lines_of_drives_follow_the_roads(tmp_path):
    built(tmp_path)
    places = [Place(0.0, 0.005), Place(0.005, 0.0), Place(0.1, 0.1)]
    legs = source_for(Settings(data=str(tmp_path))).geometry(places)
    assert len(legs[0]) == 3
    assert legs[1] is None


# -- the command -----------------------------------------------------------------------------------------------------


def test_the_command_reports_what_it_built(tmp_path, monkeypatch):
    from gcrm.routing import roads_cli

    nodes, streets = square()
    monkeypatch.setattr(roads_cli, "settings", lambda: Settings(data=str(tmp_path)))
    file = osm(tmp_path / "town.osm", nodes, streets)
    said = CliRunner().invoke(gcrm, ["roads", "build", str(file), "--json"])
    figures = json.loads(said.output)
    assert figures["ways"] == 2
    assert {mode: about["junctions"] for mode, about in figures["modes"].items()} == {"car": 2, "bicycle": 2, "foot": 2}
    assert "2 roads in" in CliRunner().invoke(gcrm, ["roads", "build", str(file)]).output


def test_the_command_refuses_a_broken_file_with_one_sentence(tmp_path, monkeypatch, capsys):
    from gcrm.routing import roads_cli

    monkeypatch.setattr(roads_cli, "settings", lambda: Settings(data=str(tmp_path)))
    broken = tmp_path / "broken.osm.pbf"
    broken.write_bytes(b"x" * 100)
    with pytest.raises(SystemExit) as caught:
        main(["roads", "build", str(broken)])
    assert caught.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1
