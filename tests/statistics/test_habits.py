"""When somebody listens, as the API tells it."""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlalchemy import select, update

from goscrobble.domain import milestones
from goscrobble.domain.accounts import Privacy
from goscrobble.domain.habits import start_of
from goscrobble.models import Artist, table
from goscrobble.services import corrections, history, ingest, rollups
from goscrobble.testing import make_account, make_draft
from goscrobble.testing.clock import START

HOUR, DAY = 3600, 86_400
NOON = int(START)  # of Monday, 1 June 2026


def at(*moment):
    return int(datetime(*moment, tzinfo=UTC).timestamp())


def merge(core, uuid, into):
    """Let an artist be shown as another."""
    artist = table(Artist)
    kept = select(artist.c.id).where(artist.c.uuid == into).scalar_subquery()
    core.database.write(
        lambda c: c.execute(update(artist).where(artist.c.uuid == uuid).values(canonical_id=kept)) and None
    )


def plays(activity):
    return {one["start"]: one["plays"] for one in activity["activity"] if one["plays"]}


# ---- activity ----


def test_activity_runs_from_the_first_play_to_today_without_gaps(get, hear, ada):
    hear(ada, NOON - 3 * DAY, NOON - 3 * DAY + 400, duration=200)
    hear(ada, NOON - HOUR, duration=None)
    assert get("ada/activity") == {
        "activity": [
            {"start": "2026-05-29", "plays": 2, "seconds": 400},
            {"start": "2026-05-30", "plays": 0, "seconds": 0},
            {"start": "2026-05-31", "plays": 0, "seconds": 0},
            {"start": "2026-06-01", "plays": 1, "seconds": 0},
        ],
        "next": None,
    }


def test_activity_of_a_range_has_every_day_of_it_but_none_to_come(get, hear, ada):
    hear(ada, NOON - HOUR)
    assert len(get("ada/activity?range=365d")["activity"]) == 365
    assert [one["start"] for one in get("ada/activity?from=2026-05-31&to=2026-07-01")["activity"]] == [
        "2026-05-31", "2026-06-01",
    ]  # fmt: skip
    assert get("ada/activity?range=2027")["activity"] == []
    assert get("ada/activity?to=2026-05-01")["activity"] == []  # without `from`: from the first play


def test_activity_by_week_month_and_year_begins_on_their_first_day(get, hear, ada):
    hear(ada, at(2025, 12, 31, 20), at(2026, 1, 4, 23), at(2026, 1, 5), NOON - HOUR)
    assert plays(get("ada/activity?unit=week")) == {"2025-12-29": 2, "2026-01-05": 1, "2026-06-01": 1}
    assert plays(get("ada/activity?unit=month")) == {"2025-12-01": 1, "2026-01-01": 2, "2026-06-01": 1}
    assert plays(get("ada/activity?unit=year")) == {"2025-01-01": 1, "2026-01-01": 3}
    assert [one["start"] for one in get("ada/activity?unit=month")["activity"]] == [
        "2025-12-01", *(f"2026-0{month}-01" for month in range(1, 7)),
    ]  # fmt: skip


def test_only_the_days_of_a_range_count_in_its_first_and_last_unit(get, hear, ada):
    hear(ada, at(2026, 5, 4, 12), at(2026, 5, 5, 12), at(2026, 5, 6, 12))
    assert plays(get("ada/activity?unit=month&from=2026-05-05&to=2026-05-05")) == {"2026-05-01": 1}


def test_weeks_are_iso_weeks_even_the_fifty_third(get, hear, ada):
    hear(ada, at(2021, 1, 3, 23, 59, 59), at(2021, 1, 4))
    assert plays(get("ada/activity?unit=week&range=2020-W53")) == {"2020-12-28": 1}


