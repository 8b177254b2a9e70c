"""Writes about one thing, from several callers at once, on both databases."""

import threading
import time

import pytest
from sqlalchemy import text

from goscrobble.errors import NotFound, Unavailable

PATIENCE = 20  # seconds


class Notes:
    """What a test writes: texts, each transaction's in a group of its own."""

    def __init__(self, database):
        self.database, self.groups = database, []
        self.held = threading.Event()
        self.held.set()
        database.write(lambda connection: connection.execute(text("CREATE TABLE note (text VARCHAR(40) UNIQUE)")))

    def work(self, connection, take):
        connection.execute(text("UPDATE note SET text = text"))
        self.held.wait(PATIENCE)
        items = take()
        for item in items:
            if item == ["ask for nothing"]:
                raise NotFound("There is no such thing")
            for one in item:
                connection.execute(text("INSERT INTO note VALUES (:text)"), {"text": one})
        self.groups.append(len(items))
        return [f"stored {' '.join(item)}" for item in items]

    def add(self, *item, most=100):
        return self.database.write_together("ada", list(item), self.work, most=most)

    def stored(self):
        with self.database.read() as connection:
            return sorted(connection.execute(text("SELECT text FROM note")).scalars())


@pytest.fixture
def notes(core):
    made = Notes(core.database)
    yield made
    core.database.write(lambda connection: connection.execute(text("DROP TABLE note")))


def all_at_once(notes, *items, most=100):
    """Hold the first caller until the others wait behind it; return what each got."""
    outcomes = [None] * len(items)

    def add(place, item):
        try:
            outcomes[place] = notes.add(*item, most=most)
        except (NotFound, Unavailable) as error:
            outcomes[place] = error

    notes.held.clear()
    threads = [threading.Thread(target=add, args=pair) for pair in enumerate(items)]
    for thread in threads:
        thread.start()
        time.sleep(0.05)
    notes.held.set()
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()
    return outcomes


def test_whoever_waits_behind_one_is_done_with_it_in_one_transaction(notes):
    assert all_at_once(notes, ["a"], ["b", "c"], ["d"]) == ["stored a", "stored b c", "stored d"]
    assert notes.groups == [3]
    assert notes.stored() == ["a", "b", "c", "d"]


def test_a_transaction_takes_no_more_than_it_may(notes):
    assert all_at_once(notes, ["a"], ["b", "c"], ["d"], ["e"], most=3) == [
        "stored a",
        "stored b c",
        "stored d",
        "stored e",
    ]
    assert notes.groups == [2, 2]


def test_one_that_fails_does_not_touch_the_others(notes):
    outcomes = all_at_once(notes, ["a"], ["ask for nothing"], ["b"])
    assert [type(outcome) for outcome in outcomes] == [str, NotFound, str]
    assert notes.stored() == ["a", "b"]


def test_the_one_that_leads_may_fail_too(notes):
    outcomes = all_at_once(notes, ["ask for nothing"], ["a"], ["b"])
    assert [type(outcome) for outcome in outcomes] == [NotFound, str, str]
    assert notes.stored() == ["a", "b"]


def test_one_alone_fails_with_what_it_raised(notes):
    with pytest.raises(NotFound):
        notes.add("ask for nothing")
    assert notes.add("a") == "stored a"


def test_one_that_is_killed_takes_nobody_along(notes, monkeypatch):
    class Killed(BaseException):
        pass

    write, calls = notes.database.write, []

    def killing(work):
        calls.append(work)
        if len(calls) == 1:
            try:
                write(lambda connection: (work(connection), connection.execute(text("SELECT nothing"))))
            except Exception as error:
                raise Killed from error
        return write(work)

    monkeypatch.setattr(notes.database, "write", killing)
    killed = []

    def lead():
        try:
            notes.add("a")
        except Killed as error:
            killed.append(error)

    notes.held.clear()
    leader = threading.Thread(target=lead)
    leader.start()
    time.sleep(0.05)
    outcomes = []
    follower = threading.Thread(target=lambda: outcomes.append(notes.add("b")))
    follower.start()
    time.sleep(0.05)
    notes.held.set()
    leader.join(PATIENCE)
    follower.join(PATIENCE)

    assert len(killed) == 1
    assert outcomes == ["stored b"]
    assert notes.stored() == ["b"]
