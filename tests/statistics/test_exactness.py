"""Tops and totals equal a recount by hand, whatever was listened to, edited and deleted, in whatever zone and range."""

import random
from collections import Counter, defaultdict
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from goscrobble.domain.drafts import ScrobbleDraft
from goscrobble.domain.periods import ALL_TIME, parse_dates, previous, zone
from goscrobble.errors import Conflict
from goscrobble.models import Artist, Spelling, table
from goscrobble.services import accounts, corrections, history, ingest, rollups, statistics
from goscrobble.testing import make_account
from goscrobble.testing.clock import START

ZONES = ("UTC", "Europe/Berlin", "Asia/Kathmandu", "US/Pacific", "America/St_Johns", "Pacific/Apia", "Africa/Monrovia")
FIRST = date(2009, 3, 1)
DAY = 86400
NUMBERS = count()
TRACKS = (
    ("One", ("A",), "X", 200),
    ("Two", ("A", "B"), "X", None),
    ("Three", ("B",), None, 31),
    ("Four", ("C", "A", "D"), "Y", 400),
    ("Five", ("D",), "Z", 90),
)


@st.composite
def listens(draw):
    title, artists, album, duration = draw(st.sampled_from(TRACKS))
    day = draw(st.sampled_from((0, 1, 5, 29, 30, 200, 365, 366, 700, 608)))  # the last: clocks go back in St. John's
    second = draw(st.sampled_from((0, 60, 3600, 9000, 12600, 43200, 68400, 86399)) | st.integers(0, DAY - 1))
    at = int(datetime(2009, 3, 1, tzinfo=UTC).timestamp()) + day * DAY + second
    listened = draw(st.none() | st.integers(1, 500))
    return ScrobbleDraft(title=title, artists=artists, album=album, played_at=at, duration=duration, listened=listened)


@st.composite
def ranges(draw):
    first = FIRST + timedelta(draw(st.integers(-2, 720)))
    return first, first + timedelta(draw(st.sampled_from((0, 1, 6, 30, 364, 365, 800))))


def of(kind, play):
    if kind == "tracks":
        return [play.track]
    if kind == "artists":
        return list(play.artists)
    return [play.album] if play.album else []


def recount(plays, kind, by, tz, first, last):
    """The top list of some local days, by hand: (id, plays, seconds, first and last of all time), best first."""
    counts, seconds, ever = Counter(), Counter(), defaultdict(list)
    for play in plays:
        day = datetime.fromtimestamp(play.played_at, tz).date()
        for entity in of(kind, play):
            ever[entity.id].append(play.played_at)
            if (first is None or day >= first) and (last is None or day <= last):
                counts[entity.id] += 1
                seconds[entity.id] += play.listened or play.duration or 0
    lines = [(key, counts[key], seconds[key], min(ever[key]), max(ever[key])) for key in counts]
    return sorted(lines, key=lambda line: (-line[1 if by == "plays" else 2], -line[4]))


def all_plays(core, account):
    plays, cursor = history.recent(core, account, limit=1000)
    assert cursor is None
    return plays


