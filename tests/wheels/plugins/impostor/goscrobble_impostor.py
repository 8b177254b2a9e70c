"""It claims a name that another plugin has."""

from goscrobble.plugins import ScrobbleDraft, hookimpl


@hookimpl
def reject_draft(draft: ScrobbleDraft) -> str:
    return "The impostor was asked"
