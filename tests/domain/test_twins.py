"""The rule of twins, sentence by sentence: docs/explanation/twins.md."""

import time

import pytest

from goscrobble.domain import twins
from goscrobble.domain.drafts import Stamp
from goscrobble.domain.twins import Interval, components, possible_starts, settle
from tests.domain.reports import partition, plays_of, report

AT = 10_000

# ---- what each stamp says about the start ----

OF_200_SECONDS = {
    Stamp.SELF: [(9970, 10030, 10000)],
    Stamp.START: [(9970, 10030, 10000)],
    Stamp.ENDL: [(8920, 9850, 9820)],
    Stamp.POLL: [(9940, 10060, 10000)],
    Stamp.MENDL: [(8920, 9910, 9850)],
    Stamp.SUBMIT: [(9000, 9950, 9900)],
    Stamp.NOW: [(8900, 9950, 9900)],
    Stamp.ARRIVAL: [(8900, 10030, 10000)],
    Stamp.END: [(8900, 9930, 9800)],
    Stamp.EITHER_START: [(9970, 10030, 10000), (8900, 9930, 9800)],
    Stamp.EITHER: [(8900, 9930, 9820), (9970, 10030, 10000)],
    Stamp.MEITHER: [(9970, 10090, 10030), (8900, 9990, 9830)],
}


@pytest.mark.parametrize("stamp", Stamp)
def test_every_stamp_says_in_which_interval_the_listen_began(stamp):
    told = report(AT, stamp=stamp, listened=180)
    assert tuple(Interval(*interval) for interval in OF_200_SECONDS[stamp]) == possible_starts(told, 200)


@pytest.mark.parametrize(
    ("stamp", "duration", "expected"),
    [
        (Stamp.SUBMIT, None, (8860, 10000, 9895)),
        (Stamp.NOW, None, (8500, 10000, 9895)),
        (Stamp.ARRIVAL, None, (8500, 10030, 10000)),
        (Stamp.END, None, (8500, 10000, 9790)),
        (Stamp.START, None, (9970, 10030, 10000)),
        (Stamp.START, 40, (9980, 10020, 10000)),
        (Stamp.END, 40, (9060, 10000, 9960)),
        (Stamp.SUBMIT, 1200, (8860, 9838, 9760)),
        (Stamp.END, 1200, (7900, 9790, 8800)),
    ],
)
def test_an_unknown_a_short_and_a_long_track_widen_and_narrow_it(stamp, duration, expected):
    assert (Interval(*expected),) == possible_starts(report(AT, stamp=stamp), duration)


def test_stamps_are_ranked_from_the_persons_own_word_to_an_ambiguous_minute():
    order = [
        "self",
        "start",
        "endl",
        "poll",
        "mendl",
        "submit",
        "now",
        "arrival",
        "end",
        "either-start",
        "either",
        "meither",
    ]
    assert order == sorted(order, key=lambda name: Stamp(name).rank)


# ---- one voice ----


@pytest.mark.parametrize(
    ("stamp", "apart", "shown"),
    [
        (Stamp.START, 0, 1),
        (Stamp.START, 1, 2),
        (Stamp.START, 10, 2),
        (Stamp.END, 10, 2),
        (Stamp.SUBMIT, 10, 2),
        (Stamp.NOW, 30, 1),
        (Stamp.NOW, 31, 2),
        (Stamp.EITHER, 30, 1),
        (Stamp.EITHER, 31, 2),
        (Stamp.EITHER_START, 30, 1),
        (Stamp.EITHER_START, 31, 2),
        (Stamp.MEITHER, 30, 2),
        (Stamp.ARRIVAL, 31, 1),
        (Stamp.ARRIVAL, 199, 1),
        (Stamp.ARRIVAL, 200, 2),
    ],
)
def test_a_voice_that_tells_again_makes_no_second_play_and_a_listen_of_its_own_does(stamp, apart, shown):
    assert shown == len(plays_of([report(AT, stamp=stamp), report(AT + apart, stamp=stamp)]))


