"""What a process remembers of who made a track is what the database says, however much of it there is room for."""

from threading import Barrier, Thread

from goscrobble.domain.periods import parse_range, zone
from goscrobble.services import ingest, statistics
from goscrobble.storage import counting
from goscrobble.testing import make_account, make_draft
from goscrobble.testing.clock import START


def hear(core, account, artists, titles):
    drafts = [
        make_draft(title=title, artists=artists, played_at=int(START) - n * 1000) for n, title in enumerate(titles, 1)
    ]
    ingest.submit(core, account.id, drafts, source="jellyfin")


def by_artist(core, account):
    period = parse_range("30d", zone(account.time_zone), START)
    return {it.entity.name: it.plays for it in statistics.top(core, account, "artists", period, limit=50)}


def test_credits_that_were_asked_for_before_are_those_of_the_database(core):
    ada = make_account(core, "ada")
    hear(core, ada, ("Can", "Neu!"), "ab")
    assert by_artist(core, ada) == by_artist(core, ada) == {"Can": 2, "Neu!": 2}
    hear(core, ada, ("Neu!", "Faust"), "c")
    assert by_artist(core, ada) == {"Can": 2, "Neu!": 3, "Faust": 1}


def test_more_than_there_is_room_for_is_counted_too(core, monkeypatch):
    monkeypatch.setattr(counting, "_MOST_KNOWN", 3)
    ada = make_account(core, "ada")
    hear(core, ada, ("Can", "Neu!"), "ab")
    assert by_artist(core, ada) == {"Can": 2, "Neu!": 2}
    hear(core, ada, ("Neu!", "Faust"), "cdefg")
    for _ in range(2):
        assert by_artist(core, ada) == {"Can": 2, "Neu!": 7, "Faust": 5}


def test_who_asks_at_the_same_moment_counts_nothing_twice(core):
    ada = make_account(core, "ada")
    hear(core, ada, ("Can", "Neu!"), "abc")
    together, found = Barrier(8), []

    def ask():
        together.wait()
        found.append(by_artist(core, ada))

    threads = [Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [*found, by_artist(core, ada)] == [{"Can": 3, "Neu!": 3}] * 9
