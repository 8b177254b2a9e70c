import json
import re
import threading

import pytest
import structlog
from sqlalchemy import inspect, text

from goscrobble.errors import BadInput, NotAuthenticated
from goscrobble.plugins.policy import RetryLater
from goscrobble.services import accounts, mail, resets, sessions
from goscrobble.storage.credentials import MOST_RESETS
from goscrobble.testing import PASSWORD, make_core

SENT = {"message": "Password reset email sent"}
NEW = "a brand new password"


@pytest.fixture
def jobs(core):
    """Return the payloads of the mails that wait to be written."""

    def jobs():
        with core.database.read() as connection:
            return [json.loads(row.payload) for row in connection.execute(text("SELECT payload FROM job ORDER BY id"))]

    return jobs


@pytest.fixture
def token(core, jobs, bob):
    """The token of a mail to bob."""
    resets.send(core, "bob@example.org")
    return mailed(core, jobs()[-1])


def mailed(core, payload):
    """Send a mail, and return the token in it."""
    mail.deliver(core, payload)
    return re.search(r"token=([\w-]+)", mail.outbox(core, 1)[0].text)[1]


@pytest.mark.parametrize(
    "email", ["bob@example.org", "BOB@example.org", "nobody@example.org", "", "no address", "\u0131@x.y"]
)
def test_the_answer_tells_nobody_whether_an_address_is_known(call, bob, email):
    answer = call("POST", "/sendreset", {"email": email})
    assert (answer.status_code, answer.json) == (200, SENT)


def test_the_work_is_the_same_for_an_address_that_nobody_has(core, bob):
    """Counted in statements: what a clock would say depends on the machine."""
    from sqlalchemy import event

    def statements(email):
        seen = []

        def note(_connection, _cursor, statement, *_rest):
            seen.append(statement)

        event.listen(core.database.engine, "before_cursor_execute", note)
        resets.send(core, email)
        event.remove(core.database.engine, "before_cursor_execute", note)
        return seen

    resets.send(core, "warm@example.org")
    assert statements("bob@example.org") == statements("nobody@example.org")


def test_the_mail_has_a_link_that_sets_one_new_password(call, core, jobs, bob, login):
    call("POST", "/sendreset", {"email": "bob@example.org"})
    mail.deliver(core, jobs()[0])
    (kept,) = mail.outbox(core)
    assert kept.to == "bob@example.org"
    link = re.search(r"(http\S+)/reset\?token=(\S+)", kept.text)
    assert core.settings.public_url == link[1]
    answer = call("POST", "/resetpassword", {"token": link[2], "password": NEW})
    assert (answer.status_code, answer.json) == (200, {"message": "Password updated successfully!"})
    assert login("bob", NEW)
    assert call("POST", "/login", {"username": "bob", "password": PASSWORD}).status_code == 401


def test_the_links_host_is_the_configured_one_whatever_the_request_says(call, core, jobs, bob):
    call(
        "POST",
        "/sendreset",
        {"email": "bob@example.org"},
        headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"},
    )
    mail.deliver(core, jobs()[0])
    assert "evil" not in mail.outbox(core)[0].text


def test_a_token_alone_is_only_looked_at(call, token, login):
    for _ in range(2):
        assert call("POST", "/resetpassword", {"token": token}).json == {"valid": True}
    assert call("POST", "/resetpassword", {"token": "x"}).json == {"valid": False}
    assert login("bob")


def test_a_token_is_good_once(call, token):
    assert call("POST", "/resetpassword", {"token": token, "password": NEW}).status_code == 200
    answer = call("POST", "/resetpassword", {"token": token, "password": "yet another password"})
    assert (answer.status_code, answer.json) == (
        401,
        {"error": "This link has been used or is too old, please ask for a new one"},
    )
    assert call("POST", "/resetpassword", {"token": token}).json == {"valid": False}


