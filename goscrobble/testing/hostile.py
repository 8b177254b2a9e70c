"""Bodies that a plugin may meet and did not ask for."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

# What no plugin needs to judge: none of these is an object, a list of something, or a form.
NO_PAYLOADS = {
    "nothing": b"",
    "null": b"null",
    "an empty list": b"[]",
    "a number": b"5",
    "a boolean": b"true",
    "a string": b'"text"',
    "half of an object": b'{"a": ',
    "bytes that are no text": b"\xff\xfe\x00",
    "a hundred thousand brackets": b"[" * 100_000,
    "a thousand nested objects": b'{"a":' * 1000 + b"1" + b"}" * 1000,
    "a number beyond all floats": b'{"a": 1e999}',
    "not a number": b'{"a": NaN}',
    "a key twice": b'{"a": 1, "a": 2}',
}
# What is JSON but hardly a play.
STRANGE_PAYLOADS: tuple[Any, ...] = ({}, [{}], [None], [[]], [1, "a", {}], {"": ""}, {"\ud800": "\0"}, {"key": {}})
# What a field may hold instead of what it should.
STRANGE_VALUES: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1.5,
    1e300,
    -1e300,
    10**39,
    "",
    " ",
    "\0",
    "\ud800",
    "nonsense",
    "9" * 39,
    "-1",
    "9999-12-31T23:59:59+14:00",
    "0001-01-01T00:00:00-14:00",
    "x" * 10_000,
    [],
    [None],
    [[]],
    ["\0", 1, {}],
    {},
    {"a": []},
)


def spoilt(good: Any) -> Iterator[Any]:
    """Give this payload with each of its parts missing, and with each replaced by what it should not be."""
    for path in _paths(good):
        changed = copy.deepcopy(good)
        del _parent(changed, path)[path[-1]]
        yield changed
        for value in STRANGE_VALUES:
            changed = copy.deepcopy(good)
            _parent(changed, path)[path[-1]] = copy.deepcopy(value)
            yield changed


def _paths(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield (*above, key)
        yield from _paths(value[key], (*above, key))


def _parent(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path[:-1]:
        value = value[key]
    return value
