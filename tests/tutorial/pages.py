"""A tutorial as what it asks its reader to do."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"\bIn\s+`(?P<path>[\w./-]+)`:\s*\Z")
ANYTHING = "…"


@dataclass(frozen=True)
class Write:
    """Make this the content of a file."""

    path: str
    text: str


@dataclass(frozen=True)
class Run:
    """Type a command; it prints `expected`, in which … stands for anything."""

    line: int
    command: str
    expected: str

    def is_met_by(self, output: str) -> bool:
        pattern = re.escape(self.expected.strip()).replace(ANYTHING, ".*")
        return re.fullmatch(pattern, output.strip(), re.DOTALL) is not None


def steps(page: Path) -> list[Write | Run]:
    """Return what a page says to do, in order.

    A block that follows `In `path`:` is a file; a `console` block is commands, after `$ `, with what they print.
    """
    text = page.read_text("utf-8")
    found: list[Write | Run] = []
    for block in _BLOCK.finditer(text):
        before = text[: block.start()]
        if block["language"] == "console":
            found += _commands(block["text"], before.count("\n") + 2)
        elif (named := _FILE.search(before)) is not None:
            found.append(Write(named["path"], block["text"]))
    return found


def _commands(text: str, line: int) -> list[Run]:
    starts = [match.start() for match in re.finditer(r"^\$ ", text, re.MULTILINE)]
    assert starts[:1] == [0], f"line {line}: a console block begins with a command"
    parts = [text[start:end] for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]
    found = []
    for part in parts:
        command, _, expected = part.partition("\n")
        found.append(Run(line, command.removeprefix("$ "), expected))
        line += part.count("\n")
    return found
