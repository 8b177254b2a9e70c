import threading

import jwt
import pytest

from goscrobble.errors import NotAuthenticated
from goscrobble.services import accounts, sessions
from goscrobble.testing import make_core

DAY = 86_400
SENTENCE = {"error": "This refresh token is not valid any more, please sign in again"}


def claims_of(token):
    return jwt.decode(token, options={"verify_signature": False})


def test_a_refresh_token_is_exchanged_for_the_next_pair(call, clock, ada, login):
    first = claims_of(login("ada"))
    clock.advance(DAY)
    answer = call("POST", "/refresh", {"token": first["refresh_token"]})
    assert answer.status_code == 200
    second = claims_of(answer.json["token"])
    assert (first["sub"], int(clock.at), int(clock.at) + 30 * DAY) == (
        second["sub"],
        second["iat"],
        second["refresh_exp"],
    )
    assert first["refresh_token"] != second["refresh_token"]
    assert call("GET", "/user", token=answer.json["token"]).status_code == 200


def test_two_tabs_within_ten_seconds_get_the_same_successor(core, clock, ada):
    first = sessions.start(core, ada)
    second = sessions.refresh(core, first.refresh_token)
    clock.advance(10)
    again = sessions.refresh(core, first.refresh_token)
    assert (second.refresh_token, second.refresh_expires_at) == (again.refresh_token, again.refresh_expires_at)


def test_a_second_use_after_that_revokes_the_whole_family(core, clock, ada):
    first = sessions.start(core, ada)
    second = sessions.refresh(core, first.refresh_token)
    clock.advance(11)
    for secret in (first.refresh_token, second.refresh_token):
        with pytest.raises(NotAuthenticated):
            sessions.refresh(core, secret)


def test_the_access_tokens_of_a_family_die_with_it_and_others_live_on(call, clock, ada, login):
    stolen, other = login("ada"), login("ada")
    renewed = call("POST", "/refresh", {"token": claims_of(stolen)["refresh_token"]}).json["token"]
    for token in (stolen, renewed, other):
        assert call("GET", "/user", token=token).status_code == 200
        assert call("POST", "/ingress/multiscrobbler", {}, token=token).status_code == 400  # remembered for a moment
    clock.advance(11)
    assert call("POST", "/refresh", {"token": claims_of(stolen)["refresh_token"]}).status_code == 401
    for path, method in (("/user", "GET"), ("/ingress/multiscrobbler", "POST")):
        body = None if method == "GET" else {}
        assert [call(method, path, body, token=token).status_code for token in (stolen, renewed)] == [401, 401]
    assert call("GET", "/user", token=other).status_code == 200


def test_another_family_of_the_same_person_lives_on(core, clock, ada):
    phone, laptop = sessions.start(core, ada), sessions.start(core, ada)
    sessions.refresh(core, phone.refresh_token)
    clock.advance(11)
    with pytest.raises(NotAuthenticated):
        sessions.refresh(core, phone.refresh_token)
    assert ada.id == sessions.refresh(core, laptop.refresh_token).account.id


def test_many_who_refresh_at_once_all_get_the_same_successor(settings, clock, core, ada):
    first = sessions.start(core, ada)
    cores = [make_core(settings, clock) for _ in range(6)]
    barrier, successors = threading.Barrier(len(cores)), []

    def work(one):
        barrier.wait()
        successors.append(sessions.refresh(one, first.refresh_token).refresh_token)

    threads = [threading.Thread(target=work, args=(one,)) for one in cores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in cores:
        one.database.close()
    assert (len(successors), len(set(successors))) == (6, 1)


def test_a_refresh_token_ends_after_thirty_days(call, core, clock, ada):
    secret = sessions.start(core, ada).refresh_token
    clock.advance(30 * DAY)
    answer = call("POST", "/refresh", {"token": secret})
    assert (answer.status_code, answer.json) == (401, SENTENCE)


@pytest.mark.parametrize("secret", ["", "x", "a" * 43, "gs_abc", "ü", "a.b.c"])
def test_a_refresh_token_that_we_never_made_is_refused(call, secret):
    answer = call("POST", "/refresh", {"token": secret})
    assert (answer.status_code, answer.json) == (401, SENTENCE)


def test_an_access_token_is_no_refresh_token(call, ada, login):
    assert call("POST", "/refresh", {"token": login("ada")}).status_code in (400, 401)


def change_password(core, account):
    accounts.set_password(core, account, "a brand new password")


def disable_and_enable(core, account):
    accounts.set_disabled(core, account, True)
    accounts.set_disabled(core, account, False)


@pytest.mark.parametrize("event", [change_password, disable_and_enable, accounts.sign_out_everywhere, accounts.delete])
def test_what_signs_out_ends_refresh_tokens_too(core, ada, bob, event):
    used, fresh = sessions.start(core, bob), sessions.start(core, bob)
    sessions.refresh(core, used.refresh_token)
    event(core, bob)
    for grant in (used, fresh):
        with pytest.raises(NotAuthenticated):
            sessions.refresh(core, grant.refresh_token)


def test_neither_token_nor_successor_is_stored(core, ada):
    from sqlalchemy import text

    first = sessions.start(core, ada)
    second = sessions.refresh(core, first.refresh_token)
    with core.database.read() as connection:
        stored = repr(connection.execute(text("SELECT * FROM refresh_token")).fetchall())
    assert [grant.refresh_token in stored for grant in (first, second)] == [False, False]


def test_what_has_expired_is_swept_away_and_nothing_else(core, clock, ada):
    sessions.start(core, ada)
    sessions.open_web(core, ada)
    clock.advance(29 * DAY)
    young = sessions.start(core, ada)
    clock.advance(DAY)
    assert sessions.forget_expired(core) == 2
    assert ada.id == sessions.refresh(core, young.refresh_token).account.id
