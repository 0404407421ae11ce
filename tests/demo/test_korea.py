import shapely

from gcrm.demo import korea, seeds


def _places(kr, count=600, seed=3):
    return kr.scatter(count, dict.fromkeys(kr.ground.counties, 1.0), seed)


def test_places_lie_in_the_neighbourhood_they_name(kr):
    found = _places(kr)
    areas = kr.ground.finder.areas_at([p.lon for p in found], [p.lat for p in found])
    assert [area and area.code for area in areas] == [place.piece for place in found]


def test_no_place_lies_in_the_han(kr):
    assert kr.water.contains(shapely.Point(126.9365, 37.5335)), "under the Mapo bridge"
    assert kr.water.contains(shapely.Point(126.9960, 37.5150)), "under the Banpo bridge"
    assert not kr.water.contains(shapely.Point(126.9780, 37.5663)), "the city hall"
    assert not any(kr.water.intersects(shapely.Point(p.lon, p.lat)) for p in _places(kr))


def test_addresses_name_the_sido_sigungu_and_dong_that_hold_the_point(kr):
    for place in _places(kr):
        address = kr.address(place, seeds.stream(1, place.lon))
        point = shapely.Point(place.lon, place.lat)
        assert kr.ground.municipalities[place.piece].boundary.covers(point)
        assert address.street.split()[0] == kr.ground.municipalities[place.piece].name
        assert address.city == kr.ground.county_of(place.piece).name
        assert address.region == kr.ground.state_of(place.piece).name
        assert str(address) == f"{address.region} {address.city} {address.street}"


def test_addresses_in_the_country_name_the_village_and_the_lot(kr):
    streets = [kr.address(place, seeds.stream(1, place.lon)).street.split() for place in _places(kr) if place.is_rural]
    assert streets
    named = [street for street in streets if street[1].endswith("리")]
    assert len(named) > 0.9 * len(streets)
    assert all(street[2].replace("-", "").isdigit() for street in named)


def test_central_seoul_is_denser_than_the_countryside(kr):
    found = _places(kr, 3000)
    per_km2 = {}
    for name in ("중구", "가평군"):
        areas = [a for a in kr.ground.counties.values() if a.name == name and a.parent in ("11", "41")]
        count = sum(kr.ground.county_of(place.piece).code in {a.code for a in areas} for place in found)
        per_km2[name] = count / sum(kr.ground.plane.flatten(a.boundary).area for a in areas)
    assert per_km2["중구"] > 50 * per_km2["가평군"]


def test_every_ward_has_people(kr):
    assert set(kr.ground.counties) == set(korea.PEOPLE)


def test_nobody_has_the_numbers(kr):
    shown, e164 = kr.phone("031", seeds.stream(1, "phone"))
    assert shown.startswith("031-1")
    assert e164.startswith("+82311")


def test_neighbourhoods_are_called_without_their_ending():
    assert [korea.short(name) for name in ("정자동", "봉담읍", "중동", "양평동3가")] == [
        "정자",
        "봉담",
        "중동",
        "양평동3가",
    ]
