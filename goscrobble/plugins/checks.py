"""Whether what a plugin declares can be used. Pure; the host says what becomes of the plugin."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from goscrobble.config import RuntimeSettings
from goscrobble.domain.drafts import Playing, ScrobbleDraft
from goscrobble.domain.plugin_names import table_prefix
from goscrobble.domain.sentences import Sentence
from goscrobble.plugins.declarations import (
    Ingress,
    Migrations,
    PluginRecord,
    PluginSettings,
    Polled,
    Poller,
    Ready,
    Redirect,
    Routes,
    Source,
    SourceSettings,
)
from goscrobble.plugins.hookspecs import PROJECT

T = TypeVar("T")
SHORTEST_PAUSE = 1.0  # seconds between two polls
LONGEST_WAIT = 86_400  # seconds
MOST_DRAFTS, MOST_PLAYING = 10_000, 200  # of one poll
LONGEST_DEADLINE = 240.0  # seconds that one may take


def keys_of(record: PluginRecord) -> set[str]:
    """Return the keys of `/config` that are this plugin's."""
    return {f"{record.name}_{field}".upper() for field in ("enabled", *record.settings_model.model_fields)}


def clash(record: PluginRecord, others: Iterable[PluginRecord]) -> str:
    """Return what another plugin or the core has already that this one wants, as a sentence; "" if nothing."""
    mine = keys_of(record)
    if taken := mine & {key.upper() for key in RuntimeSettings.model_fields}:
        return Sentence(
            "Its setting %(name)s is one of the server's own; its author must rename the field.", name=min(taken)
        )
    for other in others:
        if taken := mine & keys_of(other):
            return Sentence(
                "Its setting %(name)s is one of the plugin %(other)s too; remove one of them.",
                name=min(taken),
                other=other.name,
            )
    return ""


def wrong_tables(record: PluginRecord) -> str:
    """Return which of the plugin's tables is not called as it must be, as a sentence; "" if all are."""
    if record.migrations is None:
        return ""
    prefix = table_prefix(record.name)
    wrong = sorted(name for name in record.migrations.metadata.tables if not name.startswith(prefix))
    if not wrong:
        return ""
    return Sentence(
        "Its table %(name)s must be called %(prefix)s…; its author must rename it.", name=wrong[0], prefix=prefix
    )


def unmarked(plugin: object, hooks: Iterable[str]) -> list[str]:
    """Return a sentence for each function of a plugin that is called like a hook but lacks its mark."""
    return [
        Sentence("Its function %(hook)s is never asked: it lacks the mark @hookimpl.", hook=hook)
        for hook in hooks
        if inspect.isroutine(function := getattr(plugin, hook, None)) and not hasattr(function, f"{PROJECT}_impl")
    ]


def never_waits(function: Callable[..., Any], what: str) -> None:
    """Raise TypeError for an `async def`: nothing here would run what it returns."""
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        raise TypeError(f"{what} is an async function; it must be a plain one")


def at_once(answer: T, what: str) -> T:
    """Return an answer. Raises TypeError for one that would have to be awaited."""
    if inspect.isawaitable(answer):
        if inspect.iscoroutine(answer):
            answer.close()  # else Python warns that nobody awaited it
        raise TypeError(f"{what} returned something to await; it must do its work before it returns")
    return answer


def as_reason(answer: Any) -> str | None:
    """Return what `reject_draft` returned, checked."""
    if not isinstance(answer, str | None):
        raise TypeError(f"reject_draft returned {type(answer).__name__}, not a sentence or None")
    return answer


def as_draft(answer: Any) -> ScrobbleDraft | None:
    """Return what `prepare_draft` returned, checked."""
    if answer is None:
        return None
    if not isinstance(answer, ScrobbleDraft):
        raise TypeError(f"prepare_draft returned {type(answer).__name__}, not a ScrobbleDraft")
    return ScrobbleDraft.model_validate(answer.model_dump(warnings=False))  # model_copy(update=…) checks nothing


