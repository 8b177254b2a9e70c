"""A page speaks the language of its reader: its texts, its numbers, its dates."""

from __future__ import annotations

import io
import re
from datetime import date
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po
from flask import g

from goscrobble.domain import rules
from goscrobble.services import ingest
from goscrobble.testing import make_account, make_draft
from goscrobble.web import translations
from goscrobble.web.pages import formats

ROOT = Path(__file__).parents[2]
GERMAN = {
    "Sign in": "Anmelden",
    "Today": "Heute",
    "%(count)s min": "%(count)s Min.",
    "There is no such user": "Den gibt es nicht",
    "There is nothing at this address": "Hier ist nichts",
    "from is after to": "„from“ liegt nach „to“",
    "kind is plays or artist": "„kind“ ist plays oder artist",
    "page is a number from 1 to %(last)s": "„page“ geht von 1 bis %(last)s",
    "%(kind)s must be an id, as the page of the %(kind)s has it in its address": "%(kind)s: keine Nummer",
    "Dates run from %(first)s to the end of next year": "Tage gibt es ab %(first)s",
    "The password must have %(least)s to %(most)s characters": "Das Passwort hat %(least)s bis %(most)s Zeichen",
    "%(field)s %(fault)s": "%(field)s: %(fault)s",
    "Track": "Titel",
    "is longer than %(most)s characters": "länger als %(most)s Zeichen",
}


@pytest.fixture
def languages(speak):
    """German and Hebrew, as far as a test needs them."""
    speak("de", GERMAN)
    speak("he", {})


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


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/u/nobody", "Den gibt es nicht."),
        ("/nowhere/at/all", "Hier ist nichts."),
        ("/u/ada/history?from=2026-03-02&to=2026-03-01", "„from“ liegt nach „to“."),
        ("/u/ada/history?from=1900-01-01", "Tage gibt es ab 1970."),
        ("/u/ada/history?track=x", "track: keine Nummer."),
        ("/u/ada/charts/artists?page=0", "„page“ geht von 1 bis 10.000."),
        ("/u/ada/milestones?kind=x", "„kind“ ist plays oder artist."),
        ("/u/ada/compare?from=2026-03-02&to=2026-03-01", "„from“ liegt nach „to“."),
    ],
)
def test_a_refusal_is_in_the_language_of_its_reader(core, client, languages, path, sentence):
    make_account(core, "ada")
    page = client.get(path, headers={"Accept-Language": "de"}).get_data(as_text=True)
    assert sentence in page


def test_a_refused_form_says_why_in_the_language_of_its_reader(client, languages):
    form = {"username": "ada", "email": "ada@example.org", "password": "x"}
    headers = {"Accept-Language": "de", "Sec-Fetch-Site": "same-origin"}
    page = client.post("/register", data=form, headers=headers).get_data(as_text=True)
    assert "Das Passwort hat 8 bis 1024 Zeichen" in page


def test_a_sentence_within_a_sentence_is_translated_too(app, languages):
    with pytest.raises(ValueError, match=r"^Track is longer than 5000 characters$") as caught:
        rules.tidy(make_draft().model_copy(update={"title": "x" * 5001}))
    with app.test_request_context(headers={"Accept-Language": "de"}):
        assert translations.translated(caught.value) == "Titel: länger als 5000 Zeichen"


def test_the_api_speaks_english(client, languages):
    answer = client.get("/api/v1/users/nobody", headers={"Accept-Language": "de"})
    assert answer.json == {"error": "There is no such user"}


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
        assert formats.weekdays("abbreviated")[0] == "Mo"


def test_the_days_of_a_week_of_hours_are_short_in_the_readers_language(core, client, languages):
    ada = make_account(core, "ada")
    ingest.submit(core, ada.id, [make_draft(played_at=int(core.now()) - 3600)], source="jellyfin")
    page = client.get("/u/ada", headers={"Accept-Language": "de"}).get_data(as_text=True)
    clock = page.partition("week-clock")[2].partition("</svg>")[0]
    days = re.findall(r'<text x="0" [^>]*>([^<]*)</text>', clock)
    assert days == ["Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"]
    assert "<title>Mo 00:00" in clock


def test_the_template_for_translators_has_every_text():
    """`make messages` brings it up to date."""
    with (ROOT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    keywords = {"_": None, "gettext": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}
    keywords |= dict.fromkeys(re.findall(r"--keyword (\w+)", (ROOT / "Makefile").read_text()))
    found = extract_from_dir(ROOT, methods, options, keywords)
    expected = {text if isinstance(text, str) else text[0] for _file, _line, text, _comments, _context in found}
    kept = read_po(io.BytesIO((translations.FOLDER / "messages.pot").read_bytes()))
    assert {m.id if isinstance(m.id, str) else m.id[0] for m in kept if m.id} == expected
