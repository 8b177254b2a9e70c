"""The one way in."""

import pytest

from goscrobble import metrics
from goscrobble.domain.drafts import Stamp, TrackIds
from goscrobble.domain.scrobbles import Duplicate, Rejected, Stored
from goscrobble.errors import NotFound
from goscrobble.services import history, identity, ingest
from goscrobble.testing import make_account, make_draft
from goscrobble.testing.clock import START

NOW = int(START)
T = NOW - 7200


def shown(core, account):
    return history.recent(core, account, limit=1000)[0]


@pytest.fixture
def ada(core):
    return make_account(core, "ada")


def submit(core, account, *drafts, source="jellyfin", voice="1"):
    return ingest.submit(core, account.id, drafts, source=source, voice=voice)


def test_a_play_is_stored_and_shown(core, ada):
    (outcome,) = submit(core, ada, make_draft(played_at=T, listened=600))

    assert isinstance(outcome, Stored)
    (play,) = shown(core, ada)
    assert play.id == outcome.play
    assert (play.played_at, play.track.name, play.duration, play.listened) == (T, "Strobe", 634, 600)
    assert [artist.name for artist in play.artists] == ["deadmau5"]
    assert play.album is not None
    assert play.album.name == "For Lack of a Better Name"
    assert (play.source, play.also_heard_by) == ("jellyfin", ())


def test_telling_it_again_is_a_duplicate_of_the_same_play(core, ada):
    (first,) = submit(core, ada, make_draft(played_at=T))
    (second,) = submit(core, ada, make_draft(played_at=T))

    assert second == Duplicate(first.play)
    assert len(shown(core, ada)) == 1


def test_twice_in_one_batch_is_one_play(core, ada):
    first, second = submit(core, ada, make_draft(played_at=T), make_draft(played_at=T))

    assert second == Duplicate(first.play)


def test_another_source_joins_the_play_and_is_named(core, ada):
    (first,) = submit(core, ada, make_draft(played_at=T))
    (second,) = submit(
        core,
        ada,
        make_draft(played_at=T + 640, stamp=Stamp.END, title="Strobe (Remastered 2011)"),
        source="spotify",
        voice="x",
    )

    assert second == Duplicate(first.play)
    assert [play.also_heard_by for play in shown(core, ada)] == [("spotify",)]


def test_a_better_report_corrects_the_start_and_the_play_keeps_its_id(core, ada):
    (first,) = submit(core, ada, make_draft(played_at=T + 700, stamp=Stamp.END), source="spotify", voice="x")
    submit(core, ada, make_draft(played_at=T + 20))

    (play,) = shown(core, ada)
    assert (play.id, play.played_at, play.source, play.also_heard_by) == (first.play, T + 20, "jellyfin", ("spotify",))


def test_what_is_wrong_with_one_draft_does_not_touch_the_others(core, ada):
    outcomes = submit(
        core,
        ada,
        make_draft(title="\0"),
        make_draft(title=" ", played_at=T),
        make_draft(artists=(), played_at=T),
        make_draft(played_at=NOW + 3601),
        make_draft(played_at=0),
        make_draft(title="x" * 5001),
        make_draft(title="\ud83d"),
        make_draft(title="Good", played_at=T),
    )

    assert [outcome.reason if isinstance(outcome, Rejected) else None for outcome in outcomes] == [
        "Track contains a NUL character",
        "Track is missing",
        "Artist is missing",
        "The play is more than an hour in the future",
        "The play is from before 2002",
        "Track is longer than 5000 characters",
        "Track contains half of a surrogate pair",
        None,
    ]
    assert [play.track.name for play in shown(core, ada)] == ["Good"]


def test_outcomes_come_in_the_order_of_the_drafts_whatever_their_times(core, ada):
    drafts = [make_draft(title=f"T{i}", played_at=T - i * 1000) for i in range(250)]
    outcomes = submit(core, ada, *drafts)

    titles = {play.id: play.track.name for play in shown(core, ada)}
    assert [titles[outcome.play] for outcome in outcomes] == [draft.title for draft in drafts]


def test_two_people_never_share_plays(core, ada):
    bob = make_account(core, "bob")
    submit(core, ada, make_draft(played_at=T))
    (outcome,) = submit(core, bob, make_draft(played_at=T))

    assert isinstance(outcome, Stored)
    assert len(shown(core, ada)) == len(shown(core, bob)) == 1


def test_an_account_that_is_gone_is_not_found(core, ada):
    with pytest.raises(NotFound):
        ingest.submit(core, ada.id + 99, [make_draft(played_at=T)], source="jellyfin")


