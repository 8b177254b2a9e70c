"""`goscrobble plugins new`: a plugin to begin with."""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path

import click

from goscrobble.plugins import scaffold
from goscrobble.plugins.host import GROUP


@click.command(epilog="Example: goscrobble plugins new tidal")
@click.argument("name")
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="Folder to write it in. [default: this one]",
)
def new(name: str, into: Path) -> None:
    """Write a new plugin NAME that takes plays by webhook, with tests that pass."""
    installed = {one.name for one in entry_points(group=GROUP)}
    folder = scaffold.write(name, into, installed)
    click.echo(f"The plugin {name} is in {folder}. Next:\n")
    click.echo(f"  cd {folder}\n  pip install -e . --group dev\n  pytest\n  goscrobble plugins list\n")
    click.echo(f"Then make goscrobble_{name}/payloads.py and normalise.py those of your source.")
