"""What a listener has on from one poll to the next, and what of it is told. Pure.

A server lists what plays at this moment. One that knows its players says where they are in a track, and whether they
pause; what it lists no more has stopped. Another one only knows that a track was begun so many minutes ago, and stops
listing it after a while, or never: there the clock decides, unless the player goes on to something else before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from goscrobble.plugins import Playing, ScrobbleDraft, Stamp
from goscrobble_navidrome.normalise import Listed, Skipped

JITTER = 5.0  # seconds by which two positions may differ that mean the same
PAUSE_ENDS = 1800  # seconds after which a track that is paused counts as stopped, if enough of it was heard
REMEMBERED = 86_400  # seconds for which one that was left in its middle may be taken up again
ENOUGH = 240  # seconds of any track
REPEATED = 20.0  # seconds before its end from which on a track counts as begun again: polls are that rare


class On(BaseModel):
    """A track that was on. Times are Unix seconds, `position` is seconds into the track at the time `at`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    item: str
    draft: ScrobbleDraft
    players: tuple[str, ...]
    state: Literal["playing", "paused"]
    tells: bool
    began: tuple[float, float]
    started_at: float
    at: float  # when it was last listed
    position: float
    told: float | None = None  # the position as the server tells it, which some do not move on
    told_at: float = 0.0  # since when it tells that one
    rate: float = 1.0
    paused_at: float | None = None
    is_over: bool = False  # it had its verdict; it counts again when it begins again

    @property
    def ends_at(self) -> float | None:
        """When it has run out, if it goes on as it did."""
        if self.draft.duration is None or self.state != "playing":
            return None
        return self.at + max(self.draft.duration - self.position, 0) / self.rate

    @property
    def is_enough(self) -> bool:
        """Whether it has come as far as makes a listen."""
        return self.position >= min((self.draft.duration or 2 * ENOUGH) / 2, ENOUGH)


