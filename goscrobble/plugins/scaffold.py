"""Writes a new plugin: the files of `template/`, with its name in them."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from goscrobble.domain.plugin_names import LONGEST_NAME, misnamed
from goscrobble.errors import BadConfig, BadInput, Conflict
from goscrobble.plugins.checks import clash
from goscrobble.plugins.declarations import PluginRecord

TEMPLATE = Path(__file__).parent / "template"
SUFFIX = ".in"  # of the template's files: they are no Python yet


def write(name: str, into: Path, installed: Iterable[str] = ()) -> Path:
    """Write the plugin `name` into a new folder in `into`, and return that.

    Raises BadInput for a name that no plugin can have, Conflict for one that is taken, BadConfig for a folder that
    cannot be written.
    """
    if misnamed(name):
        raise BadInput(
            f"A plugin's name is up to {LONGEST_NAME} lower-case letters, digits and underscores, a letter first."
        )
    if name in installed:
        raise Conflict(f"A plugin called {name} is installed already; choose another name.")
    if clash(PluginRecord(name), ()):
        raise Conflict(f"The switch of a plugin called {name} would be a setting of the server; choose another name.")
    words = _words(name)
    folder = into / words["@distribution@"]
    if folder.exists():
        raise Conflict(f"{folder} exists already; move it away or choose another name.")
    try:
        for source in sorted(TEMPLATE.rglob(f"*{SUFFIX}")):
            target = folder / _place(source.relative_to(TEMPLATE), words)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(_filled(source.read_text("utf-8"), words), "utf-8")
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise BadConfig(f"{folder} cannot be written: {error.strerror}.") from None
    return folder


def _words(name: str) -> dict[str, str]:
    """Return what stands in the template, and what is to stand there."""
    return {
        "@name@": name,
        "@package@": f"goscrobble_{name}",
        "@distribution@": f"goscrobble-{name.replace('_', '-').strip('-')}",
        "@title@": name.replace("_", " ").title(),
    }


def _place(path: Path, words: dict[str, str]) -> Path:
    """Return where a file of the template goes."""
    renamed = {
        "package": words["@package@"],
        "test_plugin.py": f"test_{words['@name@']}.py",
        "gitignore": ".gitignore",
    }
    return Path(*(renamed.get(part, part) for part in path.with_name(path.name.removesuffix(SUFFIX)).parts))


def _filled(text: str, words: dict[str, str]) -> str:
    for word, instead in words.items():
        text = text.replace(word, instead)
    return text
