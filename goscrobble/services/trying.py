"""Trying a connection out before it is stored, and telling its plugin afterwards: what asks the plugin itself."""

from __future__ import annotations

from goscrobble import logs
from goscrobble.errors import BadInput, Unavailable
from goscrobble.plugins.declarations import PluginRecord, Ready, Redirect, Source
from goscrobble.plugins.policy import NotAuthorized, RetryLater, Unrecoverable
from goscrobble.services.core import Core
from goscrobble.storage.sources import SourceRow


def try_out(core: Core, record: PluginRecord, declared: Source, row: SourceRow, username: str) -> Ready | Redirect:
    """Ask the plugin whether a connection works, as it would be stored.

    Raises BadInput with the plugin's sentence if not, Unavailable if that cannot be found out now.
    """
    if declared.connect is None:
        return Ready()
    try:
        return core.plugins.connect(record, declared.connect, _connected(core, row, username))
    except (NotAuthorized, Unrecoverable) as error:
        raise BadInput(logs.without_secrets(str(error) or "The service does not accept this")) from None
    except RetryLater as error:
        wait = max(1, round(error.after)) if error.after is not None else 5
        raise Unavailable(logs.without_secrets(str(error) or "Try again later"), retry_after=wait) from None


def tell(core: Core, row: SourceRow, username: str) -> None:
    """Tell the plugin of a connection that its owner changed the settings."""
    core.plugins.tell_one(row.plugin, "after_source_change", account=_connected(core, row, username))


def _connected(core: Core, row: SourceRow, username: str) -> object:
    from goscrobble.services.source_accounts import Connected  # noqa: PLC0415 - it needs `sources`, which needs this

    return Connected(core, row, username)
