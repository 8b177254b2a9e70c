"""Writes to SQLite from one process while another one holds its lock."""

import sqlite3
import threading
import time

import pytest
from sqlalchemy import create_engine

from goscrobble.errors import GoScrobbleError, NotFound, Unavailable
from goscrobble.storage.database import Database, engine_options
from goscrobble.storage.writers import Writers

PATIENCE = 20  # seconds


@pytest.fixture
def file(tmp_path):
    """A database with one table, whoever writes to it."""
    file = tmp_path / "some.db"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE note (text TEXT UNIQUE)")
    connection.close()
    return file


@pytest.fixture
def db(file):
    url = f"sqlite:///{file}"
    db = Database(create_engine(url, **engine_options(url)))
    with db.read():
        pass  # the first connection switches to WAL, for which it needs the file to itself
    yield db
    db.close()


@pytest.fixture
def stranger(db, file):
    """Another process's connection, as it were, that holds SQLite's lock until it commits or rolls back."""
    connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    connection.execute("BEGIN IMMEDIATE")
    yield connection
    connection.close()


def note(text):
    return lambda connection: connection.exec_driver_sql("INSERT INTO note VALUES (?)", (text,)).rowcount


def notes(file):
    connection = sqlite3.connect(file)
    found = [text for (text,) in connection.execute("SELECT text FROM note ORDER BY rowid")]
    connection.close()
    return found


def all_at_once(write, *works):
    """Write from threads that ask one after another; returns what each got, and how to wait for them all."""
    outcomes = [None] * len(works)

    def try_to(place, work):
        try:
            outcomes[place] = write(work)
        except (GoScrobbleError, sqlite3.Error) as error:
            outcomes[place] = error

    threads = [threading.Thread(target=try_to, args=item) for item in enumerate(works)]
    for thread in threads:
        thread.start()
        time.sleep(0.02)

    def wait():
        for thread in threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()
        return outcomes

    return wait


def test_who_waited_is_served_in_the_order_of_asking(db, file, stranger):
    texts = [f"note {n}" for n in range(8)]
    wait = all_at_once(db.write, *map(note, texts))
    stranger.execute("ROLLBACK")

    assert wait() == [1] * 8
    assert notes(file) == texts


def test_who_waited_shares_one_transaction(db, file, stranger):
    commits = []
    with db.read() as connection:
        connection.connection.driver_connection.set_trace_callback(commits.append)
    wait = all_at_once(db.write, *(note(n) for n in "abcde"))
    stranger.execute("ROLLBACK")
    wait()

    assert notes(file) == list("abcde")
    assert [statement for statement in commits if statement == "COMMIT"] == ["COMMIT"]


def test_a_write_that_fails_leaves_nothing_and_does_not_touch_the_others(db, file, stranger):
    def half(connection):
        note("half")(connection)
        raise NotFound("There is no such thing")

    wait = all_at_once(db.write, note("a"), half, note("b"), half, note("c"))
    stranger.execute("ROLLBACK")
    outcomes = wait()

    assert [type(outcome) for outcome in outcomes] == [int, NotFound, int, NotFound, int]
    assert notes(file) == ["a", "b", "c"]


def test_the_first_write_that_fails_does_not_touch_those_behind_it(db, file, stranger):
    def half(connection):
        note("half")(connection)
        raise NotFound("There is no such thing")

    wait = all_at_once(db.write, half, note("a"), note("b"))
    stranger.execute("ROLLBACK")

    assert [type(outcome) for outcome in wait()] == [NotFound, int, int]
    assert notes(file) == ["a", "b"]


def test_what_ends_the_transaction_fails_for_all_in_it_and_for_nobody_else(db, file, stranger):
    def end_it(connection):
        connection.exec_driver_sql("ROLLBACK")  # as SQLite does by itself when the disk is full

    wait = all_at_once(db.write, note("a"), end_it, note("b"))
    stranger.execute("ROLLBACK")
    outcomes = wait()
    db.write(note("c"))

    assert [type(outcome) for outcome in outcomes] == [sqlite3.OperationalError, sqlite3.OperationalError, int]
    assert notes(file) == ["b", "c"]


def test_whoever_waits_too_long_is_told_so_and_nothing_of_it_is_stored_later(db, file, stranger):
    writers, begun = Writers(db.engine), time.monotonic()
    outcomes = all_at_once(lambda work: writers.run(work, begun + 0.3), note("a"), note("b"), note("c"))()
    # Who leads hears it from SQLite; the others from the queue, unless the lead comes to them at the last moment.
    assert type(outcomes[0]) is sqlite3.OperationalError
    assert {type(outcome) for outcome in outcomes[1:]} <= {sqlite3.OperationalError, Unavailable}
    assert 0.3 < time.monotonic() - begun < 3

    stranger.execute("ROLLBACK")
    assert writers.run(note("d"), time.monotonic() + PATIENCE) == 1
    assert notes(file) == ["d"]


def test_many_threads_and_a_busy_stranger_lose_and_double_nothing(db, file, stranger):
    wait = all_at_once(db.write, *(lambda connection, n=n: note(f"{n}")(connection) for n in range(40)))
    for n in range(20):
        stranger.execute("INSERT INTO note VALUES (?)", (f"stranger {n}",))
        stranger.execute("COMMIT")
        while True:
            try:
                stranger.execute("BEGIN IMMEDIATE")
                break
            except sqlite3.OperationalError:
                time.sleep(0.001)
    stranger.execute("ROLLBACK")

    assert wait() == [1] * 40
    assert sorted(notes(file)) == sorted([*map(str, range(40)), *(f"stranger {n}" for n in range(20))])
