"""`goscrobble keys`."""

from pathlib import Path

import pytest

from goscrobble.services import keys


@pytest.fixture
def file(environment):
    return Path(environment["GOSCROBBLE_INSTANCE_PATH"]) / keys.SECRETS_KEY_FILE


def test_a_key_is_changed_in_two_steps(goscrobble, file):
    assert goscrobble("config", "set", "SPOTIFY_API_SECRET", "a secret").exit_code == 0
    old = file.read_text().split()
    first = goscrobble("keys", "rotate")
    assert first.stdout == (
        "A new key is on top of secrets.key. Restart every server and worker, then: keys rotate --finish\n"
    )
    new, kept = file.read_text().split()
    assert [kept] == old
    last = goscrobble("keys", "rotate", "--finish")
    assert last.stdout == ("All that is stored (1) is encrypted with the new key; the old ones are gone. Back it up.\n")
    assert file.read_text().split() == [new]
    assert goscrobble("keys", "rotate", "--finish").stdout == "There is only one key; nothing is left to do.\n"
    assert goscrobble("config", "get", "SPOTIFY_API_SECRET").exit_code == 0


def test_a_lost_key_stops_every_command_but_the_one_that_begins_anew(goscrobble, file):
    assert goscrobble("config", "set", "SPOTIFY_API_SECRET", "a secret").exit_code == 0
    assert "There is a secrets.key" in goscrobble("keys", "begin-anew").stderr
    file.unlink()
    for command in (("users", "list"), ("database", "upgrade"), ("keys", "rotate", "--finish")):
        refused = goscrobble(*command)
        assert (refused.exit_code, refused.stdout) == (1, ""), command
        assert f"The key file {file} is missing" in refused.stderr
    done = goscrobble("keys", "begin-anew")
    assert (done.exit_code, done.stdout) == (
        0,
        "A new secrets.key is made. Passwords and secrets of other services must be entered again.\n",
    )
    assert goscrobble("users", "list").exit_code == 0
