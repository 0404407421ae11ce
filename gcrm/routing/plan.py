"""A whole plan inside the search: a track for each shift, and the verbs that change it without ever breaking a rule."""

from __future__ import annotations

from dataclasses import dataclass

from gcrm.routing.model import FAR, Model, merged
from gcrm.routing.track import Track, Tracks

Stops = tuple[int, ...]
Narrow = dict[int, tuple[tuple[int, int], ...]]


@dataclass(frozen=True, slots=True)
class Found:
    """What a search hands back: stops, chosen end and begin of each shift, windows narrowed, steps walked."""

    stops: tuple[Stops, ...]
    ends: tuple[int, ...]
    narrow: Narrow
    steps: int


class Plan:
    """A plan that keeps every rule but full day patterns; `where[v]` is the shift that serves v, or -1.

    `narrow` holds the windows of visits that were narrowed to keep the gaps of their group.
    """

    __slots__ = ("fixed", "model", "narrow", "tracks", "tracks_of", "where")

    def __init__(self, tracks_of: Tracks) -> None:
        model = tracks_of.model
        self.model: Model = model
        self.tracks_of = tracks_of
        self.narrow: Narrow = {}
        self.where = [-1] * len(model.place)
        self.fixed = [0] * len(model.ends)
        self.tracks: list[Track] = [None] * len(model.ends)  # type: ignore[list-item]
        for s in model.order:
            track = tracks_of.build(s, self.begin(s), 0, ())
            assert track is not None
            self.tracks[s] = track

    def copy(self) -> Plan:
        """Return a copy that can be changed alone; tracks are shared, they never change."""
        twin = object.__new__(Plan)
        twin.model, twin.tracks_of = self.model, self.tracks_of
        twin.narrow, twin.fixed = self.narrow, self.fixed
        twin.where = self.where[:]
        twin.tracks = self.tracks[:]
        return twin

    @property
    def value(self) -> float:
        """What the search maximises: the objective plus the weights of the ranks served."""
        return sum(track.value for track in self.tracks) - self.broken_patterns() * self.model.rank_weights[0]

    def broken_patterns(self) -> int:
        """Count the groups that are served on days that are none of their patterns."""
        broken = 0
        for g, patterns in enumerate(self.model.group_patterns):
            if patterns is not None:
                days = self.days(g)
                broken += bool(days) and (len(set(days)) < len(days) or frozenset(days) not in patterns)
        return broken

    def days(self, g: int) -> list[int]:
        """Return the days on which a group is served."""
        shifts = self.model.problem.shifts
        return [shifts[self.where[v]].day for v in self.model.members[g] if self.where[v] >= 0]

    def begin(self, s: int) -> int:
        """Return the place where a shift begins, following the chain of `end_of`."""
        before = self.model.follows[s]
        if before < 0:
            return self.model.begins[s]
        track = self.tracks[before]
        if not track.stops:
            return track.begin
        place = self.model.ends[before].places[track.end]
        return track.path[-2] if place == self.model.nowhere else place

    def full(self, v: int) -> bool:
        """Say whether the group of a visit may take no more."""
        g = self.model.group[v]
        return g >= 0 and sum(self.where[u] >= 0 for u in self.model.members[g]) >= self.model.group_most[g]

    def put(self, s: int, stops: Stops, end: int | None = None) -> bool:
        """Give a shift other stops; return False and change nothing where a rule would break."""
        old = self.tracks[s]
        track = self.tracks_of.build(s, self.begin(s), old.end if end is None else end, stops, self.narrow)
        if track is None:
            return False
        if not self.model.followers[s] and self.model.rep_of[s] < 0:
            self.tracks[s] = track
        else:
            before = self.tracks[:]
            self.tracks[s] = track
            if not (self._followed(s) and self._within_rep(s)):
                self.tracks = before
                return False
        for v in old.stops:
            self.where[v] = -1
        for v in stops:
            self.where[v] = s
        return True

    def _followed(self, s: int) -> bool:
        """Rebuild the shifts that begin where this one ends; say whether they still can be kept."""
        for follower in self.model.followers[s]:
            track, begin = self.tracks[follower], self.begin(follower)
            if begin == track.begin:
                continue
            rebuilt = self.tracks_of.build(follower, begin, track.end, track.stops, self.narrow)
            if rebuilt is None:
                return False
            self.tracks[follower] = rebuilt
            if not (self._followed(follower) and self._within_rep(follower)):
                return False
        return True

    def _within_rep(self, s: int) -> bool:
        r = self.model.rep_of[s]
        if r < 0:
            return True
        rep = self.model.problem.reps[r]
        own = [track for track in self.tracks if self.model.rep_of[track.shift] == r]
        stops = [v for track in own for v in track.stops]
        if rep.max_visits is not None and len(stops) > rep.max_visits:
            return False
        if rep.max_work_seconds is not None and sum(track.work for track in own) > rep.max_work_seconds:
            return False
        prize = self.model.prize
        return rep.max_prize is None or sum(prize[v] for v in stops) <= rep.max_prize + 1e-9 * max(1.0, rep.max_prize)

    def insert(self, v: int, s: int, gap: int) -> bool:
        """Put a visit into a gap of a shift; return False and change nothing where that breaks a rule."""
        stops = self.tracks[s].stops
        longer = (*stops[:gap], v, *stops[gap:])
        g = self.model.group[v]
        if g < 0 or not self.model.group_gap[g]:
            return self.put(s, longer)
        others = [u for u in self.model.members[g] if self.where[u] >= 0]
        if not others:
            return self.put(s, longer)
        tracks, where, narrow = self.tracks, self.where, self.narrow
        self.tracks, self.where, self.narrow = tracks[:], where[:], dict(narrow)
        if self.put(s, longer) and self._spread([*others, v], self.model.group_gap[g]):
            return True
        self.tracks, self.where, self.narrow = tracks, where, narrow
        return False

    def _spread(self, visits: list[int], gap: int) -> bool:
        """Narrow the windows of served visits so that any two start `gap` apart, whatever else moves."""
        spans = sorted((*self.span(v), v) for v in visits)
        aims: list[int] = []
        for first, _, _ in spans:
            aims.append(max(first, aims[-1] + gap) if aims else first)
        latest = [last for _, last, _ in spans]
        for i in range(len(spans) - 2, -1, -1):
            latest[i] = min(latest[i], latest[i + 1] - gap)
        if any(aim > last for aim, last in zip(aims, latest, strict=True)):
            return False
        low = -FAR
        for i, (_, _, v) in enumerate(spans):
            high = min(latest[i], aims[i + 1] - gap) if i + 1 < len(spans) else FAR
            self.narrow[v] = tuple(
                (max(a, low), min(b, high)) for a, b in merged(list(self.model.windows[v])) if a <= high and b >= low
            )
            low = high + gap
        return all(self.put(s, self.tracks[s].stops) for s in sorted({self.where[v] for v in visits}))

    def span(self, v: int) -> tuple[int, int]:
        """Return the earliest and the latest start of a served visit, the other stops being free to move."""
        track = self.tracks[self.where[v]]
        k = track.stops.index(v)
        first = min(row[k + 1] for row in track.early) - self.model.duration[v]
        last = max(row[k] for row in track.late)
        return first, last

    def is_fixed(self, v: int) -> bool:
        """Say whether a visit is a locked stop that is kept."""
        s = self.where[v]
        return s >= 0 and v in self.tracks[s].stops[: self.fixed[s]]