@pytest.mark.parametrize(
    ("duration", "apart", "shown"),
    [(None, 29, 1), (None, 30, 2), (600, 239, 1), (600, 240, 2), (40, 39, 1), (40, 40, 2)],
)
def test_an_unstamped_play_repeats_itself_until_it_could_be_over_or_counted_again(duration, apart, shown):
    told = [report(at, stamp=Stamp.ARRIVAL, duration=duration) for at in (AT, AT + apart)]
    assert shown == len(plays_of(told))


def test_equal_rows_of_one_minute_in_one_file_are_as_many_plays():
    rows = [report(AT, "file", Stamp.MEITHER, nth=nth, duration=31) for nth in (0, 1)]
    assert len(plays_of(rows)) == 2


def test_a_file_read_twice_is_told_once():
    rows = [report(AT, "file", Stamp.MEITHER, nth=nth, duration=31) for nth in (0, 1, 0, 1)]
    assert len(plays_of(rows)) == 2


def test_two_devices_of_one_voice_are_two_plays():
    assert len(plays_of([report(AT), report(AT + 5)])) == 2


def test_one_voice_naming_two_tracks_at_once_tells_of_two_listens():
    link = frozenset({("isrc", "GBX")})
    told = [
        report(AT, title="Night Road"),
        report(AT, title="Day Road"),
        report(AT + 9000, "other", title="Night Road", ids=link),
        report(AT + 9000, "third", title="Day Road", ids=link),
    ]
    assert sorted(len(group.reports) for group in plays_of(told)) == [1, 1, 2]


# ---- several voices ----


@pytest.mark.parametrize("other", [stamp for stamp in Stamp if stamp is not Stamp.START])
def test_a_true_report_of_any_kind_joins_the_listen_it_tells_of(other):
    tells_at = {  # of 200 s heard from AT on, without a pause
        Stamp.ENDL: AT + 200,
        Stamp.MENDL: (AT + 200) // 60 * 60,
        Stamp.POLL: AT // 60 * 60,
        Stamp.SUBMIT: AT + 100,
        Stamp.NOW: AT + 150,
        Stamp.END: AT + 200,
        Stamp.EITHER: AT + 200,
        Stamp.MEITHER: AT // 60 * 60,
    }
    told = [report(AT), report(tells_at.get(other, AT), "other", other, listened=200)]
    [play] = plays_of(told)
    assert (play.start, len(play.reports)) == (AT, 2)


@pytest.mark.parametrize("pause", [0, 60, 899])
def test_a_pause_of_up_to_a_quarter_of_an_hour_parts_nothing(pause):
    assert len(plays_of([report(AT), report(AT + 200 + pause, "end", Stamp.END)])) == 1


def test_after_a_longer_pause_an_end_is_a_listen_of_its_own():
    assert len(plays_of([report(AT), report(AT + 200 + 931, "end", Stamp.END)])) == 2


def test_the_best_stamp_gives_the_start_whoever_came_first():
    told = [report(AT + 200, "end", Stamp.END), report(AT + 100, "half", Stamp.SUBMIT), report(AT + 3, "start")]
    [play] = plays_of(told)
    assert (play.start, play.best.voice) == (AT + 3, "start")


def test_a_worse_report_narrows_the_start_that_a_better_one_left_open():
    minute = report(AT, "poll", Stamp.POLL)
    half = report(AT + 20, "half", Stamp.SUBMIT)  # began 50 s before it at the latest
    [play] = plays_of([minute, half])
    assert play.start == AT + 20 - 50


def test_each_repeat_finds_its_own_partner():
    starts = [report(AT + i * 200, "start") for i in range(5)]
    halves = [report(AT + i * 200 + 100, "half", Stamp.SUBMIT) for i in range(5)]
    expected = {frozenset({a.told, b.told}) for a, b in zip(starts, halves, strict=True)}
    assert expected == partition(plays_of(starts + halves))


def test_a_missed_repeat_leaves_the_others_with_their_nearest():
    starts = [report(AT + i * 200, "start") for i in range(3)]
    halves = [report(AT + i * 200 + 100, "half", Stamp.SUBMIT) for i in (1, 2)]
    expected = {
        frozenset({starts[0].told}),
        frozenset({starts[1].told, halves[0].told}),
        frozenset({starts[2].told, halves[1].told}),
    }
    assert expected == partition(plays_of(starts + halves))


