from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goscrobble.web import charts

counts = st.lists(st.integers(0, 10**9), max_size=200)


@given(counts)
def test_more_is_never_lighter_and_only_nothing_has_no_shade(values):
    shades = dict(zip(values, charts.levels(values), strict=True))
    assert all(0 <= level <= charts.LEVELS and (level == 0) is (value == 0) for value, level in shades.items())
    ordered = [shades[value] for value in sorted(shades)]
    assert ordered == sorted(ordered)


@pytest.mark.parametrize(
    ("value", "expected"), [(0, 1), (1, 1), (7, 8), (11, 20), (37, 40), (45, 50), (440, 500), (999, 1000)]
)
def test_a_scale_ends_with_a_round_number(value, expected):
    assert charts.nice(value) == expected


@given(st.integers(0, 10**12))
def test_a_scale_holds_its_largest_value_and_wastes_less_than_half(value):
    assert value <= charts.nice(value) <= max(2 * value, 1)


@given(st.dates(date(1970, 1, 1), date(2100, 1, 1)), st.integers(0, 400))
def test_every_day_has_a_place_of_its_own_in_the_row_of_its_weekday(first, days):
    heat = charts.heat_map({}, first, first + timedelta(days=days))
    assert [cell.day for cell in heat.cells] == [first + timedelta(days=i) for i in range(days + 1)]
    assert len({(cell.x, cell.y) for cell in heat.cells}) == days + 1
    assert {cell.y: cell.day.weekday() for cell in heat.cells} == {
        charts.GUTTER_TOP + cell.day.weekday() * charts.STEP: cell.day.weekday() for cell in heat.cells
    }
    assert all(cell.x + charts.CELL <= heat.width and cell.y + charts.CELL <= heat.height for cell in heat.cells)


def test_a_heat_map_adds_up():
    heat = charts.heat_map({date(2026, 1, 31): 3, date(2026, 2, 1): 5}, date(2026, 1, 1), date(2026, 2, 28))
    assert (heat.plays, heat.days, heat.best.day) == (8, 2, date(2026, 2, 1))
    assert [(it.first.month, it.plays) for it in heat.sums] == [(1, 3), (2, 5)]


@given(counts)
def test_bars_stay_inside_and_one_play_is_to_be_seen(values):
    drawn = charts.bars([(date(2026, 1, 1) + timedelta(days=i), value, 0) for i, value in enumerate(values)])
    for bar in drawn.bars:
        assert 0 <= bar.y <= charts.ROOM
        assert bar.y + bar.height == pytest.approx(charts.ROOM, abs=0.02)
        assert (bar.height >= 1) is (bar.plays > 0)
        assert bar.x + bar.width <= drawn.width
    assert len(drawn.ticks) <= 5


def test_no_bars_are_a_chart_too():
    assert charts.bars([]).width == 1
    assert charts.bars([]).best is None


def test_a_week_has_its_hours_in_seven_rows():
    clock = charts.week_clock([0] * 167 + [4])
    assert (clock.best.weekday, clock.best.hour) == (6, 23)
    assert clock.by_day == (0, 0, 0, 0, 0, 0, 4)
    assert clock.by_hour[23] == 4
