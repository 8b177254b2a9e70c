import threading

import pytest
import structlog

from goscrobble.errors import BadInput, Conflict
from goscrobble.services import accounts, settings
from goscrobble.testing import PASSWORD, make_core, make_settings

WELCOME = {"message": "User created succesfully. You may now login"}


def person(**values):
    return {"username": "ada", "email": "ada@example.org", "password": PASSWORD} | values


def make_account(core, username, email=None, **values):
    """Unlike the factory of that name, goes the whole way."""
    email = email or f"{username}@example.org"
    return accounts.register(core, username=username, email=email, password=PASSWORD, **values)


def test_a_registration_is_answered_as_documented_and_the_person_can_sign_in(call, login):
    answer = call("POST", "/register", person())
    assert (answer.status_code, answer.json) == (200, WELCOME)
    assert login("ada")


def test_the_first_account_is_an_administrators_and_the_second_is_not(core):
    assert [make_account(core, name).is_admin for name in ("ada", "bob")] == [True, False]


def test_of_accounts_that_are_made_at_the_same_time_exactly_one_is_an_administrators(settings, clock):
    cores = [make_core(settings, clock) for _ in range(6)]
    barrier, made = threading.Barrier(len(cores)), []

    def work(index):
        barrier.wait()
        made.append(make_account(cores[index], f"user{index}"))

    threads = [threading.Thread(target=work, args=(index,)) for index in range(len(cores))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for core in cores:
        core.database.close()
    assert (len(made), sum(account.is_admin for account in made)) == (6, 1)


def test_of_two_who_want_the_same_name_at_the_same_time_one_gets_it(settings, clock):
    cores = [make_core(settings, clock) for _ in range(2)]
    barrier, outcomes = threading.Barrier(2), []

    def work(core, email):
        barrier.wait()
        try:
            outcomes.append(make_account(core, "ada", email=email).username)
        except Conflict as error:
            outcomes.append(str(error))

    threads = [threading.Thread(target=work, args=(core, f"{i}@example.org")) for i, core in enumerate(cores)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for core in cores:
        core.database.close()
    assert sorted(outcomes) == ["This username is already taken", "ada"]


@pytest.mark.parametrize("username", ["", "a b", "ä", "a" * 65, "a-b", "a\n", "ada@x", ".", ".."])
def test_a_name_that_cannot_be_a_username_is_refused(call, username):
    answer = call("POST", "/register", person(username=username))
    assert answer.status_code == 400
    assert answer.json["error"].startswith("A username has 1 to 64")


@pytest.mark.parametrize("username", ["a", "A.b_9", "x" * 64])
def test_a_name_of_letters_digits_dots_and_underscores_is_taken(call, username):
    assert call("POST", "/register", person(username=username)).status_code == 200


@pytest.mark.parametrize(
    "email",
    [
        "",
        "ada",
        "@example.org",
        "ada@",
        "a b@example.org",
        "a@b@c",
        "a@b\r\nBcc: x@y.z",
        "a@..",
        f"{'a' * 65}@x.org",
        "a@<b>",
    ],
)
def test_text_that_is_no_address_is_refused(call, email):
    answer = call("POST", "/register", person(email=email))
    assert (answer.status_code, answer.json) == (400, {"error": "This is not an e-mail address"})


@pytest.mark.parametrize("email", ["ada@localhost", "ada+music@example.org", "ada@bücher.example", " ada@example.org "])
def test_an_unusual_address_is_taken(call, email):
    assert call("POST", "/register", person(email=email)).status_code == 200


def test_a_name_that_differs_only_in_case_is_taken_already(call, ada):
    answer = call("POST", "/register", person(username="ADA", email="other@example.org"))
    assert (answer.status_code, answer.json) == (409, {"error": "This username is already taken"})


def test_an_address_that_differs_only_in_case_is_in_use_already(call, ada):
    answer = call("POST", "/register", person(username="other", email="ADA@Example.ORG"))
    assert (answer.status_code, answer.json) == (409, {"error": "This e-mail address is already in use"})


def test_while_registration_is_closed_nobody_can_register_but_the_command_line_can(call, core):
    settings.change(core, {"REGISTRATION_ENABLED": False})
    answer = call("POST", "/register", person())
    assert (answer.status_code, answer.json) == (403, {"error": "Registration is currently disabled"})
    assert make_account(core, "eve").username == "eve"


@pytest.mark.parametrize("missing", ["username", "email", "password"])
def test_a_missing_field_is_named(call, missing):
    body = person()
    del body[missing]
    answer = call("POST", "/register", body)
    assert (400, {"error": f"{missing} is missing"}) == (answer.status_code, answer.json)


def test_nobody_registers_as_administrator_by_saying_so(call, core, ada):
    call("POST", "/register", person(username="eve", email="eve@example.org", admin=True, is_admin=True, mod=True))
    eve = accounts.named(core, "eve")
    assert (eve.is_admin, eve.is_mod) == (False, False)


def test_the_time_zone_is_the_one_that_was_named_else_the_servers_default(core):
    settings.change(core, {"DEFAULT_TIMEZONE": "Asia/Tokyo"})
    zones = [make_account(core, name, time_zone=zone).time_zone for name, zone in [("a", "Europe/Lisbon"), ("b", None)]]
    assert zones == ["Europe/Lisbon", "Asia/Tokyo"]


def test_a_time_zone_that_does_not_exist_is_refused(core):
    with pytest.raises(BadInput, match="There is no time zone named 'Mars/Olympus'"):
        make_account(core, "ada", time_zone="Mars/Olympus")


def test_the_log_warns_while_there_is_no_account(core):
    with structlog.testing.capture_logs() as logs:
        accounts.warn_if_none(core)
    assert [entry["event"] for entry in logs] == [
        "there is no account yet: the first one that is created becomes the administrator"
    ]
    make_account(core, "ada")
    with structlog.testing.capture_logs() as logs:
        accounts.warn_if_none(core)
    assert logs == []


def test_a_database_without_tables_has_no_accounts_and_stops_nobody(instance_path, empty_database_url, clock):
    core = make_core(make_settings(instance_path, database_url=empty_database_url), clock)
    assert accounts.exist(core) is False
    accounts.warn_if_none(core)
    core.database.close()
