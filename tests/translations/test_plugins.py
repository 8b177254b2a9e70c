"""What plugins say is told in the language of the reader: their steps, their settings, what they refuse and note."""

from __future__ import annotations

import io
from importlib.metadata import EntryPoint

import pytest
from babel.messages.pofile import read_po

from goscrobble.app import create_app
from goscrobble.config import RuntimeSettings
from goscrobble.domain.events import EventOutcome, SourceEvent
from goscrobble.domain.sentences import Sentence, ended
from goscrobble.plugins.host import GROUP
from goscrobble.services import connecting, polling, sources
from goscrobble.testing import make_account
from goscrobble.web import schema_forms, translations
from tests.pages.conftest import Browser
from tests.plugins.host.strangers import core_of

GERMAN = {"Accept-Language": "de"}


@pytest.fixture
def german(speak):
    """Makes German of these texts the language of pages."""
    return lambda texts: speak("de", texts)


@pytest.fixture
def ada(core):
    return make_account(core, "ada")


@pytest.fixture
def browser(client, ada):
    """The browser of ada, who reads German."""
    browser = Browser(client)
    assert browser.sign_in().status == 303
    return browser


def test_translators_find_all_that_bundled_plugins_declare(core):
    kept = {message.id for message in read_po(io.BytesIO((translations.FOLDER / "messages.pot").read_bytes()))}
    records = [one for one in core.plugins.records.values() if not one.builtin]
    assert len(records) == 4
    said = [text for record in records for source in record.sources for text in (source.summary, *source.steps)]
    models = [one.settings_model for one in records] + [s.settings for one in records for s in one.sources]
    fields = [field for model in (RuntimeSettings, *models) for field in model.model_fields.values()]
    said += [text for field in fields for text in (field.title, field.description)]
    assert len(said) > 20
    assert set(said) - kept == set()


def test_a_source_and_its_form_are_described_in_the_language_of_the_reader(browser, german):
    german(
        {
            "Fill in the address of your server, and the user name and password that your music app uses there.": "Tu!",
            "Copy {url} as the address to post to.": "Nimm {url}!",
            "Navidrome, or any other server that speaks Subsonic, is asked what you play.": "Wird gefragt.",
            "User name": "Benutzername",
            "Your name on that server.": "So heißt du dort.",
        }
    )
    page = browser.get("/settings", headers=GERMAN).html
    for text in ("<li>Tu!</li>", "<li>Nimm <code", "</code>!</li>", "Wird gefragt.", ">Benutzername</label>"):
        assert text in page
    assert "So heißt du dort." in page
    assert "Your name on that server." not in page


@pytest.mark.parametrize(
    ("url", "sentence"), [("https://music.example.org", "Der Name fehlt"), ("ftp://x", "url: ist keine Adresse")]
)
def test_what_a_plugin_refuses_is_told_in_the_language_of_the_reader(browser, german, url, sentence):
    german(
        {
            "The user name is missing": "Der Name fehlt",
            "%(field)s %(fault)s": "%(field)s: %(fault)s",
            "is not the address of a server": "ist keine Adresse",
        }
    )
    headers = GERMAN | {"Sec-Fetch-Site": "same-origin"}
    page = browser.post("/settings/sources/navidrome", headers, **{"set-url": url, "set-username": ""})
    assert page.problem == sentence


def test_what_happened_on_a_connection_is_told_in_the_language_of_the_reader(core, browser, ada, german):
    row = sources.heard_from(core, ada.id, "jellyfin", "a-voice", "Kitchen")
    why = Sentence("This was of the type %(type)s; only Audio is kept.", type="Home")
    for reason in (why, ended("Name is missing")):
        sources.note(core, row, SourceEvent(int(core.now()), "", EventOutcome.IGNORED, reason))
    german(
        {
            "This was of the type %(type)s; only Audio is kept.": "Nur Audio, nicht %(type)s.",
            "%(sentence)s.": "%(sentence)s!",
            "Home": "Start",
            "Name is missing": "Der Name fehlt",
        }
    )
    page = browser.get(f"/settings/connections/{row.uuid}", headers=GERMAN)
    assert "Nur Audio, nicht Home." in page.text
    assert "Der Name fehlt!" in page.text
    english = browser.get(f"/settings/connections/{row.uuid}").text
    assert "This was of the type Home; only Audio is kept." in english
    assert "Name is missing." in english


