import subprocess
import sys
import textwrap

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.low_level import Type

from goscrobble.errors import BadInput
from goscrobble.services import accounts, passwords
from goscrobble.storage import users
from goscrobble.testing import PASSWORD, make_account


@pytest.mark.parametrize("length", [8, 64, 1024])
def test_a_password_may_be_that_long_and_is_verified_to_the_last_character(length):
    password = ("qX7 ü" * 300)[:length]
    passwords.check(password)
    stored = passwords.make_hash(password)
    assert [passwords.matches(candidate, stored) for candidate in (password, password[:-1] + "#")] == [True, False]


@pytest.mark.parametrize("length", [0, 7, 1025])
def test_a_password_that_is_too_short_or_too_long_is_refused(length):
    with pytest.raises(BadInput, match="must have 8 to 1024 characters"):
        passwords.check("ü" * length)


@pytest.mark.parametrize("password", ["password", "12345678", "PASSWORD1", "qwertyuiop", "iloveyou1", "password123"])
def test_one_of_the_commonest_passwords_is_refused_in_any_case(password):
    with pytest.raises(BadInput, match="one of the most common ones"):
        passwords.check(password)


@pytest.mark.parametrize("password", ["ada.lovelace", "Countess", "countess@example.org"])
def test_ones_own_name_or_address_is_no_password(password):
    with pytest.raises(BadInput, match="must not be your name or e-mail address"):
        passwords.check(password, username="Ada.Lovelace", email="countess@example.org")


def test_nothing_else_is_demanded():
    passwords.check("just small letters")


def test_a_hash_is_argon2id_with_19_mib_two_passes_and_one_lane():
    found = extract_parameters(passwords.make_hash(PASSWORD))
    assert (found.type, found.memory_cost, found.time_cost, found.parallelism) == (Type.ID, 19456, 2, 1)


def test_the_hash_that_stands_for_nobody_costs_what_a_real_one_costs_and_never_matches():
    assert passwords.is_outdated(passwords._NOBODYS) is False
    assert passwords.matches(PASSWORD, None) is False


def test_a_hash_of_weaker_parameters_is_replaced_at_the_next_sign_in(core):
    ada = make_account(core, "ada")
    weak = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    core.database.write(lambda connection: users.change(connection, ada.id, password_hash=weak))
    accounts.sign_in(core, "ada", PASSWORD, "127.0.0.1")
    with core.database.read() as connection:
        stored = users.password_hash(connection, ada.id)
    assert [passwords.is_outdated(weak), passwords.is_outdated(stored)] == [True, False]
    assert passwords.matches(PASSWORD, stored)


def test_a_stored_hash_that_is_damaged_matches_nothing():
    assert passwords.matches(PASSWORD, "not a hash") is False


def test_under_gevent_hashing_lets_others_run():
    program = """
        from gevent import monkey; monkey.patch_all()
        import gevent
        from goscrobble.services import passwords
        ticks = []
        def tick():
            while True:
                ticks.append(1)
                gevent.sleep(0.001)
        ticker = gevent.spawn(tick)
        gevent.joinall([gevent.spawn(passwords.make_hash, "correct horse") for _ in range(8)], raise_error=True)
        print(len(ticks))
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=True)
    assert int(done.stdout) > 10
