"""Connecting a source that is polled: tried out first, secrets kept apart, and a way to the service and back."""

import sys

import pytest

from goscrobble.errors import BadInput, Unavailable
from goscrobble.jobs.handlers import HANDLERS
from goscrobble.jobs.runner import Runner
from goscrobble.services import connecting, failures, mail, polling, sources
from goscrobble.services.source_accounts import Connected
from goscrobble.testing import make_account
from tests.pages.conftest import Browser
from tests.plugins.host.strangers import core_of

SERVICE = """
    from flask import Blueprint, redirect
    from goscrobble.plugins import (
        BadInput, NotAuthorized, Polled, Poller, Ready, Redirect, RetryLater, Routes, Source, SourceSettings, hookimpl,
    )
    from pydantic import Field, SecretStr

    class Connection(SourceSettings):
        user: str = Field(default="", description="A name.")
        password: SecretStr = Field(default=SecretStr(""), description="A password.")

    answers = []    # what connect does next: an exception to raise or a value to return
    tried = []      # (name, user, password, token) of each attempt
    polls = []
    trouble = []    # what polling raises

    def connect(account):
        tried.append(
            (account.name, account.settings.user, account.settings.password.get_secret_value(), account.secret("token"))
        )
        answer = answers.pop(0) if answers else Ready(secrets={"token": "t0ken"}, forget=("password",))
        if isinstance(answer, Exception):
            raise answer
        return answer

    @hookimpl
    def register_sources():
        return [Source("Service", "A service.", settings=Connection, connect=connect)]

    @hookimpl
    def register_pollers():
        return [Poller(poll)]

    def poll(account):
        if trouble:
            raise trouble[0]
        polls.append(account.secret("token"))
        return Polled()

    @hookimpl
    def register_blueprints(toolkit):
        blueprint = Blueprint(__name__, __name__)

        @blueprint.get("/back")
        def back():
            visitor = toolkit.visitor()
            if visitor is None:
                raise BadInput("Sign in first")
            (account,) = visitor.source_accounts()
            account.keep_secret("token", account.secret("state") + " of " + visitor.username)
            account.keep_secret("state", None)
            account.accept()
            return redirect(account.page_url)

        return [Routes(blueprint, at="/link/service")]
"""


@pytest.fixture
def app(serve, found):
    return serve(found(("service", SERVICE)))


@pytest.fixture
def core(app):
    return core_of(app)


@pytest.fixture
def service(core):
    """The plugin's module: `answers`, `tried`, `polls`."""
    return sys.modules[core.plugins.records["service"].module]


@pytest.fixture
def ada(core):
    return make_account(core, "ada")


@pytest.fixture
def browser(app, ada):
    browser = Browser(app.test_client())
    browser.sign_in()
    return browser


def again(core, ada):
    (row,) = sources.list_all(core, ada)
    return row


def test_it_is_tried_out_before_it_is_stored_and_what_is_to_be_forgotten_is(core, ada, service):
    made = connecting.connect(core, ada, "service", settings={"user": "u", "password": "hunter2"})
    assert service.tried == [("Service", "u", "hunter2", None)]
    assert "password" not in made.row.settings
    assert polling.run_due(core) == 1
    assert service.polls == ["t0ken"]


def test_its_secrets_are_encrypted_in_the_database(core, ada, service):
    row = connecting.connect(core, ada, "service", settings={"user": "u", "password": "hunter2"}).row
    with core.database.read() as connection:
        stored = connection.exec_driver_sql("SELECT value FROM source_value").scalars().all()
    assert len(stored) == 1
    assert "t0ken" not in stored[0]
    assert Connected(core, row).secret("token") == "t0ken"


@pytest.mark.parametrize(
    ("answer", "error", "sentence"),
    [
        (BadInput("Wrong password"), BadInput, "Wrong password"),
        ("NotAuthorized", BadInput, "Not you"),
        ("RetryLater", Unavailable, "Later"),
        (KeyError("x"), Unavailable, "The plugin failed; the administrator's page says why"),
        (7, Unavailable, "The plugin failed; the administrator's page says why"),
    ],
)
def test_what_does_not_work_is_not_stored(core, ada, service, answer, error, sentence):
    words = {"NotAuthorized": "Not you", "RetryLater": "Later"}
    service.answers.append(getattr(service, answer)(words[answer]) if isinstance(answer, str) else answer)
    with pytest.raises(error, match=sentence):
        connecting.connect(core, ada, "service", settings={"user": "u"})
    assert sources.list_all(core, ada) == []
    assert [one.hook for one in failures.list_all(core)] == (["connect"] if "plugin failed" in sentence else [])


def test_settings_that_do_not_work_change_nothing(core, ada, service):
    row = connecting.connect(core, ada, "service", settings={"user": "u", "password": "p"}).row
    service.answers.append(service.NotAuthorized("Wrong name"))
    with pytest.raises(BadInput, match="Wrong name"):
        connecting.change(core, ada, row.uuid, settings={"user": "other"})
    assert sources.settings_of(core, again(core, ada)).user == "u"
    connecting.change(core, ada, row.uuid, settings={"user": "third"})
    assert service.tried[-1] == ("Service", "third", "", "t0ken"), "the plugin sees what it kept"
    assert sources.settings_of(core, again(core, ada)).user == "third"


