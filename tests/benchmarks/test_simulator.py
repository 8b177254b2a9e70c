"""The made-up months are the ones that earlier figures were measured on."""

import importlib.util
import sys
from pathlib import Path

import pytest

from benchmarks.fidelity import Score, measure, settled
from benchmarks.simulator import SOURCES, simulate

SKETCH = Path(__file__).resolve().parents[2].parent / "shared" / "sketches" / "twins" / "sim.py"


@pytest.fixture
def sketch(monkeypatch):
    """The first simulator, which the rule was chosen with."""
    if not SKETCH.exists():
        pytest.skip("the sketch of the simulator is not next to this checkout")
    spec = importlib.util.spec_from_file_location("twins_sketch", SKETCH)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "twins_sketch", module)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("seed", [1, 2, 11])
def test_a_seed_makes_the_same_months_as_in_the_sketch(sketch, seed):
    tracks, listens, reports = sketch.simulate(seed, users=6, days=8)
    world = simulate(seed, users=6, days=8)
    assert [(t.title, t.artists, t.dur, t.known, t.remaster, t.podcast) for t in tracks] == [
        (t.title, t.artists, t.duration, t.tagged, t.remastered, t.podcast) for t in world.tracks
    ]
    assert [(one.id, one.user, one.device, one.track, one.start, one.heard, one.end) for one in listens] == [
        (one.id, one.user, one.device, one.track.id, one.start, one.heard, one.end) for one in world.listens
    ]
    assert [
        (r.user, r.voice, r.told, r.title, tuple(r.artists), r.dur, r.listened, r.origin, r.nth, r.arrive, r.truth)
        for r in reports
    ] == [
        (r.user, r.voice, r.told_at, r.title, r.artists, r.duration, r.listened, r.origin, r.nth, r.arrives, r.truth)
        for r in world.reports
    ]
    assert {(r.model, r.voice.partition("#")[0]) for r in reports} == {(r.model, r.model) for r in reports}


def test_a_source_stamps_what_the_sketch_says_it_stamps(sketch):
    refined = {"ms": "EITHER_START", "lastfm_csv": "MEITHER"}  # what the rule takes them for
    assert {name: refined.get(name, model[0]) for name, model in sketch.MODELS.items()} == {
        name: source.stamp.name for name, source in SOURCES.items()
    }


def test_a_seed_is_a_pure_function():
    one, again, other = (simulate(seed, users=2, days=4) for seed in (5, 5, 6))
    assert one.reports == again.reports
    assert one.reports != other.reports


def test_a_small_month_is_recovered_almost_whole():
    score = sum((measure(simulate(seed, users=8, days=10)) for seed in (21, 22)), Score())
    assert score.listens > 3000
    assert score.recall > 0.985
    assert score.precision > 0.98
    assert score.start > 0.9


def test_a_score_counts_lost_and_doubled_listens():
    world = simulate(4, users=1, days=3)
    nothing = measure(world, lambda _reports: iter(()))
    assert (nothing.found, nothing.shown, nothing.lost) == (0, 0, nothing.listens)
    twice = measure(world, lambda reports: iter([*settled(reports), *settled(reports)]))
    once = measure(world)
    assert (twice.found, twice.shown, twice.doubled) == (once.found, 2 * once.shown, 2 * once.shown - once.found)
