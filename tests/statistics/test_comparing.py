"""Two people side by side, and one person at two times."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goscrobble.domain.accounts import Privacy
from goscrobble.services import comparing, tokens
from goscrobble.testing import make_account
from tests.statistics import recount
from tests.statistics.listening import EXAMPLES, ZONES, change_some, heard, listener, periods, plays


def at(*moment):
    return int(datetime(*moment, tzinfo=UTC).timestamp())


@pytest.fixture
def bob(app, core):
    return make_account(core, "bob")


# ---- people ----


def test_two_people_share_what_both_play(get, hear, ada, bob):
    hear(ada, *(at(2026, 5, 1, hour) for hour in range(3)), title="Spoon", artists=("Can",), duration=180)
    hear(ada, at(2026, 5, 2), title="Hero", artists=("Neu!",), duration=400)
    hear(bob, at(2026, 5, 3), title="Bel Air", artists=("Can",), duration=1200)
    hear(bob, at(2026, 5, 4), title="Hero", artists=("Neu!",), duration=400)
    hear(bob, at(2026, 5, 5), at(2026, 5, 6), title="Watussi", artists=("Harmonia",), duration=360)

    shown = get("ada/compare/bob")

    assert (shown["user"]["username"], shown["user"]["plays"], shown["user"]["artists"]) == ("ada", 4, 2)
    assert (shown["other"]["username"], shown["other"]["plays"], shown["other"]["seconds"]) == ("bob", 4, 2320)
    assert (shown["similarity"], shown["common"], shown["next"]) == (0.5, 2, None)  # a quarter each of Can and Neu!
    assert [(one["name"], one["plays"], one["other_plays"], one["share"], one["other_share"]) for one in shown["artists"]] == [
        ("Can", 3, 1, 0.75, 0.25), ("Neu!", 1, 1, 0.25, 0.25),
    ]  # fmt: skip
    first = get("ada/compare/bob?limit=1")
    second = get(f"ada/compare/bob?limit=1&offset={first['next']}")
    assert first["artists"] + second["artists"] == shown["artists"]
    assert (first["common"], second["next"]) == (2, None)


def test_a_range_is_of_the_same_days_for_both_each_in_their_own_time(get, core, hear, ada):
    eve = make_account(core, "eve", time_zone="Pacific/Auckland")
    hear(ada, at(2026, 4, 30, 23, 59, 59), at(2026, 5, 1))
    hear(eve, at(2026, 4, 30, 11, 59, 59), at(2026, 4, 30, 12), at(2026, 5, 31, 11, 59, 59), at(2026, 5, 31, 12))
    shown = get("ada/compare/eve?range=2026-05")
    assert (shown["user"]["plays"], shown["other"]["plays"], shown["similarity"]) == (1, 2, 1.0)


def test_everybody_is_most_like_themselves_and_like_nobody_without_plays(get, hear, ada, bob):
    hear(ada, at(2026, 5, 1))
    assert get("ada/compare/ada")["similarity"] == 1.0
    nothing = get("ada/compare/bob")
    assert (nothing["similarity"], nothing["common"], nothing["artists"]) == (0.0, 0, [])


def test_both_must_be_seen_by_whoever_asks(ask, core, ada):
    make_account(core, "pia", privacy=Privacy.PRIVATE)
    mia = make_account(core, "mia", privacy=Privacy.MEMBERS)
    for path in ("ada/compare/pia", "pia/compare/ada", "ada/compare/mia", "pia/compare/mia"):
        assert ask(path) == ask("ada/compare/nobody") == (404, {"error": "There is no such user"})
    token = tokens.add_api_token(core, mia, "test", {"read"})[1]
    assert ask("ada/compare/mia", token)[0] == 200
    assert ask("ada/compare/pia", token)[0] == 404


@EXAMPLES
@given(st.data())
def test_the_similarity_equals_a_recount(core, data):
    listeners = []
    for _ in range(2):
        time_zone = data.draw(st.sampled_from(ZONES[:5]))
        account = listener(core, data.draw(st.lists(plays(), max_size=12)), time_zone)
        change_some(core, account, data)
        listeners.append((account, time_zone))
    (one, tz), (other, other_tz) = listeners
    period = data.draw(periods(tz))
    days = recount.days_between(period, tz)
    counts = []
    for account, zone in listeners:
        inside = [
            play for play in heard(core, account)
            if (days[0] is None or days[0] <= recount.local(play.played_at, zone).date())
            and (days[1] is None or recount.local(play.played_at, zone).date() <= days[1])
        ]  # fmt: skip
        counts.append(Counter(artist.name for play in inside for artist in play.artists))
    a, b = counts
    common = a.keys() & b.keys()
    similarity = sum(min(Fraction(a[it], a.total()), Fraction(b[it], b.total())) for it in common)

    found = comparing.users(core, one, other, period)

    assert found.similarity == pytest.approx(float(similarity), abs=1e-12)
    assert 0 <= found.similarity <= 1
    assert {it.artist.name: (it.plays, it.other_plays) for it in found.artists} == {it: (a[it], b[it]) for it in common}
    assert comparing.users(core, other, one, period).similarity == pytest.approx(found.similarity) or tz != other_tz


# ---- times ----


def test_two_periods_tell_what_rose_fell_came_and_went(get, hear, ada):
    april, may = [at(2026, 4, 1, n) for n in range(24)], [at(2026, 5, 1, n) for n in range(24)]
    hear(ada, *april[:5], title="Spoon", artists=("Can",), duration=100)
    hear(ada, *april[5:8], title="Hero", artists=("Neu!",), duration=100)
    hear(ada, april[8], title="Watussi", artists=("Harmonia",), duration=100)
    hear(ada, *may[:2], title="Spoon", artists=("Can",), duration=100)
    hear(ada, *may[2:6], title="Hero", artists=("Neu!",), duration=100)
    hear(ada, may[6], title="Autobahn", artists=("Kraftwerk",), duration=100)

    shown = get("ada/compare?from=2026-05-01&to=2026-05-31&other_from=2026-04-01&other_to=2026-04-30")

    assert (shown["totals"]["plays"], shown["other_totals"]["plays"]) == (7, 9)
    assert shown["change"] == {"plays": -2, "seconds": -200, "artists": 0, "albums": 0, "tracks": 0}

    def told(kind):
        names = ("name", "rank", "plays", "other_rank", "other_plays", "movement")
        return [tuple(one[name] for name in names) for one in shown[kind]]

    assert told("artists") == [
        ("Neu!", 1, 4, 2, 3, "risen"), ("Can", 2, 2, 1, 5, "fallen"), ("Kraftwerk", 3, 1, None, 0, "new"),
    ]  # fmt: skip
    assert told("other_artists") == [
        ("Can", 2, 2, 1, 5, "fallen"), ("Neu!", 1, 4, 2, 3, "risen"), ("Harmonia", None, 0, 3, 1, "gone"),
    ]  # fmt: skip
    same = get("ada/compare?from=2026-05-01&to=2026-05-31&other_from=2026-05-01&other_to=2026-05-31&limit=1")
    assert [one["movement"] for one in same["artists"]] == ["same"]


def test_periods_without_plays_can_be_compared(get, ada):
    shown = get("ada/compare?from=2026-05-01&to=2026-05-31&other_from=1970-01-01&other_to=2027-12-31")
    assert (shown["change"]["plays"], shown["artists"], shown["other_artists"]) == (0, [], [])


def test_what_cannot_be_compared_is_told_in_a_sentence(ask, ada, bob):
    dates = "from and to must be dates like 2024-03-31"
    good = "from=2026-05-01&to=2026-05-31&other_from=2026-04-01&other_to=2026-04-30"
    bad = {
        "compare": "from is missing",
        "compare?from=2026-05-01&to=2026-05-31": "other_from is missing",
        "compare?from=2026-05-01&to=2026-05-31&other_from=2026-04-01": "other_to is missing",
        f"compare?{good.replace('2026-04-30', '2026-03-01')}": "from is after to",
        f"compare?{good.replace('2026-05-31', 'soon')}": dates,
        f"compare?{good.replace('2026-04-01', '1969-12-31')}": "Dates run from 1970 to the end of next year",
        f"compare?{good}&limit=0": "limit must be at least 1",
        "compare/bob?from=2026-05-02&to=2026-05-01": "from is after to",
        "compare/bob?limit=-1": "limit must be at least 1",
        "compare/bob?limit=1000000000": "limit must be at most 1000",
        "compare/bob?offset=-1": "offset must be at least 0",
    }
    assert {path: ask(f"ada/{path}") for path in bad} == {path: (400, {"error": why}) for path, why in bad.items()}
