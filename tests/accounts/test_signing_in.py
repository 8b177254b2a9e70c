import pytest

from goscrobble.errors import NotAuthenticated, TooManyRequests
from goscrobble.services import accounts, attempts
from goscrobble.testing import PASSWORD, make_account

WRONG = {"error": "Invalid Username or Password"}


@pytest.mark.parametrize("name", ["ada", "ADA", "ada@example.org", "Ada@Example.org", " ada "])
def test_one_signs_in_by_username_or_address_in_any_case(call, ada, name):
    answer = call("POST", "/login", {"username": name, "password": PASSWORD})
    assert (answer.status_code, list(answer.json)) == (200, ["token"])


@pytest.mark.parametrize("name", ["ada", "nobody", "nobody@example.org", "", "a" * 300])
def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(call, ada, name):
    answer = call("POST", "/login", {"username": name, "password": "something else"})
    assert (answer.status_code, answer.json) == (401, WRONG)


def test_an_unknown_name_takes_the_same_work(core, ada):
    import time

    def cost(name):
        best = 9.0
        for _ in range(3):
            began = time.perf_counter()
            with pytest.raises(NotAuthenticated):
                accounts.sign_in(core, name, "something else", "192.0.2.1")
            best = min(best, time.perf_counter() - began)
        return best

    assert 0.4 < cost("nobody") / cost("ada") < 2.5


@pytest.mark.parametrize("body", [{}, [], None, {"username": "ada"}, {"username": 1, "password": "x"}, "text"])
def test_a_body_that_is_no_login_is_refused_with_a_sentence(client, ada, body):
    import json

    answer = client.post("/api/v1/login", data=json.dumps(body))
    assert answer.status_code == 400
    assert list(answer.json) == ["error"]


def test_a_password_longer_than_any_can_be_is_simply_wrong(call, ada):
    assert call("POST", "/login", {"username": "ada", "password": "x" * 5000}).status_code == 401


def test_a_disabled_account_is_told_so_to_who_knows_its_password_only(call, core, bob):
    accounts.set_disabled(core, bob, True)
    answers = [call("POST", "/login", {"username": "bob", "password": one}) for one in (PASSWORD, "something else")]
    assert [(a.status_code, a.json) for a in answers] == [(403, {"error": "This account is disabled"}), (401, WRONG)]


def fail(core, times, address="192.0.2.1", name="ada"):
    for _ in range(times):
        attempts.note_failure(core, name, address)


def test_wrong_passwords_slow_down_their_sender_and_nobody_else(core, clock, ada):
    fail(core, attempts.BURST)
    with pytest.raises(TooManyRequests) as caught:
        accounts.sign_in(core, "ada", PASSWORD, "192.0.2.1")
    assert caught.value.retry_after == 10
    assert ada.id == accounts.sign_in(core, "ada", PASSWORD, "192.0.2.2").id
    clock.advance(caught.value.retry_after)
    assert ada.id == accounts.sign_in(core, "ada", PASSWORD, "192.0.2.1").id


def test_the_right_password_forgives_the_wrong_ones(core, ada):
    fail(core, attempts.BURST - 1)
    accounts.sign_in(core, "ada", PASSWORD, "192.0.2.1")
    fail(core, attempts.BURST - 1)
    attempts.check(core, "ada", "192.0.2.1")


def test_a_network_of_ipv6_is_one_sender(core):
    fail(core, attempts.BURST, "2001:db8::1")
    with pytest.raises(TooManyRequests):
        attempts.check(core, "ada", "2001:db8::ffff")
    attempts.check(core, "ada", "2001:db8:0:1::1")


def test_an_ipv4_address_inside_ipv6_is_the_same_sender(core):
    fail(core, attempts.BURST, "::ffff:192.0.2.1")
    with pytest.raises(TooManyRequests):
        attempts.check(core, "ada", "192.0.2.1")


def test_senders_without_number_are_not_remembered_without_end(core):
    for number in range(attempts.MOST_REMEMBERED + 10):
        attempts.note_failure(core, f"name{number}", "192.0.2.1")
    assert len(core.database.caches["wrong passwords"]) == attempts.MOST_REMEMBERED


def test_too_many_wrong_passwords_are_answered_with_when_to_come_back(call, core, ada):
    fail(core, attempts.BURST, "127.0.0.1")
    answer = call("POST", "/login", {"username": "ada", "password": PASSWORD})
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "10")


def test_no_account_means_no_way_in(call):
    assert ((answer := call("POST", "/login", {"username": "ada", "password": PASSWORD})).status_code, answer.json) == (
        401,
        WRONG,
    )


def test_a_second_account_does_not_answer_for_the_first(core, ada):
    make_account(core, "eve", password="another long password")
    with pytest.raises(NotAuthenticated):
        accounts.sign_in(core, "ada", "another long password", "192.0.2.1")
