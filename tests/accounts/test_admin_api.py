import threading

import pytest

from goscrobble.errors import Conflict, NotFound
from goscrobble.services import accounts, settings
from goscrobble.testing import make_account, make_core

LAST = {"error": "This is the last administrator; make somebody else one first"}


@pytest.fixture
def token(login, ada):
    return login("ada")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/admin/users", None),
        ("GET", "/admin/users/ada", None),
        ("PATCH", "/admin/users/bob", {"admin": True}),
        ("DELETE", "/admin/users/ada", None),
        ("GET", "/admin/plugins", None),
        ("PATCH", "/admin/plugins/jellyfin", {"enabled": False}),
    ],
)
def test_only_administrators_manage(call, core, bob, login, method, path, body):
    assert [call(method, path, body, token=who).status_code for who in (None, login("bob"))] == [401, 403]
    assert accounts.named(core, "bob").is_admin is False


def test_an_account_is_shown_as_documented(call, token, bob):
    answer = call("GET", "/admin/users/BOB", token=token)
    expected = {
        "uuid": bob.uuid,
        "username": "bob",
        "email": "bob@example.org",
        "admin": False,
        "mod": False,
        "disabled": False,
    }
    assert expected == {key: answer.json[key] for key in expected}


def test_accounts_are_listed_by_name_in_pages(call, core, token):
    for name in ("Zoe", "bob", "carl"):
        make_account(core, name)
    seen, cursor = [], ""
    while cursor is not None:
        page = call("GET", f"/admin/users?limit=2&cursor={cursor}", token=token).json
        seen.append([user["username"] for user in page["users"]])
        cursor = page["next"]
    assert seen == [["ada", "bob"], ["carl", "Zoe"]]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("BO", ["bob"]),
        ("example.org", ["ada", "bob"]),
        ("%", []),
        ("_", ["x_y"]),
        ("b\\", []),
        ("", ["ada", "bob", "x_y"]),
    ],
)
def test_accounts_are_found_by_a_part_of_name_or_address(call, core, bob, token, search, found):
    make_account(core, "x_y", email="x@y.z")
    answer = call("GET", "/admin/users", token=token, query_string={"search": search})
    assert found == [user["username"] for user in answer.json["users"]]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=x", "limit=201", "search=%00", "cursor=%00", f"search={'x' * 300}"]
)
def test_a_list_that_cannot_be_is_refused(call, token, query):
    assert call("GET", f"/admin/users?{query}", token=token).status_code == 400


@pytest.mark.parametrize(
    "change", [{"admin": True}, {"mod": True}, {"disabled": True}, {"admin": True, "mod": True}, {}]
)
def test_an_account_is_changed(call, token, bob, change):
    before = call("GET", "/admin/users/bob", token=token).json
    answer = call("PATCH", "/admin/users/bob", change, token=token)
    assert (200, before | change) == (answer.status_code, answer.json)


@pytest.mark.parametrize("body", [{"admin": "yes"}, {"disabled": 1}, {"mod": "true"}, [], 7])
def test_a_decision_that_is_not_true_or_false_is_refused(call, token, bob, body):
    assert call("PATCH", "/admin/users/bob", body, token=token).status_code == 400


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_a_user_that_does_not_exist_is_not_found(call, token, method):
    answer = call(method, "/admin/users/nobody", {} if method == "PATCH" else None, token=token)
    assert (answer.status_code, answer.json) == (404, {"error": "There is no such user"})


def test_an_account_is_erased(call, core, token, bob):
    assert call("DELETE", "/admin/users/bob", token=token).json == {"message": "Account deleted"}
    assert accounts.find(core, "bob") is None


@pytest.mark.parametrize("change", [{"admin": False}, {"disabled": True}, {"mod": True, "admin": False}])
def test_the_last_administrator_stays_one(call, core, token, bob, change):
    answer = call("PATCH", "/admin/users/ada", change, token=token)
    assert (answer.status_code, answer.json) == (409, LAST)
    ada = accounts.named(core, "ada")
    assert (ada.is_admin, ada.is_disabled, ada.is_mod) == (True, False, False)


def test_the_last_administrator_cannot_be_erased(call, token):
    answer = call("DELETE", "/admin/users/ada", token=token)
    assert (answer.status_code, answer.json) == (409, LAST)


def test_a_disabled_administrator_does_not_count(core, ada, bob):
    accounts.manage(core, bob, admin=True, disabled=True)
    with pytest.raises(Conflict):
        accounts.set_admin(core, ada, False)


def test_with_two_administrators_one_may_go(core, ada, bob):
    accounts.set_admin(core, bob, True)
    assert accounts.set_admin(core, ada, False).is_admin is False


def test_of_two_administrators_who_demote_each_other_at_the_same_time_one_stays(settings, clock, core, ada, bob):
    accounts.set_admin(core, bob, True)
    cores = [make_core(settings, clock) for _ in range(2)]
    barrier, outcomes = threading.Barrier(2), []

    def work(one, whom):
        barrier.wait()
        try:
            accounts.set_admin(one, whom, False)
            outcomes.append("done")
        except Conflict:
            outcomes.append("refused")

    threads = [threading.Thread(target=work, args=(one, whom)) for one, whom in zip(cores, (ada, bob), strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in cores:
        one.database.close()
    assert sorted(outcomes) == ["done", "refused"]


def test_managing_an_account_that_is_gone_says_so(core, bob):
    accounts.delete(core, bob)
    with pytest.raises(NotFound):
        accounts.manage(core, bob, mod=True)


# ---- plugins ----


def plugin(call, token, name="jellyfin"):
    return next(one for one in call("GET", "/admin/plugins", token=token).json["plugins"] if one["name"] == name)


def test_plugins_are_listed_with_how_they_are(call, token):
    found = plugin(call, token)
    assert (found["status"], found["enabled"], found["fixed"], found["error"]) == ("enabled", True, False, "")


def test_a_plugin_is_switched_off_and_on(call, core, token):
    for enabled, status in ((False, "disabled"), (True, "enabled")):
        answer = call("PATCH", "/admin/plugins/jellyfin", {"enabled": enabled}, token=token)
        assert (200, status) == (answer.status_code, answer.json["status"])
        assert enabled is settings.is_enabled(core, "jellyfin")
        assert status == plugin(call, token)["status"]


@pytest.mark.parametrize("body", [{}, {"enabled": "yes"}, {"enabled": None}])
def test_a_switch_is_on_or_off(call, token, body):
    assert call("PATCH", "/admin/plugins/jellyfin", body, token=token).status_code == 400


def test_a_plugin_that_does_not_exist_is_not_found(call, token):
    answer = call("PATCH", "/admin/plugins/nothing", {"enabled": True}, token=token)
    assert (answer.status_code, answer.json) == (404, {"error": "There is no such plugin"})
