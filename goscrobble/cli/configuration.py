"""`goscrobble config`: what an administrator may change while the server runs."""

from __future__ import annotations

import json
from typing import Any

import click
from pydantic import BaseModel

from goscrobble.cli.opening import opened
from goscrobble.config import RuntimeSettings, Settings
from goscrobble.errors import BadInput, NotFound
from goscrobble.services import administration, settings


@click.group()
def config() -> None:
    """See and change settings."""


@config.command(epilog="Example: goscrobble config show --docs")
@click.option("--docs", is_flag=True, help="Say what each is for, those of the file and the environment too.")
def show(docs: bool) -> None:
    """Show every setting and its value."""
    with opened() as core:
        options = list(settings.options(core).values())
    for option in options:
        if docs and option.description:
            click.echo(f"# {option.description}")
        note = "  # fixed by file or environment" if option.fixed else ""
        click.echo(f"{option.key} = {_text(option.value)}{note}")
    if docs:
        click.echo("\n" + example_file(), nl=False)


def example_file() -> str:
    """Return a goscrobble.toml in which every option is explained and commented out (the example in instance/)."""
    lines = [
        "# goscrobble.toml: what is fixed while the server runs. Each option can be an environment variable instead,",
        '# which wins: GOSCROBBLE_MAIL_PORT, GOSCROBBLE_JOBS__EMBEDDED. A text may be { file = "…" } or { env = "…" }.',
    ]
    tables = []
    for name, field in Settings.model_fields.items():
        default = field.get_default(call_default_factory=True)
        if isinstance(default, BaseModel):
            tables += ["", f"# [{name}]"]
            for key, part in type(default).model_fields.items():
                tables += [f"# {part.description}", f"# {key} = {_toml(part.default)}"]
        elif name == "plugins":
            tables += ["", f"# {field.description}", "# [plugins.jellyfin]", "# enabled = false"]
        elif name != "instance_path":  # the folder this file is in
            fallback = RuntimeSettings.model_fields[name].default if default is None else default
            lines += ["", f"# {field.description}", f"# {name} = {_toml(fallback)}"]
    return "\n".join(lines + tables) + "\n"


@config.command(epilog="Example: goscrobble config get REGISTRATION_ENABLED")
@click.argument("key")
def get(key: str) -> None:
    """Print the value of KEY."""
    with opened() as core:
        option = settings.options(core).get(key.upper())
    if option is None:
        raise NotFound(f"There is no setting called {key}.")
    click.echo(_text(option.value))


@config.command("set", epilog="Example: goscrobble config set REGISTRATION_ENABLED false")
@click.argument("key")
@click.argument("value")
def set_(key: str, value: str) -> None:
    """Give KEY a new VALUE, in all workers within two seconds. Lists and tables are written as JSON."""
    with opened() as core:
        administration.change_settings(core, None, {key.upper(): _parsed(value)})
        now = settings.options(core)[key.upper()].value
    click.echo(f"{key.upper()} = {_text(now)}")


def _parsed(value: str) -> Any:
    if not value.startswith(("[", "{")):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise BadInput("The value begins like JSON but is none.") from None


def _toml(value: Any) -> str:
    return json.dumps(value)  # texts, numbers, booleans and lists of texts look alike in both


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)
