"""A connection as its plugin sees it (see `goscrobble.plugins.toolkit.SourceAccount`)."""

from __future__ import annotations

import json
import uuid as uuids
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, TypeVar

from goscrobble.domain.drafts import Playing, ScrobbleDraft
from goscrobble.domain.events import EventOutcome, SourceEvent
from goscrobble.domain.scrobbles import Outcome
from goscrobble.domain.sentences import packed
from goscrobble.plugins.toolkit import Reply, Values
from goscrobble.services import accounts, ingest, mail, outgoing, playback, secrets, sources
from goscrobble.services import settings as runtime_settings
from goscrobble.services.core import Core
from goscrobble.storage import sources as stored
from goscrobble.storage.database import Connection
from goscrobble.storage.hosts import NOBODY, Asker
from goscrobble.storage.sources import SourceRow

T = TypeVar("T")

LONGEST_KEY = 120  # characters


class Connected:
    """One connection of one listener, for its plugin."""

    def __init__(self, core: Core, row: SourceRow, username: str | None = None) -> None:
        self._core = core
        self._row = row
        self._username = username
        self.values: Values = StoredValues(core, row.id)

    @property
    def id(self) -> str:
        """The connection's UUID."""
        return self._row.uuid

    @property
    def name(self) -> str:
        """What its owner calls it."""
        return self._row.name

    @property
    def username(self) -> str:
        """Whose it is."""
        if self._username is None:
            account = accounts.find_by_id(self._core, self._row.user_id)
            self._username = account.username if account is not None else ""
        return self._username

    @property
    def person(self) -> str:
        """The UUID of its owner's account."""
        account = accounts.find_by_id(self._core, self._row.user_id)
        return account.uuid if account is not None else ""

    @property
    def settings(self) -> Any:
        """What its owner set."""
        return sources.settings_of(self._core, self._row)

    @property
    def plugin_settings(self) -> Any:
        """What the administrator set for the plugin."""
        return runtime_settings.plugin(self._core, self._row.plugin)

    @property
    def page_url(self) -> str:
        """The address of the page where its owner sees and changes it."""
        return sources.page_url(self._core, self._row)

    def public_url(self, path: str) -> str:
        """Return the address of a path of this server, as people reach it."""
        return f"{self._core.settings.public_url}{path}"

    @property
    def cursor(self) -> str | None:
        """What the last successful poll returned as its cursor."""
        return self._row.cursor

    def now(self) -> float:
        """Return the time, Unix seconds."""
        return self._core.now()

    def submit(
        self, drafts: Sequence[ScrobbleDraft], *, beside: Callable[[Connection], None] | None = None
    ) -> list[Outcome]:
        """Store listens of its owner. `beside`: what else the (last) transaction does, for the server itself."""
        row = self._row
        return ingest.submit(
            self._core, row.user_id, drafts, source=row.plugin, voice=row.voice, source_id=row.id, beside=beside
        )

    def observe(self, event: Playing) -> list[Outcome]:
        """Note what a player of its owner does."""
        row = self._row
        return playback.observe(self._core, row.user_id, event, source=row.plugin, voice=row.voice, source_id=row.id)

    def note(self, outcome: str, reason: str = "", what: str = "") -> None:
        """Add to what its owner reads of it. Raises ValueError for an outcome that does not exist."""
        event = SourceEvent(int(self._core.now()), what, EventOutcome(outcome), reason)
        sources.note(self._core, self._row, event)

    def ask(self, setting: str, sentence: str, choices: Sequence[str]) -> None:
        """Ask its owner to choose some of these texts for a setting of it."""
        question = json.dumps({"setting": setting, "sentence": packed(sentence), "choices": list(choices)})
        self._core.database.write(lambda connection: stored.change(connection, self._row.id, question=question))
        sources.forget(self._core)

    def fetch(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = 10.0,
        fixed: bool = False,
    ) -> Reply:
        """Send an HTTP request through the guarded client."""
        asker = NOBODY if fixed else Asker(self._row.id, self._row.user_id)
        return outgoing.fetch(
            self._core, method, url, params=params, form=form, headers=headers, timeout=timeout, asker=asker
        )

    def secret(self, key: str) -> str | None:
        """Return a secret that is kept for this connection."""
        return secrets.unseal(self._core, {key: self.values.get(sources.SECRET + key)}).get(key)

    def keep_secret(self, key: str, value: str | None) -> None:
        """Keep a secret for this connection, encrypted; None forgets it."""
        if value is None:
            self.values.remove(sources.SECRET + key)
        else:
            self.values.put(sources.SECRET + key, secrets.seal(self._core, value))

    def read(self) -> AbstractContextManager[Any]:
        """Give a database connection to read with."""
        return self._core.database.read()

    def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work(connection)` in one transaction."""
        return self._core.database.write(work)

    def accept(self) -> None:
        """Say that the connection works now: it is polled at once."""
        values: dict[str, Any] = {"is_refused": False, "problem": None, "attempts": 0, "poll_at": int(self.now())}
        values |= {"poll_owner": None, "poll_until": None}  # what a poll under way finds out is about before
        self._core.database.write(lambda connection: stored.change(connection, self._row.id, **values))
        sources.forget(self._core)

    def notify(self, key: str, sentence: str) -> None:
        """Tell its owner by mail, once for each key."""

        def work(connection: Connection) -> None:
            mine = str(uuids.uuid4())
            if stored.add_value(connection, self._row.id, f"told:{key}"[:LONGEST_KEY], mine) == mine:
                mail.enqueue_connection(connection, self._row.uuid, sentence, now=int(self.now()))

        self._core.database.write(work)


class StoredValues:
    """A plugin's small notes about one connection (see `goscrobble.plugins.toolkit.Values`)."""

    def __init__(self, core: Core, account_id: int) -> None:
        self._database = core.database
        self._account_id = account_id

    def get(self, key: str) -> Any:
        """Return a value, None if there is none."""
        with self._database.read() as connection:
            return stored.value_of(connection, self._account_id, key[:LONGEST_KEY])

    def put(self, key: str, value: Any) -> None:
        """Keep a value; an earlier one is replaced."""
        key = key[:LONGEST_KEY]
        self._database.write(lambda connection: stored.put_value(connection, self._account_id, key, value))

    def add(self, key: str, value: Any) -> Any:
        """Keep a value unless there is one already, and return the one that is kept."""
        key = key[:LONGEST_KEY]
        return self._database.write(lambda connection: stored.add_value(connection, self._account_id, key, value))

    def remove(self, *keys: str) -> None:
        """Forget values."""
        self._database.write(lambda connection: stored.remove_values(connection, self._account_id, keys))

    def items(self, prefix: str = "") -> list[tuple[str, Any]]:
        """Return the keys that begin so and their values, oldest key first."""
        with self._database.read() as connection:
            return stored.values_of(connection, self._account_id, prefix)