def test_most_find_a_partner_before_the_nearest_does():
    starts = [report(AT, "start"), report(AT + 300, "start")]
    ends = [report(AT + 480, "end", Stamp.END), report(AT + 520, "end", Stamp.END)]  # both nearest to the second
    expected = {frozenset({a.told, b.told}) for a, b in zip(starts, ends, strict=True)}
    assert expected == partition(plays_of(starts + ends))


def test_no_two_partners_cross():
    starts = [report(AT + i * 60, "start", duration=60) for i in range(6)]
    ends = [report(AT + i * 60 + 70, "end", Stamp.END, duration=60) for i in range(6)]
    pairs = [
        tuple(sorted(one.told_at for one in group.reports))
        for group in plays_of(starts + ends)
        if len(group.reports) == 2
    ]
    assert sorted(end for _, end in pairs) == [end for _, end in sorted(pairs)]


def test_a_play_holds_one_listen_of_each_voice():
    told = [report(AT, "a"), report(AT + 10, "a"), report(AT + 5, "b"), report(AT + 5, "c")]
    for play in plays_of(told):
        voices = [one.voice for one in play.reports]
        assert sorted(set(voices)) == sorted(voices)


def test_who_tells_no_length_is_read_by_the_length_that_others_tell():
    told = [report(AT, duration=1500), report(AT + 1500, "end", Stamp.END, duration=None)]
    [play] = plays_of(told)
    assert play.start == AT


def test_of_several_lengths_the_middle_one_counts():
    told = [
        report(AT, "a", duration=1400),
        report(AT, "b", duration=1500),
        report(AT, "c", duration=30),
        report(AT + 1400, "end", Stamp.END, duration=None),
    ]
    assert len(plays_of(told)) == 1


# ---- what makes it another listen ----


def test_two_known_origins_are_never_one_listen_and_an_unknown_one_meets_any():
    jellyfin, spotify = report(AT, "a", origin="jellyfin"), report(AT, "b", origin="spotify")
    unknown = report(AT, "c")
    assert len(plays_of([jellyfin, spotify])) == 2
    assert len(plays_of([jellyfin, unknown])) == 1
    assert len(plays_of([jellyfin, spotify, unknown])) == 2


@pytest.mark.parametrize(
    ("title", "artists", "shown"),
    [
        ("Night Road - Remastered 2011", ["Ada"], 1),
        ("night road (feat. Bob)", ["Ada"], 1),
        ("NIGHT ROAD", ["Ada & Bob"], 1),
        ("Night Road", ["Bob", "Ada"], 1),
        ("Night Road", ["Bob"], 2),
        ("Night Road (Live)", ["Ada"], 2),
        ("Night Road - Acoustic", ["Ada"], 2),
        ("Day Road", ["Ada"], 2),
    ],
)
def test_names_are_compared_loosely_but_versions_stay_apart(title, artists, shown):
    assert shown == len(plays_of([report(AT), report(AT, "other", title=title, artists=artists)]))


ISRC = frozenset({("isrc", "GBAYE0601498")})


@pytest.mark.parametrize(
    ("title", "artist", "ids", "shown"),
    [
        ("Übersetzt", "Ada", ISRC, 1),  # another title, the same artist
        ("Night Road", "Bob", ISRC, 1),  # the same title, another artist
        ("Übersetzt", "Bob", ISRC, 2),  # an id alone is not believed
        ("Übersetzt", "Ada", frozenset(), 2),
        ("Übersetzt", "Ada", frozenset({("spotify", "GBAYE0601498")}), 2),  # the same text as another kind of id
    ],
)
def test_an_id_joins_different_names_if_title_or_artist_agrees(title, artist, ids, shown):
    told = [report(AT, ids=ISRC), report(AT, "other", title=title, artists=[artist], ids=ids)]
    assert shown == len(plays_of(told))


# ---- what a person decided ----


def test_a_deleted_plays_report_that_comes_again_shows_nothing():
    deleted = report(AT, fixed=True)
    [group] = settle([report(AT, title="NIGHT ROAD")], [[deleted]])
    assert (group.fixed, len(group.reports)) == (True, 2)


