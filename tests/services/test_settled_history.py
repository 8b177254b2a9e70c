"""Whatever order, batches or processes reports arrive in: the same plays, and sums that equal the truth."""

import random
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from goscrobble.domain.drafts import ScrobbleDraft, Stamp, TrackIds
from goscrobble.errors import BadInput, Conflict, NotFound
from goscrobble.services import corrections, history, ingest, rollups
from goscrobble.storage import recounting
from goscrobble.storage import scrobbles as stored
from goscrobble.testing import make_account
from goscrobble.testing.clock import START
from tests.examples import examples

T = int(START) - 40 * 86400
TRACKS = (
    ("Night Road", ("The Glass",), 200),
    ("Night Road (Remastered 2011)", ("Glass",), 200),
    ("Night Road (Live)", ("The Glass",), 230),
    ("Intro", ("The Glass",), 31),
    ("Don’t Stop", ("A", "B"), None),
    ("Don't Stop (feat. B)", ("A",), 180),
)
KEY = "22222222-2222-4222-8222-222222222222"


@st.composite
def tellings(draw):
    """A report of some voice about one of few tracks within two hours, so that many of them are near each other."""
    title, artists, duration = draw(st.sampled_from(TRACKS))
    voice = draw(st.integers(0, 3))
    stamp = (Stamp.START, draw(st.sampled_from((Stamp.END, Stamp.EITHER))), Stamp.NOW, Stamp.POLL)[voice]
    draft = ScrobbleDraft(
        title=title,
        artists=artists,
        played_at=T + draw(st.integers(0, 120)) * 60 + draw(st.integers(-2, 2)),
        stamp=stamp,
        duration=duration if draw(st.booleans()) else None,
        listened=draw(st.none() | st.integers(0, 300)),
        origin=draw(st.sampled_from((None, None, "x"))),
        album=draw(st.sampled_from((None, "Record"))),
    )
    return f"v{voice}", draft


def tell(core, account, told):
    """Tell reports in this order, consecutive ones of one voice in one batch."""
    i = 0
    while i < len(told):
        j = i
        while j < len(told) and told[j][0] == told[i][0]:
            j += 1
        ingest.submit(core, account.id, [draft for _, draft in told[i:j]], source=told[i][0])
        i = j


def plays(core, account):
    """What is shown, without ids, which depend on the order of arrival; names as folded, for the same reason."""
    found = history.recent(core, account, limit=1000)[0]
    return [(p.played_at, p.duration, p.listened, p.source, p.also_heard_by, p.track.name.casefold()) for p in found]


@pytest.fixture
def core(core):
    """At the end everybody's sums are true: each example looks at those of its own people alone."""
    yield core
    assert {name: wrong for name, wrong in rollups.check(core) if wrong} == {}


def assert_sums_are_true(core, *accounts):
    with core.database.read(consistent=True) as connection:
        for account in accounts:
            truth = recounting.recount(connection, account.id, account.time_zone)
            assert recounting.differences(connection, account.id, truth).tables == []


EXAMPLES = settings(
    max_examples=examples(30),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    database=None,
)
_names = iter(f"u{n}" for n in range(10**6))


@EXAMPLES
@given(st.lists(tellings(), max_size=25), st.randoms(use_true_random=False))
def test_order_batches_and_repetition_do_not_matter(core, told, chance):
    first, second, third = (make_account(core, next(_names), time_zone="Pacific/Auckland") for _ in range(3))
    shuffled = chance.sample(told, len(told))
    tell(core, first, told)
    tell(core, first, shuffled)
    for item in shuffled:
        tell(core, second, [item])
    tell(core, third, sorted(told, key=lambda item: item[0]))

    assert plays(core, first) == plays(core, second) == plays(core, third)
    assert_sums_are_true(core, first, second, third)


@EXAMPLES
@given(st.lists(tellings(), min_size=1, max_size=20), st.randoms(use_true_random=False), st.data())
def test_what_a_person_decides_stays_decided_and_sums_stay_true(core, told, chance, data):
    ada = make_account(core, next(_names), time_zone="America/New_York")
    tell(core, ada, told)
    for _ in range(6):
        shown = history.recent(core, ada, limit=1000)[0]
        if not shown:
            break
        play = data.draw(st.sampled_from(shown))
        before = plays(core, ada)
        match data.draw(st.sampled_from(("delete", "restore", "edit", "merge", "split"))):
            case "delete":
                corrections.delete(core, ada.id, play.id)
                assert plays(core, ada) == [p for p, s in zip(before, shown, strict=True) if s.id != play.id]
            case "restore":
                corrections.delete(core, ada.id, play.id)
                corrections.restore(core, ada.id, play.id)
                assert plays(core, ada) == before
            case "edit":
                at = play.played_at + data.draw(st.integers(-4000, 4000))
                edit(core, ada, play, corrections.Edit(title="Other", played_at=at))
            case "merge":
                other = data.draw(st.sampled_from(shown))
                if other.id != play.id:
                    corrections.merge(core, ada.id, play.id, other.id)
                    assert len(plays(core, ada)) == len(before) - 1
            case "split":
                split_off_one(core, ada, play, len(before))
    decided = plays(core, ada)
    tell(core, ada, chance.sample(told, len(told)))

    assert sorted(map(repr, plays(core, ada))) == sorted(map(repr, decided))
    assert_sums_are_true(core, ada)


