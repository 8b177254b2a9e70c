"""Players with the habits of real ones, and what somebody truly heard with them: the truth that sessions must find.

An evening is a list of events as a server would deliver them, and of listens as they happened. What is told is never
more than a player can know, and what is lost on the way leaves enough to know it by. `fidelity.py` measures by it, and
the tests of `domain.sessions` hold its promise to it.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from goscrobble.domain import sessions
from goscrobble.domain.drafts import Playing, PlayState, ScrobbleDraft
from goscrobble.domain.sessions import NEAR, Session, Step

AT = 1_800_000_000


@dataclass(frozen=True)
class Habit:
    """What a player tells. `every` is seconds between two progress events, None: it sends none."""

    name: str
    every: int | None
    starts: bool = True
    stops: bool = True
    positions: str = "told"  # told, zero, none
    scrobble_stop: bool = False  # it stops and goes on where half of the track was heard
    idle_stop: bool = False  # its server ends the session while the player pauses


HABITS = [
    Habit("Jellyfin's own web client", 10, idle_stop=True),
    Habit("Jellyfin with a server that tells every second", 1, idle_stop=True),
    Habit("Feishin", 10, scrobble_stop=True),
    Habit("Finamp", 10),
    Habit("Symfonium", 30),
    Habit("Jellyfin Desktop, which knows no position", 10, positions="zero"),
    Habit("a server without positions", None, positions="none"),
    Habit("a player that tells where it is but not that it starts", 10, starts=False),
    Habit("a player whose stop is never told", 10, stops=False),
    Habit("a server that tells nothing but starts", None, stops=False, positions="none"),
]


@dataclass
class Listen:
    """What somebody truly heard of a track. Seconds; `started_at` is when the sound began."""

    title: str
    duration: int
    started_at: float
    heard: float = 0.0
    tolerance: float = 5.0

    @property
    def counts(self) -> bool:
        """Whether it is a listen at all."""
        return self.heard >= min(self.duration / 2, 240)

    @property
    def is_clear(self) -> bool:
        """Whether it is far enough from the threshold for anybody to say that it counts, or not."""
        return abs(self.heard - min(self.duration / 2, 240)) > self.tolerance + 2


@dataclass
class Evening:
    """Somebody listens, and their player tells of it."""

    habit: Habit
    chance: random.Random
    now: float = AT
    position: float = 0.0
    player: str = "kitchen"
    events: list[Playing] = field(default_factory=list)
    listens: list[Listen] = field(default_factory=list)
    lengths: dict[str, int] = field(default_factory=dict)

    # ---- what happens ----

    def track(self, title: str, *, ends_soon: bool) -> None:
        """Listen to a track, in one of many ways; `ends_soon`: something else follows at once."""
        habit, chance = self.habit, self.chance
        duration = self.lengths.setdefault(title, chance.choice([60, 100, 179, 200, 213, 300, 602]))
        listen = Listen(title, duration, self.now)
        self.listens.append(listen)
        self.position = 0.0
        if habit.starts:
            self.tell("playing", starts=True)
        is_skipped = chance.random() < 0.3 and (habit.stops or habit.every is not None or ends_soon)
        end = chance.uniform(0.05, 0.95) * duration if is_skipped else duration
        stops = sorted(chance.uniform(2, end) for _ in range(chance.choice([0, 0, 1, 1, 2])))
        half = min(duration / 2, 240) + 1.5
        did_stop = False
        for at in [*stops, end]:
            while self.position < at - 0.5:
                if habit.scrobble_stop and not did_stop and self.position < half <= at and listen.heard < half:
                    self.play_to(half)
                    did_stop = True
                    self.events.append(self.event("stopped", position=duration * 1000, completed=True))
                    continue
                self.play_to(at)
            if at != end:
                self.interrupt(end)
        if habit.stops and chance.random() < 0.9:
            is_completed = listen.heard > 0.9 * duration
            self.tell("stopped", completed=is_completed)
            if chance.random() < 0.2:
                self.tell("stopped", completed=is_completed)
        else:  # how much of it was heard since the last word, nobody can know; and that one may have been lost
            listen.tolerance = 5.0 if habit.every is None else 3.0 * max(habit.every, 10)
            if habit.every is None and is_skipped and not ends_soon:
                self.tell("stopped")

    def interrupt(self, end: float) -> None:
        """Pause, seek, sleep, go on with another device: whatever people do in the middle of a track."""
        habit, chance = self.habit, self.chance
        knows = habit.positions == "told" and habit.every is not None
        what = chance.choice(["pause", "pause", "back", "ahead", "sleep", "idle", "device"])
        if what == "pause" and (habit.every is not None or habit.stops):
            self.pause(chance.choice([3, 30, 400, 5000, 40_000]))
        elif what == "back" and knows and self.position > 50:  # near the start it would be another listen
            self.position = max(self.position - chance.choice([13, 15, 45, 60]), NEAR + 1.0)
            self.tell("playing")
        elif what == "ahead" and knows and end - self.position > 40:
            self.position += chance.uniform(5, 30)
            self.tell("playing")
        elif what == "sleep" and knows and end - self.position > (habit.every or 0) + 6:
            self.tell("playing")
            self.now += chance.choice([90, 700, 30_000])
            self.tell("playing")
        elif what == "idle" and habit.idle_stop and self.position > 31:
            self.tell("paused")
            for _ in range(chance.choice([1, 1, 3])):
                self.now += 400
                self.tell("stopped")
                self.now += chance.choice([600, 4000])
                self.tell("paused")
            self.now += 5
            self.tell("playing")
        elif what == "device" and knows and self.position > 40:
            self.tell("playing")
            self.tell("stopped")
            self.player = {"kitchen": "phone", "phone": "kitchen"}[self.player]
            self.now += chance.choice([1, 20])
            self.tell("playing", starts=habit.starts)

    def pause(self, seconds: float) -> None:
        """Pause for a while."""
        self.tell("paused")
        self.now += seconds
        self.tell("playing")

    def play_to(self, position: float) -> None:
        """Play on, and tell of it every so often."""
        listen, every = self.listens[-1], self.habit.every
        while self.position < position:
            step = min(position - self.position, every or 10_000)
            self.now += step
            self.position += step
            listen.heard = min(listen.heard + step, listen.duration)
            if every is not None and self.position < listen.duration and self.chance.random() > 0.08:
                self.tell("playing")

    # ---- what is told ----

    def event(
        self, state: PlayState, *, position: float | None = None, starts: bool = False, completed: bool = False
    ) -> Playing:
        """Return what the player would tell at this moment."""
        listen = self.listens[-1]
        draft = ScrobbleDraft(title=listen.title, artists=("Ada",), played_at=0, duration=listen.duration)
        return Playing(
            player=self.player,
            item=listen.title,
            draft=draft,
            state=state,
            at=self.now,
            position=position,
            starts=starts,
            completed=completed,
        )

    def tell(self, state: PlayState, *, starts: bool = False, completed: bool = False) -> None:
        """Tell where the player is, as well as it knows; sometimes twice, sometimes after the next event."""
        positions = {"told": max(self.position + self.chance.uniform(-0.4, 0.4), 0.0), "zero": 0.0, "none": None}
        position = positions[self.habit.positions]
        if position is not None and self.position == 0:
            position = 0.0
        one = self.event(state, position=position, starts=starts, completed=completed)
        self.events.append(one)
        if self.chance.random() < 0.08:
            self.events.append(one)
        if state == "playing" and not starts and len(self.events) > 2 and self.chance.random() < 0.05:
            last, before = self.events[-3:-1]
            is_progress = {last.state, before.state} == {"playing"} and not before.starts
            is_same = before.item == one.item and last.player == before.player == one.player
            if is_progress and is_same and one.at - last.at <= 60:
                self.events[-2], self.events[-1] = self.events[-1], self.events[-2]


def evening(seed: int) -> Evening:
    """Return an evening of some tracks with one player."""
    chance = random.Random(seed)
    found = Evening(chance.choice(HABITS), chance)
    titles = [f"Song {n}" for n in range(chance.randint(1, 5))]
    if len(titles) > 1 and chance.random() < 0.3:  # one of them again, later that evening
        titles.append(titles[0])
    for n, title in enumerate(titles):
        ends_soon = n + 1 < len(titles) and chance.random() < 0.6
        found.track(title, ends_soon=ends_soon)
        repeats = found.listens[-1].heard >= found.listens[-1].duration - 1 and chance.random() < 0.2
        if repeats and found.habit.starts:
            found.track(title, ends_soon=ends_soon)
        found.now += 1 if ends_soon else chance.choice([20, 400, 8000])
    return found


def plays_of(events: list[Playing]) -> dict[tuple[str, int], int]:
    """Return what sessions and their clock make of events: what was heard, by title and start of each play."""
    kept: dict[tuple[str, str], Session] = {}
    plays: dict[tuple[str, int], int] = {}

    def note(result: Step, player: str) -> None:
        for session in result.keep:
            kept[player, session.item] = session
        for listen in (*result.listens, *result.longer):
            key = (listen.title, listen.played_at)
            plays[key] = max(plays.get(key, 0), listen.listened or 0)

    def tick(now: float) -> None:
        for (player, _), session in sorted(kept.items(), key=lambda one: one[1].last_at):
            if session.due_at is not None and session.due_at <= now:
                note(sessions.run_out(session, now), player)

    latest = 0.0
    for event in events:
        latest = max(latest, event.at)
        tick(latest)
        own = [session for (player, _), session in kept.items() if player == event.player]
        others = [
            (player, session)
            for (player, item), session in kept.items()
            if player != event.player and item == event.item and sessions.goes_on(session, event)
        ]
        current = next((session for session in own if session.item == event.item), None)
        player, other = max(others, key=lambda one: one[1].last_at, default=("", None))
        is_newer = other is not None and (current is None or other.last_at > current.last_at)
        if not is_newer or not sessions.may_be_elsewhere(current, event):
            other = None
        note(sessions.step(own, event, other), event.player)
        if other is not None:
            del kept[player, event.item]
    tick(latest + 10 * 86_400)
    return plays


def fault_of(truth: Evening) -> str | None:
    """Return what is wrong with the plays of an evening; None if each true listen is one, for as long as it was."""
    plays = plays_of(truth.events)
    expected = sorted((one.title, one.started_at, one.heard, one.tolerance) for one in truth.listens if one.counts)
    if sorted(title for title, _ in plays) != [title for title, *_ in expected]:
        return "plays"
    for (_, started_at, heard, tolerance), ((_, start), found) in zip(expected, sorted(plays.items()), strict=True):
        if abs(found - heard) > tolerance:
            return "listened"
        if abs(start - started_at) > NEAR + 5:
            return "start"
    return None