def test_units_begin_as_the_calendar_says():
    for day in range(date(1999, 12, 20).toordinal(), date(2005, 1, 20).toordinal()):
        on = date.fromordinal(day)
        assert date.fromordinal(start_of(day, "week")) == date.fromisocalendar(*on.isocalendar()[:2], 1)
        assert date.fromordinal(start_of(day, "month")) == on.replace(day=1)
        assert date.fromordinal(start_of(day, "year")) == on.replace(month=1, day=1)


def test_days_of_23_and_25_hours_are_whole(get, core, hear):
    eve = make_account(core, "eve", time_zone="Europe/Berlin")
    hear(eve, *(at(2026, 3, 28, 23) + HOUR * n for n in range(23)))  # 29 March, the short day
    hear(eve, *(at(2025, 10, 25, 22) + HOUR * n for n in range(25)))  # 26 October, the long one
    assert plays(get("eve/activity")) == {"2025-10-26": 25, "2026-03-29": 23}
    short, long = (get(f"eve/clock?from={day}&to={day}")["days"][6] for day in ("2026-03-29", "2025-10-26"))
    assert short == [1, 1, 0, *[1] * 21]
    assert long == [1, 1, 2, *[1] * 21]


def test_a_new_time_zone_moves_days_and_hours(get, core, hear, ada):
    hear(ada, at(2026, 5, 31, 23))
    rollups.change_time_zone(core, ada, "Asia/Kathmandu")
    assert plays(get("ada/activity")) == {"2026-06-01": 1}
    assert get("ada/clock")["days"][0][4] == 1  # 04:45 on Monday


# ---- clock ----


def test_a_clock_of_a_range_counts_its_plays_only(get, hear, ada):
    hear(ada, at(2026, 5, 25, 20, 59), at(2026, 6, 1, 9), at(2026, 6, 1, 9, 59, 59), at(2026, 5, 31, 0))
    everything, week = get("ada/clock")["days"], get("ada/clock?range=7d")["days"]
    assert (everything[0][20], everything[0][9], everything[6][0], sum(map(sum, everything))) == (1, 2, 1, 4)
    assert (week[0][20], week[0][9], week[6][0], sum(map(sum, week))) == (0, 2, 1, 3)


# ---- streaks ----


def test_a_streak_lives_until_the_end_of_the_day_after_its_last(get, hear, clock, ada):
    hear(ada, *(NOON - DAY * n for n in (1, 2, 3)))
    streak = {"first": "2026-05-29", "last": "2026-05-31", "days": 3}
    assert get("ada/streaks") == {"current": streak, "longest": streak}
    clock.at = at(2026, 6, 1, 23, 59, 59)
    assert get("ada/streaks")["current"] == streak
    clock.advance(1)
    assert get("ada/streaks") == {"current": None, "longest": streak}


def test_of_equally_long_streaks_the_latest_is_told(get, hear, ada):
    hear(ada, *(NOON - DAY * n for n in (20, 21, 10, 11, 30)))
    assert get("ada/streaks")["longest"] == {"first": "2026-05-21", "last": "2026-05-22", "days": 2}


def test_a_day_that_the_calendar_left_out_breaks_no_streak(get, core, hear):
    eve = make_account(core, "eve", time_zone="Pacific/Apia")  # went from Thursday 29 to Saturday 31 December 2011
    hear(eve, at(2011, 12, 30, 9), at(2011, 12, 30, 11))
    assert get("eve/streaks")["longest"] == {"first": "2011-12-29", "last": "2011-12-31", "days": 2}


def test_a_play_that_is_deleted_ends_the_streak_it_made(get, core, hear, ada):
    hear(ada, *(NOON - DAY * n for n in (1, 2, 3)))
    corrections.delete(core, ada.id, history.recent(core, ada)[0][1].id)
    assert get("ada/streaks")["longest"]["days"] == 1


# ---- sessions ----


