"""`goscrobble`: an instance from the command line. Each command is one service call with an example in its help."""

from __future__ import annotations

import errno
from typing import Any

import click

from goscrobble import __version__
from goscrobble.cli.configuration import config
from goscrobble.cli.database import database
from goscrobble.cli.keys import keys
from goscrobble.cli.plugins import plugins
from goscrobble.cli.serve import run, worker
from goscrobble.cli.sources import sources
from goscrobble.cli.tokens import tokens
from goscrobble.cli.users import users
from goscrobble.errors import GoScrobbleError


class Failure(click.ClickException):
    """One sentence on stderr and exit status 1."""

    def show(self, file: Any = None) -> None:
        """Print the sentence alone."""
        click.echo(self.message, file=file, err=True)


class Commands(click.Group):
    """The one handler of what goes wrong."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; turn what a person can mend into its sentence."""
        try:
            return super().invoke(ctx)
        except GoScrobbleError as error:
            raise Failure(str(error)) from None
        except OSError as error:
            if error.errno == errno.EPIPE:  # `goscrobble … | head`: click ends quietly
                raise
            where = f"{error.filename}: " if error.filename else ""
            raise Failure(f"{where}{error.strerror or error}") from None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="goscrobble")
def cli() -> None:
    """GoScrobble: your own music scrobble server.

    The instance is the folder that GOSCROBBLE_INSTANCE_PATH names.

    \b
    Example:
      goscrobble run
    """


def main() -> None:
    """Run the command that was typed."""
    cli(prog_name="goscrobble")


for command in (run, worker, users, tokens, sources, plugins, config, keys, database):
    cli.add_command(command)
