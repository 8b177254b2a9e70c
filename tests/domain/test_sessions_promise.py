"""The promise: whatever a player does, each true listen is one play with what was heard of it, and nothing else is."""

import pytest

from benchmarks.players import AT, HABITS, evening, fault_of, plays_of
from goscrobble.domain.drafts import Playing, ScrobbleDraft
from tests.examples import examples


def test_each_true_listen_is_one_play_with_what_was_heard_of_it():
    """Two in a thousand may be out by more than five seconds: a step back that looks like standing still.

    One in two thousand may have another number of plays: of a track that was left at once, a start alone came through.
    """
    evenings = [found for found in map(evening, range(examples(1500))) if all(one.is_clear for one in found.listens)]
    faults = [(found.habit.name, fault) for found in evenings if (fault := fault_of(found))]
    assert len(evenings) > examples(1500) / 2
    assert {found.habit.name for found in evenings} == {habit.name for habit in HABITS}
    assert len([fault for fault in faults if fault[1] == "plays"]) <= len(evenings) // 2000
    assert len(faults) <= len(evenings) // 500


@pytest.mark.parametrize("seconds", [1, 10, 30])
def test_two_tabs_under_one_name_are_each_heard_by_themselves(seconds):
    """They tell of themselves in turn, one playing and one paused, and later both playing."""
    events = []
    for at in range(0, 401, seconds):
        if at <= 200:
            events.append(told("A", at, at))
        else:
            events.append(told("A", at, 200, "paused"))
        if 100 <= at <= 300:
            events.append(told("B", at + 0.5, at - 100 + 0.5))
    assert {title: heard for (title, _), heard in plays_of(events).items()} == {
        "A": pytest.approx(200, abs=6),
        "B": pytest.approx(200, abs=6),
    }


def told(title, at, position, state="playing"):
    draft = ScrobbleDraft(title=title, artists=("Ada",), played_at=0, duration=300)
    return Playing(
        player="kitchen", item=title, draft=draft, state=state, at=AT + at, position=position, starts=position < 1
    )
