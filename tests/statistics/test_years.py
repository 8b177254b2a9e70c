"""The year in review."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from goscrobble.domain.periods import parse_range, zone
from goscrobble.services import years
from goscrobble.testing import make_account
from goscrobble.testing.clock import START
from tests.statistics import recount
from tests.statistics.listening import EXAMPLES, ZONES, change_some, heard, listener, plays

NOTHING = {"plays": 0, "seconds": 0, "artists": 0, "albums": 0, "tracks": 0}


def at(*moment):
    return int(datetime(*moment, tzinfo=UTC).timestamp())


def test_a_year_is_told_in_one_document(get, hear, ada):
    hear(ada, at(2024, 7, 1), title="Spoon", artists=("Can",), album="Ege Bamyasi", duration=180)
    hear(ada, at(2025, 1, 1), at(2025, 3, 4, 20), title="Spoon", artists=("Can",), album="Ege Bamyasi", duration=180)
    hear(ada, at(2025, 3, 3, 20), title="Hero", artists=("Neu!", "Can"), album=None, duration=400, listened=300)
    hear(ada, at(2025, 3, 4, 20, 3), title="Isi", artists=("Neu!",), album="Neu! 75", duration=300)
    hear(ada, at(2026, 1, 1), title="Spoon", artists=("Can",), album="Ege Bamyasi", duration=180)

    year = get("ada/years/2025")

    assert year["year"] == 2025
    assert year["totals"] == {"plays": 4, "seconds": 960, "artists": 2, "albums": 2, "tracks": 3}
    assert year["previous"] == {"plays": 1, "seconds": 180, "artists": 1, "albums": 1, "tracks": 1}
    assert year["days"] == 3
    assert [(one["name"], one["plays"]) for one in year["artists"]] == [("Can", 3), ("Neu!", 2)]
    assert [(one["title"], one["plays"]) for one in year["albums"]] == [("Ege Bamyasi", 2), ("Neu! 75", 1)]
    assert [one["title"] for one in year["tracks"]] == ["Spoon", "Isi", "Hero"]
    assert [one["plays"] for one in year["months"]] == [1, 0, 3, *[0] * 9]
    assert [one["start"] for one in year["months"]] == [f"2025-{month:02}-01" for month in range(1, 13)]
    assert (year["clock"][2][0], year["clock"][0][20], year["clock"][1][20]) == (1, 1, 2)
    assert year["streak"] == {"first": "2025-03-03", "last": "2025-03-04", "days": 2}
    assert year["busiest_day"] == {"start": "2025-03-04", "plays": 2, "seconds": 480}
    assert year["longest_session"] == {
        "start": "2025-03-04T20:00:00Z", "end": "2025-03-04T20:08:00Z", "plays": 2, "seconds": 480,
    }  # fmt: skip
    assert (year["first"]["played_at"], year["last"]["played_at"]) == ("2025-01-01T00:00:00Z", "2025-03-04T20:03:00Z")
    (neu,) = year["new_artists"]["artists"]
    assert (year["new_artists"]["count"], neu["name"], neu["plays"]) == (1, "Neu!", 2)


def test_a_year_without_plays_is_a_document_of_zeros(get, ada):
    for year in (1970, 2025, 2027):
        assert get(f"ada/years/{year}") == {
            "year": year, "totals": NOTHING, "previous": NOTHING, "days": 0,
            "artists": [], "albums": [], "tracks": [],
            "months": [{"start": f"{year}-{month:02}-01", "plays": 0, "seconds": 0} for month in range(1, 13)],
            "clock": [[0] * 24] * 7, "streak": None, "busiest_day": None, "longest_session": None,
            "first": None, "last": None, "new_artists": {"count": 0, "artists": []},
        }  # fmt: skip


def test_the_year_that_is_not_over_is_told_so_far(get, hear, ada):
    hear(ada, START - 3600)
    year = get("ada/years/2026")
    assert (year["totals"]["plays"], len(year["months"]), year["streak"]["days"]) == (1, 12, 1)


def test_a_year_begins_and_ends_where_the_listener_is(get, core, hear):
    eve = make_account(core, "eve", time_zone="Pacific/Auckland")
    hear(eve, at(2024, 12, 31, 10, 59, 59), at(2024, 12, 31, 11), at(2025, 12, 31, 10, 59, 59), at(2025, 12, 31, 11))
    assert get("eve/years/2025")["totals"]["plays"] == 2


def test_what_is_no_year_or_far_away_is_told_in_a_sentence(ask, ada):
    for year in ("1969", "2028", "0000", "9999"):
        assert ask(f"ada/years/{year}") == (400, {"error": "Years run from 1970 to the next one"})
    for year in ("x", "25", "-2025", "20250", "2025.0", "٢٠٢٥", "9" * 5000):
        assert ask(f"ada/years/{year}") == (400, {"error": "A year has four digits, as 2025"})


@EXAMPLES
@given(st.data())
def test_a_year_equals_a_recount(core, data):
    time_zone = data.draw(st.sampled_from(ZONES))
    account = listener(core, data.draw(st.lists(plays(), max_size=16)), time_zone)
    change_some(core, account, data)
    told, year = heard(core, account), data.draw(st.sampled_from((2004, 2009, 2010, 2011, 2018, 2024, 2025, 2026)))
    period = parse_range(str(year), zone(time_zone), START)
    inside = recount.within(told, period, time_zone)
    found = years.review(core, account, year)

    assert (found.totals.plays, found.totals.seconds) == (len(inside), sum(map(recount.seconds, inside)))
    assert found.totals.artists == len({artist.id for play in inside for artist in play.artists})
    assert found.clock.hours == recount.clock(told, period, time_zone)
    by_day = Counter(recount.local(play.played_at, time_zone).toordinal() for play in inside)
    assert [(day, plays) for day, plays, _ in found.days] == sorted(by_day.items())
    assert (found.streak.days if found.streak else 0) == max(map(len, recount.runs(inside, time_zone)), default=0)
    sittings = recount.sittings(told, period, time_zone)
    assert (found.sitting and (found.sitting.start, found.sitting.end, found.sitting.plays, found.sitting.seconds)) == (
        max(sittings, key=lambda it: (it[1] - it[0], it[0]), default=None)
    )
    assert (found.first, found.last) == ((inside[0], inside[-1]) if inside else (None, None))
    _, new = recount.discoveries(told, period, time_zone, "year", recount.local(START, time_zone).date())
    assert found.new_artists == len(new)
    credited = [artist.name for play in inside for artist in play.artists]
    assert {it.artist.name: it.plays for it in found.newcomers} == {name: credited.count(name) for name in new}
    months = [
        (month, n, length)
        for month, n, length in recount.activity(told, period, time_zone, "month", found.months[-1].start)
    ]
    assert [(it.start, it.plays, it.seconds) for it in found.months] == months
