"""How many statements storing takes, on both databases: what takes twice as many one day shall be noticed that day."""

import re
from collections import Counter
from contextlib import contextmanager

import psycopg
import pytest

from goscrobble.services import ingest, sources
from goscrobble.testing import make_account, make_draft
from goscrobble.testing.clock import START

T = int(START) - 86400
ASKED = re.compile(r"(INSERT) INTO (\w+)|(SELECT|DELETE) .*?FROM (\w+)|(UPDATE) (\w+)", re.DOTALL)


class _Counting(psycopg.Cursor):
    """A cursor of psycopg that notes what it sends."""

    seen: Counter[str]

    def execute(self, query, params=None, **options):
        self.seen[query] += 1
        return super().execute(query, params, **options)

    def executemany(self, query, params_seq, **options):
        rows = list(params_seq)
        self.seen[query] += len(rows)
        return super().executemany(query, rows, **options)


@contextmanager
def counted(core):
    """Count what every connection of this core asks its database, by verb and table; rows of one statement apart."""
    seen, found = Counter(), Counter()
    core.database.close()  # the connections that follow are counted
    with core.database.engine.connect() as connection:
        driver = connection.connection.driver_connection
        if core.database.is_sqlite:
            driver.set_trace_callback(lambda text: seen.update([text]))
        else:
            driver.cursor_factory = type("Counting", (_Counting,), {"seen": seen})
    yield found
    for text, number in seen.items():
        asked = ASKED.match(text)
        if asked is not None:
            found[" ".join(filter(None, asked.groups()))] += number
    core.database.close()


@pytest.fixture
def ada(core):
    return make_account(core, "ada")


@pytest.fixture
def connection(core, ada):
    return sources.heard_from(core, ada.id, "jellyfin", "1", "Player")


def told(core, connection, *drafts):
    ingest.submit(core, connection.user_id, drafts, source="jellyfin", voice="1", source_id=connection.id)


EACH_TRANSACTION = {
    "UPDATE user_account": 1,
    "SELECT heard": 1,
    "SELECT user_day_plays": 1,
    "UPDATE source_account": 1,
}


def test_a_play_of_a_known_track_takes_thirteen_statements_and_reads_no_other_play(core, connection):
    told(core, connection, *(make_draft(played_at=T + 700 * n) for n in range(50)))
    with counted(core) as statements:
        told(core, connection, make_draft(played_at=T + 700 * 50))
    assert statements == EACH_TRANSACTION | {
        "INSERT scrobble": 1,
        "INSERT heard": 1,
        "INSERT user_day": 1,
        "INSERT user_clock": 1,
        "INSERT user_artist": 1,
        "INSERT user_track": 1,
        "INSERT user_album": 1,
        "INSERT user_day_plays": 1,
        "INSERT source_event": 1,
    }


def test_a_batch_of_a_hundred_plays_on_two_days_writes_each_sum_once(core, connection):
    told(core, connection, make_draft(played_at=T - 700))
    with counted(core) as statements:
        told(core, connection, *(make_draft(played_at=T + 700 * n) for n in range(100)))
    rows = {
        "INSERT scrobble": 100,
        "INSERT heard": 100,
        "INSERT user_day": 2,
        "INSERT user_clock": 20,
        "INSERT user_artist": 1,
        "INSERT user_track": 1,
        "INSERT user_album": 1,
        "INSERT user_day_plays": 2,
        "INSERT source_event": 50,
    }
    assert statements == EACH_TRANSACTION | rows_on(core, rows)


def rows_on(core, rows):
    """Return the statements that insert so many rows: SQLite runs one for each, PostgreSQL one for all."""
    return rows if core.database.is_sqlite else dict.fromkeys(rows, 1)


def test_new_words_on_a_known_album_write_a_track_and_its_spelling(core, connection):
    told(core, connection, make_draft(played_at=T))
    with counted(core) as statements:
        told(core, connection, make_draft(played_at=T + 700, title="Unheard"))
    assert statements == EACH_TRANSACTION | {
        "SELECT told": 3,
        "SELECT artist": 1,
        "SELECT track": 1,
        "INSERT track": 1,
        "INSERT track_artist": 1,
        "INSERT told": 1,
        "INSERT spelling": 1,
        "INSERT search_word": 2 if core.database.is_sqlite else 1,
        "INSERT album_artist": 1,
        "INSERT scrobble": 1,
        "INSERT heard": 1,
        "INSERT user_day": 1,
        "INSERT user_clock": 1,
        "INSERT user_artist": 1,
        "INSERT user_track": 1,
        "INSERT user_album": 1,
        "INSERT user_day_plays": 1,
        "INSERT source_event": 1,
    }


def test_a_hundred_new_titles_of_one_album_write_each_name_once(core, connection):
    told(core, connection, make_draft(played_at=T))
    with counted(core) as statements:
        drafts = (make_draft(played_at=T + 500 * n, title=f"Unheard{n}") for n in range(1, 101))
        told(core, connection, *drafts)
    on_sqlite = core.database.is_sqlite
    assert statements == EACH_TRANSACTION | {
        "SELECT told": 201 if on_sqlite else 3,
        "SELECT artist": 1,
        "SELECT track": 100 if on_sqlite else 1,
        "INSERT album_artist": 1,
        "INSERT user_artist": 1,
        "INSERT user_album": 1,
    } | rows_on(
        core,
        {
            "INSERT track": 100,
            "INSERT track_artist": 100,
            "INSERT told": 100,
            "INSERT spelling": 100,
            "INSERT search_word": 200,
            "INSERT scrobble": 100,
            "INSERT heard": 100,
            "INSERT user_track": 100,
            "INSERT user_day": 2,
            "INSERT user_clock": 14,
            "INSERT user_day_plays": 2,
            "INSERT source_event": 50,
        },
    )
