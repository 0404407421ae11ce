import math
import random
from dataclasses import dataclass
from itertools import pairwise
from types import SimpleNamespace

from gcrm.demo import drives


@dataclass(eq=False)
class Stop:
    x_km: float
    y_km: float
    minutes: int = 20

    @property
    def row(self):
        return SimpleNamespace(visit_minutes=self.minutes, external_id=f"{self.x_km}/{self.y_km}")


def test_a_tour_round_a_square_follows_its_sides():
    corners = [Stop(10, 10), Stop(10, 0), Stop(0, 10)]
    tour = drives.short_tour((0.0, 0.0), corners)
    assert tour[1] is corners[0], "the far corner comes between the two near ones"


def test_the_day_ends_in_time_and_no_drive_is_faster_than_the_road():
    stops = [Stop(3 * i, (7 * i) % 11) for i in range(1, 20)]
    calls = drives.drive((0.0, 0.0), stops, random.Random(1))
    assert 5 < len(calls) < 19
    for one, other in pairwise(calls):
        away = math.dist((one.business.x_km, one.business.y_km), (other.business.x_km, other.business.y_km))
        assert other.arrive - one.arrive - one.minutes >= away * 1.5 / 40 * 60
    assert calls[-1].arrive + calls[-1].minutes <= 17.5 * 60


def test_who_lives_too_far_is_not_reached():
    assert drives.drive((0.0, 0.0), [Stop(400, 0)], random.Random(1)) == []
