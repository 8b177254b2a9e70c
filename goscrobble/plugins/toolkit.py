"""What a plugin may use of the server. The host hands each plugin an object of its own that does this."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from goscrobble.domain.drafts import Playing, ScrobbleDraft
from goscrobble.domain.scrobbles import Outcome
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