def checked_poll(answer: Any) -> Polled:
    """Return what a poll returned, checked: one bad play must not be found out in the middle of storing them."""
    at_once(answer, "poll")
    if not isinstance(answer, Polled):
        raise TypeError(f"poll returned {type(answer).__name__}, not Polled")
    if not all(isinstance(one, ScrobbleDraft) for one in answer.drafts):
        raise TypeError("Polled.drafts must be ScrobbleDrafts")
    if not all(isinstance(one, Playing) for one in answer.playing):
        raise TypeError("Polled.playing must be Playing")
    if not isinstance(answer.cursor, str | None):
        raise TypeError("Polled.cursor must be a text")
    if len(answer.drafts) > MOST_DRAFTS or len(answer.playing) > MOST_PLAYING:
        raise ValueError(f"a poll may bring {MOST_DRAFTS} drafts and {MOST_PLAYING} events of players at most")
    if answer.again_in is not None and not 0 <= answer.again_in <= LONGEST_WAIT:
        raise ValueError(f"Polled.again_in must be 0 to {LONGEST_WAIT} s")
    drafts = [ScrobbleDraft.model_validate(one.model_dump(warnings=False)) for one in answer.drafts]
    playing = [Playing.model_validate(one.model_dump(warnings=False)) for one in answer.playing]
    return replace(answer, drafts=drafts, playing=playing)  # model_copy(update=…) checks nothing


def checked_connection(answer: Any) -> Ready | Redirect:
    """Return what a source's `connect` returned, checked."""
    at_once(answer, "connect")
    if not isinstance(answer, Ready | Redirect):
        raise TypeError(f"connect returned {type(answer).__name__}, not Ready or Redirect")
    if isinstance(answer, Redirect) and not answer.url.startswith(("http://", "https://")):
        raise ValueError("connect wants to redirect to what is no address")
    return answer


def _as_settings(answer: Any) -> type[PluginSettings]:
    if not (isinstance(answer, type) and issubclass(answer, PluginSettings)):
        raise TypeError("register_config must return a subclass of PluginSettings")
    return answer


def _as_sources(answer: Any) -> tuple[Source, ...]:
    sources = _all_of(Source, answer, "register_sources")
    for source in sources:
        if not all(isinstance(text, str) for text in (source.title, source.summary, *source.steps)):
            raise TypeError("title, summary and steps of a Source must be texts")
        settings: Any = source.settings
        if not (isinstance(settings, type) and issubclass(settings, SourceSettings)):
            raise TypeError(f"the settings of {source.title} must be a subclass of SourceSettings")
        if source.connect is not None:
            never_waits(source.connect, f"connect of {source.title}")
    return sources


def _as_pollers(answer: Any) -> tuple[Poller, ...]:
    pollers = _all_of(Poller, answer, "register_pollers")
    for poller in pollers:
        never_waits(poller.poll, "poll")
        if not (poller.every >= SHORTEST_PAUSE and 0 < poller.deadline <= LONGEST_DEADLINE):
            raise ValueError(
                f"a poller must wait {SHORTEST_PAUSE:g} s or longer between two polls, "
                f"and may take {LONGEST_DEADLINE:g} s for one"
            )
    return pollers


def _as_migrations(answer: Any) -> Migrations:
    if not isinstance(answer, Migrations):
        raise TypeError("register_migrations must return Migrations")
    if not (answer.folder / "versions").is_dir():
        raise ValueError(f"there is no folder {answer.folder / 'versions'}")
    return answer


def as_routes(answer: Any) -> tuple[Ingress | Routes, ...]:
    """Return what `register_blueprints` returned, checked."""
    return _all_of((Ingress, Routes), answer, "register_blueprints")


def _all_of(kind: type[T] | tuple[type[T], ...], answer: Any, hook: str) -> tuple[T, ...]:
    found = tuple(answer) if isinstance(answer, Iterable) else None
    if found is None or not all(isinstance(one, kind) for one in found):
        kinds = kind if isinstance(kind, tuple) else (kind,)
        raise TypeError(f"{hook} must return a list of {' and '.join(one.__name__ for one in kinds)}")
    return found


# What may be wrong with an answer to a hook that is asked while the server runs.
ANSWERS: Mapping[str, Callable[[Any], Any]] = {"prepare_draft": as_draft, "reject_draft": as_reason}

# Each hook that is asked when a plugin is loaded: where its answer goes, and how it is checked.
CHECKED: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "register_config": ("settings_model", _as_settings),
    "register_sources": ("sources", _as_sources),
    "register_pollers": ("pollers", _as_pollers),
    "register_migrations": ("migrations", _as_migrations),
}
