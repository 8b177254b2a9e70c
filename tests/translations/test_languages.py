"""A page speaks the language of its reader: its texts, its numbers, its dates."""

from __future__ import annotations

import io
import re
from datetime import date
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import g

from goscrobble.web import translations
from goscrobble.web.pages import formats

ROOT = Path(__file__).parents[2]
GERMAN = {"Sign in": "Anmelden", "Today": "Heute", "%(count)s min": "%(count)s Min."}


@pytest.fixture
def languages(tmp_path, monkeypatch):
    """German and Hebrew, as far as a test needs them."""
    for language, texts in (("de", GERMAN), ("he", {})):
        catalogue = Catalog(language)
        for text, translated in texts.items():
            catalogue.add(text, translated, flags={"python-format"} if "%(" in text else ())
        (tmp_path / language / "LC_MESSAGES").mkdir(parents=True)
        with (tmp_path / language / "LC_MESSAGES" / "messages.mo").open("wb") as file:
            write_mo(file, catalogue)
    monkeypatch.setattr(translations, "FOLDER", tmp_path)
    translations.available.cache_clear()
    translations._catalogue.cache_clear()
    yield
    translations.available.cache_clear()
    translations._catalogue.cache_clear()


def test_a_page_is_in_the_language_of_its_reader(client, languages):
    page = client.get("/login", headers={"Accept-Language": "de-AT, de;q=0.8"}).get_data(as_text=True)
    assert '<html lang="de" dir="ltr"' in page
    assert "<h1>Anmelden</h1>" in page


def test_a_page_runs_from_right_to_left_where_its_language_does(client, languages):
    page = client.get("/login", headers={"Accept-Language": "he"}).get_data(as_text=True)
    assert '<html lang="he" dir="rtl"' in page


def test_a_language_without_a_catalogue_is_answered_in_english(client, languages):
    page = client.get("/login", headers={"Accept-Language": "fr"}).get_data(as_text=True)
    assert '<html lang="en" dir="ltr"' in page
    assert "<h1>Sign in</h1>" in page


def test_numbers_dates_and_lengths_are_german_for_a_german(app, languages):
    day = date(2021, 3, 5)
    with app.test_request_context(headers={"Accept-Language": "de"}):
        assert translations.language() == "de" == g.language
        assert formats.number(1_234_567) == "1.234.567"
        assert formats.short_day(day) == "5. März 2021"
        assert formats.day_name(day, date(2026, 6, 1)) == "Freitag, 5. März 2021"
        assert formats.day_name(day, day) == "Heute"
        assert formats.span(720) == "12 Min."
        assert formats.ago(0, 3 * 3600) == "vor 3 Stunden"
        assert formats.weekdays()[0] == "Montag"


def test_the_template_for_translators_has_every_text():
    """`make messages` brings it up to date."""
    with (ROOT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    keywords = {"_": None, "gettext": None, "N_": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}
    found = extract_from_dir(ROOT / "goscrobble" / "web", methods_of(methods), options_of(options), keywords)
    expected = {text if isinstance(text, str) else text[0] for _file, _line, text, _comments, _context in found}
    kept = read_po(io.BytesIO((translations.FOLDER / "messages.pot").read_bytes()))
    assert {m.id if isinstance(m.id, str) else m.id[0] for m in kept if m.id} == expected


def methods_of(methods):
    return [(re.sub(r"^goscrobble/web/", "", pattern), method) for pattern, method in methods]


def options_of(options):
    return {re.sub(r"^goscrobble/web/", "", pattern): values for pattern, values in options.items()}
