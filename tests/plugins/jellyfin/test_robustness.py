"""Whatever is sent, the answer is a value or a sentence."""

from __future__ import annotations

from goscrobble_jellyfin.normalise import is_event, normalise
from hypothesis import given
from hypothesis import strategies as st

from goscrobble.plugins import BadInput, Playing, ScrobbleDraft
from tests.plugins.jellyfin.payloads import NOW, event

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters())
    | st.sampled_from(
        ["", "True", "1e999", "-0", "00:00:00", "99:59:59", "&#0;", "&#xD800;", "\ud800", "\0", "9" * 400]
    )
    | st.datetimes().map(lambda moment: f"{moment.isoformat()}Z")
)
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10)
NEARLY = st.fixed_dictionaries(
    {"NotificationType": st.sampled_from(["PlaybackStart", "PlaybackStop", "", "Other"]) | JSON},
    optional=dict.fromkeys([key for key in event("PlaybackStop") if key != "NotificationType"], SCALARS | JSON),
)
LIKELY = st.builds(
    lambda changes: event("PlaybackStop") | changes,
    st.fixed_dictionaries({}, optional=dict.fromkeys(event("PlaybackStop"), SCALARS)),
)


def told(payload):
    try:
        return normalise(payload, NOW)
    except BadInput as refusal:
        return str(refusal)


@given(JSON | NEARLY | LIKELY)
def test_any_json_is_a_play_an_event_nothing_or_bad_input(payload):
    assert isinstance(is_event(payload), bool)
    found = told(payload)
    assert found is None or isinstance(found, Playing | ScrobbleDraft) or found.strip()
    assert found == told(payload)
