"""Eight processes of four threads at once: the same plays as from one, sums that stay true, and nothing twice."""

import multiprocessing
import random
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from benchmarks.simulator import DAY, FIRST_DAY, simulate
from goscrobble.domain.drafts import ScrobbleDraft, TrackIds
from goscrobble.domain.names import fold
from goscrobble.domain.scrobbles import Stored
from goscrobble.errors import Unavailable
from goscrobble.services import history, ingest, rollups
from goscrobble.testing import Clock, make_account, make_core, make_draft

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("concurrency")]  # they share the processes

PROCESSES = 8
THREADS = 4  # of each
PATIENCE = 120  # seconds; a process that never answers fails the test, and eight import slowly on two cores
NOW = FIRST_DAY + 60 * DAY
MBID = "33333333-3333-4333-8333-3333333333{:02}"


@pytest.fixture
def clock():
    return Clock(NOW)


@pytest.fixture(scope="module")
def tell():
    """Submit shards, lists of (account id, voice, drafts), each in a process of its own, and return all outcomes."""
    context = multiprocessing.get_context("spawn")
    begin = context.Barrier(PROCESSES)
    with context.Pool(PROCESSES, _remember_barrier, (begin,)) as pool:

        def tell(settings, shards):
            told = pool.starmap_async(_tell, [(settings, shard) for shard in shards], chunksize=1).get(PATIENCE)
            return [outcome for outcomes in told for outcome in outcomes]

        yield tell


def _remember_barrier(barrier):
    global begin  # noqa: PLW0603 - what a process of the pool is given at its start
    begin = barrier


def _tell(settings, shard):
    core = make_core(settings, Clock(NOW))
    begin.wait(PATIENCE)  # nobody takes two shards, and all begin together
    with ThreadPoolExecutor(THREADS) as threads:  # as requests to one worker
        told = list(threads.map(lambda told: _submit(core, *told), shard))
    core.database.close()
    return [outcome for outcomes in told for outcome in outcomes]


def _submit(core, account_id, voice, drafts):
    """As a source does: what could not be stored now is sent again."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return ingest.submit(core, account_id, drafts, source=voice)
        except Unavailable:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def reports(seed, *, users, days):
    """What a made-up group's sources tell, by listener, in order of arrival: (voice, draft)."""
    told = defaultdict(list)
    for one in sorted(simulate(seed, users=users, days=days).reports, key=lambda one: one.arrives):
        draft = ScrobbleDraft(
            title=one.title,
            artists=one.artists,
            played_at=one.told_at,
            stamp=one.stamp,
            duration=one.duration,
            listened=one.listened,
            origin=one.origin,
            nth=one.nth,
        )
        told[one.user].append((one.voice, draft))
    return list(told.values())


def shards_of(told, accounts, chance):
    """Deal out the listeners' reports, alone and in small batches of a voice, in any order."""
    batches = []
    for account, reported in zip(accounts, told, strict=True):
        by_voice = defaultdict(list)
        for voice, draft in chance.sample(reported, len(reported)):
            by_voice[voice].append(draft)
        for voice, drafts in by_voice.items():
            while drafts:
                size = chance.choice((1, 1, 2, 5))
                batches.append((account.id, voice, drafts[:size]))
                del drafts[:size]
    chance.shuffle(batches)
    return [batches[n::PROCESSES] for n in range(PROCESSES)]


def shown(core, account):
    """All that is shown but for ids, and spelling where the first to tell a name decides it."""
    plays, cursor = history.recent(core, account, limit=1000)
    assert cursor is None
    return Counter((p.played_at, p.duration, p.listened, p.source, p.also_heard_by, fold(p.track.name)) for p in plays)


def assert_sums_are_true(core):
    assert {name: wrong for name, wrong in rollups.check(core) if wrong} == {}


def assert_same_plays_in_whatever_order(core, settings, tell, told, chance):
    together = [make_account(core, f"together{n}") for n in range(len(told))]
    alone = [make_account(core, f"alone{n}") for n in range(len(told))]
    first = tell(settings, shards_of(told, together, chance))
    for account, reported in zip(alone, told, strict=True):
        for voice, draft in reported:
            ingest.submit(core, account.id, [draft], source=voice)

    plays = [shown(core, account) for account in together]
    assert plays == [shown(core, account) for account in alone]
    assert_sums_are_true(core)
    assert len(first) == sum(map(len, told))

    again = tell(settings, shards_of(told, together, chance))
    assert [outcome for outcome in again if isinstance(outcome, Stored)] == []
    assert [shown(core, account) for account in together] == plays
    assert_sums_are_true(core)


def test_a_group_tells_at_once_and_every_play_is_as_if_told_in_order(core, settings, tell):
    told = reports(13, users=4, days=3)
    assert sum(map(len, told)) == 581
    assert_same_plays_in_whatever_order(core, settings, tell, told, random.Random(1))


def test_one_listener_is_told_of_by_everybody_at_once(core, settings, tell):
    told = [max(reports(6, users=3, days=2), key=len)]
    assert len(told[0]) == 177
    assert_same_plays_in_whatever_order(core, settings, tell, told, random.Random(2))


def test_names_that_everybody_learns_at_once_are_learnt_once(core, settings, tell):
    chance = random.Random(3)
    drafts = [
        make_draft(
            title=f"Song {n}",
            artists=(f"Band {n // 5}", f"Guest {n % 7}"),
            album=f"Record {n // 10}",
            album_artists=("Everybody",),
            played_at=NOW - (n + 1) * 900,
            ids=TrackIds(recording_mbid=MBID.format(n), artist_mbids=(MBID.format(n // 5), MBID.format(50 + n % 7))),
        )
        for n in range(50)
    ]
    shards = []
    for n in range(PROCESSES):
        account = make_account(core, f"listener{n}")
        mixed = chance.sample(drafts, len(drafts))
        sizes = (1, 50) if n % 2 else (5, 10)
        shards.append([(account.id, "a", mixed[i : i + sizes[0]]) for i in range(0, 25, sizes[0])])
        shards[-1] += [(account.id, "a", mixed[i : i + sizes[1]]) for i in range(25, 50, sizes[1])]
    outcomes = tell(settings, shards)

    assert Counter(map(type, outcomes)) == {Stored: PROCESSES * len(drafts)}
    with core.database.read() as connection:
        rows = {
            table: connection.execute(text(f"SELECT count(*) FROM {table}")).scalar()
            for table in ("artist", "album", "track", "track_artist", "told")
        }
    assert rows == {
        "artist": 10 + 7 + 1,
        "album": 5,
        "track": 50,
        "track_artist": 100,
        "told": 50 * PROCESSES,
    }
    assert_sums_are_true(core)