def assert_equal(expected, found, by):
    """Ties of the same moment are in the order of the entries' own ids, which a recount does not know."""
    found = [(e.entity.id, e.plays, e.seconds, e.first_played_at, e.last_played_at) for e in found]

    def rank(line):
        return -line[1 if by == "plays" else 2], -line[4]

    assert [rank(line) for line in found] == [rank(line) for line in expected]
    assert sorted(found) == sorted(expected)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    drafts=st.lists(listens(), min_size=1, max_size=40),
    time_zone=st.sampled_from(ZONES),
    moved_to=st.none() | st.sampled_from(ZONES),
    asked=st.lists(ranges(), min_size=2, max_size=2),
    seed=st.integers(0, 2**60),
)
def test_any_range_equals_a_recount_of_the_history(core, drafts, time_zone, moved_to, asked, seed):
    chance = random.Random(seed)
    account = make_account(core, f"u{next(NUMBERS)}", time_zone=time_zone)
    ingest.submit(core, account.id, drafts, source="multiscrobbler")
    for play in chance.sample(all_plays(core, account), k=len(drafts) // 6):
        corrections.delete(core, account.id, play.id)
        if chance.random() < 0.3:
            corrections.restore(core, account.id, play.id)
    for play in chance.sample(plays := all_plays(core, account), k=len(plays) // 5):
        title, artists, album, _ = chance.choice(TRACKS)
        change = corrections.Edit(
            title=title, artists=artists, album=album, played_at=play.played_at + chance.choice((0, 7000, -90000))
        )
        with suppress(Conflict):
            corrections.edit(core, account.id, play.id, change, corrections.as_shown(play))
    if moved_to is not None:
        rollups.change_time_zone(core, account, moved_to)
        account = accounts.find_by_id(core, account.id)
    plays, tz = all_plays(core, account), zone(account.time_zone)
    for first, last in [(None, None), *asked]:
        period = ALL_TIME if first is None else parse_dates(first.isoformat(), last.isoformat(), tz, START)
        for kind in ("artists", "albums", "tracks"):
            for by in ("plays", "time"):
                expected = recount(plays, kind, by, tz, first, last)
                assert_equal(expected, statistics.top(core, account, kind, period, by=by), by)
            pages = [statistics.top(core, account, kind, period, limit=2, offset=n) for n in range(0, 6, 2)]
            assert [e for page in pages for e in page] == statistics.top(core, account, kind, period)
        sums = statistics.totals(core, account, period)
        days = [p for p in plays if first is None or first <= datetime.fromtimestamp(p.played_at, tz).date() <= last]
        assert (sums.plays, sums.seconds) == (len(days), sum(p.listened or p.duration or 0 for p in days))
        assert (sums.artists, sums.albums, sums.tracks) == tuple(
            len({entity.id for play in days for entity in of(kind, play)}) for kind in ("artists", "albums", "tracks")
        )
    assert [wrong for _, wrong in rollups.check(core) if wrong] == []


@pytest.fixture
def ada(core):
    account = make_account(core, time_zone="Europe/Berlin")
    days = {"One": (1, 1, 1, 8, 8), "Two": (1, 8, 8, 8, 9), "Three": (2, 2)}
    drafts = [
        ScrobbleDraft(
            title=title, artists=(title[0],), album="X", played_at=at("2026-05-01") + (day - 1) * DAY + n * 999
        )
        for title, on in days.items()
        for n, day in enumerate(on)
    ]
    ingest.submit(core, account.id, drafts, source="multiscrobbler")
    return account


def at(day):
    return int(datetime.fromisoformat(f"{day}T12:00:00+02:00").timestamp())


def test_movement_tells_rank_and_plays_of_the_period_before(core, ada):
    tz = zone(ada.time_zone)
    week = parse_dates("2026-05-08", "2026-05-14", tz, START)
    found = statistics.top(core, ada, "tracks", week, movement=previous(week, tz))
    assert [(e.entity.name, e.rank, e.plays, e.previous_rank, e.previous_plays) for e in found] == [
        ("Two", 1, 4, 3, 1),
        ("One", 2, 2, 1, 3),
    ]
    first = parse_dates("2026-05-01", "2026-05-07", tz, START)
    found = statistics.top(core, ada, "tracks", first, movement=previous(first, tz))
    assert [(e.previous_rank, e.previous_plays) for e in found] == [(None, 0)] * 3
    assert {(e.previous_rank, e.previous_plays) for e in statistics.top(core, ada, "tracks", week)} == {(None, None)}


def test_the_period_before_has_as_many_local_days(core):
    tz = zone("Europe/Berlin")
    march = parse_dates("2026-03-01", "2026-03-31", tz, START)
    assert previous(march, tz) == parse_dates("2026-01-29", "2026-02-28", tz, START)
    assert previous(ALL_TIME, tz) is None
    assert previous(parse_dates("1970-01-01", "2026-01-01", tz, START), tz) is not None


def test_entries_that_were_merged_count_as_one(core, ada):
    artist, spelling = table(Artist), table(Spelling)

    def merge(connection):
        spelt = select(spelling.c.text, spelling.c.entity_id).where(spelling.c.kind == 0)
        names = dict(connection.execute(spelt).all())
        connection.execute(artist.update().where(artist.c.id == names["T"]).values(canonical_id=names["O"]))

    core.database.write(merge)
    whole = statistics.top(core, ada, "artists", ALL_TIME)
    assert [(e.entity.name, e.plays) for e in whole] == [("O", 12)]
    some = statistics.top(core, ada, "artists", parse_dates("2026-05-08", "2026-05-08", zone(ada.time_zone), START))
    assert [(e.entity.name, e.plays) for e in some] == [("O", 5)]
    assert statistics.totals(core, ada).artists == 1
    assert whole[0].last_played_at == max(p.played_at for p in all_plays(core, ada))


def test_a_range_of_most_days_equals_a_recount(core, ada):
    tz = zone(ada.time_zone)
    for first, last in (("2026-05-01", "2026-05-08"), ("2026-05-02", "2026-05-31"), ("2026-05-02", "2026-05-08")):
        period = parse_dates(first, last, tz, START)
        for by in ("plays", "time"):
            expected = recount(
                all_plays(core, ada), "tracks", by, tz, date.fromisoformat(first), date.fromisoformat(last)
            )
            assert_equal(expected, statistics.top(core, ada, "tracks", period, by=by), by)
