"""Whose playing an event tells of. A family's server sends everybody's events to one address.

While the listener has not said which users of that Jellyfin they are, the first one heard is taken to be them. When a
second one is heard, nobody can know: everything is held, the listener is asked, and what is theirs is told afterwards,
at its own time.
"""

from __future__ import annotations

import time
from typing import Any

from pydantic import Field, field_validator

from goscrobble.plugins import Playing, ScrobbleDraft, Sentence, SourceAccount, SourceSettings

LONGEST_HELD = 20_000  # characters of one event
MOST_NAMES = 50  # users of one Jellyfin that are told apart
AT_ANSWER, AT_ONCE = 300, 20  # held events that are told when the listener answers, and with each event that follows
MOST_HELD = 5000  # events of one connection: weeks of a large family
QUESTION = Sentence(
    "Several people use this Jellyfin. Which of these users are you? Until you answer, nothing is counted."
)

Told = Playing | ScrobbleDraft


class Connection(SourceSettings):
    """What a listener sets for a connection."""

    users: tuple[str, ...] = Field(
        default=(),
        title=Sentence("Jellyfin users"),
        description=Sentence("Names of those users of this Jellyfin who are you; what others play is ignored."),
    )

    @field_validator("users")
    @classmethod
    def _named(cls, users: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(filter(None, (name.strip() for name in users))))


def is_theirs(account: SourceAccount, name: str | None, told: Told) -> bool:
    """Return whether an event of this Jellyfin user is the listener's own; else it has been ignored or held."""
    is_open = release(account, AT_ONCE)
    users = account.settings.users
    if users and name is not None and not _is_among(name, users):
        why = Sentence("%(name)s is not one of the Jellyfin users you named for this connection.", name=name)
        account.note("ignored", why, _what(told))
        return False
    if name is None or (users and is_open):
        return True
    if users:
        _hold(
            account, name, told, Sentence("%(name)s played this. It is counted after what was held before.", name=name)
        )
        return False
    heard = _heard(account, name)
    if len(heard) == 1:
        return True
    people = ", ".join(sorted(heard.values(), key=str.casefold))
    why = Sentence(
        "%(name)s played this. Waiting for your answer: which of %(people)s are you?", name=name, people=people
    )
    _hold(account, name, told, why)
    return False


def release(account: SourceAccount, most: int = AT_ANSWER) -> bool:
    """Tell what was held, once the listener has said who they are: their own, in the order it came, so many at once.

    Returns whether nothing is held any more.
    """
    users = account.settings.users
    if not users or not account.values.get("held"):
        return True
    held = account.values.items("held:")
    for key, kept in held[:most]:
        if _is_among(kept["name"], users):
            _tell(account, kept)
        account.values.remove(key)
        time.sleep(0)  # others' turn
    if len(held) > most:
        return False
    account.values.remove("held", *(key for key, _ in account.values.items("last:")))
    return True


# ---- parts ----


def _heard(account: SourceAccount, name: str) -> dict[str, str]:
    """Return the users heard so far, this one among them."""
    heard = dict(account.values.items("name:"))
    key = f"name:{name.casefold()}"
    if key not in heard and len(heard) < MOST_NAMES:
        account.values.add(key, name)
        heard = dict(account.values.items("name:"))  # another worker may have heard somebody else just now
        if len(heard) > 1:
            account.ask("users", QUESTION, sorted(heard.values(), key=str.casefold))
    return heard


def _hold(account: SourceAccount, name: str, told: Told, why: str) -> None:
    last_key = f"last:{told.player}" if isinstance(told, Playing) else ""
    if isinstance(told, Playing):
        now = [told.item, told.state]
        if not told.starts and account.values.get(last_key) == now:
            return  # it just goes on
        account.values.put(last_key, now)
    text = told.model_dump_json(exclude_defaults=True)
    if len(text) > LONGEST_HELD:
        account.note("rejected", Sentence("Its names are too long to be kept."))
        return
    number = account.values.get("held") or 0
    if number >= MOST_HELD:
        why_not = Sentence("%(most)s events are held already; answer which users you are.", most=MOST_HELD)
        account.note("rejected", why_not, _what(told))
        return
    kind = "playing" if isinstance(told, Playing) else "draft"
    account.values.put("held", number + 1)
    # The player's own time keeps events of one moment apart, whichever worker takes them.
    key = f"held:{account.now():.3f}:{number}:{name.casefold()}"
    account.values.put(key, {"name": name, kind: told.model_dump(mode="json", exclude_defaults=True)})
    account.note("held", why, _what(told))


def _tell(account: SourceAccount, kept: dict[str, Any]) -> None:
    if "playing" in kept:
        account.observe(Playing.model_validate(kept["playing"]))
    else:
        account.submit([ScrobbleDraft.model_validate(kept["draft"])])


def _is_among(name: str, users: tuple[str, ...]) -> bool:
    return name.casefold() in {user.casefold() for user in users}


def _what(told: Told) -> str:
    draft = told.draft if isinstance(told, Playing) else told
    return f"{', '.join(draft.artists)} – {draft.title}"  # noqa: RUF001 - how a track is written
