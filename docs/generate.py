#!/usr/bin/env python3
"""Write what the code itself can tell: docs/reference, instance/goscrobble.example.toml and the API's examples.

    python docs/generate.py [--check]

`--check` writes nothing and fails if a committed page is stale (a test does the same).
"""

from __future__ import annotations

import argparse
import inspect
import sys
import tomllib
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "plugins"))  # the checkout, installed or not
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent))

import examples
import plugin_api
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from goscrobble import errors
from goscrobble.cli.configuration import example_file
from goscrobble.config import RuntimeSettings, Settings
from goscrobble.plugins import hookspecs
from goscrobble.plugins.declarations import PluginRecord
from goscrobble.plugins.host import GROUP, PluginHost

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference"
SHOWN_DEFAULTS = {"instance_path": "`./instance` in a checkout, else the user's data directory"}
NOT_IN_ENVIRONMENT = {"instance_path"}  # of the file that it would have to be read from


def main(arguments: list[str] | None = None) -> int:
    """Write or check the pages; return the exit status."""
    parser = argparse.ArgumentParser(description="Write the generated pages of docs/reference.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a page is stale")
    check = parser.parse_args(arguments).check
    stale = [name for name, make in FILES.items() if _read(ROOT / name) != make()]
    for name in stale:
        if check:
            sys.stderr.write(f"{name} is stale: run `python docs/generate.py`\n")
        else:
            (ROOT / name).write_text(FILES[name](), "utf-8")
            sys.stdout.write(f"{name} written\n")
    return 1 if check and stale else 0


# ---- hooks ----


def hooks_page() -> str:
    """Return the page of all hooks, in the order of hookspecs.py."""
    hooks = (
        f"## {name}\n\n```python\n{name}{_signature(hook)}\n```\n\n{inspect.getdoc(hook)}\n"
        for name, hook in hook_specifications().items()
    )
    return HOOKS.format(hooks="\n".join(hooks))


def hook_specifications() -> dict[str, Callable[..., Any]]:
    """Return every hook by name, in the order they are written."""
    return {name: value for name, value in vars(hookspecs).items() if hasattr(value, f"{hookspecs.PROJECT}_spec")}


def _signature(hook: Callable[..., Any]) -> str:
    signature = inspect.signature(hook)  # annotations are text there: just what an author would write
    arguments = ", ".join(f"{one.name}: {one.annotation}" for one in signature.parameters.values())
    return f"({arguments}) -> {signature.return_annotation}"


# ---- settings ----


def settings_page() -> str:
    """Return the page of all settings: those fixed at start, those of `/config`, and the bundled plugins'."""
    plugins = (row for plugin in bundled_plugins() for row in _plugin_rows(plugin))
    return SETTINGS.format(
        fixed=_table(("Environment", "goscrobble.toml", "Default", "Meaning"), _fixed_rows(Settings)),
        runtime=_table(("Key", "Default", "Meaning"), _runtime_rows(RuntimeSettings, "")),
        plugins=_table(("Key", "Default", "Meaning"), plugins),
    )


