"""Run by Alembic, on the connection that `runner` opened and locked."""

from __future__ import annotations

from alembic import context

from goscrobble.migrations import options

context.configure(connection=context.config.attributes["connection"], **options())
with context.begin_transaction():
    context.run_migrations()
