"""What must hold of any reports at all."""

import random
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from goscrobble.domain.drafts import Stamp
from goscrobble.domain.twins import components, possible_starts, reach, settle
from tests.domain.reports import partition, plays_of, report
from tests.examples import examples

SOURCES = [("a", Stamp.START), ("b", Stamp.SUBMIT), ("c", Stamp.EITHER), ("c", Stamp.ARRIVAL), ("d", Stamp.MEITHER)]
ANY_SOURCE = st.sampled_from([*SOURCES, *(("e", stamp) for stamp in Stamp)])


TITLES = ("Night Road", "Night Road (Remastered)", "Day Road")


def told(length, *, spread=4000, titles=TITLES, listened=st.integers(0, 200)):  # noqa: B008 - strategies are values
    """One report; `length` is a strategy of what it tells of the track's length."""
    return st.builds(
        lambda source, at, listened, **fields: report(at, *source, listened=listened, **fields),
        ANY_SOURCE,
        st.integers(0, spread),
        listened,
        duration=length,
        title=st.sampled_from(titles),
        artists=st.sampled_from([("Ada",), ("Ada", "Bob"), ("Bob",)]),
        origin=st.sampled_from([None, None, "spotify", "jellyfin"]),
        nth=st.sampled_from([0, 0, 1]),
        ids=st.sampled_from([frozenset(), frozenset({("isrc", "X")}), frozenset({("isrc", "Y")})]),
    )


ANY_LENGTH = st.sampled_from([None, 40, 200, 700])
REPORTS = st.lists(told(ANY_LENGTH), max_size=14)
# Of one track whose length all tell, or none, heard for as long: so what is told earlier began earlier.
ONE_LENGTH = ANY_LENGTH.flatmap(
    lambda length: st.lists(told(st.just(length), spread=20_000, titles=TITLES[:2], listened=st.just(100)), max_size=14)
)


@settings(max_examples=examples(300), deadline=None)
@given(REPORTS, st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_nothing(reports, rng: random.Random):
    shuffled = rng.sample(reports, len(reports))
    before, after = plays_of(reports), plays_of(shuffled)
    assert partition(before) == partition(after)
    assert {(one.start, one.best.told) for one in before} == {(one.start, one.best.told) for one in after}


@settings(max_examples=examples(200), deadline=None)
@given(
    REPORTS, st.lists(st.lists(told(ANY_LENGTH), min_size=1, max_size=3), max_size=3), st.randoms(use_true_random=False)
)
def test_the_order_of_decisions_changes_nothing_and_no_decision_is_undone(reports, fixed, rng: random.Random):
    before = settle(reports, fixed)
    shuffled = [rng.sample(members, len(members)) for members in rng.sample(fixed, len(fixed))]
    after = settle(rng.sample(reports, len(reports)), shuffled)
    assert partition(before) == partition(after)
    decided = [{one.told for one in members} for members in fixed]
    kept = [{one.told for one in group.reports} for group in before if group.fixed]
    assert len(decided) == len(kept)
    assert all(any(members <= group for group in kept) for members in decided)


@settings(max_examples=examples(200), deadline=None)
@given(REPORTS)
def test_every_report_stands_in_exactly_one_play(reports):
    standing = [one.told for group in plays_of(reports) for one in group.reports]
    assert sorted(one.told for one in reports) == sorted(standing)


@settings(max_examples=examples(200), deadline=None)
@given(ONE_LENGTH)
def test_cutting_into_neighbourhoods_changes_no_result(reports):
    """Of one track whose length all tell, or none: a length is learnt within a neighbourhood only."""
    apart = plays_of(reports)
    assert partition(settle(reports)) == partition(apart)


@settings(max_examples=examples(200), deadline=None)
@given(REPORTS, REPORTS)
def test_what_happens_far_away_changes_nothing_here(here, elsewhere):
    far = [replace(one, told_at=one.told_at + 40_000) for one in elsewhere]
    numbers = {one.told for one in here}
    together = {group for group in partition(plays_of(here + far)) if group & numbers}
    assert partition(plays_of(here)) == together


@settings(max_examples=examples(300), deadline=None)
@given(told(ANY_LENGTH), st.integers(1, 7200))
def test_no_length_up_to_two_hours_leads_out_of_a_reports_reach(one, length):
    low, high = reach(one)
    for interval in possible_starts(one, one.duration or length):
        assert low <= interval.lo <= interval.guess <= interval.hi <= high


@settings(max_examples=examples(200), deadline=None)
@given(ONE_LENGTH)
def test_what_is_told_again_stands_where_it_stood(reports):
    again = {one.told: replace(one, told=one.told + 10**9) for one in reports}
    groups = plays_of([*reports, *again.values()])
    assert partition(plays_of(reports)) == {
        frozenset(told for told in group if told in again) for group in partition(groups)
    }
    assert all(
        (one.told in group) == (copy.told in group)
        for group in partition(groups)
        for one, copy in zip(reports, again.values(), strict=True)
    )


@settings(max_examples=examples(200), deadline=None)
@given(REPORTS)
def test_a_neighbourhood_has_no_neighbourhoods_in_it(reports):
    for component in components(reports):
        assert [len(component)] == [len(part) for part in components(component)]