def test_a_session_ends_after_thirty_silent_minutes(get, hear, ada):
    start = NOON - 10 * HOUR
    ends = start + 200
    hear(ada, start, ends + 1799, duration=200)  # silence begins where a play, by its length, is over
    hear(ada, ends + 1999 + 1800, duration=None)
    assert get("ada/sessions") == {
        "sessions": [
            {"start": "2026-06-01T02:00:00Z", "end": "2026-06-01T02:36:39Z", "plays": 2, "seconds": 400},
            {"start": "2026-06-01T03:06:39Z", "end": "2026-06-01T03:06:39Z", "plays": 1, "seconds": 0},
        ],
        "next": None,
    }


def test_a_long_play_holds_a_session_together(get, hear, ada):
    start = NOON - 20 * HOUR
    hear(ada, start, title="Mix", duration=2 * HOUR)
    hear(ada, start + 600, title="Spoon", duration=180)
    hear(ada, start + 2 * HOUR + 60, title="Hero", duration=180)
    (one,) = get("ada/sessions")["sessions"]
    assert (one["plays"], one["seconds"]) == (3, 2 * HOUR + 360)


def test_sessions_are_of_the_last_year_unless_told_otherwise(get, hear, ada):
    hear(ada, at(2024, 1, 1, 20), at(2024, 1, 1, 20, 20), NOON - HOUR, duration=180)
    assert [one["plays"] for one in get("ada/sessions")["sessions"]] == [1]
    assert [one["plays"] for one in get("ada/sessions?range=all")["sessions"]] == [2, 1]
    assert [one["plays"] for one in get("ada/sessions?range=all&limit=1")["sessions"]] == [2]


# ---- milestones ----


def test_milestones_are_the_first_the_hundredth_and_so_on(get, core, ada):
    drafts = [make_draft(title=f"t{n}", artists=("Can",), played_at=NOON - 300 * (1001 - n)) for n in range(1, 1001)]
    ingest.submit(core, ada.id, drafts, source="jellyfin", voice="living room")
    shown = get("ada/milestones?kind=plays")["milestones"]
    assert [(one["number"], one["scrobble"]["track"]["title"]) for one in shown] == [
        (1000, "t1000"), (500, "t500"), (100, "t100"), (1, "t1"),
    ]  # fmt: skip
    assert [one["number"] for one in get("ada/milestones?kind=plays&limit=2&offset=1")["milestones"]] == [500, 100]


def test_numbers_of_milestones():
    assert milestones.numbers(0) == []
    assert milestones.numbers(99) == [1]
    assert milestones.numbers(3999) == [1, 100, 500, 1000, 2000, 3000]


def test_an_artists_first_play_is_a_milestone_and_pages_follow_each_other(get, hear, ada):
    hear(ada, NOON - 3 * HOUR, NOON - HOUR, title="Spoon", artists=("Can",))
    hear(ada, NOON - 2 * HOUR, title="Hero", artists=("Neu!", "Can"))
    first = get("ada/milestones?limit=2")
    second = get(f"ada/milestones?limit=2&offset={first['next']}")
    told = [
        (one["kind"], one["number"], one["artist"] and one["artist"]["name"], one["scrobble"]["track"]["title"])
        for one in first["milestones"] + second["milestones"]
    ]
    assert told == [
        ("artist", None, "Neu!", "Hero"), ("plays", 1, None, "Spoon"), ("artist", None, "Can", "Spoon"),
    ]  # fmt: skip
    assert (first["next"], second["next"]) == (2, None)
    assert get("ada/milestones?offset=2147483647") == {"milestones": [], "next": None}


# ---- discoveries ----


def test_discoveries_count_each_artist_where_it_was_first_heard(get, hear, ada):
    hear(ada, at(2026, 4, 30, 23), at(2026, 5, 20), title="Spoon", artists=("Can",))
    hear(ada, at(2026, 6, 1, 9), title="Hero", artists=("Neu!", "Can"))
    shown = get("ada/discoveries")
    assert shown["discoveries"] == [
        {"start": "2026-04-01", "artists": 1}, {"start": "2026-05-01", "artists": 0},
        {"start": "2026-06-01", "artists": 1},
    ]  # fmt: skip
    neu, can = shown["artists"]
    assert (neu["name"], neu["first_played_at"], neu["plays"]) == ("Neu!", "2026-06-01T09:00:00Z", 1)
    assert (can["name"], can["plays"]) == ("Can", 3)
    assert get("ada/discoveries?range=2026-05") == {
        "discoveries": [{"start": "2026-05-01", "artists": 0}], "artists": [], "next": None,
    }  # fmt: skip
    assert [one["name"] for one in get("ada/discoveries?limit=1")["artists"]] == ["Neu!"]


