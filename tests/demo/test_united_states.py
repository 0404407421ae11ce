import shapely

from gcrm.demo import seeds


def test_towns_are_real_and_lie_in_their_county(us):
    harrisburg = next(town for town in us.towns if town.name == "Harrisburg")
    assert us.ground.counties[harrisburg.piece].name == "Dauphin County"
    assert len(us.towns) > 1500


def test_places_lie_in_the_county_they_name_and_not_in_the_rivers(us):
    found = us.scatter(2000, dict.fromkeys(us.ground.counties, 1.0), seed=3)
    areas = us.ground.finder.areas_at([p.lon for p in found], [p.lat for p in found])
    assert [area and area.code for area in areas] == [place.piece for place in found]
    assert not any(us.water.intersects(shapely.Point(p.lon, p.lat)) for p in found)


def test_the_susquehanna_at_harrisburg_is_water_and_its_capitol_is_not(us):
    assert us.water.contains(shapely.Point(-76.8905, 40.2590))
    assert not us.water.contains(shapely.Point(-76.8836, 40.2644))


def test_addresses_have_a_post_code_of_their_state(us):
    for place in us.scatter(100, dict.fromkeys(us.ground.counties, 1.0), seed=4):
        address = us.address(place, seeds.stream(1, place.lon))
        state = {"42": "PA", "24": "MD", "10": "DE"}[us.ground.state_of(place.piece).code]
        assert address.region == state
        assert address.postcode[0] in {"PA": "1", "MD": "2", "DE": "1"}[state]
        assert address.street.split()[0].isdigit()


def test_numbers_are_of_the_exchange_that_is_kept_for_inventions(us):
    shown, e164 = us.phone("717", seeds.stream(1, "phone"))
    assert shown.startswith("(717) 555-")
    assert e164.startswith("+1717555")


def test_business_is_strongest_round_harrisburg(us):
    weights = us.county_weights()
    assert weights["42043"] > weights["42003"], "Dauphin is stronger than Pittsburgh's county"
    assert "42003" in us.unserved()
    assert "42043" in us.home()
