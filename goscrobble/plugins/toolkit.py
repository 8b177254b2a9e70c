"""What a plugin may use of the server. The host hands each plugin an object of its own that does this."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

from goscrobble.domain.drafts import Playing, ScrobbleDraft
from goscrobble.domain.scrobbles import Outcome

if TYPE_CHECKING:  # declarations speak of source accounts
    from goscrobble.plugins.declarations import PluginSettings


class Toolkit(Protocol):
    """Bound to one plugin. Within a request of its ingress, plays go to the listener who sent the credential."""

    def payload(self) -> Any:
        """Return the request's body: parsed JSON (dict or non-empty list), or a form's fields as a dict of strings."""
        ...

    def now(self) -> float:
        """Return the time, Unix seconds."""
        ...

    def settings(self) -> PluginSettings:
        """Return the plugin's settings as they are now."""
        ...

    def submit(self, drafts: Sequence[ScrobbleDraft]) -> list[Outcome]:
        """Store listens of the request's listener, on disk when it returns; one outcome per draft, in order."""
        ...

    def observe(self, event: Playing) -> list[Outcome]:
        """Note what a player of the request's listener does. Returns the outcomes of plays this event decided."""
        ...

    def ignore(self, reason: str, what: str = "") -> None:
        """Note for the listener why nothing is made of this request; `what` names the track, if there is one."""
        ...

    def source_account(self) -> SourceAccount:
        """Return the connection that this request came by."""
        ...

    def read(self) -> AbstractContextManager[Any]:
        """Give a database connection (SQLAlchemy Core) to read the plugin's own tables with, in a `with` statement."""
        ...

    def write(self, work: Callable[[Any], Any]) -> Any:
        """Run `work(connection)` in one transaction and return what it returns.

        It may be run again after a deadlock, so it must have no effect but on the plugin's own tables, and must not
        wait for anything.
        """
        ...


class SourceAccount(Protocol):
    """One connection of one listener to one plugin."""

    @property
    def id(self) -> str:
        """The connection's UUID."""
        ...

    @property
    def name(self) -> str:
        """What its owner calls it."""
        ...

    @property
    def username(self) -> str:
        """Whose it is."""
        ...

    @property
    def settings(self) -> Any:
        """What its owner set: an object of the source's settings model."""
        ...

    @property
    def cursor(self) -> str | None:
        """What the last successful poll returned as its cursor; None before the first."""
        ...

    @property
    def values(self) -> Values:
        """What the plugin keeps for it."""
        ...

    def now(self) -> float:
        """Return the time, Unix seconds."""
        ...

    def submit(self, drafts: Sequence[ScrobbleDraft]) -> list[Outcome]:
        """Store listens of its owner, as `Toolkit.submit` does."""
        ...

    def observe(self, event: Playing) -> list[Outcome]:
        """Note what a player of its owner does, as `Toolkit.observe` does."""
        ...

    def note(self, outcome: str, reason: str = "", what: str = "") -> None:
        """Add to what its owner reads of it: `outcome` is one of "ignored", "held", "rejected", "failed"."""
        ...

    def ask(self, setting: str, sentence: str, choices: Sequence[str]) -> None:
        """Ask its owner to choose some of these texts for a setting of it; asking again replaces the question.

        The setting is a tuple of strings. Once it is set, the hook `after_source_change` is told.
        """
        ...


class Values(Protocol):
    """A plugin's small notes about one source account: JSON values by key, gone with the account."""

    def get(self, key: str) -> Any:
        """Return a value, None if there is none."""
        ...

    def put(self, key: str, value: Any) -> None:
        """Keep a value; an earlier one is replaced."""
        ...

    def add(self, key: str, value: Any) -> Any:
        """Keep a value unless there is one already, and return the one that is kept: of several callers one wins."""
        ...

    def remove(self, *keys: str) -> None:
        """Forget values."""
        ...

    def items(self, prefix: str = "") -> list[tuple[str, Any]]:
        """Return the keys that begin so and their values, in the order in which the keys were first kept."""
        ...
