"""The same statistics counted the plain way, play by play. What is fast must equal it."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta

from goscrobble.domain.periods import zone


def local(at, time_zone):
    return datetime.fromtimestamp(at, zone(time_zone))


def days_between(period, time_zone):
    """The first and last local day of a period, None where it is open."""
    return (
        None if period.start is None else local(period.start, time_zone).date(),
        None if period.end is None else local(period.end - 1, time_zone).date(),
    )


def within(plays, period, time_zone):
    first, last = days_between(period, time_zone)
    dated = [(play, local(play.played_at, time_zone).date()) for play in plays]
    return [play for play, day in dated if (first is None or first <= day) and (last is None or day <= last)]


def seconds(play):
    return play.listened or play.duration or 0


def start_of(day, unit):
    match unit:
        case "week":
            return date.fromisocalendar(*day.isocalendar()[:2], 1)
        case "month":
            return date(day.year, day.month, 1)
        case "year":
            return date(day.year, 1, 1)
    return day


def units(plays, period, time_zone, unit, today):
    """The start of each day, week, month or year that is shown."""
    first, last = days_between(period, time_zone)
    played = [local(play.played_at, time_zone).date() for play in plays]
    if first is None:
        first = min(played, default=None)
    until = max([today, *played])
    last = until if last is None else min(last, until)
    if first is None:
        return []
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return list(dict.fromkeys(start_of(day, unit) for day in days))


def activity(plays, period, time_zone, unit, today):
    plays = within(plays, period, time_zone)
    counts, lengths = Counter(), Counter()
    for play in plays:
        start = start_of(local(play.played_at, time_zone).date(), unit)
        counts[start] += 1
        lengths[start] += seconds(play)
    return [(start, counts[start], lengths[start]) for start in units(plays, period, time_zone, unit, today)]


def clock(plays, period, time_zone):
    hours = [0] * 168
    for play in within(plays, period, time_zone):
        at = local(play.played_at, time_zone)
        hours[at.weekday() * 24 + at.hour] += 1
    return tuple(hours)


def runs(plays, time_zone):
    """The streaks, as lists of days. A day that the calendar left out is no day without plays."""
    missing = {date(2011, 12, 30)} if time_zone == "Pacific/Apia" else set()
    found = []
    for day in sorted({local(play.played_at, time_zone).date() for play in plays}):
        before = day - timedelta(days=1)
        if before in missing:
            before -= timedelta(days=1)
        if found and found[-1][-1] == before:
            found[-1].append(day)
        else:
            found.append([day])
    return found


def sittings(plays, period, time_zone):
    """(start, end, plays, seconds) of every sitting, in order."""
    found = []
    for play in within(plays, period, time_zone):
        start, end = play.played_at, play.played_at + seconds(play)
        if found and start - found[-1][1] < 30 * 60:
            begin, over, count, length = found[-1]
            found[-1] = (begin, max(over, end), count + 1, length + seconds(play))
        else:
            found.append((start, end, 1, seconds(play)))
    return found


def first_plays(plays):
    """The first play of each artist, by name, oldest first."""
    found = {}
    for play in plays:
        for artist in play.artists:
            found.setdefault(artist.name, play)
    return found


def discoveries(plays, period, time_zone, unit, today):
    first = first_plays(plays)
    new = {id(play) for play in within(list(first.values()), period, time_zone)}
    found = {name: play for name, play in first.items() if id(play) in new}
    counts = Counter(start_of(local(play.played_at, time_zone).date(), unit) for play in found.values())
    starts = units(list(first.values()), period, time_zone, unit, today)
    return [(start, counts[start]) for start in starts], found
