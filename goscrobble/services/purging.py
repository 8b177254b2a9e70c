"""Taking back what a plugin keeps in the database. The plays it told stay: they are their listeners' own."""

from __future__ import annotations

from dataclasses import dataclass

from goscrobble.config import RuntimeSettings
from goscrobble.domain.accounts import Account
from goscrobble.domain.plugin_names import misnamed
from goscrobble.domain.sentences import Sentence
from goscrobble.errors import NotFound
from goscrobble.plugins.checks import keys_of
from goscrobble.plugins.declarations import PluginRecord
from goscrobble.services import administration, settings, sources, tokens
from goscrobble.services.core import Core
from goscrobble.storage import credentials, failures, plugin_tables
from goscrobble.storage import settings as stored_settings
from goscrobble.storage import sources as stored_sources
from goscrobble.storage.database import Connection
from goscrobble.storage.plugin_tables import Thing


@dataclass(frozen=True, slots=True)
class Leftovers:
    """What a plugin keeps: its tables, the keys of its settings, how many connections listeners have to it.

    And what else of the database's schema is called like its own (`trigger plugin_tidal_seen_by`), and how many of its
    hooks are remembered as failed.
    """

    tables: tuple[str, ...]
    settings: tuple[str, ...]
    connections: int
    others: tuple[Thing, ...] = ()
    failures: int = 0

    def __bool__(self) -> bool:
        """Whether there is anything."""
        return bool(self.tables or self.settings or self.connections or self.others or self.failures)


def left_by(core: Core, plugin: str) -> Leftovers:
    """Return what a plugin, installed or not, keeps in the database. Raises NotFound for what can be no plugin."""
    if misnamed(plugin):
        raise NotFound(Sentence("There is no plugin called %(name)s", name=plugin[:80]))
    with core.database.read() as connection:
        return _left_by(core, connection, plugin)


def of_the_gone(core: Core) -> dict[str, Leftovers]:
    """Return what plugins that are not installed any more left in the database, by their names."""
    with core.database.read() as connection:
        known = plugin_tables.left(connection) | stored_sources.plugins(connection) | failures.plugins(connection)
        known -= core.plugins.records.keys()
        taken = _taken(core)
        for key in sorted(stored_settings.read_all(connection).keys() - taken):
            if not any(key.startswith(f"{name.upper()}_") for name in known):
                known.add((key.removesuffix("_ENABLED") if key.endswith("_ENABLED") else key.partition("_")[0]).lower())
        found = {name: _left_by(core, connection, name) for name in sorted(known) if not misnamed(name)}
    return {name: left for name, left in found.items() if left and name not in core.plugins.records}


def purge(core: Core, by: Account | None, plugin: str) -> Leftovers:
    """Remove what a plugin keeps, and return what that was. It is written down as done by `by`.

    What of the schema something else still needs stays: `left_by` tells. One that is still installed should be switched
    off before: its tables are gone until the database is upgraded.
    """
    found = left_by(core, plugin)

    def work(connection: Connection) -> None:
        plugin_tables.drop(connection, found.tables, found.others)
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


def _left_by(core: Core, connection: Connection, plugin: str) -> Leftovers:
    known = core.plugins.records
    return Leftovers(
        tables=tuple(plugin_tables.of_plugin(connection, plugin, known)),
        settings=tuple(_keys(core, connection, plugin)),
        connections=stored_sources.count_of_plugin(connection, plugin),
        others=tuple(plugin_tables.things_of_plugin(connection, plugin, known)),
        failures=sum(one.plugin == plugin for one in failures.list_all(connection)),
    )


def _taken(core: Core, but: PluginRecord | None = None) -> set[str]:
    """Return the keys of settings that are the server's own or an installed plugin's."""
    taken = {key.upper() for key in RuntimeSettings.model_fields}
    return taken | {key for one in core.plugins.records.values() if one is not but for key in keys_of(one)}


def _keys(core: Core, connection: Connection, plugin: str) -> list[str]:
    """Return the stored keys of a plugin. Without the plugin they are known by its name, unless another has them."""
    stored = stored_settings.read_all(connection)
    record = core.plugins.records.get(plugin)
    if record is not None and record.fault is None:
        return sorted(keys_of(record) & stored.keys())
    return sorted(key for key in stored.keys() - _taken(core, record) if key.startswith(f"{plugin.upper()}_"))
