"""Links to new passwords, mails to see whether they arrive, plugins that failed."""

from urllib.parse import parse_qs, urlsplit

import pytest

from goscrobble.plugins.declarations import Failure
from goscrobble.services import accounts, failures, mail, resets
from goscrobble.services import settings as runtime_settings
from goscrobble.storage.credentials import MOST_RESETS
from goscrobble.testing import make_core, make_settings

NEW = "a wholly different sentence"


def token_of(link):
    return parse_qs(urlsplit(link).query)["token"][0]


def test_a_reset_link_sets_one_password_within_the_hour(core, call, bob, clock):
    link = call("POST", "/admin/users/bob/reset-link").json["link"]
    assert link.startswith("http://127.0.0.1:42069/reset?token=")
    resets.use(core, token_of(link), NEW)
    assert accounts.sign_in(core, "bob", NEW, "127.0.0.1").id == bob.id
    assert resets.is_valid(core, token_of(link)) is False
    late = token_of(call("POST", "/admin/users/bob/reset-link").json["link"])
    clock.advance(resets.LIFE)
    assert resets.is_valid(core, late) is False


def test_a_link_is_made_however_often_bob_asked_for_mails(core, call, bob):
    for _ in range(MOST_RESETS + 1):
        resets.send(core, bob.email)
    assert resets.is_valid(core, token_of(call("POST", "/admin/users/bob/reset-link").json["link"]))


def test_no_link_for_who_is_disabled_or_gone(core, call, bob):
    accounts.set_disabled(core, bob, True)
    answer = call("POST", "/admin/users/bob/reset-link")
    assert (answer.status_code, answer.json) == (409, {"error": "This account is disabled; enable it first"})
    assert call("POST", "/admin/users/nobody/reset-link").status_code == 404


def test_a_test_mail_is_kept_in_the_outbox_without_a_mail_server(core, call, work):
    answer = call("POST", "/admin/mail/test")
    assert answer.json == {"message": "A mail to ada@example.org is kept in the outbox, since no mail server is set"}
    assert (work(), mail.count_kept(core)) == (1, 1)
    (kept,) = mail.outbox(core)
    assert (kept.to, kept.subject) == ("ada@example.org", "Mails arrive - GoScrobble")
    assert kept.text.startswith("Hello ada,")


def test_a_test_mail_goes_out_through_the_mail_server(instance_path, database_url, clock, ada):
    from goscrobble.services import administration

    settings = make_settings(instance_path, database_url=database_url, mail_server="mail.example.org")
    core = make_core(settings, clock)
    sentence = administration.send_test_mail(core, ada)
    core.database.close()
    assert sentence == "A mail to ada@example.org goes out through mail.example.org"


def test_only_files_that_we_made_are_mails_of_the_outbox(core):
    folder = core.settings.instance_path / mail.OUTBOX
    folder.mkdir()
    for name in ("notes.eml", "x-1.eml", "1-a.eml.4711"):
        (folder / name).write_text("")
    assert mail.outbox(core) == []


# ---- plugins ----


@pytest.fixture
def tripped(core):
    for hook, error, trips in (("poll", "KeyError: 'x'", False), *[("prepare_draft", "RuntimeError: no", True)] * 5):
        failures.note(core, Failure("jellyfin", hook, error, "normalise.py, f, line 3", trips))


def test_a_plugin_tells_what_each_of_its_hooks_raised(call, tripped):
    found = call("GET", "/admin/plugins/jellyfin").json
    assert (found["status"], found["enabled"], found["mounts"]) == (
        "tripped",
        True,
        ["/api/v1/ingress/jellyfin"],
    )
    common = {"last_at": "2026-06-01T12:00:00Z", "place": "normalise.py, f, line 3"}
    until = "2026-06-01T13:00:00Z"
    assert sorted(found["failures"], key=lambda one: one["hook"]) == [
        {"hook": "poll", "count": 1, "error": "KeyError: 'x'", "tripped_until": None} | common,
        {"hook": "prepare_draft", "count": 5, "error": "RuntimeError: no", "tripped_until": until} | common,
    ]
    assert found["tripped_until"] == until
    (other,) = [one for one in call("GET", "/admin/plugins").json["plugins"] if one["name"] == "multiscrobbler"]
    assert (other["failures"], other["status"]) == ([], "enabled")


def test_a_tripped_plugin_is_trusted_again(core, call, tripped):
    answer = call("POST", "/admin/plugins/jellyfin/reset")
    assert (answer.status_code, answer.json["status"], answer.json["tripped_until"]) == (200, "enabled", None)
    assert runtime_settings.is_tripped(core, "jellyfin") is False
    again = call("POST", "/admin/plugins/jellyfin/reset")
    assert (again.status_code, again.json) == (409, {"error": "This plugin's hooks are asked already"})