TAPES = """
    from goscrobble.plugins import NotAuthorized, Poller, Sentence, Source, hookimpl

    @hookimpl
    def register_sources():
        return [Source("Tapes", "Plays tapes.")]

    @hookimpl
    def register_pollers():
        return [Poller(poll)]

    def poll(account):
        account.ask("users", Sentence("Are you %(name)s?", name=account.username), ["ada", "eve"])
        raise NotAuthorized(Sentence("The server refuses: %(why)s", why="Home"))
"""


def test_why_a_poll_failed_is_told_in_the_language_of_the_reader(serve, found, speak):
    app = serve(found(("tapes", TAPES)))
    core, browser = core_of(app), Browser(app.test_client())
    row = connecting.connect(core, make_account(core, "ada"), "tapes").row
    assert polling.run_due(core) == 1
    assert browser.sign_in().status == 303
    texts = {"The server refuses: %(why)s": "Der Server will nicht: %(why)s", "Home": "Start"}
    speak("de", texts | {"Are you %(name)s?": "Bist du %(name)s?", "%(sentence)s.": "%(sentence)s."})
    page = browser.get(f"/settings/connections/{row.uuid}", headers=GERMAN)
    assert page.text.count("Der Server will nicht: Home.") == 2  # what is wrong, and what happened
    assert "Bist du ada?" in page.text
    page = browser.get(f"/settings/connections/{row.uuid}")
    assert page.text.count("The server refuses: Home.") == 2
    assert "Are you ada?" in page.text


LOCKED = """
    from goscrobble.plugins import NotAuthorized, Poller, Polled, Sentence, Source, hookimpl

    @hookimpl
    def register_sources():
        return [Source("Tapes", "Plays tapes.", connect=connect)]

    @hookimpl
    def register_pollers():
        return [Poller(lambda account: Polled())]

    def connect(account):
        raise NotAuthorized(Sentence("The server refuses: %(why)s", why="Home"))
"""


def test_why_a_connection_is_not_made_is_told_in_the_language_of_the_reader(serve, found, speak):
    app = serve(found(("tapes", LOCKED)))
    browser = Browser(app.test_client())
    make_account(core_of(app), "ada")
    assert browser.sign_in().status == 303
    speak("de", {"The server refuses: %(why)s": "Der Server will nicht: %(why)s", "Home": "Start"})
    page = browser.post("/settings/sources/tapes", GERMAN | {"Sec-Fetch-Site": "same-origin"})
    assert page.problem == "Der Server will nicht: Home"


def test_a_plugin_brings_its_own_catalogue(tmp_path, monkeypatch, settings, clock, german, write_catalogue):
    package = tmp_path / "goscrobble_of_a_stranger"
    package.mkdir()
    (package / "__init__.py").write_text(
        "from goscrobble.plugins import Source, hookimpl\n"
        "@hookimpl\n"
        "def register_sources():\n"
        '    return [Source("Walkman", "Plays tapes.", ("Sign in", "Press {url}."))]\n'
    )
    write_catalogue(package / "translations", "de", {"Plays tapes.": "Spielt Kassetten.", "Sign in": "Falsch"})
    monkeypatch.syspath_prepend(str(tmp_path))
    german({"Sign in": "Anmelden"})
    app = create_app(settings, found_plugins=[EntryPoint("walkman", package.name, GROUP)], clock=clock)
    with app.test_request_context(headers=GERMAN):
        assert translations.gettext("Plays tapes.") == "Spielt Kassetten."
        assert translations.gettext("Sign in") == "Anmelden"  # no plugin changes what the server says
    app.extensions["goscrobble"].database.close()


def test_choices_of_a_form_are_translated(app, german):
    german({"Yes": "Ja", "Not set": "Nicht gesetzt"})

    class Model(schema_forms.BaseModel):
        switch: bool | None = None

    with app.test_request_context(headers=GERMAN):
        (field,) = schema_forms.fields(Model, {})
    assert [choice.label for choice in field.choices] == ["Nicht gesetzt", "Ja", "No"]
