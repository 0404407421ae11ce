"""Tiles drawn already: found again for the same picture only, and never more than fit."""

from __future__ import annotations

from gcrm.maps.kept_tiles import OVERHEAD_BYTES, KeptTiles, Tile

ONE, OTHER = Tile.of(b"one"), Tile.of(b"other")


def test_a_tile_is_found_for_its_own_picture_only():
    kept = KeptTiles(10_000)
    kept.keep("place", 7, ONE)
    assert kept.find("place", 7) is ONE
    assert kept.find("elsewhere", 7) is None
    assert kept.find("place", 8) is None
    assert kept.find("place", 7) is None  # it was forgotten when another picture was asked for


def test_a_tile_drawn_anew_takes_the_place_of_the_one_before():
    kept = KeptTiles(10_000)
    kept.keep("place", 7, ONE)
    kept.keep("place", 8, OTHER)
    assert kept.find("place", 8) is OTHER


def test_what_was_not_asked_for_longest_makes_room():
    kept = KeptTiles(2 * (OVERHEAD_BYTES + len(ONE.body)))
    for place in ("first", "second"):
        kept.keep(place, 7, ONE)
    kept.find("first", 7)
    kept.keep("third", 7, ONE)
    assert [bool(kept.find(place, 7)) for place in ("first", "second", "third")] == [True, False, True]


def test_a_tile_larger_than_all_the_room_is_not_kept():
    kept = KeptTiles(100)
    kept.keep("place", 7, ONE)
    assert kept.find("place", 7) is None


def test_the_mark_is_a_hash_of_the_bytes():
    assert Tile.of(b"one").mark == ONE.mark != OTHER.mark
