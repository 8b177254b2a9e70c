"""Random histories around days on which calendars and clocks do something, and how they are told."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from itertools import count

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from goscrobble.domain.periods import parse_dates, parse_range, zone
from goscrobble.errors import Conflict
from goscrobble.services import corrections, history, ingest
from goscrobble.testing import make_account, make_draft
from goscrobble.testing.clock import START

ZONES = (
    "UTC",
    "Europe/Berlin",
    "US/Pacific",  # an old alias
    "Asia/Kathmandu",  # 5:45
    "America/St_Johns",  # clocks went back at 00:01, into the day before
    "America/Sao_Paulo",  # midnight left out in spring
    "Pacific/Apia",  # had no 30 December 2011
    "Australia/Lord_Howe",  # half an hour of summer time
    "Pacific/Auckland",
)
DAYS = (
    date(2004, 2, 29),  # leap days
    date(2016, 2, 29),
    date(2009, 12, 31),  # ISO week 53
    date(2021, 1, 3),
    date(2010, 11, 7),  # clocks back, St. John's
    date(2011, 3, 13),  # clocks forward, North America
    date(2011, 12, 30),
    date(2018, 2, 18),  # São Paulo
    date(2018, 11, 4),
    date(2024, 3, 31),  # Europe
    date(2024, 10, 27),
    date(2025, 4, 6),  # New Zealand, Lord Howe
    date(2025, 12, 31),
    date(2026, 5, 31),  # yesterday
)
EXAMPLES = settings(
    max_examples=16,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    database=None,
)
SONGS = ("Spoon", "Hero", "Bel Air", "Isi", "Vitamin C")
BANDS = (("Can",), ("Neu!",), ("Can", "Neu!"), ("La Düsseldorf",), ("Harmonia", "Eno"))
NAMED = ("all", "7d", "30d", "365d", "2004", "2010", "2011", "2018", "2024", "2024-10", "2009-W53", "2020-W53", "2025")
_numbers = count()


@st.composite
def plays(draw):
    """A listen on one of DAYS, or a day next to it."""
    near = datetime.combine(draw(st.sampled_from(DAYS)), datetime.min.time(), UTC).timestamp()
    number = draw(st.integers(0, len(SONGS) - 1))
    return make_draft(
        title=SONGS[number],
        artists=draw(st.sampled_from(BANDS)),
        album=draw(st.sampled_from(("Tago Mago", None))),
        played_at=int(near) + draw(st.integers(-120, 120)) * 900 + draw(st.sampled_from((-1, 0, 0, 1, 613))),
        duration=draw(st.sampled_from((None, 180, 1800, 7000))),
        listened=draw(st.sampled_from((None, None, 100))),
    )


@st.composite
def periods(draw, time_zone):
    """A period that can be asked for."""
    tz = zone(time_zone)
    if draw(st.booleans()):
        return parse_range(draw(st.sampled_from(NAMED)), tz, START)
    first, last = sorted(
        draw(st.sampled_from(DAYS)) + timedelta(days=draw(st.integers(-1, 1))) for _ in range(2)
    )  # fmt: skip
    return parse_dates(str(first), str(last), tz, START)


def listener(core, drafts=(), time_zone="UTC"):
    """Return somebody new who heard this."""
    account = make_account(core, f"listener_{next(_numbers)}", time_zone=time_zone)
    if drafts:
        ingest.submit(core, account.id, list(drafts), source="jellyfin", voice="living room")
    return account


def change_some(core, account, data):
    """Delete a play and move another, or not."""
    for what in data.draw(st.lists(st.sampled_from(("delete", "edit")), max_size=2)):
        shown = history.recent(core, account, limit=1000)[0]
        if not shown:
            return
        play = data.draw(st.sampled_from(shown))
        if what == "delete":
            corrections.delete(core, account.id, play.id)
        else:
            moved = play.played_at + data.draw(st.integers(-90_000, 90_000))
            current = make_draft(
                title=play.track.name,
                artists=tuple(artist.name for artist in play.artists),
                album=play.album.name if play.album else None,
                played_at=play.played_at,
            )
            with suppress(Conflict):
                corrections.edit(core, account.id, play.id, corrections.Edit(played_at=min(moved, int(START))), current)


def heard(core, account):
    """Return all plays, oldest first, those of one second in a stable order."""
    return history.recent(core, account, limit=1000)[0][::-1]
