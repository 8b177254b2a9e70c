"""The language of a page: the reader's, as their browser tells it, if there is a catalogue for it; else English.

Babel reads the catalogues (`translations/<language>/LC_MESSAGES/messages.mo`, ours and those that plugins bring in a
folder of that name in their package), Jinja's own extension asks for them.
Flask-Babel would join the two, but has had no release since 2023 and needs pytz.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from babel import Locale
from babel.support import NullTranslations, Translations
from flask import Flask, current_app, g, has_request_context, request

from goscrobble.domain.sentences import Sentence, said
from goscrobble.plugins.declarations import PluginRecord

FOLDER = Path(__file__).parent / "translations"
_OF_PLUGINS = "goscrobble.translations"  # where an application keeps the folders that plugins bring
SOURCE = "en"  # the language that the texts are written in
_this_g = g._get_current_object  # noqa: SLF001 - a page asks a thousand times for its language, `g` takes long to ask

__all__ = ["N_", "gettext", "language", "ngettext", "register", "translated"]


def register(app: Flask) -> None:
    """Let templates say `_("…")`, and tell them the language of the page."""
    app.extensions[_OF_PLUGINS] = _folders(app.extensions["goscrobble"].plugins.records.values())
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # what the extension adds
        _gettext, _ngettext, newstyle=True, pgettext=_pgettext, npgettext=_npgettext
    )
    app.jinja_env.globals |= {"language": language, "direction": direction}
    app.jinja_env.filters["translated"] = translated


def language() -> str:
    """Return the language of this request's page: `en`, `pt-BR`."""
    try:
        return _this_g().language  # type: ignore[no-any-return]
    except (RuntimeError, AttributeError):  # outside of everything; not asked yet
        if not has_request_context():
            return SOURCE
    _this_g().language = request.accept_languages.best_match(available(), SOURCE)
    return language()


def direction() -> str:
    """Return `ltr` or `rtl`, how the language of the page runs."""
    return str(Locale.parse(language(), sep="-").text_direction)


def gettext(text: str, /, **values: object) -> str:
    """Return a text in the language of the page, `%(name)s` filled in."""
    return _gettext(text) % values if values else _gettext(text)


def ngettext(one: str, many: str, count: int, /, **values: object) -> str:
    """Return the form of a text that fits `count`, which it may name as `%(num)s`."""
    return _ngettext(one, many, count) % ({"num": count} | values)


def translated(what: Exception | str) -> str:
    """Return what an error says, or a sentence of a service's, in the language of the page if there is a translation.

    What pages themselves say is translated already, and stays.
    """
    sentence = said(what) if isinstance(what, Exception) else what
    if not isinstance(sentence, Sentence):
        return _gettext(sentence) if sentence else ""
    values = {name: translated(it) if isinstance(it, Sentence) else it for name, it in sentence.values.items()}
    return gettext(sentence.text, **values)


def N_(text: str) -> str:  # noqa: N802 - the name that extraction knows
    """Mark a text of a table for translators; `gettext` translates it when it is shown."""
    return text


@lru_cache(1)
def available() -> tuple[str, ...]:
    """Return the languages that pages can be read in."""
    found = (path.parents[1].name.replace("_", "-") for path in FOLDER.glob("*/LC_MESSAGES/messages.mo"))
    return tuple(sorted({SOURCE, *found}))


# ---- machinery ----


def _folders(plugins: Iterable[PluginRecord]) -> tuple[Path, ...]:
    """Return where the catalogues of plugins are."""
    modules = (sys.modules.get(record.module.partition(":")[0]) for record in plugins if not record.builtin)
    packages = (Path(place) for module in modules for place in getattr(module, "__path__", ()))
    return tuple(folder for package in packages if (folder := package / "translations").is_dir())


def _catalogue() -> NullTranslations:
    try:
        return _this_g().catalogue  # type: ignore[no-any-return]
    except (RuntimeError, AttributeError):
        if not has_request_context():
            return NullTranslations()
    _this_g().catalogue = _joined(language(), (FOLDER, *current_app.extensions[_OF_PLUGINS]))
    return _catalogue()


@lru_cache(64)
def _joined(name: str, folders: tuple[Path, ...]) -> NullTranslations:
    """Return the texts of a language; a folder is asked for what those before it do not know."""
    found = [Translations.load(folder, [name.replace("-", "_")]) for folder in folders]
    for catalogue in found[1:]:
        found[0].add_fallback(catalogue)
    return found[0]


def _gettext(text: str) -> str:
    return str(_catalogue().gettext(text))


def _ngettext(one: str, many: str, count: int) -> str:
    return str(_catalogue().ngettext(one, many, count))


def _pgettext(context: str, text: str) -> str:
    return str(_catalogue().pgettext(context, text))


def _npgettext(context: str, one: str, many: str, count: int) -> str:
    return str(_catalogue().npgettext(context, one, many, count))