class Memory(BaseModel):
    """What is remembered of the last poll."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    identity: tuple[str, ...] = ()  # of the account that was asked
    at: float | None = None
    on: tuple[On, ...] = ()
    skipped: tuple[str, ...] = ()


def follow(
    memory: Memory, listed: Sequence[Listed], skipped: Sequence[Skipped], now: float
) -> tuple[list[Playing], list[Skipped], Memory]:
    """Return what players did since the last poll, what was skipped for the first time, and what to remember."""
    known = {one.item: one for one in memory.on}
    heard = {entry.item: entry for entry in _one_a_track(listed)}
    stopped: list[Playing] = []
    events: list[Playing] = []
    on: list[On] = []
    fresh = [(entry.player, _middle(_since(entry.began, memory.at))) for entry in listed if entry.state == "starting"]
    for entry in heard.values():
        players = tuple(sorted({one.player for one in listed if one.item == entry.item}))
        before = known.get(entry.item)
        told, one = _begin(entry, players, memory.at, now) if before is None else _go_on(before, entry, players, now)
        events += told
        on.append(one)
        if before is None or one.started_at != before.started_at:
            fresh += [(player, one.started_at) for player in players]
    for before in memory.on:
        if before.item not in heard:
            told, kept = _leave(before, [at for player, at in fresh if player in before.players], now)
            stopped += told
            on += kept
    news = [one for one in skipped if one.item not in memory.skipped]
    left = Memory(
        identity=memory.identity, at=now, on=tuple(on), skipped=tuple(dict.fromkeys(one.item for one in skipped))
    )
    return stopped + events, news, left


# ---- tracks that are listed ----


def _one_a_track(listed: Iterable[Listed]) -> list[Listed]:
    """Return one entry for each track: nobody listens to one twice at a time, so that which began last counts."""
    best: dict[str, Listed] = {}
    for entry in listed:
        if entry.state == "starting":
            continue  # nothing was heard yet
        other = best.get(entry.item)
        if other is None or _lateness(entry) > _lateness(other):
            best[entry.item] = entry
    return list(best.values())


def _lateness(entry: Listed) -> tuple[bool, float, float]:
    return (entry.state == "playing", -(entry.position or 0.0), entry.began[1])


def _begin(entry: Listed, players: tuple[str, ...], last: float | None, now: float) -> tuple[list[Playing], On]:
    """Return what tells of a track that was not on at the last poll."""
    began = _since(entry.began, last)
    if entry.position is None:
        on = _on(entry, players, began, _middle(began), now)
        first = _event(on, on.started_at, "playing", 0.0, _stamp(began), starts=True)
        return [first, _event(on, now, position=on.position)], on
    heard = entry.position / entry.rate  # if it began at its beginning, and never paused
    start = now - heard
    if entry.state == "playing" and began[0] - JITTER <= start <= began[1] + JITTER:
        on = _on(entry, players, began, start, now)
        return [_event(on, start, position=0.0, starts=True), _event(on, now, position=entry.position)], on
    on = _on(entry, players, began, _middle(began), now)
    elapsed = now - on.started_at
    if heard > elapsed:  # it began somewhere in the middle
        first = _event(on, on.started_at, "playing", entry.position - elapsed * entry.rate, Stamp.POLL, starts=True)
        return [first, _event(on, now, position=entry.position)], on
    first = _event(on, on.started_at, "playing", 0.0, Stamp.POLL, starts=True)
    pause = _event(on, on.started_at + heard, "paused", entry.position)
    return [first, pause, _event(on, now, position=entry.position)], on


def _go_on(before: On, entry: Listed, players: tuple[str, ...], now: float) -> tuple[list[Playing], On]:
    """Return what tells of a track that was on at the last poll: it goes on, or it began again."""
    if entry.position is None:
        return _go_on_by_clock(before, entry, players, now)
    position, told_at = entry.position, now
    if entry.position == before.told and entry.state == before.state == "playing":  # a server that does not count on
        told_at = before.told_at
        position = _within(entry, entry.position + (now - told_at) * entry.rate)
    on = _on(entry, players, entry.began, before.started_at, now, position=position).model_copy(
        update={"told_at": told_at}
    )
    if before.position - JITTER > position <= (now - before.at) * entry.rate + JITTER:  # it may have begun again
        on = on.model_copy(update={"started_at": now - position / entry.rate})
        start = _event(on, max(on.started_at, before.at), "playing", 0.0, starts=True)
        return [start, _event(on, now, position=position)], on
    if before.is_over:
        return [], on.model_copy(update={"is_over": True})
    moved = min((position - before.position) / entry.rate, now - before.at) if position > before.position else 0.0
    match before.state, on.state:
        case "playing", "paused":
            return [_event(on, before.at + moved, position=position)], on
        case "paused", "playing":
            resumed = _event(on, now - moved, position=before.position)
            return [resumed, _event(on, now, position=position)], on
        case "paused", "paused":
            on = on.model_copy(update={"paused_at": before.paused_at})
            if on.is_enough and now - (before.paused_at or now) > PAUSE_ENDS:
                return [_event(on, now, "stopped")], on.model_copy(update={"is_over": True})
    return [_event(on, now, position=position)], on


def _go_on_by_clock(before: On, entry: Listed, players: tuple[str, ...], now: float) -> tuple[list[Playing], On]:
    began = (max(before.began[0], entry.began[0]), min(before.began[1], entry.began[1]))
    if began[0] <= began[1] + JITTER:
        on = _on(entry, players, (began[0], max(began)), before.started_at, now)
        return [_event(on, now, position=on.position, stamp=_stamp(began))], on
    if entry.began[1] < before.began[0]:  # another player's, of the same track
        return [], before.model_copy(update={"at": now, "players": players})
    lowest = max(before.at, min(before.ends_at or 0.0, entry.began[1]))  # it was first heard to its end, if it could be
    began = _since(entry.began, lowest)
    on = _on(entry, players, began, _middle(began), now)
    event = _event(on, now, position=on.position)
    at = max(min(on.started_at, before.ends_at or on.started_at), before.at)
    earliest_end = before.began[0] + (before.draft.duration or 0) / before.rate
    if not _moved(before, at).is_enough or began[1] < earliest_end - REPEATED:
        # Some clients tell again and again that they play it. It can have begun again only where it may have been over.
        moved = _moved(before, now).model_copy(update={"players": players})
        return [_event(moved, now, position=moved.position)], moved
    start = _event(on, max(on.started_at, at), "playing", 0.0, _stamp(began), starts=True)
    return [_event(before, at, "stopped"), start, event], on


def _on(
    entry: Listed,
    players: tuple[str, ...],
    began: tuple[float, float],
    started_at: float,
    now: float,
    *,
    position: float | None = None,
) -> On:
    if position is None:
        position = entry.position
    return On(
        item=entry.item,
        draft=entry.draft,
        players=players,
        state="paused" if entry.state == "paused" else "playing",
        tells=entry.tells,
        began=began,
        started_at=started_at,
        at=now,
        position=_within(entry, (now - started_at) * entry.rate) if position is None else position,
        told=entry.position,
        told_at=now,
        rate=entry.rate,
        paused_at=now if entry.state == "paused" else None,
    )


# ---- tracks that are listed no more ----


def _leave(before: On, next_began: Sequence[float], now: float) -> tuple[list[Playing], list[On]]:
    """Return what tells of a track that is listed no more, and the track if it is still remembered.

    `next_began` is when the players that had it on began something else.
    """
    if before.is_over:
        return [], [before] if now - before.at < REMEMBERED else []
    if before.state == "paused":
        if before.is_enough:
            return [_event(before, before.at, "stopped")], [before.model_copy(update={"is_over": True})]
        return [], [before] if now - before.at < REMEMBERED else []  # it may be taken up again
    times = [at for at in (*next_began, before.ends_at) if at is not None and at <= now]
    if not times and not before.tells:
        return [], [before] if before.ends_at is not None else []
    at = max(min(times, default=before.at), before.at)
    stop = _event(before, at, "stopped")
    on = _moved(before, at).model_copy(update={"is_over": True})
    is_whole = on.draft.duration is not None and on.position >= on.draft.duration - JITTER
    return [stop], [on] if before.tells and on.is_enough and not is_whole else []


# ---- parts ----


def _moved(on: On, at: float) -> On:
    """Return a track that plays as it stood at a later time."""
    return on.model_copy(update={"at": at, "position": on.position + (at - on.at) * on.rate})


def _event(
    on: On,
    at: float,
    state: Literal["playing", "paused", "stopped"] | None = None,
    position: float | None = None,
    stamp: Literal[Stamp.START, Stamp.POLL] = Stamp.START,
    *,
    starts: bool = False,
) -> Playing:
    return Playing(
        player=on.item,  # a player cannot be told from another of its name, a track can
        item=on.item,
        draft=on.draft,
        state=state or on.state,
        at=at,
        position=position,
        stamp=stamp,
        starts=starts,
    )


def _since(began: tuple[float, float], last: float | None) -> tuple[float, float]:
    """Return between which times it began, if it can have begun after the last poll, which did not list it."""
    return (max(began[0], last), began[1]) if last is not None and last <= began[1] else began


def _middle(began: tuple[float, float]) -> float:
    return (began[0] + began[1]) / 2 if began[0] else began[1]


def _stamp(began: tuple[float, float]) -> Literal[Stamp.START, Stamp.POLL]:
    return Stamp.START if began[1] - began[0] <= 2 * JITTER else Stamp.POLL


def _within(entry: Listed, position: float) -> float:
    return min(position, entry.draft.duration) if entry.draft.duration else position
