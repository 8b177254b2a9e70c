"""A sentence keeps what it was made of, and so does one that was stored."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from goscrobble.domain.sentences import Sentence, packed, unpacked

VALUES = st.text() | st.integers() | st.floats(allow_nan=False) | st.booleans()
SENTENCES = st.recursive(
    st.builds(lambda a: Sentence("all of %(a)s", a=a), VALUES),
    lambda inner: st.builds(lambda a, b: Sentence("%(a)s within %(b)s", a=a, b=b), inner | VALUES, inner),
    max_leaves=6,
)


@given(SENTENCES)
def test_a_sentence_that_was_kept_is_the_same(sentence):
    found = unpacked(packed(sentence))
    assert isinstance(found, Sentence)
    assert found.text == sentence.text
    assert set(found.values) == set(sentence.values)
    assert found == sentence.replace("\0", "")


@given(st.text())
def test_a_text_that_was_kept_is_the_same(text):
    assert unpacked(packed(text)) == text.lstrip("\x1e")
