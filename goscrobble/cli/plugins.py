"""`goscrobble plugins`: what is installed, how it is, and switching it."""

from __future__ import annotations

import json

import click

from goscrobble.cli.new_plugin import new
from goscrobble.cli.opening import opened, table
from goscrobble.errors import BadConfig, NotFound
from goscrobble.plugins.declarations import PluginRecord
from goscrobble.services import administration, settings
from goscrobble.services.core import Core


@click.group()
def plugins() -> None:
    """See and switch plugins."""


plugins.add_command(new)


@plugins.command("list", epilog="Example: goscrobble plugins list --json")
@click.option("--json", "as_json", is_flag=True, help="For programs: one JSON object.")
def list_(as_json: bool) -> None:
    """List all plugins and how they are."""
    with opened() as core:
        described = [_described(core, record) for record in _records(core)]
    if as_json:
        click.echo(json.dumps({"plugins": described}, indent=2))
        return
    rows = [("NAME", "STATUS", "VERSION", "PROBLEM")]
    rows += [(one["name"], one["status"], one["version"] or "-", one["error"] or "-") for one in described]
    click.echo(table(rows))


@plugins.command(epilog="Example: goscrobble plugins show jellyfin")
@click.argument("name")
def show(name: str) -> None:
    """Show all there is to know about the plugin NAME."""
    with opened() as core:
        record = _find(core, name)
        lines = [f"{key}: {value or '-'}" for key, value in _described(core, record).items()]
        lines += [f"mounted at: {mount}" for mount in record.mounts]
        lines += [f"{key} = {one.value!r}" for key, one in settings.options(core).items() if one.owner == name]
    click.echo("\n".join(lines))


@plugins.command(epilog="Example: goscrobble plugins enable jellyfin")
@click.argument("name")
def enable(name: str) -> None:
    """Switch NAME on, in all workers within two seconds."""
    _switch(name, on=True)


@plugins.command(epilog="Example: goscrobble plugins disable jellyfin")
@click.argument("name")
def disable(name: str) -> None:
    """Switch NAME off, in all workers within two seconds. Its settings and plays stay."""
    _switch(name, on=False)


@plugins.command(epilog="Example: goscrobble plugins check")
def check() -> None:
    """Exit with 1 if a plugin that is installed cannot run."""
    with opened() as core:
        records = _records(core)
    faulty = [record for record in records if record.fault is not None]
    for record in faulty:
        click.echo(f"{record.name}: {record.fault}: {record.error}")
    if faulty:
        raise BadConfig(f"{len(faulty)} of {len(records)} plugins cannot run.")
    click.echo(f"All {len(records)} plugins can run.")


def _records(core: Core) -> list[PluginRecord]:
    return [record for record in core.plugins.records.values() if not record.builtin]


def _find(core: Core, name: str) -> PluginRecord:
    record = core.plugins.records.get(name)
    if record is None or record.builtin:
        raise NotFound(f"There is no plugin called {name}.")
    return record


def _described(core: Core, record: PluginRecord) -> dict[str, str]:
    return {
        "name": record.name,
        "status": str(core.plugins.status(record)),
        "version": record.version,
        "distribution": record.distribution,
        "module": record.module,
        "error": record.error,
    }


def _switch(name: str, *, on: bool) -> None:
    with opened() as core:
        record = _find(core, name)
        if record.fault is not None:
            raise BadConfig(f"{name} cannot run: {record.error}")
        administration.switch_plugin(core, None, name, on)
    click.echo(f"{name} is {'enabled' if on else 'disabled'}.")
