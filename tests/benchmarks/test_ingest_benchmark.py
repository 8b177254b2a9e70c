"""The command that measures ingest: it runs, and what it posts is what it says."""

import itertools
import json

import pytest

from benchmarks import traffic
from benchmarks.ingest import main


@pytest.mark.slow
def test_it_measures_the_server_and_the_bare_stack_without_an_error(capsys, database_kind):
    status = main(["--n", "40", "--warm-up", "8", "--users", "2", "--json", "--database", database_kind])
    found = json.loads(capsys.readouterr().out)
    assert status == 0
    assert {what: figures["errors"] for what, figures in found.items()} == {"bare stack": {}, "GoScrobble": {}}
    assert all(0 < figures["p50"] <= figures["p95"] <= figures["p99"] for figures in found.values())
    assert all(figures["rate"] > 0 < figures["cpu"] for figures in found.values())


@pytest.mark.slow
def test_with_batches_it_measures_our_own_api_alone(capsys, database_kind):
    status = main(["--batch", "10", "--n", "60", "--warm-up", "20", "--json", "--database", database_kind])
    found = json.loads(capsys.readouterr().out)
    assert status == 0
    assert {what: figures["errors"] for what, figures in found.items()} == {"GoScrobble": {}}


def test_a_batch_holds_the_plays_in_their_order_and_the_last_one_what_is_left():
    bodies = list(traffic.batches(traffic.plays(25, seed=1, start=1_700_000_000), 10))
    assert [len(body["scrobbles"]) for body in bodies] == [10, 10, 5]
    times = [listen["played_at"] for body in bodies for listen in body["scrobbles"]]
    assert times == [play["PlayedAt"] for play in traffic.plays(25, seed=1, start=1_700_000_000)]


def test_a_seed_makes_the_same_plays_each_at_a_time_of_its_own():
    plays = list(traffic.plays(2000, seed=3, start=1_700_000_000))
    assert plays == list(traffic.plays(2000, seed=3, start=1_700_000_000))
    assert {b["PlayedAt"] - a["PlayedAt"] for a, b in itertools.pairwise(plays)} == {traffic.APART}
    new = [play for play in plays if "(take" in play["Track"]]
    assert 60 < len(new) < 140
    assert len({play["Track"] for play in new}) == len(new)


def test_some_tracks_are_played_far_more_often_than_most():
    titles = [play["Track"] for play in traffic.plays(5000, seed=1, start=1_700_000_000)]
    counts = sorted((titles.count(title) for title in set(titles)), reverse=True)
    assert counts[0] > 20
    assert counts[len(counts) // 2] <= 2
