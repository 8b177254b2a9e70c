"""How deeds, jobs and states read on the administrator's pages."""

from __future__ import annotations

from collections.abc import Mapping

from goscrobble.plugins.declarations import Status
from goscrobble.services.administration import Action
from goscrobble.services.queue import PERIODIC
from goscrobble.web.schema_forms import readable
from goscrobble.web.translations import N_
from goscrobble.web.translations import gettext as _

DEEDS: Mapping[str, str] = {
    Action.SETTINGS_CHANGE: N_("changed settings"),
    Action.PLUGIN_ENABLE: N_("switched on the plugin"),
    Action.PLUGIN_DISABLE: N_("switched off the plugin"),
    Action.PLUGIN_RESET: N_("trusted again the plugin"),
    Action.PLUGIN_PURGE: N_("removed what was kept of the plugin"),
    Action.ACCOUNT_ADD: N_("added the account"),
    Action.ACCOUNT_DISABLE: N_("disabled the account"),
    Action.ACCOUNT_ENABLE: N_("enabled the account"),
    Action.ACCOUNT_PROMOTE: N_("made an administrator of"),
    Action.ACCOUNT_DEMOTE: N_("took administration from"),
    Action.ACCOUNT_MAKE_MOD: N_("made a moderator of"),
    Action.ACCOUNT_UNMAKE_MOD: N_("took moderation from"),
    Action.ACCOUNT_PASSWORD: N_("set a new password of"),
    Action.ACCOUNT_RESET_LINK: N_("made a reset link for"),
    Action.ACCOUNT_DELETE: N_("deleted the account"),
    Action.TOKEN_ADD: N_("made an API token for"),
    Action.TOKEN_REVOKE: N_("revoked an API token of"),
    Action.JOB_RETRY: N_("tried again the job"),
    Action.JOB_DISCARD: N_("discarded the job"),
    Action.MAIL_TEST: N_("sent a test mail to"),
    Action.COVER_REPLACE: N_("replaced the picture of the"),
    Action.COVER_REMOVE: N_("removed the picture of the"),
}
STATUSES: Mapping[Status, str] = {
    Status.ENABLED: N_("On"),
    Status.DISABLED: N_("Off"),
    Status.BLOCKED: N_("Blocked"),
    Status.FAILED_TO_LOAD: N_("Cannot be loaded"),
    Status.BAD_CONFIG: N_("Wrong settings"),
    Status.OUTDATED: N_("Tables do not fit"),
    Status.TRIPPED: N_("Left alone"),
}


def deed(action: str) -> str:
    """Return what was done as words between who did it and to what."""
    return _(DEEDS[action]) if action in DEEDS else action


def kind(name: str) -> str:
    """Return a kind of jobs as people write it: `every:judge-play-sessions` is `Judge play sessions, recurring`."""
    words = readable(name.removeprefix(PERIODIC).replace("-", "_").replace(":", "_"))
    return _("%(job)s, recurring", job=words) if name.startswith(PERIODIC) else words


def status(value: Status) -> str:
    """Return how a plugin is, in two or three words."""
    return _(STATUSES[value])
