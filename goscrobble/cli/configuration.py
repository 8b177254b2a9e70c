"""`goscrobble config`: what an administrator may change while the server runs."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import Any

import click
from pydantic import BaseModel, SecretStr

from goscrobble.cli.opening import opened
from goscrobble.config import RuntimeSettings, Settings
from goscrobble.domain.hints import near
from goscrobble.errors import BadInput, NotFound
from goscrobble.plugins.declarations import PluginRecord
from goscrobble.services import administration, settings
from goscrobble.services.settings import Option


@click.group()
def config() -> None:
    """See and change settings."""


@config.command(epilog="Example: goscrobble config show --docs")
@click.option("--docs", is_flag=True, help="Say what each is for, those of the file and the environment too.")
def show(docs: bool) -> None:
    """Show every setting and its value."""
    with opened() as core:
        options = list(settings.options(core).values())
        plugins = [one for one in core.plugins.records.values() if not one.builtin and one.fault is None]
    for option in options:
        if docs and option.description:
            click.echo(f"# {option.description}")
        note = "  # fixed by file or environment" if option.fixed else ""
        click.echo(f"{option.key} = {shown(option)}{note}")
    if docs:
        click.echo("\n" + example_file(plugins), nl=False)


def example_file(plugins: Iterable[PluginRecord]) -> str:
    """Return a goscrobble.toml in which every option is explained and commented out (the example in instance/)."""
    lines = [
        "# goscrobble.toml: what is fixed while the server runs. Each option can be an environment variable instead,",
        '# which wins: GOSCROBBLE_MAIL_PORT, GOSCROBBLE_JOBS__EMBEDDED. A text may be { file = "…" } or { env = "…" }.',
        "# A plugin's table may be a file of its own instead: plugins/jellyfin.toml beside this one.",
    ]
    tables = []
    for name, field in Settings.model_fields.items():
        default = field.get_default(call_default_factory=True)
        if isinstance(default, BaseModel):
            tables += ["", f"# [{name}]", *_options(type(default))]
        elif name not in {"instance_path", "plugins"}:  # the folder this file is in; and below
            fallback = RuntimeSettings.model_fields[name].default if default is None else default
            lines += ["", f"# {field.description}", f"# {name} = {_toml(fallback)}"]
    for plugin in plugins:
        tables += ["", f"# [plugins.{plugin.name}]", *plugin_options(plugin)]
    return "\n".join(lines + tables) + "\n"


def plugin_options(plugin: PluginRecord) -> list[str]:
    """Return the lines of a plugin's table in which every option is explained and commented out."""
    switched_on = _toml(plugin.enabled_by_default)
    switch = [f"# Whether {plugin.name} is switched on.", f"# enabled = {switched_on}"]
    return [*switch, *_options(plugin.settings_model)]


def _options(model: type[BaseModel]) -> list[str]:
    lines = []
    for key, field in model.model_fields.items():
        lines += [f"# {line}" for line in (field.description or "").splitlines()]
        default = None if field.is_required() else field.get_default(call_default_factory=True)
        if isinstance(default, SecretStr):
            default = default.get_secret_value()
        lines.append(f"# {key} = {_toml('' if default is None else default)}")
    return lines


@config.command(epilog="Example: goscrobble config get REGISTRATION_ENABLED")
@click.argument("key")
def get(key: str) -> None:
    """Print the value of KEY."""
    with opened() as core:
        options = settings.options(core)
    option = options.get(key.upper())
    if option is None:
        hint = near(key[:80].upper(), options)
        raise NotFound(f"There is no setting called {key[:80].upper()}{hint}")
    click.echo(_text(option.value))


@config.command("set", epilog="Example: goscrobble config set REGISTRATION_ENABLED false")
@click.argument("key")
@click.argument("value", required=False)
@click.option("--stdin", "from_stdin", is_flag=True, help="Read the value from standard input: best for a secret.")
def set_(key: str, value: str | None, from_stdin: bool) -> None:
    """Give KEY a new VALUE, in all workers within two seconds. Lists and tables are written as JSON.

    A secret is never printed. On the command line others on this machine might read it: use --stdin.
    """
    if (value is None) is not from_stdin:
        raise click.UsageError("Give the value, or --stdin to read it from standard input.")
    text = _line() if value is None else value
    with opened() as core:
        option = settings.options(core).get(key.upper())
        is_text = option is not None and option.secret  # a password may begin like JSON
        administration.change_settings(core, None, {key.upper(): text if is_text else _parsed(text)})
        now = shown(settings.options(core)[key.upper()])
    click.echo(f"{key.upper()} = {now}")


def _line() -> str:
    line = sys.stdin.readline()
    if not line:
        raise BadInput("There is no value on standard input.")
    return line.rstrip("\r\n")


def _parsed(value: str) -> Any:
    if not value.startswith(("[", "{")):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise BadInput("The value begins like JSON but is none.") from None


def _toml(value: Any) -> str:
    return json.dumps(value, default=str)  # texts, numbers, booleans and lists of texts look alike in both


def shown(option: Option) -> str:
    """Return an option's value as text, but for a secret whether there is one: `config get` prints it."""
    if option.secret:
        return "(set)" if option.value else "(not set)"
    return _text(option.value)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)
