"""The strict loader, and the sentences about fields."""

from __future__ import annotations

import json
import time
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, field_validator
from werkzeug.test import create_environ, run_wsgi_app

from goscrobble.errors import BadInput
from goscrobble.web.body import MAX_BYTES, Text, json_body, parse_json, query

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)

BROKEN = {
    "nothing": b"",
    "white space": b" \n",
    "an unfinished object": b'{"a": 1',
    "trailing data": b"{} {}",
    "single quotes": b"{'a': 1}",
    "a line break in a string": b'["a\nb"]',
    "invalid UTF-8": b'["\xff"]',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf{}",
    "NaN": b"[NaN]",
    "infinity": b"[-Infinity]",
    "a number past all numbers": b"[1e400]",
    "5,000 digits": b"9" * 5000,
    "a key twice": b'{"a": 1, "a": 2}',
    "a key twice, deep inside": b'[{"a": {"b": 1, "b": 2}}]',
    "65 levels": b"[" * 65 + b"]" * 65,
    "65 levels of both kinds": b'{"a":[' * 32 + b"[1]" + b"]}" * 32,
    "200,000 levels": b"[" * 200_000 + b"]" * 200_000,
    "200,000 objects": b'{"a":' * 200_000 + b"1" + b"}" * 200_000,
    "200,000 levels that never close": b"[" * 200_000,
    "4 million escaped quotes": b'"' + b'\\"' * 4_000_000,
    "brackets that close before they open": b"]" * 100 + b"[" * 100,
}


@pytest.mark.parametrize("raw", BROKEN.values(), ids=BROKEN)
def test_what_is_not_strict_json_is_refused_at_once(raw):
    began = time.monotonic()
    with pytest.raises(BadInput, match=r"^Invalid JSON"):
        parse_json(raw)
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("raw", [b"[" * 64 + b"]" * 64, b'{"a":[' * 32 + b"1" + b"]}" * 32, b'["' + b"[" * 900 + b'"]'])
def test_64_levels_are_fine_and_brackets_in_strings_are_no_levels(raw):
    assert parse_json(raw) == json.loads(raw)


@given(JSON)
def test_whatever_json_writes_is_read_back(value):
    text = json.dumps(value)
    assert parse_json(text) == value
    assert parse_json(text.encode()) == value


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_no_input_makes_it_raise_anything_else(raw):
    assert _complaint(lambda: parse_json(raw)).startswith("Invalid JSON")


def test_raw_line_breaks_in_strings_pass_where_allowed():
    assert parse_json('{"a": "b\n\tc"}', lenient_strings=True) == {"a": "b\n\tc"}


def test_odd_characters_in_strings_are_left_to_who_reads_them():
    assert parse_json(rb'["\u0000", "\ud800"]') == ["\0", "\ud800"]


class Inner(BaseModel):
    title: Annotated[str, Text(10, 1)]


class Sent(BaseModel):
    name: Annotated[str, Text(5)] = "x"
    count: int = Field(default=1, ge=1, le=9)
    flag: bool = False
    share: float = 0.5
    kind: Literal["a", "b"] = "a"
    items: list[Inner] = Field(default_factory=list, max_length=2)
    inner: Inner | None = None

    @field_validator("share")
    @classmethod
    def _small(cls, share):
        if share > 1:
            raise ValueError("must not be more than the whole")
        return share


class Needed(BaseModel):
    username: Annotated[str, Text(64)]