def test_of_two_uses_at_the_same_time_one_wins(settings, clock, token):
    cores = [make_core(settings, clock) for _ in range(3)]
    barrier, outcomes = threading.Barrier(len(cores)), []

    def work(core, password):
        barrier.wait()
        try:
            resets.use(core, token, password)
            outcomes.append(True)
        except NotAuthenticated:
            outcomes.append(False)

    threads = [threading.Thread(target=work, args=(core, f"brand new {i}")) for i, core in enumerate(cores)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for core in cores:
        core.database.close()
    assert sorted(outcomes) == [False, False, True]


def test_a_token_is_good_for_an_hour(core, clock, token):
    clock.advance(3599)
    assert resets.is_valid(core, token) is True
    clock.advance(1)
    assert resets.is_valid(core, token) is False
    with pytest.raises(NotAuthenticated):
        resets.use(core, token, NEW)


def test_a_password_that_cannot_be_used_leaves_the_token_good(core, token):
    with pytest.raises(BadInput):
        resets.use(core, token, "password")
    assert resets.is_valid(core, token) is True


def test_a_reset_ends_everything_but_api_tokens(call, core, bob, token, login, api_token):
    script, signed_in, cookie = api_token(bob, "read"), login("bob"), sessions.open_web(core, bob)
    grant = sessions.start(core, bob)
    resets.use(core, token, NEW)
    assert call("GET", "/user", token=signed_in).status_code == 401
    assert sessions.find_web(core, cookie) is None
    with pytest.raises(NotAuthenticated):
        sessions.refresh(core, grant.refresh_token)
    assert call("GET", "/user", token=script).status_code == 200


@pytest.mark.parametrize("change", ["password", "disable", "delete"])
def test_a_token_is_dead_once_the_account_has_moved_on(core, ada, bob, token, change):
    if change == "password":
        accounts.set_password(core, bob, NEW)
    elif change == "disable":
        accounts.set_disabled(core, bob, True)
    else:
        accounts.delete(core, bob)
    assert resets.is_valid(core, token) is False


def test_a_disabled_account_gets_no_mail(core, jobs, bob):
    accounts.set_disabled(core, bob, True)
    resets.send(core, "bob@example.org")
    mail.deliver(core, jobs()[-1])
    assert mail.outbox(core) == []


def test_an_address_that_nobody_has_gets_no_mail(core, jobs, bob):
    resets.send(core, "nobody@example.org")
    mail.deliver(core, jobs()[-1])
    assert mail.outbox(core) == []


def test_a_mailbox_is_not_flooded(core, clock, jobs, bob):
    for _ in range(MOST_RESETS + 3):
        resets.send(core, "bob@example.org")
    for payload in jobs():
        mail.deliver(core, payload)
    assert len(mail.outbox(core)) == MOST_RESETS
    clock.advance(3600)
    resets.send(core, "bob@example.org")
    mail.deliver(core, jobs()[-1])
    assert len(mail.outbox(core)) == MOST_RESETS + 1


def test_the_owner_is_told_that_the_password_was_changed(core, jobs, bob, token):
    resets.use(core, token, NEW)
    mail.deliver(core, jobs()[-1])
    kept = next(one for one in mail.outbox(core) if "token=" not in one.text)
    assert (kept.to, kept.subject) == ("bob@example.org", "Your password was changed - GoScrobble")


def test_no_log_line_holds_token_or_address(core, jobs, bob):
    with structlog.testing.capture_logs() as logs:
        resets.send(core, "bob@example.org")
        secret = mailed(core, jobs()[-1])
        resets.use(core, secret, NEW)
    assert logs != []
    assert (secret in repr(logs), "example.org" in repr(logs)) == (False, False)


def everything(core):
    """All that is stored, as a dump would have it."""
    with core.database.read() as connection:
        names = inspect(connection).get_table_names()
        rows = (connection.execute(text(f"SELECT * FROM {name}")).fetchall() for name in names)
        return repr(list(rows))


def test_the_database_holds_neither_a_token_nor_in_the_payload_an_address(core, jobs, bob):
    resets.send(core, "bob@example.org")
    assert {"mail", "request", "at"} == set(jobs()[-1])
    token = mailed(core, jobs()[-1])
    assert resets.is_valid(core, token)
    assert token not in everything(core)
    assert "bob@example.org" not in repr(jobs())


def test_what_waits_to_be_mailed_sets_no_password(core, jobs, bob):
    resets.send(core, "bob@example.org")
    request = jobs()[-1]["request"]
    with core.database.read() as connection:
        (row,) = connection.execute(text("SELECT digest FROM reset_token")).fetchall()
    for text_of_it in (request, f"reset request{request}", bytes(row.digest).hex()):
        assert not resets.is_valid(core, text_of_it)


def test_a_mail_that_could_not_be_sent_leaves_no_token_and_is_sent_with_another(core, jobs, bob, monkeypatch):
    resets.send(core, "bob@example.org")
    keep, tokens = mail._keep, []

    def fail(core, message, name):
        tokens.append(re.search(r"token=([\w-]+)", message.body)[1])
        raise RetryLater("The mail server cannot be reached")

    monkeypatch.setattr(mail, "_keep", fail)
    for _ in range(3):
        with pytest.raises(RetryLater):
            mail.deliver(core, jobs()[-1])
    monkeypatch.setattr(mail, "_keep", keep)
    token = mailed(core, jobs()[-1])
    assert len({*tokens, token}) == 4
    assert [resets.is_valid(core, one) for one in (*tokens, token)] == [False, False, False, True]


def test_a_mail_that_is_sent_twice_has_two_links_that_work(core, jobs, bob, monkeypatch):
    """A worker that dies between sending and noting it."""
    monkeypatch.setattr(mail.credentials, "end_reset_request", lambda *_: None)
    resets.send(core, "bob@example.org")
    tokens = [mailed(core, jobs()[-1]) for _ in range(2)]
    assert [resets.is_valid(core, one) for one in tokens] == [True, True]


def test_another_address_ends_the_links_that_were_mailed_to_the_old_one_which_is_told(core, jobs, bob):
    token = mailed(core, send(core, jobs))
    waiting = send(core, jobs)
    accounts.change(core, bob, email="bob@elsewhere.example")
    assert not resets.is_valid(core, token)
    mail.deliver(core, waiting)  # the one that was under way sends nothing
    mail.deliver(core, jobs()[-1])
    _, told = sorted(mail.outbox(core), key=lambda one: "another e-mail address" in one.text)
    assert len(mail.outbox(core)) == 2
    assert (told.to, told.subject) == ("bob@example.org", "Your address was changed - GoScrobble")
    assert "elsewhere" not in told.text
    assert "bob@example.org" not in repr(jobs())


def send(core, jobs):
    """Ask for a link, and return the payload of its mail."""
    resets.send(core, "bob@example.org")
    return jobs()[-1]
