"""What Spotify's answers mean: pure, by tables."""

from __future__ import annotations

import pytest
from goscrobble_spotify.normalise import EPISODE, LOCAL, Memory, Seen, is_busy, listed, new, on_now, stopped

from goscrobble.plugins import Playing, ScrobbleDraft, Stamp, TrackIds
from tests.plugins.spotify.payloads import NOW, answer, isrc, item, local, player, track, track_id

LATELY = int(NOW) - 300


def drafts(*items, now=NOW):
    return [entry.draft for entry in listed(answer(*items), now)]


def draft(**changes):
    return drafts(item(300, track(**changes)))[0]


def on(**changes):
    return on_now(player(**changes), NOW)


def test_an_item_is_a_listen_with_all_that_spotify_tells_of_it():
    assert drafts(item(300)) == [
        ScrobbleDraft(
            title="Vitamin C",
            artists=("Can",),
            album="Ege Bamyasi",
            album_artists=("Can",),
            played_at=LATELY,
            stamp=Stamp.EITHER,
            duration=200,
            ids=TrackIds(spotify=track_id("Vitamin C"), isrc=isrc("Vitamin C")),
            origin="spotify",
        )
    ]


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({"duration_ms": 238_805}, "duration", 239),
        ({"duration_ms": 200_499}, "duration", 200),
        ({"duration_ms": 200_500}, "duration", 201),
        ({"duration_ms": 0}, "duration", None),
        ({"duration_ms": -5}, "duration", None),
        ({"duration_ms": None}, "duration", None),
        ({"duration_ms": 10**15}, "duration", 2**31 - 1),
        ({"album": None}, "album", None),
        ({"album": {"name": None}}, "album", None),
        ({"album": {"name": "X", "artists": None}}, "album_artists", ()),
        ({"artists": [{"name": "A"}, {"name": None}, {"name": ""}, {"name": "B"}]}, "artists", ("A", "B")),
        ({"artists": None}, "artists", ()),
        ({"name": None}, "title", ""),
        ({"external_ids": {}}, "ids", TrackIds(spotify=track_id("Vitamin C"))),
        ({"external_ids": None}, "ids", TrackIds(spotify=track_id("Vitamin C"))),
        (
            {"external_ids": {"isrc": "de-a45-72-00070"}},
            "ids",
            TrackIds(spotify=track_id("Vitamin C"), isrc="DEA457200070"),
        ),
        ({"external_ids": {"isrc": "none"}}, "ids", TrackIds(spotify=track_id("Vitamin C"))),
        ({"id": "3" * 22}, "ids", TrackIds(spotify="3" * 22, isrc=isrc("Vitamin C"))),
    ],
)
def test_a_field_means_what_it_should(changes, field, value):
    assert getattr(draft(**changes), field) == value


@pytest.mark.parametrize(
    ("told", "played_at"),
    [
        ("2026-06-01T11:55:00.000Z", LATELY),
        ("2026-06-01T11:55:00.499Z", LATELY),
        ("2026-06-01T11:55:00.500Z", LATELY + 1),
        ("2026-06-01T11:55:00Z", LATELY),
        ("2026-06-01T11:55:00", LATELY),
        ("2026-06-01T13:55:00+02:00", LATELY),
    ],
)
def test_a_time_is_read_to_the_second(told, played_at):
    assert [one.played_at for one in drafts(item(0, played_at=told))] == [played_at]


@pytest.mark.parametrize(
    "spoilt",
    [
        None,
        7,
        {},
        item(300, played_at=None),
        item(300, played_at="yesterday"),
        item(300, track="x"),
        item(300) | {"track": None},
        item(300, track(artists="Can")),
        item(300, track(duration_ms="long")),
        item(300, track(duration_ms=float("nan"))),
        item(300, track(name="\ud800")),
    ],
)
def test_an_item_that_cannot_be_read_does_not_spoil_the_others(spoilt):
    assert [one.title for one in drafts(spoilt, item(100, track("Spoon")))] == ["Spoon"]


@pytest.mark.parametrize("strange", [None, [], 7, "x", {}, {"items": None}, {"items": {}}, {"error": {"status": 500}}])
def test_what_is_no_list_of_plays_is_an_error(strange):
    with pytest.raises(ValueError, match="not a list of plays"):
        listed(strange, NOW)


@pytest.mark.parametrize(
    ("what", "reason"), [(local(), LOCAL), (track(id=None), LOCAL), (track(type="episode"), EPISODE)]
)
def test_what_is_no_track_of_spotifys_is_left_out_with_a_reason(what, reason):
    (entry,) = listed(answer(item(300, what)), NOW)
    assert (entry.draft, entry.why_not, entry.what) == (None, reason, what["name"])


def test_the_newest_first_becomes_the_oldest_first():
    found = drafts(item(100, track("Spoon")), item(300, track("Sing Swan Song")), item(700))
    assert [one.title for one in found] == ["Vitamin C", "Sing Swan Song", "Spoon"]


