"""Positions: what was told, whatever the order in which numbers appear."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goscrobble.domain.positions import MOST_GAPS, Position, missing, unpack
from goscrobble.services.feed import Feed, Listener
from goscrobble.storage import live as stored

AT = 1_780_000_000


@given(st.permutations(range(1, 9)))
def test_each_number_is_new_until_it_was_told_and_never_after(order):
    position, seen = Position(0, frozenset(), AT), []
    for number in order:
        assert position.is_new(number)
        position = position.after(number, set(range(1, 9)) - set(seen) - {number})
        seen.append(number)
        assert [n for n in range(1, 9) if not position.is_new(n)] == sorted(seen)


@given(st.integers(0, 2**63), st.sets(st.integers(1, 60_000), max_size=30))
def test_a_position_is_unpacked_as_it_was_packed(high, offsets):
    position = Position(high, frozenset(high - offset for offset in offsets), AT)
    assert unpack(position.pack()) == position


def test_of_many_gaps_a_position_keeps_the_newest():
    position = Position(1000, frozenset(range(1, 1000)), AT)
    assert unpack(position.pack()).gaps == frozenset(range(1000 - MOST_GAPS, 1000))


@pytest.mark.parametrize("packed", [b"", b"x", b"x" * 11, b"x" * 13])
def test_what_is_no_position_is_refused(packed):
    with pytest.raises(ValueError, match="not a position"):
        unpack(packed)


def test_numbers_between_known_ones_are_missing():
    assert missing([7, 4, 9], 2) == {3, 5, 6, 8}
    assert missing([], 2) == set()


def test_a_play_that_is_committed_late_is_told_once_and_to_one_who_comes_back(core, clock, database_kind, monkeypatch):
    """As on PostgreSQL: number 2 is given first to a transaction that commits after that of number 3."""
    committed = {1: (1, 7, AT), 3: (3, 7, AT)}
    monkeypatch.setattr(stored, "newest", lambda _connection: 1)
    monkeypatch.setattr(
        stored, "after", lambda _c, low, _limit, **_: [v for k, v in sorted(committed.items()) if k > low]
    )
    monkeypatch.setattr(stored, "with_ids", lambda _c, ids: [committed[one] for one in ids if one in committed])
    monkeypatch.setattr(core.database, "is_sqlite", False)
    feed = Feed(core)
    feed.position = Position(1, frozenset(), int(clock()))
    _, feed.position = feed.look()
    assert feed.position.high == 3
    assert feed.position.gaps == {2}
    before = feed.position
    committed[2] = (2, 7, AT)
    _, feed.position = feed.look()
    assert not feed.position.is_new(2)
    assert before.is_new(2)
    assert not before.is_new(3)
    clock.advance(60)
    _, feed.position = feed.look()
    assert feed.position.gaps == frozenset()
    assert feed.between(Listener(), before, feed.position) == []  # nobody's plays, but no reset either
