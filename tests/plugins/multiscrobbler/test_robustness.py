"""Whatever is sent, the answer is a value or a sentence."""

from __future__ import annotations

from goscrobble_multiscrobbler.normalise import normalise
from hypothesis import given
from hypothesis import strategies as st

from goscrobble.plugins import BadInput, ScrobbleDraft
from tests.plugins.multiscrobbler.payloads import NOW, original, play

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters())
    | st.sampled_from(["", "1e999", "-0", "nan", "\ud800", "\0", "9" * 400, "0001-01-01T00:00:00+14:00"])
    | st.datetimes().map(lambda moment: f"{moment.isoformat()}Z")
)
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10)
KEYS = [*play(), *original(), *(key.upper() for key in original())]
LIKELY = st.builds(
    lambda changes: play() | changes,
    st.fixed_dictionaries({}, optional=dict.fromkeys(KEYS, SCALARS | st.lists(SCALARS))),
)


def told(payload):
    try:
        return normalise(payload, NOW)
    except BadInput as refusal:
        return str(refusal)


@given(JSON | LIKELY)
def test_any_json_is_a_play_or_bad_input(payload):
    found = told(payload)
    assert isinstance(found, ScrobbleDraft) or found.strip()
    assert found == told(payload)
