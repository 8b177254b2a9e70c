import pytest
from sqlalchemy import text

from goscrobble.errors import NotFound
from goscrobble.services import accounts, attempts, ingest
from goscrobble.testing import PASSWORD, make_account, make_draft

NEW = "a brand new password"


@pytest.fixture
def token(login, bob):
    return login("bob")


def test_the_account_shows_what_is_documented(call, token, bob):
    answer = call("GET", "/user", token=token)
    expected = {
        "uuid": bob.uuid,
        "username": "bob",
        "email": "bob@example.org",
        "admin": False,
        "mod": False,
        "time_zone": "UTC",
        "privacy": "public",
        "created_at": "2026-06-01T12:00:00Z",
    }
    assert (200, expected) == (answer.status_code, answer.json)


def test_privacy_is_changed(call, token):
    assert call("PATCH", "/user", {"privacy": "members"}, token=token).json["privacy"] == "members"


def test_the_time_zone_is_changed_and_the_days_move_with_it(call, core, bob, token):
    ingest.submit(core, bob.id, [make_draft(played_at=1_780_272_000 + 1800)], source="test", voice="v")  # 00:30 UTC
    days = "SELECT day FROM user_day"
    with core.database.read() as connection:
        before = connection.execute(text(days)).scalars().all()
    answer = call("PATCH", "/user", {"time_zone": "America/New_York"}, token=token)
    assert (answer.status_code, answer.json["time_zone"]) == (200, "America/New_York")
    with core.database.read() as connection:
        assert [day - 1 for day in before] == connection.execute(text(days)).scalars().all()


@pytest.mark.parametrize(
    "body",
    [
        {"privacy": "secret"},
        {"privacy": 1},
        {"time_zone": "Mars/Olympus"},
        {"time_zone": ""},
        {"time_zone": "../../etc/passwd"},
        {"email": "no address", "current_password": PASSWORD},
        {"password": "short", "current_password": PASSWORD},
        {"password": "password", "current_password": PASSWORD},
        {"password": 12345678, "current_password": PASSWORD},
        {"password": NEW},
        {"email": "new@example.org"},
        [],
        "text",
    ],
)
def test_a_change_that_cannot_be_is_refused_and_nothing_changes(call, token, body):
    before = call("GET", "/user", token=token).json
    answer = call("PATCH", "/user", body, token=token)
    assert (answer.status_code, list(answer.json)) == (400, ["error"])
    assert before == call("GET", "/user", token=token).json


def test_what_is_not_ones_own_to_decide_is_ignored(call, token, bob):
    body = {
        "admin": True,
        "is_admin": True,
        "mod": True,
        "uuid": "x",
        "id": 1,
        "username": "eve",
        "disabled": True,
        "ver": 9,
    }
    answer = call("PATCH", "/user", body, token=token)
    assert (200, bob.uuid, "bob", False, False) == (
        answer.status_code,
        *(answer.json[key] for key in ("uuid", "username", "admin", "mod")),
    )


def test_a_new_address_needs_the_password(call, token):
    wrong = call("PATCH", "/user", {"email": "new@example.org", "current_password": "something"}, token=token)
    assert (wrong.status_code, wrong.json) == (403, {"error": "The current password is wrong"})
    right = call("PATCH", "/user", {"email": "new@example.org", "current_password": PASSWORD}, token=token)
    assert (right.status_code, right.json["email"]) == (200, "new@example.org")


def test_an_address_that_somebody_has_is_taken(call, ada, token):
    answer = call("PATCH", "/user", {"email": "ADA@example.org", "current_password": PASSWORD}, token=token)
    assert (answer.status_code, answer.json) == (409, {"error": "This e-mail address is already in use"})


def test_a_new_password_ends_the_token_that_asked_for_it(call, token, login):
    answer = call("PATCH", "/user", {"password": NEW, "current_password": PASSWORD}, token=token)
    assert answer.status_code == 200
    assert call("GET", "/user", token=token).status_code == 401
    assert login("bob", NEW)


