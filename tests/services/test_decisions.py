"""What a person decides about a play, and what sources tell afterwards."""

import pytest

from goscrobble.domain.drafts import ScrobbleDraft, Stamp
from goscrobble.domain.scrobbles import Duplicate, Stored
from goscrobble.errors import BadInput, Conflict, NotFound
from goscrobble.services import corrections, history, ingest, rollups
from goscrobble.testing import make_account
from goscrobble.testing.clock import START

T = int(START) - 86400


@pytest.fixture
def ada(core):
    return make_account(core)


@pytest.fixture
def tell(core, ada):
    def tell(source, stamp, at, *, title="Night Road", duration=200, **more):
        draft = ScrobbleDraft(title=title, artists=("The Glass",), played_at=at, stamp=stamp, duration=duration, **more)
        return ingest.submit(core, ada.id, [draft], source=source)[0]

    return tell


@pytest.fixture
def shown(core, ada):
    def shown():
        assert {name: wrong for name, wrong in rollups.check(core) if wrong} == {}
        plays = history.recent(core, ada)[0]
        return [(play.played_at - T, play.source, play.also_heard_by) for play in reversed(plays)]

    return shown


def edit(core, ada, play, **values):
    (now,) = history.by_ids(core, ada.id, [play])
    current = ScrobbleDraft(
        title=now.track.name, artists=tuple(a.name for a in now.artists), played_at=now.played_at, duration=200
    )
    corrections.edit(core, ada.id, play, corrections.Edit(**values), current)


def test_a_deleted_play_does_not_come_back_whoever_tells_of_it(core, ada, tell, shown):
    play = tell("jellyfin", Stamp.START, T).play
    corrections.delete(core, ada.id, play)

    assert tell("jellyfin", Stamp.START, T) == Duplicate(play)
    assert tell("spotify", Stamp.EITHER, T + 201) == Duplicate(play)
    for _ in range(2):
        again = tell("lastfm", Stamp.MEITHER, T - T % 60, duration=None, title="Night Road (Remastered 2011)")
        assert again == Duplicate(play)
    assert shown() == []


def test_the_real_repeat_of_a_deleted_play_is_shown(core, ada, tell, shown):
    corrections.delete(core, ada.id, tell("jellyfin", Stamp.START, T).play)

    assert isinstance(tell("jellyfin", Stamp.START, T + 205), Stored)
    assert [at for at, *_ in shown()] == [205]


def test_a_restored_play_names_who_told_of_it_while_it_was_gone(core, ada, tell, shown):
    play = tell("jellyfin", Stamp.START, T).play
    corrections.delete(core, ada.id, play)
    tell("spotify", Stamp.EITHER, T + 201)
    corrections.restore(core, ada.id, play)
    corrections.restore(core, ada.id, play)  # it is there: nothing to do

    assert shown() == [(0, "jellyfin", ("spotify",))]


def test_an_edited_time_stays_and_is_not_doubled_by_either_telling(core, ada, tell, shown):
    play = tell("jellyfin", Stamp.START, T).play
    edit(core, ada, play, played_at=T + 7200)

    assert tell("jellyfin", Stamp.START, T) == Duplicate(play)
    assert tell("navidrome", Stamp.POLL, T - T % 60) == Duplicate(play)
    assert tell("lastfm", Stamp.MEITHER, T + 7200 - (T + 7200) % 60, duration=None) == Duplicate(play)
    assert shown() == [(7200, "jellyfin", ("lastfm", "navidrome"))]


def test_an_edit_that_was_undone_leaves_the_wrong_time_to_others(core, ada, tell, shown):
    play = tell("jellyfin", Stamp.START, T).play
    edit(core, ada, play, played_at=T + 7200)
    corrections.undo_edit(core, ada.id, play)
    corrections.undo_edit(core, ada.id, play)  # done: nothing to do

    assert tell("jellyfin", Stamp.START, T) == tell("navidrome", Stamp.START, T + 3) == Duplicate(play)
    assert isinstance(tell("navidrome", Stamp.START, T + 7200), Stored)
    assert shown() == [(0, "jellyfin", ("navidrome",)), (7200, "navidrome", ())]


def test_an_undone_edit_keeps_who_told_of_the_play_meanwhile(core, ada, tell, shown):
    play = tell("jellyfin", Stamp.START, T).play
    edit(core, ada, play, title="Night Rode")
    assert tell("spotify", Stamp.EITHER, T + 201) == Duplicate(play)
    corrections.undo_edit(core, ada.id, play)

    assert shown() == [(0, "jellyfin", ("spotify",))]


def test_a_play_added_by_hand_outlives_an_edit_to_itself_and_its_undoing(core, ada, tell, shown):
    play = tell("self", Stamp.SELF, T).play
    edit(core, ada, play, title="NIGHT ROAD")
    corrections.undo_edit(core, ada.id, play)

    assert tell("self", Stamp.SELF, T) == Duplicate(play)
    assert shown() == [(0, "self", ())]