SENTENCES = [
    (b"[]", "The body must be a JSON object"),
    (b"null", "The body must be a JSON object"),
    (b'{"name": 7}', "name must be a string"),
    (b'{"name": "sixsix"}', "name must have at most 5 characters"),
    (b'{"name": "\\u0000"}', "name must not contain a NUL character"),
    (b'{"name": "\\ud800"}', "name must be text without half of a surrogate pair"),
    (b'{"count": "many"}', "count must be a whole number"),
    (b'{"count": 1.5}', "count must be a whole number"),
    (b'{"count": 0}', "count must be at least 1"),
    (b'{"count": 10}', "count must be at most 9"),
    (b'{"flag": "maybe"}', "flag must be true or false"),
    (b'{"share": []}', "share must be a number"),
    (b'{"share": 2}', "share must not be more than the whole"),
    (b'{"kind": "c"}', "kind must be 'a' or 'b'"),
    (b'{"items": {}}', "items must be a list"),
    (b'{"items": [{"title": "t"}, {"title": ""}]}', "items[1].title must not be empty"),
    (b'{"items": [{}]}', "items[0].title is missing"),
    (b'{"items": [1]}', "items[0] must be an object"),
    (b'{"items": [{"title":"t"},{"title":"t"},{"title":"t"}]}', "items must have at most 2 entries"),
    (b'{"inner": {"title": null}}', "inner.title must be a string"),
]


@pytest.mark.parametrize(("body", "sentence"), SENTENCES)
def test_a_bad_field_is_named_in_one_sentence(app, body, sentence):
    with app.test_request_context(method="POST", data=body), pytest.raises(BadInput) as caught:
        json_body(Sent)
    assert str(caught.value) == sentence


def test_a_missing_field_is_named(app):
    with app.test_request_context(method="POST", data=b"{}"), pytest.raises(BadInput, match=r"^username is missing$"):
        json_body(Needed)


def test_unknown_keys_are_ignored_and_the_content_type_does_not_matter(app):
    data = b'{"username": "ada", "more": 1}'
    with app.test_request_context(method="POST", data=data, content_type="text/plain"):
        assert json_body(Needed) == Needed(username="ada")


def test_a_query_string_becomes_a_model_and_its_bad_parameter_is_named(app):
    with app.test_request_context("/?count=3&flag=true&count=9&other=1"):
        assert query(Sent) == Sent(count=3, flag=True)
    with app.test_request_context("/?count=x"), pytest.raises(BadInput, match=r"^count must be a whole number$"):
        query(Sent)
    with app.test_request_context("/?name=%00"), pytest.raises(BadInput, match=r"^name must not contain a NUL"):
        query(Sent)


@given(st.binary(max_size=100))
def test_no_body_makes_a_model_raise_anything_else(raw):
    from flask import Flask

    with Flask("x").test_request_context(method="POST", data=raw):
        assert _complaint(lambda: json_body(Sent))


def test_the_schema_of_text_says_what_is_checked():
    assert Needed.model_json_schema()["properties"]["username"] == {
        "maxLength": 64,
        "pattern": "^[^\\u0000]*$",
        "title": "Username",
        "type": "string",
    }


def test_a_body_past_the_limit_is_413_announced_or_not(client):
    announced = client.post("/api/v1/login", data=b" " * (MAX_BYTES + 1))
    endless = create_environ("/api/v1/login", method="POST") | {
        "HTTP_TRANSFER_ENCODING": "chunked",
        "wsgi.input": _Endless(),
        "wsgi.input_terminated": True,  # what gunicorn says of a chunked body
    }
    body, status, _ = run_wsgi_app(client.application, endless)
    sentence = {"error": "The request is larger than this server reads"}
    assert (announced.status_code, announced.json) == (413, sentence)
    assert (status.partition(" ")[0], json.loads(b"".join(body))) == ("413", sentence)


def test_a_nul_in_an_address_is_no_address(client):
    assert client.get("/api/v1/users/%00").status_code == 404


def test_what_was_sent_can_be_quoted_back_even_if_it_is_no_character(client, core):
    answer = client.post("/api/v1/none/\ud7ff", json={})
    assert (answer.status_code, answer.content_type) == (404, "application/json; charset=utf-8")


def _complaint(do):
    """Return what BadInput said, or "Invalid JSON" where there was nothing to say."""
    try:
        do()
    except BadInput as error:
        return str(error)
    return "Invalid JSON"


class _Endless:
    """A chunked body without an end."""

    def read(self, size=-1):
        return b" " * (size if size > 0 else 65536)

    def readline(self, size=-1):
        return self.read(size)
