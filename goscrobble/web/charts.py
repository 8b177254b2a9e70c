"""The geometry of charts: values in, places and sizes out. Pure; `templates/macros/charts.html` draws them as SVG."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

LEVELS = 4  # shades of "some"; 0 is none
WEEK = 7
CELL, GAP = 11, 3  # of a heat map, in units of its drawing
STEP = CELL + GAP
GUTTER_LEFT, GUTTER_TOP = 30, 18  # where the names of days and months stand
ROOM = 100.0  # height of a drawing that is stretched to its place


def levels(values: Sequence[int]) -> tuple[int, ...]:
    """Return for each value its shade, 0 to LEVELS: a quarter of those that are not zero in each, equal ones alike."""
    some = sorted(value for value in values if value > 0)
    if not some:
        return (0,) * len(values)
    limits = [some[len(some) * i // LEVELS] for i in range(1, LEVELS)]
    if some[0] == some[-1]:
        limits = [some[0]] * 2  # all alike: in the middle, neither little nor much
    return tuple(0 if value <= 0 else 1 + bisect_right(limits, value) for value in values)


# ---- a year of days ----


@dataclass(frozen=True, slots=True)
class Cell:
    """A day of a heat map; x and y are its upper left corner."""

    x: int
    y: int
    level: int
    day: date
    plays: int


@dataclass(frozen=True, slots=True)
class Label:
    """A word beside a drawing."""

    x: int
    y: int
    day: date


@dataclass(frozen=True, slots=True)
class Month:
    """What a month of a heat map adds up to."""

    first: date
    plays: int


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Days in columns of weeks, Monday on top."""

    width: int
    height: int
    cells: tuple[Cell, ...]
    months: tuple[Label, ...]
    weekdays: tuple[Label, ...]
    sums: tuple[Month, ...]
    plays: int
    days: int  # with plays
    best: Cell | None


def heat_map(plays: Mapping[date, int], first: date, last: date) -> HeatMap:
    """Lay out the days from `first` to `last`, both included. Days that `plays` does not name have none."""
    monday = first - timedelta(days=first.weekday())
    days = [first + timedelta(days=i) for i in range((last - first).days + 1)]
    counts = [plays.get(day, 0) for day in days]
    cells = tuple(
        Cell(_column(day, monday), GUTTER_TOP + day.weekday() * STEP, level, day, count)
        for day, count, level in zip(days, counts, levels(counts), strict=True)
    )
    firsts = [day for day in days if day.day == 1]
    sums: dict[date, int] = {}
    for cell in cells:
        month = cell.day.replace(day=1)
        sums[month] = sums.get(month, 0) + cell.plays
    best = max(cells, key=lambda cell: cell.plays, default=None)
    return HeatMap(
        width=cells[-1].x + CELL if cells else GUTTER_LEFT,
        height=GUTTER_TOP + WEEK * STEP - GAP,
        cells=cells,
        months=tuple(Label(_column(day, monday), GUTTER_TOP - 7, day) for day in firsts),
        weekdays=tuple(
            Label(0, GUTTER_TOP + i * STEP + CELL - 2, monday + timedelta(days=i)) for i in range(0, WEEK, 2)
        ),
        sums=tuple(Month(month, count) for month, count in sums.items()),
        plays=sum(counts),
        days=sum(count > 0 for count in counts),
        best=best if best is not None and best.plays else None,
    )


def _column(day: date, monday: date) -> int:
    return GUTTER_LEFT + (day - monday).days // WEEK * STEP


# ---- plays over time ----


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a chart that is stretched to its place: x and width in bars, y and height of ROOM, from above."""

    x: float
    y: float
    width: float
    height: float
    start: date
    plays: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars from the oldest to the newest; `width` in bars, `top` what the upper edge stands for."""

    width: int
    top: int
    bars: tuple[Bar, ...]
    ticks: tuple[date, ...]  # what is written below, evenly apart
    plays: int
    best: Bar | None


def bars(values: Sequence[tuple[date, int, int]]) -> Bars:
    """Lay out (start, plays, seconds), oldest first."""
    top = nice(max((plays for _, plays, _ in values), default=0))
    room = 0.16 if len(values) > 1 else 0.0
    laid = tuple(
        Bar(
            x=round(i + room / 2, 2),
            y=round(ROOM - _height(plays, top), 2),
            width=round(1 - room, 2),
            height=round(_height(plays, top), 2),
            start=start,
            plays=plays,
            seconds=seconds,
        )
        for i, (start, plays, seconds) in enumerate(values)
    )
    best = max(laid, key=lambda bar: bar.plays, default=None)
    return Bars(
        width=max(len(laid), 1),
        top=top,
        bars=laid,
        ticks=_ticks([bar.start for bar in laid]),
        plays=sum(bar.plays for bar in laid),
        best=best if best is not None and best.plays else None,
    )


def _height(plays: int, top: int) -> float:
    """Return how high a bar is; one play among thousands is still to be seen."""
    return max(ROOM * plays / top, 1.0) if plays else 0.0


def _ticks(starts: Sequence[date], most: int = 5) -> tuple[date, ...]:
    if len(starts) <= most:
        return tuple(starts)
    return tuple(starts[round(i * (len(starts) - 1) / (most - 1))] for i in range(most))


def nice(value: int) -> int:
    """Return the next larger round number of those that people count in, as 1, 2, 3, 4, 5, 6, 8, 10 and 20."""
    if value <= 1:
        return 1
    size: int = 10 ** (len(str(value)) - 1)
    return next(step * size for step in (1, 2, 3, 4, 5, 6, 8, 10) if step * size >= value)


# ---- a week of hours ----


@dataclass(frozen=True, slots=True)
class Hour:
    """An hour of the week: weekday 0 is Monday."""

    x: int
    y: int
    level: int
    weekday: int
    hour: int
    plays: int


@dataclass(frozen=True, slots=True)
class WeekClock:
    """The 168 hours of a week, a row a day."""

    width: int
    height: int
    hours: tuple[Hour, ...]
    by_day: tuple[int, ...]
    by_hour: tuple[int, ...]
    best: Hour | None


def week_clock(plays: Sequence[int]) -> WeekClock:
    """Lay out the plays of the hours of a week, the first that of Monday at midnight."""
    hours = tuple(
        Hour(
            x=GUTTER_LEFT + i % 24 * STEP,
            y=i // 24 * STEP,
            level=level,
            weekday=i // 24,
            hour=i % 24,
            plays=count,
        )
        for i, (count, level) in enumerate(zip(plays, levels(plays), strict=True))
    )
    best = max(hours, key=lambda hour: hour.plays, default=None)
    return WeekClock(
        width=GUTTER_LEFT + 24 * STEP - GAP,
        height=WEEK * STEP + 14,
        hours=hours,
        by_day=tuple(sum(plays[day * 24 : day * 24 + 24]) for day in range(WEEK)),
        by_hour=tuple(sum(plays[hour::24]) for hour in range(24)),
        best=best if best is not None and best.plays else None,
    )