def test_another_source_joins_the_deleted_play():
    [group] = settle([report(AT + 100, "half", Stamp.SUBMIT)], [[report(AT, fixed=True)]])
    assert (group.fixed, len(group.reports)) == (True, 2)


def test_the_next_listen_after_a_deleted_one_is_shown():
    deleted = report(AT, fixed=True)
    later = report(AT + 200)
    assert {frozenset({deleted.told}), frozenset({later.told})} == partition(settle([later], [[deleted]]))


def test_a_deleted_play_takes_one_report_of_each_voice_at_most():
    deleted = report(AT, fixed=True)
    others = [report(AT + 2, "b"), report(AT + 12, "b"), report(AT + 4, "c")]
    groups = settle(others, [[deleted]])
    assert sorted(len(group.reports) for group in groups) == [1, 3]


def test_an_edited_play_is_met_at_the_old_time_and_at_the_new_one():
    members = [report(AT, fixed=True), report(AT + 3600, "self", Stamp.SELF, fixed=True)]
    others = [report(AT + 1, "b"), report(AT + 3601, "c")]
    [group] = settle(others, [members])
    assert (group.start, len(group.reports)) == (AT + 3600, 4)


def test_what_was_split_stays_split():
    first, second = report(AT, "a", fixed=True), report(AT, "b", fixed=True)
    groups = settle([report(AT, "c")], [[first], [second]])
    assert len(groups) == 2
    assert {first.told, second.told} == {group.best.told for group in groups}


def test_what_was_merged_stays_merged_even_of_one_voice():
    merged = [report(AT, "a", fixed=True), report(AT + 300, "a", fixed=True)]
    [group] = settle([report(AT + 300, "b")], [merged])
    assert {*(one.told for one in merged)} < {one.told for one in group.reports}


def test_a_fixed_play_keeps_its_start_whoever_joins():
    for joining in (report(AT - 25, "b"), report(AT + 25, "b"), report(AT + 120, "b", Stamp.SUBMIT)):
        fixed = [report(AT, "poll", Stamp.POLL, fixed=True)]
        [alone] = settle([], [fixed])
        [joined] = settle([joining], [fixed])
        assert (alone.start, alone.intervals) == (joined.start, joined.intervals)


# ---- neighbourhoods ----


def test_far_listens_of_one_track_are_neighbourhoods_of_their_own():
    told = [report(AT), report(AT + 61), report(AT + 86_400, "b", Stamp.END)]
    assert [len(component) for component in components(told)] == [1, 1, 1]


def test_a_report_of_unknown_length_reaches_two_hours_back():
    end = report(AT, "end", Stamp.END, duration=None)
    near, far = report(AT - 7200, "a", duration=7200), report(AT - 7200 - 931, "a", duration=7200)
    assert len(list(components([near, end]))) == 1
    assert len(list(components([far, end]))) == 2


def test_an_id_brings_two_titles_into_one_neighbourhood():
    told = [report(AT, ids=ISRC), report(AT, "b", title="Übersetzt", ids=ISRC)]
    assert len(list(components(told))) == 1


def test_nothing_was_told_and_nothing_is_shown():
    assert (list(components([])), settle([])) == ([], [])


def test_every_told_time_that_can_mean_a_start_lies_in_the_window():
    for stamp in Stamp:
        told = report(AT, stamp=stamp, duration=5000, listened=5000)
        low, high = twins.reach(told)
        first, last = twins.told_window(low, high, 5000)
        assert first <= AT <= last


def test_a_day_of_one_track_on_repeat_from_three_sources_settles_at_once():
    told = [
        report(AT + i * 215 + late, voice, stamp, duration=215)
        for i in range(100)
        for late, voice, stamp in ((0, "a", Stamp.START), (108, "b", Stamp.SUBMIT), (215, "c", Stamp.EITHER))
    ]
    began = time.process_time()
    groups = plays_of(told)
    assert time.process_time() - began < 1
    assert [AT + i * 215 for i in range(100)] == [group.start for group in groups]
    assert {3} == {len(group.reports) for group in groups}
