"""Its hook computes for ever."""

from goscrobble.plugins import ScrobbleDraft, hookimpl


@hookimpl
def prepare_draft(draft: ScrobbleDraft) -> None:
    while draft.title.startswith("Compute"):
        pass
