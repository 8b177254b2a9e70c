"""Taking back what a plugin keeps in the database. The plays it told stay: they are their listeners' own."""

from __future__ import annotations

from dataclasses import dataclass

from goscrobble.config import RuntimeSettings
from goscrobble.domain.accounts import Account
from goscrobble.domain.plugin_names import misnamed
from goscrobble.domain.sentences import Sentence
from goscrobble.errors import NotFound
from goscrobble.plugins.checks import keys_of
from goscrobble.services import administration, settings, sources, tokens
from goscrobble.services.core import Core
from goscrobble.storage import credentials, failures, plugin_tables
from goscrobble.storage import settings as stored_settings
from goscrobble.storage import sources as stored_sources
from goscrobble.storage.database import Connection


@dataclass(frozen=True, slots=True)
class Leftovers:
    """What a plugin keeps: its tables, the keys of its settings, how many connections listeners have to it."""

    tables: tuple[str, ...]
    settings: tuple[str, ...]
    connections: int

    def __bool__(self) -> bool:
        """Whether there is anything."""
        return bool(self.tables or self.settings or self.connections)


def left_by(core: Core, plugin: str) -> Leftovers:
    """Return what a plugin, installed or not, keeps in the database. Raises NotFound for what can be no plugin."""
    if misnamed(plugin):
        raise NotFound(Sentence("There is no plugin called %(name)s", name=plugin[:80]))
    with core.database.read() as connection:
        return Leftovers(
            tables=tuple(plugin_tables.of_plugin(connection, plugin, core.plugins.records)),
            settings=tuple(_keys(core, connection, plugin)),
            connections=stored_sources.count_of_plugin(connection, plugin),
        )


def purge(core: Core, by: Account | None, plugin: str) -> Leftovers:
    """Remove what a plugin keeps, all or nothing, and return what that was. It is written down as done by `by`.

    One that is still installed should be switched off before: its tables are gone until the database is upgraded.
    """
    found = left_by(core, plugin)

    def work(connection: Connection) -> None:
        plugin_tables.drop(connection, found.tables)
        stored_settings.remove(connection, found.settings)
        voices = stored_sources.remove_of_plugin(connection, plugin)
        credentials.delete_api_tokens(connection, voices)
        failures.forget(connection, plugin=plugin)
        detail = f"{len(found.tables)} tables, {len(found.settings)} settings, {found.connections} connections"
        administration.note(core, connection, by, administration.Action.PLUGIN_PURGE, plugin, detail)

    core.database.write(work)
    settings.forget(core)
    sources.forget(core)
    tokens.forget(core)
    return found


def _keys(core: Core, connection: Connection, plugin: str) -> list[str]:
    """Return the stored keys of a plugin. Without the plugin they are known by its name, unless another has them."""
    stored = stored_settings.read_all(connection)
    record = core.plugins.records.get(plugin)
    if record is not None and record.fault is None:
        return sorted(keys_of(record) & stored.keys())
    taken = {key.upper() for key in RuntimeSettings.model_fields}
    taken |= {key for one in core.plugins.records.values() if one is not record for key in keys_of(one)}
    return sorted(key for key in stored.keys() - taken if key.startswith(f"{plugin.upper()}_"))
