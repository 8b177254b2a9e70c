"""A server for the tests of a plugin: real in all but the network and the time."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from werkzeug.test import TestResponse

from goscrobble import instance
from goscrobble.app import create_app
from goscrobble.domain.accounts import Account
from goscrobble.domain.drafts import NowPlaying
from goscrobble.domain.events import SourceEvent
from goscrobble.domain.scrobbles import Scrobble
from goscrobble.plugins.declarations import PluginRecord
from goscrobble.plugins.host import GROUP
from goscrobble.services import connecting, failures, history, playback, polling, sources
from goscrobble.services import settings as runtime_settings
from goscrobble.services.connecting import Made
from goscrobble.services.core import Core
from goscrobble.services.failures import FailureRow
from goscrobble.services.source_accounts import Connected
from goscrobble.storage import sources as stored
from goscrobble.storage.sources import SourceRow
from goscrobble.testing.clock import Clock
from goscrobble.testing.factories import make_account
from goscrobble.testing.servers import make_settings

INGRESS = "/api/v1/ingress"
LOOPBACK = ["127.0.0.0/8", "::1/128"]


class PluginServer:
    """An application with these plugins and no others, on a SQLite file of its own. Its clock moves only when told.

    Plugins may fetch from this machine, where the services of tests are.
    """

    def __init__(self, folder: Path, template: Path, plugins: Sequence[ModuleType]) -> None:
        """`folder` becomes the instance, `template` is a SQLite file with the core's tables."""
        url = f"sqlite:///{folder / 'goscrobble.db'}"
        settings = make_settings(folder, database_url=url, outgoing_allowed_networks=LOOPBACK)
        found = [entry_point_of(plugin) for plugin in plugins]
        shutil.copyfile(template, folder / "goscrobble.db")
        instance.upgrade(settings, found_plugins=found)  # the plugins' own tables
        self.clock = Clock()
        self.app = create_app(settings, found_plugins=found, clock=self.clock)
        self.core: Core = self.app.extensions["goscrobble"]
        self.client = self.app.test_client()
        self.plugins: list[PluginRecord] = [one for one in self.core.plugins.records.values() if not one.builtin]

    def listener(self, username: str = "ada") -> Listener:
        """Return a new listener."""
        return Listener(self, make_account(self.core, username))

    def change(self, **settings: Any) -> None:
        """Change settings as an administrator does: `server.change(TAPEDECK_SHORTEST=30)`. Raises BadInput."""
        runtime_settings.change(self.core, settings)

    def setting(self, key: str) -> Any:
        """Return the value of a setting, by its key in `/config`."""
        return runtime_settings.options(self.core)[key].value

    def switch(self, plugin: str, *, on: bool) -> None:
        """Switch a plugin on or off, as an administrator does."""
        self.change(**{f"{plugin.upper()}_ENABLED": on})

    def poll(self) -> int:
        """Poll every connection that is due at the clock's time, once; returns how many those were."""
        return polling.run_due(self.core)

    def failures(self) -> list[FailureRow]:
        """Return what plugins raised, the latest first."""
        return failures.list_all(self.core)

    def close(self) -> None:
        """Close the database."""
        self.core.database.close()


class Listener:
    """Somebody whose plays are told."""

    def __init__(self, server: PluginServer, account: Account) -> None:
        self.account = account
        self._server = server

    def connect(self, plugin: str | None = None, *, source: int = 0, **settings: Any) -> Connection:
        """Return a new connection to a source of a plugin (the first one's unless named), with these settings.

        Raises BadInput for settings that cannot be used or do not work, Unavailable if that cannot be found out.
        """
        core = self._server.core
        name = plugin or self._server.plugins[0].name
        made = connecting.connect(core, self.account, name, source=source, settings=settings)
        return Connection(self._server, self.account, made)

    def plays(self) -> list[Scrobble]:
        """Return the plays, oldest first."""
        plays, _ = history.recent(self._server.core, self.account, limit=history.MOST)
        return plays[::-1]

    def now_playing(self) -> list[NowPlaying]:
        """Return what plays at this moment."""
        return playback.now_playing(self._server.core, self.account.id)


class Connection:
    """A listener's connection to a source."""

    def __init__(self, server: PluginServer, account: Account, made: Made) -> None:
        self.url = f"{INGRESS}/{made.row.plugin}?key={made.secret}" if made.secret else ""  # to copy; "" if we poll
        self.redirect = made.redirect  # where its owner must go first, None if nowhere
        self._server = server
        self._account = account
        self._row = made.row
        self._key = made.secret

    def post(self, body: Any, path: str = "", **options: Any) -> TestResponse:
        """Post to the plugin's ingress, at `path` below it, and return the answer.

        A body that is text or bytes goes as it is, anything else as JSON; `options` are those of Flask's test client.
        """
        sent = body if isinstance(body, str | bytes) else json.dumps(body)
        url = f"{INGRESS}/{self._row.plugin}{path}"
        headers = {"Authorization": f"Bearer {self._key}"} | dict(options.pop("headers", {}))
        return self._server.client.post(url, **({"data": sent, "headers": headers} | options))

    def account(self) -> Connected:
        """Return it as the plugin sees it: a `goscrobble.plugins.SourceAccount`."""
        return Connected(self._server.core, self._now(), self._account.username)

    def events(self) -> list[SourceEvent]:
        """Return what its owner reads of it, oldest first."""
        return sources.events(self._server.core, self._row)[::-1]

    def change(self, **settings: Any) -> None:
        """Change its settings, as its owner does. Raises BadInput."""
        connecting.change(self._server.core, self._account, self._row.uuid, settings=settings)

    @property
    def problem(self) -> str:
        """Why the last poll did not succeed, "" if it did."""
        return self._now().problem or ""

    @property
    def is_refused(self) -> bool:
        """Whether it is polled no more until its owner has seen to it."""
        return self._now().is_refused

    @property
    def cursor(self) -> str | None:
        """How far it was polled."""
        return self._now().cursor

    def forget(self) -> None:
        """Let it be polled from the start again."""
        work = self._server.core.database.write
        work(lambda connection: stored.change(connection, self._row.id, cursor=None))

    def _now(self) -> SourceRow:
        return sources.find(self._server.core, self._account, self._row.uuid)


def entry_point_of(plugin: ModuleType) -> EntryPoint:
    """Return the entry point that names this module: the installed one, else one as `plugins new` would declare it."""
    for installed in entry_points(group=GROUP):
        if installed.value == plugin.__name__:
            return installed
    return EntryPoint(plugin.__name__.rpartition(".")[2].removeprefix("goscrobble_"), plugin.__name__, GROUP)


def settings_of(record: PluginRecord) -> Mapping[str, Any]:
    """Return the fields of a plugin's settings by their keys in `/config`."""
    return {f"{record.name}_{name}".upper(): field for name, field in record.settings_model.model_fields.items()}