def test_guessing_the_current_password_is_slowed_down(call, core, token):
    for _ in range(attempts.BURST):
        attempts.note_failure(core, "bob", "127.0.0.1")
    answer = call("PATCH", "/user", {"password": NEW, "current_password": PASSWORD}, token=token)
    assert answer.status_code == 429


def test_signing_out_everywhere_ends_the_token_too(call, token):
    assert call("DELETE", "/user/sessions", token=token).json == {"message": "Signed out everywhere"}
    assert call("GET", "/user", token=token).status_code == 401


def test_an_account_is_erased_with_everything_of_it(call, core, ada, bob, token, api_token):
    for owner in (ada, bob):
        drafts = [make_draft(title=f"Song {number}", played_at=1_780_000_000 + 900 * number) for number in range(5)]
        ingest.submit(core, owner.id, drafts, source="test", voice="v")
        api_token(owner, "read")
    answer = call("DELETE", "/user", {"password": PASSWORD}, token=token)
    assert (answer.status_code, answer.json) == (200, {"message": "Account deleted"})
    assert call("GET", "/user", token=token).status_code == 401
    assert rows_of(core, bob) == {}
    assert {"scrobble", "heard", "user_day", "user_artist", "api_token"} <= set(rows_of(core, ada))
    assert accounts.find(core, "bob") is None


def test_an_account_is_erased_a_few_rows_at_a_time(core, bob):
    drafts = [make_draft(title=f"Song {number}", played_at=1_780_000_000 + 900 * number) for number in range(5)]
    ingest.submit(core, bob.id, drafts, source="test", voice="v")
    accounts.delete(core, bob, at_once=2)
    assert rows_of(core, bob) == {}
    assert accounts.find(core, "bob") is None


def rows_of(core, account):
    from goscrobble.models import Base

    with core.database.read() as connection:
        counts = {
            table.name: connection.execute(
                text(f"SELECT count(*) FROM {table.name} WHERE user_id = {account.id}")
            ).scalar()
            for table in Base.metadata.sorted_tables
            if "user_id" in table.c
        }
    return {name: count for name, count in counts.items() if count}


@pytest.mark.parametrize(("body", "status"), [({}, 400), ({"password": "something"}, 403), ({"password": None}, 400)])
def test_an_account_is_not_erased_without_its_password(call, core, token, body, status):
    assert status == call("DELETE", "/user", body, token=token).status_code
    assert accounts.find(core, "bob") is not None


def test_the_last_administrator_cannot_leave(call, ada, bob, login):
    answer = call("DELETE", "/user", {"password": PASSWORD}, token=login("ada"))
    sentence = "This is the last administrator; make somebody else one first"
    assert (409, {"error": sentence}) == (answer.status_code, answer.json)
    assert login("ada")


def test_a_name_is_free_again_after_its_account_was_erased_and_its_number_is_not(core, bob):
    accounts.delete(core, bob)
    again = make_account(core, "bob")
    assert again.id > bob.id


@pytest.mark.parametrize(
    ("privacy", "seen_by"),
    [("public", ["nobody", "ada", "bob"]), ("members", ["ada", "bob"]), ("private", ["bob"])],
)
def test_a_hidden_account_is_not_there_for_those_who_may_not_see_it(core, ada, bob, privacy, seen_by):
    bob = accounts.change(core, bob, privacy=privacy)
    viewers = {"nobody": None, "ada": ada, "bob": bob}
    assert seen_by == [name for name, viewer in viewers.items() if can_see(core, "BOB", viewer)]


def can_see(core, username, viewer):
    try:
        return accounts.visible(core, username, viewer).username == "bob"
    except NotFound:
        return False


def test_an_account_that_does_not_exist_is_not_there_for_anybody(core, ada):
    for name in ("nobody", "", "\0", "a" * 1000):
        with pytest.raises(NotFound, match="There is no such user"):
            accounts.visible(core, name, ada)
