"""What a plugin may use of the server. The host hands each plugin an object of its own that does this."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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

    def public_url(self, path: str) -> str:
        """Return the address of a path of this server, as people reach it."""
        ...

    def visitor(self) -> Visitor | None:
        """Return who is signed in with the browser that sends this request, None for nobody. For `Routes`."""
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


class Tables(Protocol):
    """The way to a plugin's own tables, for hooks that are told outside of any request."""

    def read(self) -> AbstractContextManager[Any]:
        """Give a database connection to read with, as `Toolkit.read` does."""
        ...

    def write(self, work: Callable[[Any], Any]) -> Any:
        """Run `work(connection)` in one transaction, as `Toolkit.write` does."""
        ...


class Visitor(Protocol):
    """Somebody who is signed in with a browser."""

    @property
    def username(self) -> str:
        """Who it is."""
        ...

    @property
    def person(self) -> str:
        """The UUID of their account: keep what is about them by this, so that `after_account_removal` finds it."""
        ...

    @property
    def session(self) -> str:
        """An opaque name of this sign-in, the same for all its requests and for no other."""
        ...

    def source_accounts(self) -> list[SourceAccount]:
        """Return their connections to this plugin, oldest first."""
        ...


class Reply(Protocol):
    """What a service answered."""

    @property
    def status(self) -> int:
        """The HTTP status."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, names in lower case."""
        ...

    @property
    def body(self) -> bytes:
        """The body, decoded from gzip and the like."""
        ...

    def json(self) -> Any:
        """Return the body as JSON. Raises Unreachable if it is none."""
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
    def person(self) -> str:
        """The UUID of its owner's account: keep what is about them by this, so that `after_account_removal` finds it.

        "" if the account was erased meanwhile.
        """
        ...

    @property
    def settings(self) -> Any:
        """What its owner set: an object of the source's settings model."""
        ...

    @property
    def plugin_settings(self) -> Any:
        """What the administrator set for the plugin: an object of the plugin's settings model."""
        ...

    @property
    def page_url(self) -> str:
        """The address of the page where its owner sees and changes it."""
        ...

    def public_url(self, path: str) -> str:
        """Return the address of a path of this server, as people reach it."""
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
        """Send an HTTP request, and return the answer whatever its status.

        The one way out for addresses that people give: private networks are closed unless an administrator opened
        them, redirects are not followed, an answer has at most 2 MB and all of it arrives within `timeout` seconds.
        Raises Unreachable, a RetryLater with the same sentence whatever went wrong.

        A host that fails or asks to wait is left alone by this connection for a while. `fixed` says that the address is
        the plugin's own, the same for every listener: then all of its connections leave it alone, for an hour at most.
        """
        ...

    def secret(self, key: str) -> str | None:
        """Return a secret that is kept for this connection, None if there is none."""
        ...

    def keep_secret(self, key: str, value: str | None) -> None:
        """Keep a secret for this connection, encrypted; None forgets it."""
        ...

    def read(self) -> AbstractContextManager[Any]:
        """Give a database connection to read the plugin's own tables with, as `Toolkit.read` does."""
        ...

    def write(self, work: Callable[[Any], Any]) -> Any:
        """Run `work(connection)` in one transaction, as `Toolkit.write` does."""
        ...

    def accept(self) -> None:
        """Say that the connection works now: it is polled at once."""
        ...

    def notify(self, key: str, sentence: str) -> None:
        """Tell its owner by mail, once for each key."""
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