def test_the_page_says_what_does_not_work_beside_the_form(browser, service, core, ada):
    service.answers += [BadInput("Wrong password"), service.RetryLater("Closed", after=7)]
    refused = browser.post("/settings/sources/service", **{"set-user": "u", "set-password": "p"})
    assert (refused.status, refused.problem) == (400, "Wrong password")
    assert refused.one("input", name="set-user").attributes["value"] == "u"
    later = browser.post("/settings/sources/service", **{"set-user": "u", "set-password": "p"})
    assert (later.status, later.problem) == (503, "Closed")
    assert sources.list_all(core, ada) == []


def test_the_listener_goes_to_the_service_and_comes_back(browser, service, core, ada):
    service.answers.append(service.Redirect("https://service.example/allow?state=s1", {"state": "s1"}))
    page = browser.post("/settings/sources/service", **{"set-user": "u"})
    assert page.status == 200
    assert page.one("a", rel="noreferrer").attributes["href"] == "https://service.example/allow?state=s1"
    row = again(core, ada)
    assert (row.is_refused, row.problem) == (True, "Not connected yet: go on at the service, and allow it there")
    assert polling.run_due(core) == 0
    assert Browser(browser._client.application.test_client()).get("/link/service/back").status == 400

    back = browser.get("/link/service/back")
    assert (back.status, back.location) == (302, f"{core.settings.public_url}/settings/connections/{row.uuid}")
    assert polling.run_due(core) == 1
    assert service.polls == ["s1 of ada"]
    assert Connected(core, again(core, ada)).secret("state") is None


def test_a_refused_connection_is_connected_again(browser, service, core, ada):
    row = connecting.connect(core, ada, "service", settings={"user": "u"}).row
    service.trouble.append(service.NotAuthorized("Revoked"))
    polling.run_due(core)
    service.trouble.clear()
    address = f"/settings/connections/{row.uuid}"
    assert "Revoked." in browser.get(address).text
    service.answers.append(service.Redirect("https://service.example/allow", {}))
    assert browser.post(f"{address}/reconnect").one("a", rel="noreferrer").attributes["href"].startswith("https://")
    assert browser.post(f"{address}/reconnect").location == f"{address}?done=connected"
    assert again(core, ada).problem is None


def test_a_connection_that_works_goes_on_while_its_owner_renews_it(browser, service, core, ada):
    row = connecting.connect(core, ada, "service", settings={"user": "u"}).row
    polling.run_due(core)
    address = f"/settings/connections/{row.uuid}"
    assert browser.get(address).one("form", action=f"{address}/reconnect").text.strip() == "Connect again"
    service.answers.append(service.Redirect("https://service.example/allow", {"state": "s2"}))
    assert browser.post(f"{address}/reconnect").one("a", rel="noreferrer").attributes["href"].startswith("https://")
    after = again(core, ada)
    assert (after.is_refused, after.problem, Connected(core, after).secret("state")) == (False, None, "s2")
    connecting.change(core, ada, row.uuid, poll_now=True)
    assert polling.run_due(core) == 1


def test_the_owner_of_a_refused_connection_gets_one_mail(core, ada, service, clock, settings):
    connecting.connect(core, ada, "service", name="My service", settings={"user": "u"})
    service.trouble.append(service.NotAuthorized("Your consent was revoked"))
    polling.run_due(core)
    clock.advance(100_000)
    polling.run_due(core)
    Runner(core, handlers=HANDLERS).run_due()
    (kept,) = mail.outbox(core)
    assert (kept.to, kept.subject) == ("ada@example.org", "My service - GoScrobble")
    assert "Your consent was revoked.\r\n" in kept.text
    assert f"{core.settings.public_url}/settings/connections/{again(core, ada).uuid}" in kept.text


def test_a_plugin_tells_the_owner_once_for_each_key(core, ada, service):
    row = connecting.connect(core, ada, "service", settings={"user": "u"}).row
    for key in ("a", "a", "b"):
        Connected(core, row).notify(key, f"About {key}")
    Runner(core, handlers=HANDLERS).run_due()
    assert sorted(kept.text.split("\r\n\r\n")[2] for kept in mail.outbox(core)) == ["About a", "About b"]


def test_nobody_is_mailed_about_a_connection_that_is_gone(core, ada, service):
    row = connecting.connect(core, ada, "service", settings={"user": "u"}).row
    Connected(core, row).notify("a", "About a")
    connecting.disconnect(core, ada, row.uuid)
    Runner(core, handlers=HANDLERS).run_due()
    assert mail.outbox(core) == []


def test_a_form_of_ours_never_leads_to_what_is_no_address(core, ada, service):
    service.answers.append(service.Redirect("javascript:alert(1)", {}))
    with pytest.raises(Unavailable):
        connecting.connect(core, ada, "service", settings={"user": "u"})
