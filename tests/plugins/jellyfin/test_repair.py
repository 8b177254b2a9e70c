"""Templates render text that is nearly JSON."""

from __future__ import annotations

import json
import time

import pytest
from goscrobble_jellyfin.payloads import repair
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ('{"IsPaused": True, "IsAutomated":False}', {"IsPaused": True, "IsAutomated": False}),
        ('{"Name": "True \\"False\\" True"}', {"Name": 'True "False" True'}),
        ('{"Name":"The \\&quot;Real\\&quot; One"}', {"Name": "The \\&quot;Real\\&quot; One"}),
        ('{"Name":"AC\\DC", "B":"\\u12"}', {"Name": "AC\\DC", "B": "\\u12"}),
        ('{"Name":"a\\nb\\\\c\\u0041"}', {"Name": "a\nb\\cA"}),
        ('{"Name":"x\\\\", "P": True}', {"Name": "x\\", "P": True}),
        ('{"Year": , "Album": "A", "RunTimeTicks":}', {"Year": None, "Album": "A", "RunTimeTicks": None}),
        ('{"Name": "X", "Album": "A: , }",\n}', {"Name": "X", "Album": "A: , }"}),
        ('{"Name":"Line1\nLine2","P":False}', {"Name": "Line1\nLine2", "P": False}),
    ],
)
def test_a_template_is_mended(text, meant):
    assert json.loads(repair(text), strict=False) == meant


@pytest.mark.parametrize("text", ["", "hello", '{"Name":', '{"Name": "X', "{'Name': 'X'}", "Trueish", "\\"])
def test_what_cannot_be_mended_is_still_no_json(text):
    with pytest.raises(ValueError):
        json.loads(repair(text), strict=False)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_json_is_left_as_it_is(value):
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False, indent=1)):
        assert repair(text) == text


@given(st.text(alphabet='"\\&:,{}[] TrueFals\n'))
def test_any_text_can_be_looked_at(text):
    assert repair(text).count('"') == text.count('"')


@pytest.mark.parametrize("unit", ['"\\', '\\"', '"', "\\", ":", ": ", ", ", ",\n ", "True", '"a', "\\u"])
def test_a_hostile_body_takes_no_longer_than_its_length(unit):
    text = unit * (1_000_000 // len(unit))
    before = time.perf_counter()
    repair(text)
    assert time.perf_counter() - before < 5
