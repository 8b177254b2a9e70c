"""What an administrator reads and does on the pages."""

import re

import pytest

from goscrobble.app import create_app
from goscrobble.jobs.handlers import HANDLERS
from goscrobble.jobs.runner import Runner
from goscrobble.services import accounts, administration, nodes, queue, resets
from goscrobble.services import settings as runtime_settings
from goscrobble.storage import jobs
from goscrobble.testing import PASSWORD, make_account, make_settings
from tests.pages.conftest import Browser
from tests.plugins.host.conftest import found, serve  # noqa: F401 - fixtures

FIXED = "Fixed by the configuration file or the environment."


def buttons(page):
    return [" ".join(one.text.split()) for one in page.all("button")]


# ---- overview ----


def test_all_is_well_while_something_does_the_jobs(admin, core):
    assert "Nothing does background jobs" in admin.get("/admin").text
    nodes.tell(core, nodes.describe(core, nodes.BOTH))
    page = admin.get("/admin")
    assert "All is well" in page.text
    assert "web and jobs" in page.text


def test_the_overview_names_the_database_and_the_version(admin, database_kind):
    text = admin.get("/admin").text
    assert {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[database_kind] in text
    assert "no mail server: mails are kept in the outbox" in text


def test_what_needs_attention_is_said(admin, core, bury, tripped):
    bury()
    admin.get("/admin", headers={"X-Forwarded-For": "192.0.2.1"})
    text = admin.get("/admin").text
    for words in (
        "the setting trusted_proxies is empty",
        "The plugin jellyfin failed so often that it is left alone. See what it did",
        "One background job failed for good. See why",
    ):
        assert words in text
    bury()
    assert "2 background jobs failed for good." in admin.get("/admin").text


def test_a_plugin_that_cannot_run_says_why_and_processes_that_differ_are_named(serve, found):  # noqa: F811
    app = serve(found(("broken", "raise RuntimeError('no')")))
    core = app.extensions["goscrobble"]
    make_account(core, "root", admin=True)
    browser = Browser(app.test_client())
    browser.sign_in("root")
    for version in ("1.0", "1.1"):
        node = nodes.describe(core, nodes.BOTH)
        nodes.tell(core, type(node)(**{name: getattr(node, name) for name in node.__slots__} | {"version": version}))
    text = browser.get("/admin").text
    assert "Not every process runs the same version" in text
    assert "The plugin broken cannot run. It cannot be imported" in text
    page = browser.get("/admin/plugins/broken")
    assert "Cannot be loaded It cannot be imported" in page.text
    assert page.all("form", action="/admin/plugins/broken/settings") == []
    assert browser.post("/admin/plugins/broken/switch", on="1").status == 409
    assert browser.post("/admin/plugins/broken/settings").status == 303


def test_times_are_in_the_administrators_own_zone(admin, core):
    administration.switch_plugin(core, None, "jellyfin", False)
    (time,) = admin.get("/admin/audit").all("time")
    assert (time.text, time.attributes["datetime"]) == ("1 Jun 2026, 08:00", "2026-06-01T08:00:00-04:00")


# ---- users ----


def test_users_are_found_and_listed_in_pages(admin, core):
    for number in range(60):
        make_account(core, f"user_{number:02}")
    first = admin.get("/admin/users")
    names = [a.text for a in first.all("a") if re.match("/admin/users/", a.attributes["href"])]
    assert (names[0], len(names)) == ("root", 50)
    later = admin.get(first.one("a", rel="next").attributes["href"])
    assert "user_59" in later.text
    assert later.all("a", rel="next") == []
    assert "user_07" in (some := admin.get("/admin/users?search=R_07")).text
    assert "user_08" not in some.text
    assert "Nobody is called so." in admin.get("/admin/users?search=%25").text


@pytest.mark.parametrize(
    ("decision", "action", "attribute", "value"),
    [
        ("disable", "account.disable", "is_disabled", True),
        ("promote", "account.promote", "is_admin", True),
        ("make-mod", "account.make-mod", "is_mod", True),
    ],
)
def test_an_account_is_managed_and_it_is_written_down(admin, core, ada, done, decision, action, attribute, value):
    answer = admin.post("/admin/users/ada", decision=decision)
    assert (answer.status, answer.location) == (303, "/admin/users/ada?done=saved")
    assert getattr(accounts.named(core, "ada"), attribute) is value
    assert done() == [("root", action, "ada")]
    assert "Saved." in admin.get(answer.location).text


def test_what_cannot_be_decided_is_refused_beside_the_form(admin, root, done):
    assert admin.post("/admin/users/root", decision="demote").problem.startswith("This is the last administrator")
    assert admin.post("/admin/users/root", decision="nonsense").problem == "Choose what to do with this account"
    assert done() == []


def test_who_demotes_themselves_is_led_out(admin, core, ada, root):
    accounts.set_admin(core, ada, True)
    assert "This is you" in admin.get("/admin/users/root").text
    answer = admin.post("/admin/users/root", decision="demote")
    assert (answer.status, answer.location) == (303, "/")


def test_a_reset_link_is_shown_once_and_kept_nowhere(admin, core, ada, done):
    page = admin.post("/admin/users/ada/reset-link")
    link = page.one("code", tabindex="0").text
    assert page.headers["Cache-Control"] == "no-store"
    token = link.partition("token=")[2]
    assert resets.is_valid(core, token)
    assert token not in admin.get("/admin/users/ada").html + admin.get("/admin/audit").html
    assert done() == [("root", "account.reset-link", "ada")]


def test_no_link_for_who_is_disabled(admin, core, ada):
    accounts.set_disabled(core, ada, True)
    page = admin.post("/admin/users/ada/reset-link")
    assert (page.status, page.problem) == (409, "This account is disabled; enable it first")


def test_an_account_is_deleted_when_its_name_is_typed(admin, core, ada, done):
    assert admin.post("/admin/users/ada/delete", username="bob").problem == "This is not the username"
    answer = admin.post("/admin/users/ada/delete", username=" ADA ")
    assert (answer.status, answer.location) == (303, "/admin/users?done=deleted")
    assert accounts.find(core, "ada") is None
    assert done() == [("root", "account.delete", "ada")]


# ---- plugins ----


def test_a_plugin_is_switched(admin, core, done):
    for on in (False, True):
        answer = admin.post("/admin/plugins/jellyfin/switch", on=str(int(on)))
        assert answer.status == 303
        assert runtime_settings.is_enabled(core, "jellyfin") is on
        assert ("Switch off" if on else "Switch on") in buttons(admin.get(answer.location))
    assert [action for _, action, _ in done()] == ["plugin.disable", "plugin.enable"]


def test_a_plugin_that_is_left_alone_is_trusted_again(admin, core, tripped, done):
    page = admin.get("/admin/plugins/jellyfin")
    assert "left alone until 1 Jun 2026, 09:00" in page.text
    assert "Trust it again now" in buttons(page)
    answer = admin.post("/admin/plugins/jellyfin/reset")
    assert answer.status == 303
    assert runtime_settings.is_tripped(core, "jellyfin") is False
    assert admin.post("/admin/plugins/jellyfin/reset").problem == "This plugin's hooks are asked already"
    assert done() == [("root", "plugin.reset", "jellyfin")]


PLUGIN = """
    from goscrobble.plugins import PluginSettings, hookimpl
    from pydantic import Field, SecretStr

    class Settings(PluginSettings):
        api_key: SecretStr = Field(default=SecretStr(""), description="A key.")
        server: str = Field(default="here", description="Which server.")
        most: int = Field(default=5, ge=1, le=9, description="How many.")

    @hookimpl
    def register_config():
        return Settings
"""


@pytest.fixture
def equipped(serve, found):  # noqa: F811 - fixtures
    """A server with one plugin that has settings, and the browser of its administrator."""

    def make(**fixed):
        app = serve(found(("equipped", PLUGIN)), plugins={"equipped": fixed})
        core = app.extensions["goscrobble"]
        make_account(core, "root", admin=True)
        browser = Browser(app.test_client())
        browser.sign_in("root")
        return browser, core

    return make


def value(core, key):
    return runtime_settings.options(core)[key].value


def send(browser, **fields):
    named = {name.replace("_", "-", 1): text for name, text in fields.items()}
    return browser.post("/admin/plugins/equipped/settings", **named)


def test_a_plugins_settings_are_changed_and_its_secret_is_never_shown(equipped):
    browser, core = equipped()
    answer = send(browser, set_api_key="hunter2", set_server="there", set_most="7")
    assert (answer.status, answer.location) == (303, "/admin/plugins/equipped?done=settings#settings")
    assert [value(core, f"EQUIPPED_{name}") for name in ("API_KEY", "SERVER", "MOST")] == ["hunter2", "there", 7]
    page = browser.get("/admin/plugins/equipped")
    assert page.one("input", id="set-server").attributes["value"] == "there"
    assert "hunter2" not in page.html + browser.get("/admin/audit").html
    assert 'EQUIPPED_SERVER = "there"' in browser.get("/admin/audit").text


def test_a_secret_left_empty_stays_and_can_be_forgotten(equipped):
    browser, core = equipped()
    send(browser, set_api_key="hunter2", set_server="here", set_most="5")
    send(browser, set_api_key="", set_server="here", set_most="6")
    assert value(core, "EQUIPPED_API_KEY") == "hunter2"
    send(browser, set_server="here", set_most="6", forget_api_key="1")
    assert value(core, "EQUIPPED_API_KEY") == ""


def test_what_was_refused_is_still_in_the_form_but_for_secrets(equipped):
    browser, core = equipped()
    for most, problem in (("many", "Most must be a number"), ("70", "EQUIPPED_MOST must be at most 9")):
        page = send(browser, set_api_key="hunter2", set_server="typed", set_most=most)
        assert page.status == 400
        assert page.problem.startswith(problem)
        assert page.one("input", id="set-server").attributes["value"] == "typed"
        assert page.one("input", id="set-most").attributes["value"] == most
        assert "hunter2" not in page.html
    assert value(core, "EQUIPPED_SERVER") == "here"


def test_what_the_file_fixes_is_read_only_and_says_so(equipped):
    browser, core = equipped(enabled=True, server="from the file", api_key="hunter2")
    page = browser.get("/admin/plugins/equipped")
    assert page.all("input", id="set-server") == []
    assert "from the file" in page.text
    assert page.text.count(FIXED) == 2
    assert "Switched by the configuration file or the environment" in page.text
    assert "hunter2" not in page.html
    assert send(browser, set_server="mine", set_most="6").status == 303
    assert (value(core, "EQUIPPED_SERVER"), value(core, "EQUIPPED_MOST")) == ("from the file", 6)
    assert browser.post("/admin/plugins/equipped/switch", on="0").status == 409


# ---- settings ----


def test_the_servers_settings_are_changed(admin, core, done):
    answer = admin.post("/admin/settings", **{"set-default_timezone": "Europe/Paris"})
    assert (answer.status, answer.location) == (303, "/admin/settings?done=saved")
    runtime = runtime_settings.runtime(core)
    assert (runtime.registration_enabled, runtime.default_timezone) == (False, "Europe/Paris")
    assert done() == [("root", "settings.change", "DEFAULT_TIMEZONE, REGISTRATION_ENABLED")]


def test_a_setting_that_cannot_be_is_refused(admin, core, done):
    page = admin.post("/admin/settings", **{"set-default_timezone": "Mars/Olympus"})
    assert page.status == 400
    assert page.problem.startswith("DEFAULT_TIMEZONE")
    assert page.one("input", id="set-default_timezone").attributes["value"] == "Mars/Olympus"
    assert done() == []


def test_a_setting_that_the_environment_fixes_is_read_only(instance_path, database_url, clock):
    fixed = make_settings(instance_path, database_url=database_url, registration_enabled=False)
    app = create_app(fixed, clock=clock)
    make_account(app.extensions["goscrobble"], "root", admin=True)
    browser = Browser(app.test_client())
    browser.sign_in("root")
    page = browser.get("/admin/settings")
    assert page.text.count(FIXED) == 1
    assert (
        browser.post("/admin/settings", **{"set-registration_enabled": "1", "set-default_timezone": "UTC"}).status
        == 303
    )
    assert runtime_settings.runtime(app.extensions["goscrobble"]).registration_enabled is False
    app.extensions["goscrobble"].database.close()


# ---- jobs ----


def test_a_dead_job_is_tried_again_or_discarded(admin, core, bury, done):
    retried, discarded = bury(token="hunter2"), bury()
    page = admin.get("/admin/jobs?state=dead")
    assert "The mail server refused the recipient (550)" in page.text
    assert "hunter2" not in page.html
    for path, what in ((f"/admin/jobs/{retried}/retry", "retried"), (f"/admin/jobs/{discarded}/discard", "discarded")):
        answer = admin.post(path, state="dead")
        assert (answer.status, answer.location) == (303, f"/admin/jobs?state=dead&done={what}")
    assert queue.count(core) == {"waiting": 1, "running": 0, "dead": 0}
    assert [action for _, action, _ in done()] == ["job.retry", "job.discard"]


def test_a_job_that_no_plugin_knows_can_only_be_discarded(admin, core, bury):
    job = bury("tidal")
    page = admin.get("/admin/jobs?state=dead")
    assert "its plugin was removed. Install it again or discard the job." in page.text
    assert [one for one in buttons(page) if one in {"Discard", "Try again"}] == ["Discard"]
    assert admin.post(f"/admin/jobs/{job}/retry", state="dead").status == 409
    assert (
        admin.post(f"/admin/jobs/{job}/discard", state="nonsense").location == "/admin/jobs?state=dead&done=discarded"
    )


def test_a_job_that_is_gone_says_so_beside_the_list(admin):
    page = admin.post("/admin/jobs/x/discard", state="waiting")
    assert (page.status, page.problem) == (404, "There is no such job")


def test_jobs_come_in_pages(admin, core):
    for number in range(60):
        core.database.write(
            lambda c, number=number: jobs.enqueue(c, "mail", {}, now=int(core.now()), run_at=number + 10**9)
        )
    first = admin.get("/admin/jobs")
    assert first.text.count("number ") == 50
    later = admin.get(first.one("a", rel="next").attributes["href"])
    assert later.text.count("number ") == 10


# ---- what was done, and mail ----


def test_what_was_done_is_found(admin, core, ada):
    administration.manage_account(core, None, ada, disabled=True)
    admin.post("/admin/plugins/jellyfin/switch", on="0")
    page = admin.get("/admin/audit")
    assert "root switched off the plugin jellyfin" in page.text
    assert "command line disabled the account ada" in page.text
    assert "jellyfin" not in [one.text for one in admin.get("/admin/audit?search=command").all("bdi")]
    assert [one.text for one in admin.get("/admin/audit?action=plugin.disable").all("bdi")] == ["jellyfin"]
    assert "Nothing like that was done." in admin.get("/admin/audit?action=job.retry").text


def test_what_was_done_comes_in_pages(admin, core, ada):
    for _ in range(30):
        for wanted in (True, False):
            administration.manage_account(core, None, accounts.named(core, "ada"), mod=wanted)
    first = admin.get("/admin/audit?search=ada")
    assert len(first.all("bdi")) == 50
    assert len(admin.get(first.one("a", rel="next").attributes["href"]).all("bdi")) == 10


def test_a_test_mail_lands_in_the_outbox_where_it_can_be_read(admin, core):
    assert "It is empty." in admin.get("/admin/mail").text
    answer = admin.post("/admin/mail/test")
    assert (answer.status, answer.location) == (303, "/admin/mail?done=sent")
    assert "is kept in the outbox below, in a moment" in admin.get(answer.location).text
    Runner(core, handlers=HANDLERS).run_due()
    for path in ("/admin/mail", "/admin"):
        assert "you asked for this mail on the administration pages" in admin.get(path).text


def test_with_a_mail_server_the_page_says_through_which(instance_path, database_url, clock):
    sending = make_settings(
        instance_path,
        database_url=database_url,
        mail_server="mail.example.org",
        mail_username="u",
        mail_password="hunter2",
    )
    app = create_app(sending, clock=clock)
    core = app.extensions["goscrobble"]
    make_account(core, "root", admin=True)
    browser = Browser(app.test_client())
    assert browser.post("/login", username="root", password=PASSWORD).status == 303
    page = browser.get(browser.post("/admin/mail/test").location)
    assert "A mail to root@example.org goes out through mail.example.org." in page.text
    assert "hunter2" not in page.html + browser.get("/admin").html
    core.database.close()
