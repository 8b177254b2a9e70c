"""`goscrobble plugins`: what is installed, how it is, and switching it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import click

from goscrobble.cli.configuration import plugin_options, shown
from goscrobble.cli.new_plugin import new
from goscrobble.cli.opening import opened, table
from goscrobble.errors import BadConfig, Conflict, NotFound
from goscrobble.plugins.declarations import PluginRecord, Status
from goscrobble.services import administration, failures, purging, settings
from goscrobble.services.core import Core
from goscrobble.services.purging import Leftovers


@click.group()
def plugins() -> None:
    """See and switch plugins."""


plugins.add_command(new)


@plugins.command("list", epilog="Example: goscrobble plugins list --json")
@click.option("--json", "as_json", is_flag=True, help="For programs: one JSON object.")
def list_(as_json: bool) -> None:
    """List all plugins and how they are."""
    with opened() as core:
        records = _records(core)
        described = [_described(core, record) | {"warnings": record.warnings} for record in records]
        strays = core.plugins.strays
        gone = purging.of_the_gone(core)
    if as_json:
        click.echo(
            json.dumps(
                {"plugins": described, "leftovers": {name: _lines(left) for name, left in gone.items()}}, indent=2
            )
        )
        return
    rows = [("NAME", "STATUS", "VERSION", "PROBLEM")]
    rows += [(one["name"], one["status"], one["version"] or "-", _problem(one)) for one in described]
    click.echo("\n".join([table(rows), *strays]))
    for name, left in gone.items():
        click.echo(f"{name} is not installed and left: {', '.join(_lines(left))}.")
        click.echo(f"`goscrobble plugins purge {name}` removes it.")


@plugins.command(epilog="Example: goscrobble plugins show jellyfin")
@click.argument("name")
@click.option("--example", is_flag=True, help="Print a plugins/NAME.toml in which every option is explained.")
def show(name: str, example: bool) -> None:
    """Show all there is to know about the plugin NAME."""
    with opened() as core:
        record = _find(core, name)
        if example:
            click.echo("\n".join([f"# plugins/{name}.toml in the instance folder", *plugin_options(record)]))
            return
        lines = [f"{key}: {value or '-'}" for key, value in _described(core, record).items()]
        lines += [f"warning: {sentence}" for sentence in record.warnings]
        lines += [f"mounted at: {mount}" for mount in record.mounts]
        lines += [
            f"failed: {one.hook}, {one.count} times, last: {one.error} ({one.place})"
            for one in failures.list_all(core)
            if one.plugin == name
        ]
        lines += [f"{key} = {shown(one)}" for key, one in settings.options(core).items() if one.owner == name]
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


@plugins.command(epilog="Example: goscrobble plugins reset tidal")
@click.argument("name")
def reset(name: str) -> None:
    """Ask the hooks of NAME again, which failed too often and are left alone for a while."""
    with opened() as core:
        administration.reset_plugin(core, None, name)
    click.echo(f"The hooks of {name} are asked again.")


@plugins.command(epilog="Example: goscrobble plugins check")
def check() -> None:
    """Exit with 1 if a plugin that is installed cannot run, or failed so often that its hooks are left alone."""
    with opened() as core:
        records = _records(core)
        described = [_described(core, record) for record in records]
    for record in records:
        for sentence in record.warnings:
            click.echo(f"{record.name}: {sentence}")
    tripped = [one for one in described if one["status"] == Status.TRIPPED]
    faulty = [one for one in described if one["error"] and one not in tripped]
    for one in faulty + tripped:
        click.echo(f"{one['name']}: {one['status']}: {one['error']}")
    if faulty:
        raise BadConfig(f"{len(faulty)} of {len(described)} plugins cannot run.")
    if tripped:
        raise BadConfig(f"{len(tripped)} of {len(described)} plugins failed too often.")
    if doubtful := [record for record in records if record.warnings]:
        raise BadConfig(
            f"{len(doubtful)} of {len(described)} plugins can run, but not all of what they bring is asked."
        )
    click.echo(f"All {len(described)} plugins can run.")


@plugins.command(epilog="Example: goscrobble plugins purge tidal")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
def purge(name: str, yes: bool) -> None:
    """Remove what the plugin NAME keeps: its tables, settings and everybody's connections. The plays it told stay.

    So does what something else in the database needs; then what is left is said, and the exit status is 1.

    It may be uninstalled already. One that is installed works again after `goscrobble database upgrade`.
    """
    with opened() as core:
        found = purging.left_by(core, name)
        if not found:
            raise NotFound(f"There is nothing of a plugin called {name}.")
        click.echo("\n".join(_lines(found)))
        if not yes:
            click.confirm("Remove all of this for ever?", abort=True)
        purging.purge(core, None, name)
        left = purging.left_by(core, name)
    if left:
        raise Conflict(f"Something else still needs what is left: {', '.join(_lines(left))}.")
    click.echo(f"Nothing of {name} is left but the plays it told.")


def _lines(left: Leftovers) -> list[str]:
    """Return what a plugin keeps, in a few words each."""
    return [
        *(f"table {table}" for table in left.tables),
        *map(str, left.others),
        *(f"setting {key}" for key in left.settings),
        *_counted(left.connections, "connection", "of listeners"),
        *_counted(left.failures, "hook", "remembered as failed"),
    ]


def _counted(number: int, what: str, more: str) -> list[str]:
    return [f"{number} {what}{'' if number == 1 else 's'} {more}"] if number else []


def _records(core: Core) -> list[PluginRecord]:
    return [record for record in core.plugins.records.values() if not record.builtin]


def _find(core: Core, name: str) -> PluginRecord:
    record = core.plugins.records.get(name)
    if record is None or record.builtin:
        raise NotFound(f"There is no plugin called {name}.")
    return record


def _described(core: Core, record: PluginRecord) -> dict[str, Any]:
    return {
        "name": record.name,
        "status": str(core.plugins.status(record)),
        "version": record.version,
        "distribution": record.distribution,
        "module": record.module,
        "error": record.error or _left_alone(core, record),
    }


def _problem(described: Mapping[str, Any]) -> str:
    return " ".join([described["error"], *described["warnings"]]).strip() or "-"


def _left_alone(core: Core, record: PluginRecord) -> str:
    """Return until when a tripped plugin's hooks are not asked, as a sentence; "" for any other."""
    until = settings.tripped_until(core, record.name)
    if until is None or core.plugins.status(record) is not Status.TRIPPED:
        return ""
    return f"Its hooks failed too often and are left alone until {datetime.fromtimestamp(until, UTC):%F %H:%M} UTC."


def _switch(name: str, *, on: bool) -> None:
    with opened() as core:
        record = _find(core, name)
        if record.fault is not None:
            raise BadConfig(f"{name} cannot run: {record.error}")
        administration.switch_plugin(core, None, name, on)
    click.echo(f"{name} is {'enabled' if on else 'disabled'}.")
