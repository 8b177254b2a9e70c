"""What a plugin's code takes from GoScrobble, read from its files without running them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from goscrobble import plugins

API = "goscrobble.plugins"
ALSO_ALLOWED = "goscrobble.protocols"  # other servers' payloads


def unpromised(plugin: ModuleType) -> list[str]:
    """Return each import of something of ours that is not part of the public API, with its file and line."""
    return [
        f"{file.name}, line {line}: {name}"
        for file in _files(plugin)
        for line, name in _imported(ast.parse(file.read_text("utf-8")))
        if not _is_promised(name)
    ]


def _files(plugin: ModuleType) -> list[Path]:
    folders = [Path(folder) for folder in getattr(plugin, "__path__", ())]
    if not folders:
        return [Path(plugin.__file__)] if plugin.__file__ else []
    return sorted(file for folder in folders for file in folder.rglob("*.py"))


def _imported(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Give (line, dotted name) of each thing imported from elsewhere."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def _is_promised(name: str) -> bool:
    if name.partition(".")[0] != "goscrobble":
        return True
    if name == API or f"{name}.".startswith(f"{ALSO_ALLOWED}."):
        return True
    package, _, attribute = name.rpartition(".")
    return package == API and attribute in plugins.__all__
