"""Write the next migration: what the models have and the schema so far lacks. Read it before you keep it."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from goscrobble.migrations import runner


def main() -> None:
    """Take the one argument: what changes, in a word or two."""
    if len(sys.argv) != 2:  # noqa: PLR2004 - the program and its argument
        sys.exit('Usage: python -m goscrobble.migrations "what changes"')
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'scratch.db'}"
        runner.upgrade(url)
        engine = create_engine(url)
        with engine.connect() as connection:
            config = runner.config(connection)
            number = sum(1 for _ in ScriptDirectory.from_config(config).walk_revisions()) + 1
            command.revision(config, sys.argv[1], autogenerate=True, rev_id=f"{number:04}")
        engine.dispose()


if __name__ == "__main__":
    main()
