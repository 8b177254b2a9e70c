"""Twins: when several reports tell of one listen.

A *report* says in which interval the listen can have begun, by what its source is known to stamp. The plays that are
shown are a pure function of the set of reports: `components` finds the small neighbourhoods that can influence each
other, `settle` groups the reports of one neighbourhood into plays. Nothing here depends on the order in which reports
arrived, so a retry, an import or a late source always leads to the same history.

The rule, what it was measured against and what it gives up: docs/explanation/twins.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median_low
from typing import NamedTuple

from goscrobble.domain.drafts import Stamp
from goscrobble.domain.rules import HALF_CAP

PAUSE = 900  # seconds a listener may have paused within one listen
BLUR = 30  # seconds by which a stamp of the start may be off, at most half of the track
MINUTE = 60  # what a stamp "to the minute" hides
UNKNOWN_SHORTEST, UNKNOWN_LIKELY, UNKNOWN_LONGEST = 30, 210, 600  # seconds heard of a track of unknown length
UNKNOWN_REACH = 7200  # how long a track may prove to be once another source tells its length
REPEATED_TELLING = 30  # seconds within which a vague source that tells a track again is repeating itself
_VAGUE = {Stamp.NOW, Stamp.EITHER, Stamp.EITHER_START}


@dataclass(frozen=True, slots=True)
class Report:
    """One thing told by one voice (a plugin's connection or token), reduced to what matching needs.

    Times are Unix seconds, lengths seconds. `title_key` and `artists` are `domain.names` keys, `ids` are (kind,
    value) pairs. `play` and `fixed` say where the report stands now. Settling looks at `play` for one thing only: a
    play that a person decided on takes no report away from another.
    """

    told_at: int
    voice: str
    stamp: Stamp
    title_key: str
    artists: frozenset[str]
    duration: int | None = None
    listened: int | None = None
    origin: str | None = None
    nth: int = 0
    ids: frozenset[tuple[str, str]] = frozenset()
    title: str = ""  # as told; breaks ties only
    told: int = 0  # which row of names as told
    play: int | None = None
    fixed: bool = False  # a person deleted, edited, split or merged its play

    @property
    def preference(self) -> tuple[object, ...]:
        """Sorts the best-ranked report first; a total order of what was told."""
        return self.stamp.rank, self.voice, *self.order

    @property
    def order(self) -> tuple[object, ...]:
        """Sorts one voice's reports by what they tell, so that nothing depends on which came first."""
        # Of two tellings that are equal but for it, the one that knows more counts.
        knows = -(self.duration or 0), -(self.listened or 0), self.origin or "", sorted(self.ids)
        return self.told_at, self.nth, self.title, sorted(self.artists), *knows, self.told


class Interval(NamedTuple):
    """When a listen can have begun: from `lo` to `hi`, most likely at `guess` (Unix seconds)."""

    lo: float
    hi: float
    guess: float


@dataclass(slots=True, eq=False)
class Group:
    """The reports of one play, and where its start can still lie given all of them."""

    intervals: tuple[Interval, ...]
    reports: list[Report]
    fixed: bool = False
    artists: frozenset[str] = field(init=False)
    voices: set[str] = field(init=False)
    origins: set[str] = field(init=False)
    ids: frozenset[tuple[str, str]] = field(init=False)
    title_keys: set[str] = field(init=False)

    def __post_init__(self) -> None:
        self.artists = frozenset().union(*(report.artists for report in self.reports))
        self.voices = {report.voice for report in self.reports}
        self.origins = {report.origin for report in self.reports if report.origin}
        self.ids = frozenset().union(*(report.ids for report in self.reports))
        self.title_keys = {report.title_key for report in self.reports}

    @property
    def start(self) -> int:
        """The most likely start, Unix seconds."""
        return int(self.intervals[0].guess)

    @property
    def best(self) -> Report:
        """The report that gives the play its names and source."""
        return min(self.reports, key=lambda report: report.preference)

    def accepts(self, telling: _Telling) -> bool:
        """Whether this telling can be of the same listen."""
        report = telling.report
        return (
            report.voice not in self.voices
            and self._may_take(report)
            and self._same_track(report)
            and not (report.origin and self.origins and report.origin not in self.origins)
            and any(a.lo <= b.hi and b.lo <= a.hi for a in self.intervals for b in telling.intervals)
        )

    def has_heard(self, report: Report) -> bool:
        """Whether this voice told this play the same before."""
        return self._may_take(report) and any(
            member.voice == report.voice and _is_repetition(*sorted((member, report), key=lambda one: one.order))
            for member in self.reports
        )

    def add(self, telling: _Telling) -> None:
        """Take the telling in: the start must satisfy both, unless a person has decided on it."""
        if not self.fixed:
            self.intervals = _intersection(self.intervals, telling.intervals) or self.intervals
        self.reports.extend(telling.reports)
        self.artists |= telling.report.artists
        self.ids |= telling.report.ids
        self.voices.add(telling.report.voice)
        self.title_keys.add(telling.report.title_key)
        if telling.report.origin:
            self.origins.add(telling.report.origin)

    def _may_take(self, report: Report) -> bool:
        """Whether a decided play leaves other plays alone: it takes what is new, or is its own already."""
        return not self.fixed or report.play in {None, self.reports[0].play}

    def _same_track(self, report: Report) -> bool:
        return _agree(
            report.title_key in self.title_keys,
            not self.artists.isdisjoint(report.artists),
            not self.ids.isdisjoint(report.ids),
        )


@dataclass(slots=True)
class _Telling:
    """A voice's reports of one listen: the one that counts, and its own repetitions of it."""

    reports: list[Report]
    intervals: tuple[Interval, ...]

    @property
    def report(self) -> Report:
        return self.reports[0]


def settle(reports: Iterable[Report], fixed: Sequence[Sequence[Report]] = ()) -> list[Group]:
    """Group one component's reports into plays.

    `fixed` holds the reports of each play that a person has decided on: such a play is never changed, only joined.
    Voices are taken best stamp first; each voice's reports are aligned with the plays found so far so that most find
    a partner, none cross, and the guesses lie closest.
    """
    free = list(reports)
    length = _typical_duration([*free, *(report for group in fixed for report in group)])
    decided = sorted(map(_facets, fixed), key=lambda facets: facets[0].best.preference)
    groups = [facet for facets in decided for facet in facets]
    by_voice: dict[tuple[int, str], list[Report]] = {}
    for report in free:
        by_voice.setdefault((report.stamp.rank, report.voice), []).append(report)
    for voice in sorted(by_voice):
        tellings = _tellings(sorted(by_voice[voice], key=lambda report: report.order), groups, length)
        groups += [Group(telling.intervals, telling.reports) for telling in _align(groups, tellings)]
    return [*map(_one_play, decided), *(group for group in groups if not group.fixed)]


def components(
    reports: Iterable[Report], *, touching: Callable[[Report], bool] = lambda _report: True
) -> Iterator[list[Report]]:
    """Split reports into the neighbourhoods that settle on their own: one track's, cut where no interval reaches.

    Tracks without a report that `touching` holds for are left out.
    """
    for track in _by_track(reports):
        if not any(map(touching, track)):
            continue
        parts = _by_time(track)
        if len(parts) == 1:
            yield track
        for part in parts if len(parts) > 1 else ():
            yield from components(part)  # what linked two titles may stand elsewhere now


def reach(report: Report) -> tuple[float, float]:
    """Return the earliest and latest start that the report can be read to mean, whatever is learnt of its length."""
    lengths = [report.duration] if report.duration else [None, 2 * BLUR, UNKNOWN_REACH]  # the widest of all lengths
    intervals = [interval for length in lengths for interval in possible_starts(report, length)]
    return min(i.lo for i in intervals), max(i.hi for i in intervals)


def told_window(lo: float, hi: float, longest: int | None) -> tuple[int, int]:
    """Return between which told times a report can stand whose listen began between `lo` and `hi`.

    `longest` is the greatest track length known in the neighbourhood.
    """
    return int(lo) - MINUTE - 2 * BLUR, int(hi) + max(longest or 0, UNKNOWN_REACH) + PAUSE + MINUTE + 2 * BLUR


def possible_starts(report: Report, duration: int | None) -> tuple[Interval, ...]:  # noqa: C901 - one case a stamp
    """Return when the listen can have begun, by what the report's stamp marks; the likelier interval first.

    `duration` is the track's length in seconds, None where nobody told it.
    """
    at = report.told_at
    heard = report.listened or 0
    blur = min(BLUR, duration / 2) if duration else BLUR
    half = min(duration / 2, HALF_CAP) if duration else UNKNOWN_LIKELY / 2
    longest, likely, shortest = (duration, duration, half) if duration else _UNKNOWN
    if report.stamp is Stamp.EITHER and heard:  # at most, if it marks the end: skipped
        likely, shortest = min(likely, heard), min(shortest, heard)
    after_half = at - (0.8 * half if duration else UNKNOWN_SHORTEST) + blur
    start = Interval(at - blur, at + blur, at)
    end = Interval(at - longest - PAUSE, at - shortest + blur, at - likely)
    match report.stamp:
        case Stamp.SELF | Stamp.START:
            return (start,)
        case Stamp.ENDL:
            return (Interval(at - heard - PAUSE, at - heard + blur, at - heard),)
        case Stamp.POLL:
            return (Interval(at - MINUTE, at + MINUTE, at),)
        case Stamp.MENDL:
            return (Interval(at - heard - PAUSE, at - heard + MINUTE + blur, at - heard + MINUTE / 2),)
        case Stamp.SUBMIT:
            return (Interval(at - (half if duration else HALF_CAP) - PAUSE, after_half, at - half),)
        case Stamp.NOW:
            return (Interval(at - longest - PAUSE, after_half, at - half),)
        case Stamp.ARRIVAL:
            return (Interval(at - longest - PAUSE, at + blur, at),)
        case Stamp.END:
            return (end,)
        case Stamp.EITHER_START:
            return (start, end)
        case Stamp.EITHER:
            return (end, start)
        case Stamp.MEITHER:
            return (
                Interval(at - blur, at + MINUTE + blur, at + MINUTE / 2),
                Interval(end.lo, end.hi + MINUTE, end.guess + MINUTE / 2),
            )


_UNKNOWN = (UNKNOWN_LONGEST, UNKNOWN_LIKELY, UNKNOWN_SHORTEST)


def tells_again(first: Report, second: Report) -> bool:
    """Return whether one voice's two reports of a track, in order of their stamps, are one told twice."""
    if first.told_at == second.told_at and first.nth == second.nth:
        return True
    apart = second.told_at - first.told_at
    length = second.duration or first.duration
    if second.stamp is Stamp.ARRIVAL:  # unstamped: a retry looks like a new play, but nothing is over so soon
        return 0 < apart < (min(length, HALF_CAP) if length else REPEATED_TELLING)
    longest = min(REPEATED_TELLING, length - 2) if length else REPEATED_TELLING  # then a short one has begun again
    return second.stamp in _VAGUE and 0 < apart <= longest


# ---- machinery ----


def _typical_duration(reports: list[Report]) -> int | None:
    known = [report.duration for report in reports if report.duration]
    return median_low(known) if known else None


def _facets(members: Sequence[Report]) -> list[Group]:
    """Return the listens that the reports of a decided play would settle as alone: each can be joined.

    A merged play is met at both its times, an edited one as it was told and as it was corrected; and nothing joins a
    play once it is decided on that would not have joined it before.
    """
    facets = sorted(settle(members), key=lambda facet: facet.best.preference)
    for facet in facets:
        facet.fixed = True
    return facets


def _one_play(facets: Sequence[Group]) -> Group:
    """Return a decided play with all that joined it."""
    intervals = tuple(interval for facet in facets for interval in facet.intervals)
    return Group(intervals, [report for facet in facets for report in facet.reports], fixed=True)


def _tellings(reports: list[Report], groups: list[Group], length: int | None) -> list[_Telling]:
    """Fold a voice's repetitions together; those of a fixed play go straight to it."""
    tellings: list[_Telling] = []
    for report in reports:
        home = next((group for group in groups if group.fixed and group.has_heard(report)), None)
        if home:
            home.reports.append(report)
        elif tellings and _is_repetition(tellings[-1].report, report):
            tellings[-1].reports.append(report)
        else:
            tellings.append(_Telling([report], possible_starts(report, report.duration or length)))
    return tellings


def _is_repetition(first: Report, second: Report) -> bool:
    return tells_again(first, second) and _agree(
        first.title_key == second.title_key,
        not first.artists.isdisjoint(second.artists),
        not first.ids.isdisjoint(second.ids),
    )


def _agree(same_title: bool, artists_meet: bool, ids_meet: bool) -> bool:
    """Return whether names and ids speak of one track; an id is believed only if a name agrees."""
    return (same_title and artists_meet) or (ids_meet and (same_title or artists_meet))


def _align(groups: list[Group], tellings: list[_Telling]) -> list[_Telling]:
    """Match tellings to groups, non-crossing: most matches, then least distance of guesses. Returns the unmatched.

    Of matches that are as good, those with later groups count: each pair's part in that is its own, so what is far away
    decides nothing. Dynamic programming as for aligning two strings; a matched telling is added to its group.
    """
    rows = sorted(groups, key=lambda g: (g.intervals[0].guess, g.reports[0].told_at, g.reports[0].voice))
    best = [[(0, 0.0, 0.0)] * (len(tellings) + 1) for _ in range(len(rows) + 1)]
    step = [[""] * (len(tellings) + 1) for _ in range(len(rows) + 1)]
    for i, group in enumerate(rows, 1):
        for j, telling in enumerate(tellings, 1):
            skip_group, skip_telling = best[i - 1][j], best[i][j - 1]
            choice, how = (skip_group, "group") if skip_group >= skip_telling else (skip_telling, "telling")
            if group.accepts(telling):
                matches, closeness, lateness = best[i - 1][j - 1]
                distance = _distance(group.intervals, telling.intervals)
                paired = matches + 1, closeness - distance, lateness + group.intervals[0].guess
                if paired >= choice:
                    choice, how = paired, "pair"
            best[i][j], step[i][j] = choice, how
    unmatched = set(range(len(tellings)))
    i, j = len(rows), len(tellings)
    while i and j:
        if step[i][j] == "pair":
            rows[i - 1].add(tellings[j - 1])
            unmatched.discard(j - 1)
            i, j = i - 1, j - 1
        elif step[i][j] == "group":
            i -= 1
        else:
            j -= 1
    return [tellings[j] for j in sorted(unmatched)]


def _intersection(better: tuple[Interval, ...], other: tuple[Interval, ...]) -> tuple[Interval, ...]:
    """Return where both can be, each part guessing as the better one did, as far as it still may."""
    parts = []
    for a in better:
        for b in other:
            lo, hi = max(a.lo, b.lo), min(a.hi, b.hi)
            if lo <= hi:
                parts.append(Interval(lo, hi, min(max(a.guess, lo), hi)))
    return tuple(parts)


def _distance(a: tuple[Interval, ...], b: tuple[Interval, ...]) -> float:
    return min(abs(x.guess - y.guess) for x in a for y in b if x.lo <= y.hi and y.lo <= x.hi)


def _by_track(reports: Iterable[Report]) -> Iterator[list[Report]]:
    """Split reports into those that can be the same track: linked by an equal title key or a shared id."""
    parent: dict[object, object] = {}

    def root(token: object) -> object:
        while parent.setdefault(token, token) != token:
            parent[token] = token = parent[parent[token]]
        return token

    everything = list(reports)
    for report in everything:
        for other in report.ids:
            parent[root(other)] = root(report.title_key)
    tracks: dict[object, list[Report]] = {}
    for report in everything:
        tracks.setdefault(root(report.title_key), []).append(report)
    yield from tracks.values()


def _by_time(track: list[Report]) -> list[list[Report]]:
    """Cut between reports where nothing reaches across."""
    parts: list[list[Report]] = []
    end = float("-inf")
    for (lo, hi), report in sorted(((reach(report), report) for report in track), key=lambda spanned: spanned[0]):
        if lo > end:
            parts.append([])
        parts[-1].append(report)
        end = max(end, hi)
    return parts