def test_the_same_second_on_a_second_device_takes_the_next_one(core, ada):
    submit(core, ada, make_draft(played_at=T, origin="jellyfin"))
    submit(core, ada, make_draft(played_at=T, origin="navidrome"), source="navidrome", voice="2")

    assert [play.played_at for play in shown(core, ada)] == [T + 1, T]


def test_a_retry_of_an_unstamped_play_is_not_another_one(core, ada):
    for later, plays in ((0, 1), (200, 1), (239, 1), (241, 2)):
        submit(core, ada, make_draft(played_at=T + later, stamp=Stamp.ARRIVAL))
        assert len(shown(core, ada)) == plays, later


def test_an_id_joins_no_two_titles(core, ada):
    ids = TrackIds(recording_mbid="11111111-1111-4111-8111-111111111111")
    other = make_draft(title="Something Else", artists=("Somebody",), ids=ids, played_at=T + 3000)
    submit(core, ada, make_draft(played_at=T, ids=ids))
    submit(core, ada, make_draft(title="Strobe (Club Mix)", ids=ids, played_at=T - 3000), other)

    titles = [play.track.name for play in shown(core, ada)]
    assert titles == ["Something Else", "Strobe", "Strobe (Club Mix)"]


def test_equal_titles_by_different_artists_are_different_albums(core, ada):
    submit(
        core,
        ada,
        make_draft(title="A", artists=("One",), album="Greatest Hits", played_at=T),
        make_draft(title="B", artists=("Two",), album="Greatest Hits", played_at=T + 900),
    )

    first, second = shown(core, ada)
    assert first.album is not None
    assert second.album is not None
    assert first.album.id != second.album.id


def test_the_hooks_are_told_of_new_plays_and_of_merged_ones(core, ada):
    class Listener:
        def __init__(self):
            self.heard, self.gone = [], []

        def after_scrobble(self, username, scrobble):
            self.heard.append((username, scrobble.track.name))

        def after_removal(self, username, play, merged_into):
            self.gone.append((username, play, merged_into))

    listener = core_listener(core, Listener())
    (first,) = submit(core, ada, make_draft(played_at=T, duration=None), source="a")
    (late,) = submit(core, ada, make_draft(played_at=T + 2000, duration=None, stamp=Stamp.END), source="b")
    (third,) = submit(core, ada, make_draft(played_at=T, duration=1500), source="c")  # now it is known how long it is

    assert listener.heard == [("ada", "Strobe"), ("ada", "Strobe")]
    assert third == Duplicate(first.play)
    assert listener.gone == [("ada", late.play, first.play)]
    assert [play.also_heard_by for play in shown(core, ada)] == [("b", "c")]


def core_listener(core, plugin):
    from goscrobble.plugins import hookimpl

    for name in ("after_scrobble", "after_removal"):
        setattr(type(plugin), name, hookimpl(getattr(type(plugin), name)))
    core.plugins.add_builtin("listener", plugin)
    return plugin


def test_a_page_of_history_goes_on_where_the_last_one_ended(core, ada):
    submit(core, ada, *(make_draft(title=f"T{i % 7}", played_at=T - i * 300) for i in range(25)))

    seen, cursor = [], None
    while True:
        plays, cursor = history.recent(core, ada, limit=4, cursor=cursor)
        seen += plays
        if cursor is None:
            break
    assert [play.played_at for play in seen] == [T - i * 300 for i in range(25)]


def test_what_became_of_each_draft_is_counted_by_source(core, ada):
    def counted(outcome):
        return metrics.DRAFTS.labels("counting", outcome)._value.get()

    submit(core, ada, make_draft(played_at=T), make_draft(played_at=T), make_draft(artists=()), source="counting")

    assert [counted(outcome) for outcome in ("stored", "duplicate", "rejected")] == [1, 1, 1]


def test_names_read_in_a_transaction_that_failed_are_not_remembered(core, ada):
    submit(core, ada, make_draft(played_at=T))
    assert core.database.learnt["names"]

    def fail(connection):
        raise NotFound("gone")

    with pytest.raises(NotFound):
        core.database.write(fail)
    assert core.database.learnt == {}
    assert submit(core, ada, make_draft(played_at=T)) == [Duplicate(shown(core, ada)[0].id)]


def test_more_names_than_a_process_keeps_at_hand_are_still_known(core, ada, monkeypatch):
    monkeypatch.setattr(identity, "_REMEMBERED", 5)
    drafts = [make_draft(title=f"T{n}", played_at=T - n * 700) for n in range(20)]
    submit(core, ada, *drafts)

    assert all(isinstance(outcome, Duplicate) for outcome in submit(core, ada, *drafts))
    assert len(shown(core, ada)) == 20