def edit(core, account, play, values):
    current = ScrobbleDraft(
        title=play.track.name,
        artists=tuple(artist.name for artist in play.artists),
        played_at=play.played_at,
        album=play.album.name if play.album else None,
        duration=play.duration,
    )
    try:
        corrections.edit(core, account.id, play.id, values, current)
    except Conflict:
        assert any(p.played_at == values.played_at for p in history.recent(core, account, limit=1000)[0])


def split_off_one(core, account, play, count):
    with core.database.read() as connection:
        row = stored.plays(connection, account.id, [play.id])[play.id]
        told = stored.reports_of(connection, account.id, play.id, row.first_told_at, row.last_told_at)
    voices = sorted({report.voice for report in told})
    try:
        corrections.split(core, account.id, play.id, voices[:1])
    except BadInput:
        assert len(voices) == 1
    else:
        assert len(plays(core, account)) == count + 1


@pytest.mark.slow
def test_a_simulated_month_is_the_same_in_any_order(core):
    """Larger than what Hypothesis draws: loops, two devices, ids that some voices tell."""
    chance = random.Random(7)
    told = []
    at = T
    for n in range(300):
        title, artists, duration = TRACKS[chance.choice((0, 0, 1, 2, 3, 3, 3, 4, 5))]
        ids = TrackIds(recording_mbid=KEY) if chance.random() < 0.3 and "Night" in title else TrackIds()
        for voice, stamp, shift in (("a", Stamp.START, 0), ("b", Stamp.END, duration or 200), ("c", Stamp.POLL, 0)):
            if chance.random() < 0.8:
                played = at + shift if stamp is not Stamp.POLL else at // 60 * 60
                draft = ScrobbleDraft(
                    title=title, artists=artists, played_at=played, stamp=stamp, duration=duration, ids=ids
                )
                told.append((voice, draft))
        at += (duration or 200) + chance.choice((0, 0, 1, 5, 4000))
        if n % 50 == 0:
            at += 86400
    results = []
    for order in range(3):
        account = make_account(core, next(_names))
        tell(core, account, told if order == 0 else chance.sample(told, len(told)))
        results.append(
            Counter((at, duration, source, also) for at, duration, _, source, also, _ in plays(core, account))
        )

    assert results[0] == results[1] == results[2]


def test_a_time_zone_moves_days_and_hours_and_nothing_else(core):
    ada = make_account(core)
    tell(core, ada, [("a", ScrobbleDraft(title=f"S{n}", artists=("A",), played_at=T + n * 7000)) for n in range(60)])
    before = plays(core, ada)
    rollups.change_time_zone(core, ada, "Asia/Kathmandu")

    assert plays(core, ada) == before
    assert dict(rollups.check(core)) == {"ada": []}
    with pytest.raises(BadInput, match="no time zone named"):
        rollups.change_time_zone(core, ada, "Mars/Olympus")


def test_rebuilding_mends_sums_that_were_wrong(core):
    ada = make_account(core)
    tell(core, ada, [("a", ScrobbleDraft(title="S", artists=("A", "B"), played_at=T + n * 7000)) for n in range(9)])
    with core.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE user_track SET plays = 5, first_at = 1")
        connection.exec_driver_sql("DELETE FROM user_artist")
        connection.exec_driver_sql("DELETE FROM user_day_plays")

    assert dict(rollups.check(core)) == {"ada": ["user_artist", "user_track", "user_day_plays"]}
    rollups.rebuild(core, ada)
    assert dict(rollups.check(core)) == {"ada": []}


def test_nobody_can_correct_another_persons_play(core):
    ada, bob = make_account(core, "ada"), make_account(core, "bob")
    tell(core, ada, [("a", ScrobbleDraft(title="S", artists=("A",), played_at=T))])
    (play,) = history.recent(core, ada)[0]
    for correct in (
        lambda: corrections.delete(core, bob.id, play.id),
        lambda: corrections.restore(core, bob.id, play.id),
        lambda: corrections.split(core, bob.id, play.id, ["a"]),
        lambda: corrections.merge(core, bob.id, play.id, play.id + 1),
    ):
        with pytest.raises(NotFound):
            correct()


def test_a_deleted_play_can_be_restored_for_thirty_days(core, clock):
    ada = make_account(core)
    tell(core, ada, [("a", ScrobbleDraft(title="S", artists=("A",), played_at=T))])
    (play,) = history.recent(core, ada)[0]
    corrections.delete(core, ada.id, play.id)
    clock.advance(30 * 86400)
    corrections.restore(core, ada.id, play.id)
    corrections.delete(core, ada.id, play.id)
    clock.advance(30 * 86400 + 1)
    with pytest.raises(NotFound):
        corrections.restore(core, ada.id, play.id)


def test_an_edit_is_no_source_that_heard_the_play(core):
    ada = make_account(core)
    tell(core, ada, [("a", ScrobbleDraft(title="S", artists=("A",), played_at=T))])
    (play,) = history.recent(core, ada)[0]
    edit(core, ada, play, corrections.Edit(title="Right"))
    corrections.delete(core, ada.id, play.id)
    corrections.restore(core, ada.id, play.id)

    assert [(p.id, p.track.name, p.source, p.also_heard_by) for p in history.recent(core, ada)[0]] == [
        (play.id, "Right", "a", ())
    ]
