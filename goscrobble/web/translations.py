"""The language of a page: the reader's, as their browser tells it, if there is a catalogue for it; else English.

Babel reads the catalogues (`translations/<language>/LC_MESSAGES/messages.mo`), Jinja's own extension asks for them.
Flask-Babel would join the two, but has had no release since 2023 and needs pytz.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from babel import Locale
from babel.support import NullTranslations, Translations
from flask import Flask, g, has_request_context, request

from goscrobble.domain.sentences import Sentence

FOLDER = Path(__file__).parent / "translations"
SOURCE = "en"  # the language that the texts are written in
_this_g = g._get_current_object  # noqa: SLF001 - a page asks a thousand times for its language, `g` takes long to ask

__all__ = ["N_", "gettext", "language", "ngettext", "register", "translated"]


def register(app: Flask) -> None:
    """Let templates say `_("…")`, and tell them the language of the page."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # what the extension adds
        _gettext, _ngettext, newstyle=True, pgettext=_pgettext, npgettext=_npgettext
    )
    app.jinja_env.globals |= {"language": language, "direction": direction}


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


def translated(said: Exception | str) -> str:
    """Return what an error says, or a sentence of a service's, in the language of the page if there is a translation.

    What pages themselves say is translated already, and stays.
    """
    sentence: str = said if isinstance(said, str) else next(iter(said.args), "")
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


@lru_cache(32)
def _catalogue(name: str) -> NullTranslations:
    return Translations.load(FOLDER, [name.replace("-", "_")])


def _gettext(text: str) -> str:
    return str(_catalogue(language()).gettext(text))


def _ngettext(one: str, many: str, count: int) -> str:
    return str(_catalogue(language()).ngettext(one, many, count))


def _pgettext(context: str, text: str) -> str:
    return str(_catalogue(language()).pgettext(context, text))


def _npgettext(context: str, one: str, many: str, count: int) -> str:
    return str(_catalogue(language()).npgettext(context, one, many, count))