def bundled_plugins() -> list[PluginRecord]:
    """Return the plugins that pyproject.toml declares, loaded."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["entry-points"][GROUP]
    host = PluginHost(found=[EntryPoint(name, module, GROUP) for name, module in declared.items()])
    host.load()
    return [host.records[name] for name in sorted(declared)]


def _fixed_rows(model: type[BaseModel], environment: str = "GOSCROBBLE_", table: str = "") -> Iterator[tuple[str, ...]]:
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _fixed_rows(inner, f"{environment}{name.upper()}__", f"{table}{name}.")
            continue
        in_file = "" if name in NOT_IN_ENVIRONMENT else f"`{table}{name}`"
        yield f"`{environment}{name.upper()}`", in_file, _default(name, field), field.description or ""


def _runtime_rows(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, ...]]:
    for name, field in model.model_fields.items():
        yield f"`{prefix}{name.upper()}`", _default(name, field), field.description or ""


def _plugin_rows(plugin: PluginRecord) -> Iterator[tuple[str, ...]]:
    prefix = f"{plugin.name.upper()}_"
    switched_on = str(plugin.enabled_by_default).lower()
    yield f"`{prefix}ENABLED`", f"`{switched_on}`", f"Whether {plugin.name} is switched on."
    yield from _runtime_rows(plugin.settings_model, prefix)


def _default(name: str, field: FieldInfo) -> str:
    if name in SHOWN_DEFAULTS:
        return SHOWN_DEFAULTS[name]
    value = field.get_default(call_default_factory=True)
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if value is None or value in ("", [], {}, ()):
        return "none"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


# ---- errors ----


def errors_page() -> str:
    """Return the page of all errors, by status."""
    kinds = (
        f"## {kind.slug}\n\nStatus {kind.status}, `goscrobble.errors.{kind.__name__}`. {inspect.getdoc(kind)}\n"
        for kind in error_kinds()
    )
    return ERRORS.format(errors="\n".join(kinds))


def error_kinds() -> list[type[errors.GoScrobbleError]]:
    """Return every error that may be met, by status."""
    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.GoScrobbleError) and kind is not errors.GoScrobbleError
    ]
    return sorted(kinds, key=lambda kind: (kind.status, kind.slug))


# ---- writing ----


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines) + "\n"


def _read(page: Path) -> str:
    return page.read_text("utf-8") if page.exists() else ""


# ---- the pages' own words ----

HOOKS = """\
<!-- Made by docs/generate.py from goscrobble/plugins/hookspecs.py: change that, then run it. -->

# Hooks

A plugin is a module that an entry point of the group `goscrobble.plugins` names. It marks functions of these names with
`@goscrobble.plugins.hookimpl`. Arguments are given by name: a function takes those it needs and leaves out the others.
Returning `None` means having nothing to say.

Plugins are asked one at a time; none may count on its place in the order, and one that is switched off is not asked.
What a plugin raises is logged and counted, and the others are asked as if nothing had happened. Hooks called
`register_…` are asked once, when the server starts, whether the plugin is switched on or not.
Why it is so: [plugins](../explanation/plugins.md).

{hooks}"""

SETTINGS = """\
<!-- Made by docs/generate.py from goscrobble/config.py and the plugins' settings: change those, then run it. -->

# Settings

The environment beats `goscrobble.toml` in the instance folder, which beats what an administrator set while the server
ran, which beats the default. In the file, a secret may be `{{ file = "/run/secrets/smtp" }}` or
`{{ env = "SMTP_PASSWORD" }}` instead of the text itself.

## Fixed at start

A change needs a restart. Lists and tables are JSON in the environment.

{fixed}
## Changed while the server runs

Keys of `/config`. One that the environment or the file sets is read-only there; a change holds in all workers within
two seconds.

{runtime}
## Of the bundled plugins

Keys of `/config` as well. In the file they stand under the plugin's name: `[plugins.jellyfin]`, then `enabled = false`.
They may also stand in a file of the plugin's own, `plugins/jellyfin.toml` in the instance folder, which wins; a mistake
in it stops that plugin alone. `goscrobble plugins show jellyfin --example` prints one with every option explained.

{plugins}"""

ERRORS = """\
<!-- Made by docs/generate.py from goscrobble/errors.py: change that, then run it. -->

# Errors

The API answers a failure with the status and `{{"error": "<one sentence>"}}`; pages show the same sentence. Sentences
may be reworded: a program goes by the status. Each kind of error has a name, its slug, which is the heading here. 429
and 503 carry `Retry-After` in whole seconds. A 500 is a mistake of ours; its answer holds the request's id, by which
the log tells more.

{errors}"""

PAGES: dict[str, Callable[[], str]] = {
    "hooks.md": hooks_page,
    "plugin-api.md": plugin_api.page,
    "settings.md": settings_page,
    "errors.md": errors_page,
}

FILES: dict[str, Callable[[], str]] = {
    **{f"docs/reference/{name}": make for name, make in PAGES.items()},
    "instance/goscrobble.example.toml": lambda: example_file(bundled_plugins()),
    "goscrobble/web/api/examples.json": examples.text,
}

if __name__ == "__main__":
    sys.exit(main())
