"""Whatever Spotify answers, it is plays, nothing, or an error that is known."""

from __future__ import annotations

from goscrobble_spotify.normalise import Memory, is_busy, listed, new, on_now
from hypothesis import given
from hypothesis import strategies as st

from goscrobble.plugins import Playing, ScrobbleDraft
from tests.plugins.spotify.payloads import NOW, answer, item, player, track

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters())
    | st.sampled_from(["", "1e999", "\ud800", "\0", "9" * 400, "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00"])
    | st.datetimes().map(lambda moment: f"{moment.isoformat()}Z")
)
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10)
TRACKS = st.fixed_dictionaries({}, optional=dict.fromkeys(track(), SCALARS | JSON)).map(lambda told: track() | told)
ITEMS = st.fixed_dictionaries({}, optional={"track": TRACKS | JSON, "played_at": SCALARS}).map(
    lambda told: item(300) | told
)
PLAYERS = st.fixed_dictionaries({}, optional=dict.fromkeys(player(), SCALARS) | {"item": TRACKS | JSON}).map(
    lambda told: player() | told
)


@given(JSON | st.lists(ITEMS | JSON).map(lambda items: answer(*items)))
def test_any_json_is_a_list_of_plays_or_no_such_list(told):
    try:
        entries = listed(told, NOW)
    except ValueError:
        return
    assert all(isinstance(entry.draft, ScrobbleDraft) or entry.why_not for entry in entries)
    memory = Memory().with_seen(entries, NOW)
    assert new(entries, memory) == []
    assert Memory.read(memory.model_dump_json(exclude_defaults=True)) == memory


@given(st.lists(ITEMS, max_size=8))
def test_the_order_of_the_items_does_not_matter(items):
    there, back = listed(answer(*items), NOW), listed(answer(*items[::-1]), NOW)
    # Only of equal times the place in the list says which was first.
    by_name = lambda entry: (entry.seen.at, entry.seen.track)  # noqa: E731
    assert [one.seen for one in sorted(there, key=by_name)] == [one.seen for one in sorted(back, key=by_name)]


@given(JSON | PLAYERS)
def test_any_json_is_something_on_or_nothing(told):
    found = on_now(told, NOW)
    assert found is None or isinstance(found, Playing)
    assert isinstance(is_busy(told), bool)


@given(st.text())
def test_any_cursor_is_read(text):
    assert isinstance(Memory.read(text), Memory)
