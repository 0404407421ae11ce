from gcrm.demo import queries
from gcrm.demo.united_states import PROFILE


def test_the_ground_in_the_database_is_that_of_the_packages(session, us, us_regions):
    assert not queries.has_regions(session, PROFILE)
    us_regions(session)
    assert queries.has_regions(session, PROFILE)
    found = queries.ground(session, PROFILE)
    assert set(found.counties) == set(us.ground.counties)
    assert set(found.states) == {"42", "24", "10"}
    dauphin = found.counties["42043"]
    assert (dauphin.name, dauphin.parent) == ("Dauphin County", "42")
    assert dauphin.boundary.equals(us.ground.counties["42043"].boundary)


def test_some_states_alone_are_not_enough(session, us, us_regions):
    us_regions(session)
    from sqlalchemy import delete

    from gcrm.geography.models import Region

    session.execute(delete(Region).where(Region.level == "county", Region.code.startswith("10")))
    assert not queries.has_regions(session, PROFILE)