def test_an_artist_merged_into_another_counts_as_that_one(get, core, hear, ada):
    hear(ada, at(2025, 4, 1), title="Halleluhwah", artists=("Can",))
    hear(ada, at(2026, 5, 1), title="Spoon", artists=("The Can",))
    one, other = (it["id"] for it in get("ada/discoveries")["artists"])
    merge(core, one, other)
    (can,) = get("ada/discoveries")["artists"]
    assert (can["id"], can["name"], can["first_played_at"], can["plays"]) == (other, "Can", "2025-04-01T00:00:00Z", 2)
    (milestone,) = get("ada/milestones?kind=artist")["milestones"]
    assert (milestone["artist"]["id"], milestone["scrobble"]["track"]["title"]) == (other, "Halleluhwah")
    assert get("ada/years/2026")["new_artists"]["count"] == 0
    assert [it["plays"] for it in get("ada/compare/ada")["artists"]] == [2]


# ---- nothing, nobody, nonsense ----


def test_somebody_without_plays_has_habits_of_nothing(get, ada):
    assert get("ada/activity") == {"activity": [], "next": None}
    assert get("ada/clock") == {"days": [[0] * 24] * 7} == get("ada/clock?range=7d")
    assert get("ada/streaks") == {"current": None, "longest": None}
    assert get("ada/sessions?range=all") == {"sessions": [], "next": None}
    assert get("ada/milestones") == {"milestones": [], "next": None}
    assert get("ada/discoveries") == {"discoveries": [], "artists": [], "next": None}


KINDS = ("activity", "clock", "streaks", "sessions", "milestones", "discoveries")


def test_somebody_hidden_is_answered_like_nobody(ask, core, ada):
    make_account(core, "pia", privacy=Privacy.PRIVATE)
    make_account(core, "mia", privacy=Privacy.MEMBERS)
    for kind in (*KINDS, "years/2026", "compare/ada", "compare?from=2026-05-01"):
        assert ask(f"pia/{kind}") == ask(f"mia/{kind}") == ask(f"nobody/{kind}")
        assert ask(f"pia/{kind}")[0] == 404


def test_what_cannot_be_asked_is_told_in_a_sentence(ask, ada):
    units = "unit must be 'day', 'week', 'month' or 'year'"
    dates = "Dates run from 1970 to the end of next year"
    bad = {
        "activity?unit=hour": units,
        "activity?unit=": units,
        "discoveries?unit=Day": units,
        "activity?from=2026-05-02&to=2026-05-01": "from is after to",
        "activity?from=1969-12-31": dates,
        "activity?range=1969": dates,
        "sessions?range=2028": dates,
        "clock?to=2028-01-01": dates,
        "clock?to=1969-12-31": dates,
        "clock?from=2026-02-30": "from and to must be dates like 2024-03-31",
        "sessions?limit=0": "limit must be at least 1",
        "sessions?limit=-1": "limit must be at least 1",
        "milestones?limit=1000000000": "limit must be at most 1000",
        "milestones?offset=-1": "offset must be at least 0",
        "milestones?kind=albums": "kind must be 'plays' or 'artist'",
        "discoveries?limit=many": "limit must be a whole number",
    }
    assert {path: ask(f"ada/{path}") for path in bad} == {path: (400, {"error": why}) for path, why in bad.items()}
    for kind in ("activity", "clock", "sessions", "discoveries"):
        status, told = ask(f"ada/{kind}?range=8d")
        assert (status, told["error"][:19]) == (400, "range must be 7d, 3")