def test_a_play_that_was_edited_and_merged_is_not_restored(core, ada, tell, shown):
    kept = tell("jellyfin", Stamp.START, T).play
    gone = tell("jellyfin", Stamp.START, T + 3000).play
    edit(core, ada, gone, played_at=T + 4000)
    corrections.merge(core, ada.id, gone, kept)
    for again in (corrections.restore, corrections.undo_edit):
        with pytest.raises(NotFound):
            again(core, ada.id, gone)

    assert [at for at, *_ in shown()] == [0]


def test_an_edit_onto_the_same_track_in_the_same_second_is_a_conflict(core, ada, tell, shown):
    tell("jellyfin", Stamp.START, T)
    other = tell("jellyfin", Stamp.START, T + 900).play
    with pytest.raises(Conflict):
        edit(core, ada, other, played_at=T)

    assert [at for at, *_ in shown()] == [0, 900]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"title": "\0"}, "Track contains a NUL character"),
        ({"title": " "}, "Track is missing"),
        ({"artists": ("",)}, "Artist is missing"),
        ({"played_at": int(START) + 7200}, "more than an hour in the future"),
        ({"played_at": 0}, "from before 2002"),
    ],
)
def test_an_edit_that_names_no_listen_is_refused_and_changes_nothing(core, ada, tell, shown, values, sentence):
    play = tell("jellyfin", Stamp.START, T).play
    with pytest.raises(BadInput, match=sentence):
        edit(core, ada, play, **values)

    assert shown() == [(0, "jellyfin", ())]


def test_a_split_stays_split_and_a_third_source_joins_one_of_them(core, ada, tell, shown):
    play = tell("jellyfin", Stamp.START, T).play
    assert tell("listenbrainz", Stamp.START, T + 20) == Duplicate(play)
    made = corrections.split(core, ada.id, play, {"listenbrainz"})

    assert tell("jellyfin", Stamp.START, T) == Duplicate(play)
    assert tell("listenbrainz", Stamp.START, T + 20) == Duplicate(made)
    assert tell("lastfm", Stamp.MEITHER, T - T % 60, duration=None).of in {play, made}
    assert [(at, source) for at, source, _ in shown()] == [(0, "jellyfin"), (20, "listenbrainz")]


def test_a_split_needs_somebody_to_leave_and_somebody_to_stay(core, ada, tell):
    play = tell("jellyfin", Stamp.START, T).play
    for voices in ({"jellyfin"}, {"nobody"}, set()):
        with pytest.raises(BadInput):
            corrections.split(core, ada.id, play, voices)


def test_a_merged_play_is_joined_at_both_its_times(core, ada, tell, shown):
    kept = tell("jellyfin", Stamp.START, T).play
    gone = tell("jellyfin", Stamp.START, T + 3000).play
    corrections.merge(core, ada.id, gone, kept)

    assert tell("jellyfin", Stamp.START, T + 3000) == Duplicate(kept)
    assert tell("navidrome", Stamp.START, T + 2) == Duplicate(kept)
    assert tell("navidrome", Stamp.START, T + 3002) == Duplicate(kept)
    assert shown() == [(0, "jellyfin", ("navidrome",))]
    with pytest.raises(BadInput):
        corrections.merge(core, ada.id, kept, kept)
    with pytest.raises(NotFound):
        corrections.merge(core, ada.id, gone, kept)


def test_a_decided_play_takes_no_report_away_from_a_neighbour(core, ada, tell, shown):
    """The end of the deleted play could mean the neighbour's start: told again, that must not make it vanish."""
    neighbour = tell("navidrome", Stamp.START, T - 400).play
    play = tell("jellyfin", Stamp.START, T).play
    assert tell("spotify", Stamp.END, T + 210) == Duplicate(play)
    corrections.delete(core, ada.id, play)
    tell("navidrome", Stamp.START, T - 400, listened=100)  # knows more now, so all around is settled anew

    assert tell("navidrome", Stamp.START, T - 400) == Duplicate(neighbour)
    assert shown() == [(-400, "navidrome", ())]


def test_an_edit_leaves_the_report_of_a_deleted_play_with_it(core, ada, tell, shown):
    mine = tell("self", Stamp.SELF, T).play
    corrections.delete(core, ada.id, mine)
    other = tell("jellyfin", Stamp.START, T + 900).play
    edit(core, ada, other, played_at=T)
    corrections.restore(core, ada.id, mine)

    assert [(at, source) for at, source, _ in shown()] == [(0, "jellyfin"), (1, "self")]
    assert tell("self", Stamp.SELF, T) == Duplicate(mine)
