"""Counting what happens to plays."""

from __future__ import annotations

from prometheus_client import REGISTRY

from goscrobble import metrics
from goscrobble.defaults import PLUGINS
from goscrobble.domain.drafts import NowPlaying
from goscrobble.domain.scrobbles import Entity, Scrobble
from goscrobble.plugins.host import PluginHost

ENTITY = Entity("7b4b2f5e-0000-4000-8000-000000000000", "Strobe")
SCROBBLE = Scrobble(1, 1_780_000_000, ENTITY, (ENTITY,), None, 634, None, "counted")
PLAYING = NowPlaying(
    title="Strobe", artists=("deadmau5",), album=None, duration=634, source="counted", player="p", started_at=0
)


def test_plays_tracks_begun_and_removals_are_counted_by_source_or_reason():
    host, failed = PluginHost(builtins=PLUGINS, found=[]), []
    host.remember = failed.append
    host.load()
    before = {name: _value(*name) for name in COUNTED}
    host.tell("after_scrobble", username="ada", scrobble=SCROBBLE)
    host.tell("after_scrobble", username="ada", scrobble=SCROBBLE)
    host.tell("after_now_playing", username="ada", playing=PLAYING)
    host.tell("after_removal", username="ada", play=1, merged_into=None)
    host.tell("after_removal", username="ada", play=1, merged_into=2)
    assert [_value(*name) - before[name] for name in COUNTED] == [2, 1, 1, 1]
    assert failed == []


def test_drafts_are_counted_by_source_and_outcome_and_no_metric_names_a_person():
    before = REGISTRY.get_sample_value("goscrobble_drafts_total", {"source": "counted", "outcome": "stored"}) or 0
    metrics.count_draft("counted", "stored")
    assert (
        REGISTRY.get_sample_value("goscrobble_drafts_total", {"source": "counted", "outcome": "stored"}) == before + 1
    )
    assert "ada" not in metrics.render().decode()


COUNTED = [
    ("goscrobble_scrobbles_total", "source", "counted"),
    ("goscrobble_now_playing_total", "source", "counted"),
    ("goscrobble_removals_total", "reason", "deleted"),
    ("goscrobble_removals_total", "reason", "merged"),
]


def _value(name, label, value):
    return REGISTRY.get_sample_value(name, {label: value}) or 0
