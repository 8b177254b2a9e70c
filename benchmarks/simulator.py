"""Made-up listening months: what people really heard, and what fifteen kinds of source tell about it.

A pure function of a seed. The kinds of quirk are those of real programs (a start or an end stamped, minutes only,
retries, late and missing reports, names spelt in each program's own way); how often each happens is a guess.
The order of the random calls is part of the definition: change it, and figures are no longer comparable.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from benchmarks.catalogue import HALF_CAP, PODCASTS, TRACKS, Track, catalogue, spell
from goscrobble.domain.drafts import Stamp

FIRST_DAY = 1_790_000_040  # Unix seconds, the start of a minute
DAY = 86_400
FAVOURITES = 250


@dataclass(slots=True)
class Listen:
    """What really happened. Times are Unix seconds, `heard` and `pause` seconds."""

    user: int
    device: int
    track: Track
    start: float
    heard: float
    paused_after: float = 0.0
    pause: float = 0.0
    id: int = -1

    def at(self, heard: float) -> float:
        """Return the time at which this many seconds had been heard."""
        return self.start + heard + (self.pause if self.pause and self.paused_after < heard else 0)

    @property
    def end(self) -> float:
        """When the listener stopped."""
        return self.at(self.heard)

    @property
    def submitted(self) -> bool:
        """Whether a usual scrobbler counts it."""
        return self.heard >= self.track.threshold - 0.001


@dataclass(frozen=True, slots=True)
class Told:
    """One report. `truth` is the id of the listen it tells of; `arrives` is when it would reach a server."""

    user: int
    voice: str
    stamp: Stamp
    told_at: int
    title: str
    artists: tuple[str, ...]
    duration: int | None
    listened: int | None
    origin: str | None
    nth: int
    arrives: float
    truth: int


@dataclass(frozen=True, slots=True)
class Source:
    """What a kind of program stamps, how it spells names, and how often (0 to 1) it errs."""

    stamp: Stamp
    style: str
    tells_duration: float
    misses: float
    retries: float
    late: float


@dataclass(slots=True)
class World:
    """Everything that happened and everything that was told."""

    tracks: list[Track]
    listens: list[Listen] = field(default_factory=list)
    reports: list[Told] = field(default_factory=list)


SOURCES = {
    "jellyfin": Source(Stamp.START, "first artist", 1.0, 0.03, 0.00, 0.00),
    "ms": Source(Stamp.EITHER_START, "list", 0.80, 0.03, 0.04, 0.04),  # multi-scrobbler: what is upstream is unknown
    "nav_poll": Source(Stamp.POLL, "bullets", 1.0, 0.04, 0.00, 0.00),
    "nav_push": Source(Stamp.START, "list", 1.0, 0.02, 0.03, 0.03),
    "webscrobbler": Source(Stamp.START, "commas", 0.70, 0.04, 0.02, 0.02),
    "pano": Source(Stamp.START, "feat in title", 0.90, 0.03, 0.03, 0.10),
    "rescrobbled": Source(Stamp.SUBMIT, "commas", 0.60, 0.03, 0.00, 0.00),
    "mpdscrobble": Source(Stamp.SUBMIT, "first artist", 0.00, 0.04, 0.02, 0.00),
    "mpdscribble": Source(Stamp.END, "feat in artist", 1.0, 0.03, 0.03, 0.05),
    "spotify": Source(Stamp.EITHER, "spotify", 1.0, 0.03, 0.30, 0.06),
    "plex": Source(Stamp.NOW, "feat in artist", 0.80, 0.04, 0.03, 0.00),
    "nowless": Source(Stamp.NOW, "commas", 0.50, 0.04, 0.03, 0.00),  # sends no time at all
    "lastfm_csv": Source(Stamp.MEITHER, "lastfm", 0.00, 0.05, 0.00, 0.00),
    "spotify_export": Source(Stamp.ENDL, "spotify first artist", 0.0, 0.00, 0.01, 0.00),
    "spotify_year": Source(Stamp.MENDL, "spotify first artist", 0.0, 0.00, 0.00, 0.00),
}
PLAYERS = {  # what a listener plays from, and which sources can watch that
    "spotify": ["spotify", "ms", "webscrobbler", "pano", "rescrobbled"],
    "navidrome": ["nav_poll", "nav_push", "ms", "webscrobbler", "pano", "rescrobbled", "nowless"],
    "jellyfin": ["jellyfin", "ms", "pano", "webscrobbler", "rescrobbled"],
    "mpd": ["mpdscribble", "mpdscrobble", "rescrobbled", "ms"],
    "plex": ["plex", "ms", "pano"],
}
KNOW_ORIGIN = {"jellyfin", "nav_poll", "nav_push", "spotify", "plex", "spotify_export", "spotify_year"}
MAY_KNOW_ORIGIN = {"webscrobbler", "pano"}
TELL_PODCASTS = {"pano", "ms", "rescrobbled", "nowless"}
FILES_BY_THE_MINUTE = {"lastfm_csv", "spotify_year"}

_HOURS = [7, 8, 9, 10, 12, 13, 15, 17, 18, 19, 20, 21, 22]


def simulate(seed: int, *, users: int = 50, days: int = 30) -> World:
    """Return the world of a seed."""
    rng = random.Random(seed)
    world = World(catalogue(rng))
    for user in range(users):
        _Listener(rng, world, user, days).live()
    return world


# ---- a person, their devices and what watches them ----


class _Listener:
    """One person's month."""

    def __init__(self, rng: random.Random, world: World, user: int, days: int) -> None:
        self.rng, self.world, self.user, self.days = rng, world, user, days
        self.taste = rng.sample(range(TRACKS), FAVOURITES)
        self.devices = [0, 1] if rng.random() < 0.4 else [0]
        self.player = {device: rng.choice(list(PLAYERS)) for device in self.devices}
        self.watchers = {device: self._pick_watchers(PLAYERS[self.player[device]]) for device in self.devices}
        self.rows: dict[tuple[str, int, str], int] = {}  # equal rows of one minute seen so far

    def _pick_watchers(self, possible: list[str]) -> list[str]:
        count = self.rng.choice([1, 2, 2, 3])
        return self.rng.sample(possible, min(len(possible), count))

    def live(self) -> None:
        """Listen for a month, and let the sources tell of it."""
        listens = self._month()
        for listen in listens:
            listen.id = len(self.world.listens)
            self.world.listens.append(listen)
        self._draw_habits()
        for listen in listens:
            for name in self.watchers[listen.device]:
                self._watch(name, listen)
            self._export(listen)

    # -- listening --

    def _month(self) -> list[Listen]:
        month: list[Listen] = []
        for device in self.devices:
            heard: list[Listen] = []
            elsewhere: list[Listen] = []  # also started on the other device, at about the same time
            for day in range(self.days):
                self._day(device, day, heard, elsewhere)
            month += heard
            if len(self.devices) == 2:
                for listen in elsewhere:
                    start = listen.start + self.rng.uniform(-150, 150)
                    much = listen.track.duration * self.rng.choice([1, 1, 0.6])
                    month.append(Listen(self.user, 1 - device, listen.track, start, much))
        return sorted(month, key=lambda listen: listen.start)

    def _day(self, device: int, day: int, heard: list[Listen], elsewhere: list[Listen]) -> None:
        rng = self.rng
        for _ in range(rng.choice([0, 1, 2, 2, 3, 4])):
            now = FIRST_DAY + day * DAY + rng.choice(_HOURS) * 3600 + rng.random() * 3600
            if heard and heard[-1].end > now:
                now = heard[-1].end + rng.randint(5, 300)
            for track in self._queue():
                listen = self._listen(device, track, now)
                heard.append(listen)
                if rng.random() < 0.03:
                    elsewhere.append(listen)
                gap = rng.uniform(2, 40)
                now = listen.end + rng.choice([0, 0, 0.2, 1, 2, gap])
                if listen.heard < track.duration and rng.random() < 0.05:  # back to the beginning
                    again = Listen(self.user, device, track, now, track.duration)
                    heard.append(again)
                    now = again.end + 1

    def _queue(self) -> list[Track]:
        """Return what one sitting plays: a loop, a loop of something short, a podcast, an album or favourites."""
        rng, tracks = self.rng, self.world.tracks
        mode = rng.random()
        if mode < 0.10:
            return [self._favourite(30)] * rng.randint(2, 8)
        if mode < 0.14:
            return [rng.choice([t for t in tracks if t.duration <= 60 and not t.podcast])] * rng.randint(5, 25)
        if mode < 0.18:
            return [rng.choice(tracks[-PODCASTS:])]
        if mode < 0.5:
            first = rng.choice(self.taste)
            return tracks[first : min(first + rng.randint(5, 14), TRACKS - 1)]
        return [self._favourite(60) for _ in range(rng.randint(3, 16))]

    def _favourite(self, spread: float) -> Track:
        place = int(self.rng.expovariate(1 / spread))
        return self.world.tracks[self.taste[min(FAVOURITES - 1, place)]]

    def _listen(self, device: int, track: Track, start: float) -> Listen:
        rng = self.rng
        heard = track.duration * (rng.uniform(0.03, 0.97) if rng.random() < 0.13 else 1.0)
        paused_after = pause = 0.0
        if rng.random() < 0.06:
            paused_after = rng.uniform(0, heard)
            pause = min(5400, max(3, rng.lognormvariate(math.log(70), 1.3)))
        return Listen(self.user, device, track, start, heard, paused_after, pause)

    # -- telling --

    def _draw_habits(self) -> None:
        rng = self.rng
        self.lastfm_stamps_ends = rng.random() < 0.15
        self.has_lastfm = rng.random() < 0.5
        self.spotify_file = rng.choice(["spotify_export", "spotify_export", "spotify_year"])
        self.one_connection = rng.random() < 0.5  # both devices through one connection of a source
        self.outages = {}  # the day on which a source was down
        for device in self.devices:
            for name in self.watchers[device]:
                day = rng.randrange(self.days)
                self.outages[device, name] = rng.choice([None, None, day])

    def _watch(self, name: str, listen: Listen) -> None:
        """Let a live source tell of the listen, if it would."""
        if self.outages[listen.device, name] == int((listen.start - FIRST_DAY) // DAY):
            return
        voice = name if self.one_connection or listen.device == 0 else f"{name}#2"
        for told_at in _WATCHING[name](self, listen):
            self._tell(name, voice, listen, told_at, listened=int(listen.heard) if name == "jellyfin" else None)

    def _export(self, listen: Listen) -> None:
        """Let the files that are imported at the end of the month tell of the listen."""
        rng, track = self.rng, listen.track
        imported = FIRST_DAY + (self.days + 2) * DAY + rng.random() * DAY
        if self.has_lastfm and track.duration >= 30 and listen.submitted and not (track.podcast and track.id % 2):
            moment = listen.end if self.lastfm_stamps_ends else listen.start + rng.uniform(0, 5)
            self._tell("lastfm_csv", "lastfm_csv", listen, _minute(moment), arrives=imported)
        if self.player[listen.device] == "spotify" and listen.heard >= 30 and not track.podcast:
            name = self.spotify_file
            moment = listen.end if name == "spotify_export" else _minute(listen.end)
            self._tell(name, name, listen, moment, arrives=imported, listened=int(listen.heard))

    def _tell(
        self,
        name: str,
        voice: str,
        listen: Listen,
        moment: float,
        *,
        arrives: float | None = None,
        listened: int | None = None,
    ) -> None:
        """Tell of a listen once, or not at all, or again: each source has its ways."""
        rng, source, track = self.rng, SOURCES[name], listen.track
        if rng.random() < source.misses:
            return
        title, artists = spell(rng, track, source.style)
        duration = track.duration if track.tagged and rng.random() < source.tells_duration else None
        if arrives is None:
            arrives = listen.end + rng.uniform(0, 5)
        if rng.random() < source.late:
            arrives += rng.uniform(1, 10) * 3600
        knows = name in KNOW_ORIGIN or (name in MAY_KNOW_ORIGIN and rng.random() < 0.5)
        origin = self.player[listen.device] if knows else None
        nth = 0
        if name in FILES_BY_THE_MINUTE:
            row = name, int(moment), title
            nth = self.rows[row] = self.rows.get(row, -1) + 1

        def add(told_at: int, arrives: float) -> None:
            self.world.reports.append(
                Told(
                    self.user, voice, source.stamp, told_at, title, artists, duration, listened, origin, nth,
                    arrives, listen.id,
                )
            )  # fmt: skip

        told_at = int(moment)
        add(told_at, arrives)
        if rng.random() < source.retries:
            add(told_at, arrives + rng.choice([2, 30, 300, 7200]))
        if source.stamp is Stamp.NOW and rng.random() < 0.02:  # a retry that nothing marks as one
            later = rng.uniform(2, 20)
            add(int(told_at + later), arrives + later)
        if name == "spotify" and rng.random() < 0.01:  # read again, with another time
            add(told_at + rng.randint(1, 25), arrives + 1800)


# ---- what each live source watches for: yields the time it stamps, or nothing ----

_Watch = Callable[[_Listener, Listen], Iterator[float]]


def _watch_spotify(person: _Listener, listen: Listen) -> Iterator[float]:
    if listen.heard > 30 and not listen.track.podcast:
        yield listen.end if person.rng.random() < 0.75 else listen.start


def _watch_plex(person: _Listener, listen: Listen) -> Iterator[float]:
    if not listen.track.podcast and listen.heard >= 0.9 * listen.track.duration:
        yield listen.at(0.9 * listen.track.duration) + person.rng.uniform(0, 3)


def _watch_mpdscrobble(person: _Listener, listen: Listen) -> Iterator[float]:
    enough = min(0.4 * listen.track.duration, HALF_CAP)
    if not listen.track.podcast and listen.track.duration > 30 and listen.heard >= enough:
        yield listen.at(enough) + person.rng.uniform(0, 10)


def _watch_ms(person: _Listener, listen: Listen) -> Iterator[float]:
    if person.player[listen.device] == "spotify":
        yield listen.end
    else:
        yield listen.start + person.rng.uniform(0, 10)


def _watch_nav_poll(person: _Listener, listen: Listen) -> Iterator[float]:
    if listen.track.duration >= 90 or person.rng.random() >= 0.3:  # a short track falls between two polls
        yield _minute(listen.start + person.rng.uniform(-30, 30))


def _watch_webscrobbler(person: _Listener, listen: Listen) -> Iterator[float]:
    rng = person.rng
    yield listen.start + (rng.uniform(0, 5) if rng.random() < 0.9 else rng.uniform(5, 54))


def _watch_rescrobbled(person: _Listener, listen: Listen) -> Iterator[float]:
    yield listen.at(listen.track.threshold) + person.rng.uniform(0, 2)


def _watch_nowless(person: _Listener, listen: Listen) -> Iterator[float]:
    moment = listen.at(listen.track.threshold) if person.rng.random() < 0.5 else listen.end
    yield moment + person.rng.uniform(0, 4)


def _watch_mpdscribble(_person: _Listener, listen: Listen) -> Iterator[float]:
    yield listen.end


def _watch_start(delay: float) -> _Watch:
    def watch(person: _Listener, listen: Listen) -> Iterator[float]:
        yield listen.start + person.rng.uniform(0, delay)

    return watch


def _if_submitted(name: str, watch: _Watch) -> _Watch:
    """Most sources tell of what was heard long enough, and few of podcasts."""

    def watch_submitted(person: _Listener, listen: Listen) -> Iterator[float]:
        if listen.submitted and (name in TELL_PODCASTS or not listen.track.podcast):
            yield from watch(person, listen)

    return watch_submitted


_WATCHING: dict[str, _Watch] = {
    "spotify": _watch_spotify,
    "plex": _watch_plex,
    "mpdscrobble": _watch_mpdscrobble,
    **{
        name: _if_submitted(name, watch)
        for name, watch in {
            "jellyfin": _watch_start(2),
            "ms": _watch_ms,
            "nav_poll": _watch_nav_poll,
            "nav_push": _watch_start(1),
            "webscrobbler": _watch_webscrobbler,
            "pano": _watch_start(3),
            "rescrobbled": _watch_rescrobbled,
            "nowless": _watch_nowless,
            "mpdscribble": _watch_mpdscribble,
        }.items()
    },
}


def _minute(moment: float) -> float:
    return moment // 60 * 60
