"""An instance from before each listener had words of their own is put right, also where that is interrupted."""

import pytest

from goscrobble import instance
from goscrobble.domain.drafts import TrackIds
from goscrobble.domain.periods import ALL_TIME
from goscrobble.migrations import runner
from goscrobble.services import corrections, history, ingest, rematching, rollups, statistics
from goscrobble.services.corrections import Edit, as_shown
from goscrobble.testing import make_account, make_draft

AT = 1_780_000_000
ISRC = TrackIds(isrc="GBAYE9300106")


class Interrupted(Exception):
    """Somebody pulled the plug."""


@pytest.fixture
def before(core):
    """What two listeners told, and a database in which, as once, the first who told an id named the track for all."""
    eve, bob = make_account(core, "eve"), make_account(core, "bob")
    told = [("Creep", ("Radiohead",), ISRC), ("1+1", ("Beyoncé",), TrackIds()), ("11", ("Beyoncé",), TrackIds())]
    for n in range(12):
        title, artists, ids = told[n % 3]
        draft = make_draft(title=title, artists=artists, album="Album", played_at=AT + n * 3000, ids=ids, duration=200)
        ingest.submit(core, bob.id, [draft], source="jellyfin")
    ingest.submit(
        core, eve.id, [make_draft(title="Eve was here", artists=("Eve",), ids=ISRC, played_at=AT)], source="a"
    )
    plays, _ = history.recent(core, bob)
    corrections.edit(core, bob.id, plays[0].id, Edit(title="Eleven"), as_shown(plays[0]))
    corrections.delete(core, bob.id, plays[1].id)
    corrections.edit(core, bob.id, plays[2].id, Edit(played_at=AT - 9), as_shown(plays[2]))
    expected = seen(core, eve), seen(core, bob)
    runner.downgrade(core.database.engine, "0005")
    with core.database.engine.begin() as connection:
        query = "SELECT id, title FROM track"
        ids = {title: id_ for id_, title in connection.exec_driver_sql(query)}
        for wrong, right in (("Eve was here", "Creep"), ("1+1", "11")):
            for table in ("told", "scrobble", "deleted_play"):
                change = f"UPDATE {table} SET track_id = {ids[wrong]} WHERE track_id = {ids[right]}"
                connection.exec_driver_sql(change)
    core.database.learnt.clear()
    runner.upgrade(core.database.engine)
    rollups.rebuild(core, bob)
    return eve, bob, expected, plays


def seen(core, account):
    plays, _ = history.recent(core, account)
    charts = [
        sorted((entry.entity.name, [one.name for one in entry.artists], entry.plays) for entry in chart)
        for chart in (statistics.top(core, account, kind, ALL_TIME) for kind in ("artists", "albums", "tracks"))
    ]
    return [
        (play.played_at, play.track.name, play.artists[0].name, play.album and play.album.name) for play in plays
    ], charts


@pytest.mark.parametrize("interruptions", [0, 3])
def test_everybody_has_their_own_words_afterwards_and_all_sums_are_true(core, before, monkeypatch, interruptions):
    eve, bob, expected, plays = before
    monkeypatch.setattr(rematching, "AT_ONCE", 2)
    done = []
    assert rematching.plays_left(core.database) == 12

    def watch(count):
        done.append(count)
        if len(done) <= interruptions:
            core.database.learnt.clear()  # another process goes on
            raise Interrupted

    for _ in range(interruptions):
        with pytest.raises(Interrupted):
            rematching.rematch(core.database, watch)
        assert all(wrong == [] for _, wrong in rollups.check(core))
    rematching.rematch(core.database, watch)
    assert sum(done) == 12
    assert rematching.plays_left(core.database) is None
    core.database.learnt.clear()
    assert (seen(core, eve), seen(core, bob)) == expected
    assert dict(rollups.check(core)) == {"eve": [], "bob": []}
    corrections.undo_edit(core, bob.id, plays[0].id)
    corrections.restore(core, bob.id, plays[1].id)
    shown = {play.id: play.track.name for play in history.recent(core, bob)[0]}
    assert [shown[play.id] for play in plays[:2]] == [play.track.name for play in plays[:2]]


def test_what_is_told_again_after_it_makes_no_second_play(core, before):
    _, bob, _, _ = before
    rematching.rematch(core.database)
    core.database.learnt.clear()
    count = len(history.recent(core, bob)[0])
    again = make_draft(title="Creep", artists=("Radiohead",), album="Album", played_at=AT, ids=ISRC, duration=200)
    ingest.submit(core, bob.id, [again], source="jellyfin")
    ingest.submit(core, bob.id, [again], source="multiscrobbler")
    assert len(history.recent(core, bob)[0]) == count


def test_a_start_of_the_server_does_it_and_tells_how_far_it_is(settings, before):
    told = []

    class Watching:
        def __init__(self, total):
            told.append(total)

        def __enter__(self):
            return told.append

        def __exit__(self, *_):
            told.append("done")

    instance.upgrade(settings, found_plugins=[], watching=Watching)
    assert told[0] == sum(told[1:-1]) == 12
    assert told[-1] == "done"
    instance.upgrade(settings, found_plugins=[], watching=Watching)
    assert told[-1] == "done"
    assert len([one for one in told if one == "done"]) == 1
