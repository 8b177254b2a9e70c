"""`goscrobble keys`: what the instance encrypts other services' secrets with."""

from __future__ import annotations

import click

from goscrobble import config
from goscrobble.cli.opening import opened
from goscrobble.services import keys as service
from goscrobble.services import secrets


@click.group()
def keys() -> None:
    """Change the key of `secrets.key`, or begin anew where it is lost."""


@keys.command(epilog="Example: goscrobble keys rotate, restart, goscrobble keys rotate --finish")
@click.option("--finish", is_flag=True, help="Encrypt all that is stored with the new key, and drop the old ones.")
def rotate(finish: bool) -> None:
    """Put a new key on top of `secrets.key`; what is stored is still read with the old ones.

    Restart every server and worker, so that all know the new key. Then run it once more with --finish.
    """
    if not finish:
        service.add_secrets_key(config.load().instance_path)
        click.echo("A new key is on top of secrets.key. Restart every server and worker, then: keys rotate --finish")
        return
    with opened() as core:
        if len(core.keys.secrets) == 1:
            click.echo("There is only one key; nothing is left to do.")
            return
        count = secrets.seal_anew(core)
        service.drop_old_secrets_keys(core.settings.instance_path)
    click.echo(f"All that is stored ({count}) is encrypted with the new key; the old ones are gone. Back it up.")


@keys.command("begin-anew", epilog="Example: goscrobble keys begin-anew")
def begin_anew() -> None:
    """Make a new `secrets.key` where the old one is lost: what it encrypted must be entered again."""
    path = config.load().instance_path
    if service.has_secrets_key(path):
        raise click.ClickException("There is a secrets.key; to change it use: goscrobble keys rotate")
    service.load(path)
    click.echo("A new secrets.key is made. Passwords and secrets of other services must be entered again.")