@pytest.mark.parametrize(("ahead", "count"), [(0, 1), (3600, 1), (3601, 0), (10**9, 0)])
def test_what_is_more_than_an_hour_ahead_waits(ahead, count):
    assert len(drafts(item(-ahead))) == count


@pytest.mark.parametrize(
    ("seconds", "titles", "kept"),
    [
        ((300, 300), ("A", "A"), [300]),
        ((300, 270), ("A", "A"), [300]),
        ((300, 269), ("A", "A"), [300, 269]),
        ((300, 299.7), ("A", "A"), [300]),
        ((300, 270), ("A", "B"), [300, 270]),
        ((300, 280, 260), ("A", "A", "A"), [300, 260]),
        ((300, 100), ("A", "A"), [300, 100]),
    ],
)
def test_the_same_track_within_half_a_minute_is_the_same_play(seconds, titles, kept):
    items = [item(ago, track(title)) for ago, title in zip(seconds, titles, strict=True)]
    for order in (items, items[::-1]):
        found = new(listed(answer(*order), NOW), Memory())
        assert [NOW - entry.seen.at / 1000 for entry in found] == kept


def test_what_was_seen_is_not_new():
    first = listed(answer(item(300), item(100, track("Spoon"))), NOW)
    memory = Memory().with_seen(first, NOW)
    assert new(first, memory) == []
    again = listed(answer(item(300), item(310), item(100, track("Spoon")), item(50, track("Spoon"))), NOW)
    assert [(entry.draft.title, entry.seen.at / 1000 - NOW) for entry in new(again, memory)] == [("Spoon", -50)]


def test_how_far_was_read_is_the_newest_play_but_never_ahead_of_the_clock():
    assert Memory().with_seen(listed(answer(item(300), item(100)), NOW), NOW).newest == (int(NOW) - 100) * 1000
    ahead = Memory().with_seen(listed(answer(item(-1800)), NOW), NOW)
    assert ahead.newest == int(NOW) * 1000
    assert ahead.with_seen([], NOW - 7200).newest == int(NOW) * 1000, "and never goes back"
    assert Memory().with_seen([], NOW).newest == 0


def test_what_is_remembered_is_bounded_and_survives_as_text():
    entries = listed(answer(*[item(200 * i, track(f"T{i}")) for i in range(150)]), NOW)
    memory = Memory().with_seen(entries, NOW).model_copy(update={"playing": draft()})
    assert [one.at for one in memory.seen] == [entry.seen.at for entry in entries[-100:]]
    text = memory.model_dump_json(exclude_defaults=True)
    assert Memory.read(text) == memory
    assert len(text) < 10_000


@pytest.mark.parametrize("text", [None, "", "1635138793658", "{", "[]", '{"seen": 7}', '{"newest": "x"}'])
def test_the_cursor_of_another_version_tells_nothing(text):
    assert Memory.read(text) == Memory()


def test_what_plays_is_shown_and_nothing_else():
    assert on() == Playing(
        player="spotify",
        item=track_id("Vitamin C"),
        draft=draft().model_copy(update={"played_at": int(NOW), "stamp": Stamp.START}),
        state="playing",
        at=NOW,
        position=64.0,
        shown_only=True,
    )


@pytest.mark.parametrize(
    ("changes", "state", "position"),
    [
        ({"is_playing": False}, "paused", 64.0),
        ({"is_playing": None}, "paused", 64.0),
        ({"progress_ms": None}, "playing", None),
        ({"progress_ms": 0}, "playing", 0.0),
        ({"progress_ms": -1}, "playing", 0.0),
        ({"progress_ms": 1e300}, "playing", None),
        ({"currently_playing_type": None}, "playing", 64.0),
    ],
)
def test_how_it_plays_is_shown(changes, state, position):
    event = on(**changes)
    assert (event.state, event.position) == (state, position)


@pytest.mark.parametrize(
    "nothing",
    [
        None,
        [],
        {},
        "x",
        player() | {"item": None},
        player() | {"item": None, "currently_playing_type": "ad"},
        player(currently_playing_type="episode"),
        player(track(type="episode")),
        player(local()),
        player(item=7),
        player(progress_ms="x"),
    ],
)
def test_advertisements_episodes_files_and_nonsense_are_nothing_on(nothing):
    assert on_now(nothing, NOW) is None


@pytest.mark.parametrize(
    ("told", "busy"),
    [
        (player(), True),
        (player(is_playing=False), False),
        (player() | {"item": None, "currently_playing_type": "ad"}, True),
        (player() | {"item": None, "currently_playing_type": "episode"}, False),
        (None, False),
        ("x", False),
    ],
)
def test_music_and_the_advertisements_between_keep_us_asking(told, busy):
    assert is_busy(told) is busy


def test_what_is_on_no_more_is_told_of_the_same_item():
    event = stopped(on().draft, NOW + 30)
    assert (event.player, event.item, event.state, event.at) == ("spotify", on().item, "stopped", NOW + 30)
    assert event.shown_only


def test_an_entry_is_known_by_its_track_and_its_moment():
    (entry,) = listed(answer(item(300)), NOW)
    assert entry.seen == Seen(track=track_id("Vitamin C"), at=LATELY * 1000)
