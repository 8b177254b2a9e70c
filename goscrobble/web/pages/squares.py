"""The squares of heat maps and clocks, as SVG. Drawn here: a template takes ten times as long for those of a year."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup, escape

from goscrobble.web.charts import CELL, Cell, Hour
from goscrobble.web.pages import formats


def of_days(cells: Iterable[Cell]) -> Markup:
    """Draw the days of a heat map; each says its day and plays."""
    return _drawn((it.level, it.x, it.y, f"{formats.short_day(it.day)}: {formats.number(it.plays)}") for it in cells)


def of_hours(hours: Iterable[Hour]) -> Markup:
    """Draw the hours of a week; each says its day, time and plays."""
    days = formats.weekdays("abbreviated")
    return _drawn(
        (it.level, it.x, it.y, f"{days[it.weekday]} {it.hour:02d}:00: {formats.number(it.plays)}") for it in hours
    )


def _drawn(squares: Iterable[tuple[int, int, int, str]]) -> Markup:
    """Draw (shade, x, y, what it says)."""
    size = f'width="{CELL}" height="{CELL}" rx="2.5"'
    drawn = (
        f'<rect class="l{shade}" x="{x}" y="{y}" {size}><title>{escape(said)}</title></rect>'
        for shade, x, y, said in squares
    )
    return Markup("".join(drawn))  # noqa: S704 - numbers, and words that are escaped
