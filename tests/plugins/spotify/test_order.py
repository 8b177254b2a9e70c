"""Whatever Spotify stamps, and whatever is skipped: plays stand in the order in which they were heard."""

from __future__ import annotations

import json

import pytest
from goscrobble_spotify.normalise import Memory, drafts, listed, new
from hypothesis import given, settings
from hypothesis import strategies as st

from goscrobble.domain.names import artist_keys, title_key
from goscrobble.domain.twins import Report, components, settle
from goscrobble.services import history
from tests.examples import examples
from tests.plugins.spotify.payloads import FIXTURES, NOW, answer, item, track

HOUR = 3600
LENGTHS = st.integers(31, 900)
BREAKS = st.sampled_from([0, 0, 0, 1, 20, 700])  # seconds between two plays

# Each play: the track's length, the part of it that was heard (skipped before its end, or paused for longer), the
# break before it, and which end of it Spotify stamps.
EVENINGS = st.lists(
    st.tuples(LENGTHS, st.sampled_from([0.1, 0.3, 1, 1, 1.5]), BREAKS, st.sampled_from(["start", "end"])),
    min_size=2,
    max_size=12,
)


def items_of(evening):
    """Items of recently-played, newest first, named after their place in what was heard."""
    at, items = NOW - 5 * HOUR, []
    for number, (length, part, pause, stamp) in enumerate(evening):
        began = at + pause
        at = began + max(30, int(length * part))
        items.append(item(NOW - (began if stamp == "start" else at), track(f"T{number}", length)))
    return items[::-1]


def told_by(polls):
    """The drafts of several polls, each of which lists these items."""
    memory, told = Memory(), []
    for items in polls:
        entries = listed(answer(*items), NOW)
        found = new(entries, memory)
        told += drafts(entries, found, memory)
        memory = memory.with_seen(found, NOW)
    return told


def shown(told):
    """(title, start) of each play, as the core settles them; of what was told twice the tighter bound counts."""
    reports = {}
    for draft in told:
        bounds = [reports[draft.title].listened] if draft.title in reports else []
        reports[draft.title] = Report(
            told_at=draft.played_at,
            voice="spotify",
            stamp=draft.stamp,
            title_key=title_key(draft.title),
            artists=artist_keys(draft.title, draft.artists),
            duration=draft.duration,
            listened=min(filter(None, (*bounds, draft.listened)), default=None),
            title=draft.title,
        )
    groups = [group for part in components(reports.values()) for group in settle(part)]
    return sorted(((group.best.title, group.start) for group in groups), key=lambda play: play[1])


@settings(max_examples=examples(300), deadline=None)
@given(EVENINGS, st.data())
def test_the_order_of_plays_is_the_order_heard_however_polls_cut_it_and_whatever_comes_late(evening, data):
    items = items_of(evening)
    late = data.draw(st.sets(st.integers(0, len(items) - 1), max_size=3))
    cut = data.draw(st.integers(0, len(items)))
    early = [one for number, one in enumerate(items) if number not in late]
    plays = shown(told_by([early[cut:], early, items]))
    assert [f"T{number}" for number in range(len(evening))] == [title for title, _ in plays]
    assert sorted({start for _, start in plays}) == [start for _, start in plays], "no two at once"


def test_what_follows_sooner_than_it_is_long_begins_where_the_one_before_ended():
    items = [item(0, track("C", 200)), item(200, track("B", 400)), item(240, track("A", 300))]
    assert shown(told_by([items])) == [("A", NOW - 540), ("B", NOW - 240), ("C", NOW - 200)]


def test_an_item_that_comes_late_moves_the_one_after_it():
    a, b, c = item(240, track("A", 300)), item(200, track("B", 400)), item(100, track("C", 400))
    assert [(one.title, one.listened) for one in told_by([[c, a], [c, b, a]])] == [
        ("A", None), ("C", 140), ("B", 40), ("C", 100),
    ]  # fmt: skip


def test_nothing_is_told_again_that_is_not_moved():
    a, b, c = item(900, track("A", 100)), item(500, track("B", 100)), item(300, track("C", 100))
    assert [one.title for one in told_by([[c, a], [c, b, a]])] == ["A", "C", "B"]


@pytest.mark.usefixtures("connected")
def test_a_skipped_track_stands_between_its_neighbours(spotify, clock, run, plays):
    path = FIXTURES.parent / "reported" / "37-skipped_at_40s.json"
    if not path.exists():
        pytest.skip("the folder of reported cases is not beside this checkout")
    case, at = json.loads(path.read_text()), clock.at
    for one in case["response"]["items"]:
        name, length = one["track"].removesuffix(" s").split(", ")
        spotify.person.played(track(name, int(length)), at + one["played_at"], from_=at + one["played_at"])
    run(HOUR)
    assert case["expect"]["order"] == [title for title, _ in plays()]


@pytest.mark.usefixtures("connected")
def test_several_skips_in_a_row_stand_as_heard_and_claim_no_time_listened(spotify, clock, run, plays, core, ada):
    person, at = spotify.person, clock.at + 300
    for number in range(5):
        at = person.listen(track(f"T{number}", 400), at, 40 if number % 4 else None)
    run(2 * HOUR)
    assert [(f"T{number}", start) for number, start in enumerate([300, 700, 740, 780, 820])] == plays()
    found, _ = history.recent(core, ada)
    assert {one.listened for one in found} == {None}


@pytest.mark.usefixtures("connected")
def test_a_skip_that_is_listed_late_moves_what_was_bounded_without_it(spotify, clock, run, plays):
    at = clock.at
    for title, length, ends, late in (("A", 300, 300, 0), ("B", 400, 340, 1000), ("C", 400, 440, 0)):
        spotify.person.played(track(title, length), at + ends, from_=at + ends + late)
    run(900)
    assert plays() == [("A", 0), ("C", 300)]
    run(HOUR)
    assert plays() == [("A", 0), ("B", 300), ("C", 340)]
