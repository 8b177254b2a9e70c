"""Whatever an administrator does is written down, by whom and to what; what is refused is not."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from goscrobble.errors import GoScrobbleError
from goscrobble.plugins.declarations import Failure
from goscrobble.services import accounts, administration, failures, queue, settings
from goscrobble.testing import PASSWORD, make_account

TRIPS = Failure("jellyfin", "prepare_draft", "RuntimeError: no", "x.py", trips=True)


def trip(core):
    for _ in range(failures.MOST):
        failures.note(core, TRIPS)


def test_every_deed_through_the_api_leaves_one_entry(core, call, bob, bury, done):
    trip(core)
    retried, discarded = bury(), bury()
    for method, path, body in [
        ("POST", "/config", {"REGISTRATION_ENABLED": False, "DEFAULT_TIMEZONE": "Europe/Paris"}),
        ("PATCH", "/admin/plugins/multiscrobbler", {"enabled": False}),
        ("PATCH", "/admin/plugins/multiscrobbler", {"enabled": True}),
        ("POST", "/admin/plugins/jellyfin/reset", None),
        ("PATCH", "/admin/users/bob", {"admin": True, "mod": True}),
        ("PATCH", "/admin/users/bob", {"admin": False, "mod": False}),
        ("POST", "/admin/users/bob/reset-link", None),
        ("PATCH", "/admin/users/bob", {"disabled": True}),
        ("PATCH", "/admin/users/bob", {"disabled": False}),
        ("DELETE", "/admin/users/bob", None),
        ("POST", f"/admin/jobs/{retried}/retry", None),
        ("DELETE", f"/admin/jobs/{discarded}", None),
        ("POST", "/admin/mail/test", None),
    ]:
        answer = call(method, path, body)
        assert answer.status_code == 200, answer.text
    assert done() == [
        (
            "ada",
            "settings.change",
            "DEFAULT_TIMEZONE, REGISTRATION_ENABLED",
            'DEFAULT_TIMEZONE = "Europe/Paris"\nREGISTRATION_ENABLED = false',
        ),
        ("ada", "plugin.disable", "multiscrobbler", ""),
        ("ada", "plugin.enable", "multiscrobbler", ""),
        ("ada", "plugin.reset", "jellyfin", ""),
        ("ada", "account.promote", "bob", ""),
        ("ada", "account.make-mod", "bob", ""),
        ("ada", "account.demote", "bob", ""),
        ("ada", "account.unmake-mod", "bob", ""),
        ("ada", "account.reset-link", "bob", ""),
        ("ada", "account.disable", "bob", ""),
        ("ada", "account.enable", "bob", ""),
        ("ada", "account.delete", "bob", ""),
        ("ada", "job.retry", f"mail {retried}", ""),
        ("ada", "job.discard", f"mail {discarded}", "It was not meant to be."),
        ("ada", "mail.test", "ada", ""),
    ]


def test_what_is_refused_leaves_no_entry(core, call, bob, enqueue, done):
    waiting = enqueue()
    for method, path, body, status in [
        ("POST", "/config", {"REGISTRATION_ENABLED": "maybe"}, 400),
        ("POST", "/config", {"NONSENSE": 1}, 400),
        ("PATCH", "/admin/plugins/nothing", {"enabled": True}, 404),
        ("POST", "/admin/plugins/jellyfin/reset", None, 409),
        ("PATCH", "/admin/users/ada", {"admin": False}, 409),
        ("DELETE", "/admin/users/ada", None, 409),
        ("POST", f"/admin/jobs/{waiting}/retry", None, 409),
        ("DELETE", f"/admin/jobs/{waiting}", None, 409),
        ("DELETE", "/admin/jobs/4711", None, 404),
    ]:
        assert (path, call(method, path, body).status_code) == (path, status)
    assert call("DELETE", "/admin/users/ada", by=bob).status_code == 403
    assert done() == []


def test_what_changes_nothing_leaves_no_entry(call, bob, done):
    call("POST", "/config", {"REGISTRATION_ENABLED": True})
    call("PATCH", "/admin/plugins/jellyfin", {"enabled": True})
    call("PATCH", "/admin/users/bob", {"admin": False})
    call("PATCH", "/admin/users/bob", {})
    assert done() == []


def test_a_deed_that_cannot_be_written_down_is_not_done(core, ada, bob):
    rename(core, "audit_entry", "audit_away")
    for act in (
        lambda: administration.manage_account(core, ada, bob, admin=True),
        lambda: administration.change_settings(core, ada, {"REGISTRATION_ENABLED": False}),
        lambda: administration.make_reset_link(core, ada, bob),
        lambda: administration.send_test_mail(core, ada),
    ):
        with pytest.raises(SQLAlchemyError):
            act()
    rename(core, "audit_away", "audit_entry")
    assert settings.runtime(core).registration_enabled is True
    assert accounts.named(core, "bob") == bob
    assert queue.count(core)["waiting"] == 0


def rename(core, old, new):
    core.database.write(lambda connection: connection.execute(text(f"ALTER TABLE {old} RENAME TO {new}")))


def test_a_long_value_is_cut(core, ada, done):
    with pytest.raises(GoScrobbleError):
        administration.change_settings(core, ada, {"DEFAULT_TIMEZONE": "x" * 5000})
    assert administration._short("x" * 5000) == '"' + "x" * 199 + "…"
    assert done() == []


def test_entries_are_read_newest_first_in_pages(core, call, clock, ada):
    for number in range(5):
        clock.advance(60)
        make_account(core, f"user_{number}")
        call("PATCH", f"/admin/users/user_{number}", {"mod": True})
    seen, cursor = [], ""
    while cursor is not None:
        page = call("GET", "/admin/audit", query_string={"limit": 2} | ({"cursor": cursor} if cursor else {})).json
        seen.append([one["subject"] for one in page["entries"]])
        cursor = page["next"]
    assert seen == [["user_4", "user_3"], ["user_2", "user_1"], ["user_0"]]


@pytest.mark.parametrize(
    ("query", "subjects"),
    [
        ({"action": "account.disable"}, ["bob"]),
        ({"search": "BO"}, ["bob", "bob"]),
        ({"search": "ada"}, ["jellyfin", "bob", "bob"]),
        ({"search": "%"}, []),
        ({"search": "bob", "action": "account.make-mod"}, ["bob"]),
    ],
)
def test_entries_are_found_by_deed_subject_and_actor(call, bob, query, subjects):
    call("PATCH", "/admin/users/bob", {"mod": True})
    call("PATCH", "/admin/users/bob", {"disabled": True})
    call("PATCH", "/admin/plugins/jellyfin", {"enabled": False})
    answer = call("GET", "/admin/audit", query_string=query)
    assert [one["subject"] for one in answer.json["entries"]] == subjects


def test_an_entry_is_shown_as_documented(call, clock, bob):
    call("PATCH", "/admin/users/bob", {"mod": True})
    (entry,) = call("GET", "/admin/audit").json["entries"]
    assert {key: entry[key] for key in entry if key != "id"} == {
        "at": "2026-06-01T12:00:00Z",
        "actor": "ada",
        "action": "account.make-mod",
        "subject": "bob",
        "detail": "",
    }


@pytest.mark.parametrize(
    "query", ["cursor=x", "cursor=-1", f"cursor={'9' * 40}", "action=nonsense", "limit=0", "search=%00"]
)
def test_a_list_that_cannot_be_is_refused(call, query):
    assert call("GET", f"/admin/audit?{query}").status_code == 400


def test_only_administrators_read_what_was_done(call, bob):
    for path in ("/admin/audit", "/admin/nodes", "/admin/jobs", "/admin/plugins/jellyfin"):
        assert [call("GET", path, by=who).status_code for who in (None, bob)] == [401, 403]
    for path in ("/admin/mail/test", "/admin/users/ada/reset-link", "/admin/jobs/1/retry"):
        assert [call("POST", path, by=who).status_code for who in (None, bob)] == [401, 403]


def test_an_account_made_for_somebody_is_written_down(core, done):
    administration.add_account(core, None, username="eve", email="eve@example.org", password=PASSWORD + "!", admin=True)
    assert done() == [("command line", "account.add", "eve", "as an administrator")]
