"""The clock of a week equals asking each play for its local hour, in every zone, on days when clocks are set too."""

from __future__ import annotations

from zoneinfo import available_timezones

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goscrobble.domain.habits import HOURS, clock_of
from goscrobble.domain.periods import hour_of_week, zone
from goscrobble.domain.rules import EARLIEST

LATEST = 2**32 - 1
TURNS = {  # a moment at which clocks were set
    "America/St_Johns": 1_173_583_860,  # a minute after midnight
    "Australia/Lord_Howe": 1_191_078_000,  # by half an hour
    "Europe/Berlin": 1_774_746_000,
    "Pacific/Apia": 1_325_239_200,  # a day was left out
    "Africa/Casablanca": 1_739_671_200,
    "Asia/Kathmandu": 1_300_000_000,
}


def asked_one_by_one(starts, tz):
    hours = [0] * HOURS
    for at in starts:
        hours[hour_of_week(at, tz)] += 1
    return tuple(hours)


@given(st.lists(st.integers(EARLIEST, LATEST), max_size=40), st.sampled_from(sorted(available_timezones())))
def test_it_counts_every_play_at_its_local_hour(starts, name):
    assert clock_of(np.array(starts, "<u4"), zone(name)).hours == asked_one_by_one(starts, zone(name))


@pytest.mark.parametrize("name", TURNS)
def test_it_does_so_on_days_when_clocks_are_set(name):
    starts = range(TURNS[name] - 3 * 86_400, TURNS[name] + 3 * 86_400, 600)
    assert clock_of(np.array(starts, "<u4"), zone(name)).hours == asked_one_by_one(starts, zone(name))


def test_without_plays_it_is_empty():
    assert sum(clock_of(np.array([], "<u4"), zone("UTC")).hours) == 0
