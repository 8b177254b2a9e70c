"""How deeds, jobs and states read on the administrator's pages. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from goscrobble.plugins.declarations import Status
from goscrobble.services.administration import Action
from goscrobble.services.queue import PERIODIC
from goscrobble.web.schema_forms import readable

DEEDS: Mapping[str, str] = {
    Action.SETTINGS_CHANGE: "changed settings",
    Action.PLUGIN_ENABLE: "switched on the plugin",
    Action.PLUGIN_DISABLE: "switched off the plugin",
    Action.PLUGIN_RESET: "trusted again the plugin",
    Action.PLUGIN_PURGE: "removed what was kept of the plugin",
    Action.ACCOUNT_ADD: "added the account",
    Action.ACCOUNT_DISABLE: "disabled the account",
    Action.ACCOUNT_ENABLE: "enabled the account",
    Action.ACCOUNT_PROMOTE: "made an administrator of",
    Action.ACCOUNT_DEMOTE: "took administration from",
    Action.ACCOUNT_MAKE_MOD: "made a moderator of",
    Action.ACCOUNT_UNMAKE_MOD: "took moderation from",
    Action.ACCOUNT_PASSWORD: "set a new password of",
    Action.ACCOUNT_RESET_LINK: "made a reset link for",
    Action.ACCOUNT_DELETE: "deleted the account",
    Action.TOKEN_ADD: "made an API token for",
    Action.TOKEN_REVOKE: "revoked an API token of",
    Action.JOB_RETRY: "tried again the job",
    Action.JOB_DISCARD: "discarded the job",
    Action.MAIL_TEST: "sent a test mail to",
    Action.COVER_REPLACE: "replaced the picture of the",
    Action.COVER_REMOVE: "removed the picture of the",
}
STATUSES: Mapping[Status, str] = {
    Status.ENABLED: "On",
    Status.DISABLED: "Off",
    Status.BLOCKED: "Blocked",
    Status.FAILED_TO_LOAD: "Cannot be loaded",
    Status.BAD_CONFIG: "Wrong settings",
    Status.OUTDATED: "Tables do not fit",
    Status.TRIPPED: "Left alone",
}


def deed(action: str) -> str:
    """Return what was done as words between who did it and to what."""
    return DEEDS.get(action, action)


def kind(name: str) -> str:
    """Return a kind of jobs as people write it: `every:judge-play-sessions` is `Judge play sessions, recurring`."""
    words = readable(name.removeprefix(PERIODIC).replace("-", "_").replace(":", "_"))
    return f"{words}, recurring" if name.startswith(PERIODIC) else words


def status(value: Status) -> str:
    """Return how a plugin is, in two or three words."""
    return STATUSES[value]
