"""The page of all that a plugin may import, made from `goscrobble.plugins`: docstrings, fields and signatures."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from types import UnionType
from typing import Any

from goscrobble import plugins

WORDS = {  # what has no docstring of its own
    "Outcome": "What became of a draft: `Stored | Duplicate | Rejected`.",
    "hookimpl": "Marks a function as a hook: `@hookimpl` above its `def`. Without the mark it is never asked.",
}


def page() -> str:
    """Return the page, in the order of the alphabet."""
    return PAGE.format(
        parts="\n".join(f"## {name}\n\n{_part(name, getattr(plugins, name))}" for name in plugins.__all__)
    )


def _part(name: str, value: Any) -> str:
    if name in WORDS or isinstance(value, UnionType):
        return f"{WORDS[name]}\n"
    if not inspect.isclass(value):
        return f"```python\n{name}{inspect.signature(value)}\n```\n\n{inspect.getdoc(value)}\n"
    return "\n".join(_class(value))


def _class(kind: type) -> Iterator[str]:
    source = textwrap.dedent(inspect.getsource(kind))
    [node] = ast.parse(source).body
    lines = source.splitlines()
    yield f"{inspect.getdoc(kind)}\n"
    fields = [_text(lines, one) for one in node.body if _is_field(one)]
    if fields:
        yield "```python\n" + "\n".join(textwrap.dedent(one) for one in fields) + "\n```\n"
    for one in node.body:
        if isinstance(one, ast.FunctionDef) and (not one.name.startswith("_") or one.name == "__init__"):
            doc = ast.get_docstring(one) or ""
            yield f"### {kind.__name__}.{one.name}\n\n```python\n{_signature(one)}\n```\n\n{doc}".rstrip() + "\n"


def _is_field(node: ast.stmt) -> bool:
    if isinstance(node, ast.AnnAssign):
        return isinstance(node.target, ast.Name) and not node.target.id.startswith("_")
    return isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) not in {"model_config", "__slots__"}


def _text(lines: list[str], node: ast.stmt) -> str:
    """Return a field as it is written, with the comment behind it."""
    return "\n".join(lines[node.lineno - 1 : node.end_lineno])


def _signature(node: ast.FunctionDef) -> str:
    """Return how a method is called; a property is just its name and what it is."""
    returns = f" -> {ast.unparse(node.returns)}" if node.returns is not None else ""
    if any(ast.unparse(one) == "property" for one in node.decorator_list):
        return f"{node.name}: {returns.removeprefix(' -> ')}"
    arguments = ast.unparse(node.args).removeprefix("self").removeprefix(", ")
    return f"{node.name}({arguments}){returns}"


PAGE = """\
<!-- Made by docs/plugin_api.py from the docstrings of goscrobble.plugins: change those, then run docs/generate.py. -->

# What a plugin may import

`goscrobble.plugins` is all of GoScrobble that a plugin may use, and what we promise to keep. The functions that a
plugin itself writes are its [hooks](hooks.md); the [tutorial](../tutorial/write-a-source.md) builds one step by step.
Times are Unix seconds (UTC) and lengths are seconds unless it says otherwise. For tests there is `goscrobble.testing`.

{parts}"""
