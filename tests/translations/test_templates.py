"""No template says anything that a translator could not get at."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from jinja2 import Environment

from goscrobble.web import translations

TEMPLATES = Path(translations.__file__).parent / "templates"
NAMES = {"GoScrobble", "required"}  # a name, and an attribute that a macro writes
SPOKEN = re.compile(r'\b(?:aria-label|alt|title|placeholder|data-label)="([^"]*)"')
UNSPOKEN = re.compile(r"""<code[^>]*>.*?</code>|<[^>]*>|[\w-]+=(?:"[^"]*"|'[^']*')|&\w+;""", re.DOTALL)
_LEXER = Environment(extensions=["jinja2.ext.i18n"])


def untranslated(source: str) -> list[str]:
    """Return what a template's own text says to readers, in tags or between them."""
    text, ahead, in_trans = "", "", False
    for _line, kind, value in _LEXER.lex(source):
        if kind == "name" and ahead == "block_begin":
            in_trans = value == "trans" or (in_trans and value != "endtrans")
        if kind != "whitespace":
            ahead = kind
        if kind == "data" and not in_trans:
            text += value
    said = [*SPOKEN.findall(text), *UNSPOKEN.sub("\n", text).split("\n")]
    return [words for one in said if (words := one.strip()) and set(re.findall(r"[^\W\d_]+", words)) - NAMES]


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_a_template_says_nothing_but_through_gettext(path):
    assert untranslated(path.read_text()) == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('<p class="soft">{{ _("Hello") }} · GoScrobble</p>', []),
        ("<p>{% trans %}Go <b>on</b>{% endtrans %}</p>", []),
        ("<p>Hello</p>", ["Hello"]),
        ("<p>{{ name }} is here</p>", ["is here"]),
        ('<a aria-label="Pages">{{ _("All") }}</a>', ["Pages"]),
        ("{% trans %}Go{% endtrans %}<p>on</p>", ["on"]),
    ],
)
def test_unwrapped_text_is_found(source, expected):
    assert untranslated(source) == expected
