"""The key that seals what other services gave us: refused when it is none, missed when it is needed, and changed."""

import base64
import json

import pytest
from sqlalchemy import text

from goscrobble import instance
from goscrobble.errors import BadConfig, Conflict
from goscrobble.services import keys, secrets
from goscrobble.services import settings as runtime_settings
from goscrobble.testing import make_core

SECRET = "a secret of Spotify's"


@pytest.fixture
def core(core):
    """One with a sealed setting."""
    runtime_settings.change(core, {"SPOTIFY_API_SECRET": SECRET})
    return core


def stored(core):
    with core.database.read() as connection:
        query = text("SELECT value FROM setting WHERE key = 'SPOTIFY_API_SECRET'")
        return json.loads(connection.execute(query).scalar_one())


def opened(core):
    return secrets.unseal(core, {"it": stored(core)}).get("it")


@pytest.fixture
def again(settings, clock):
    """Start the instance once more."""
    cores = []

    def again():
        instance.require_keys(settings)
        cores.append(make_core(settings, clock))
        return cores[-1]

    yield again
    for core in cores:
        core.database.close()


def test_a_new_key_encrypts_what_comes_and_the_old_one_opens_what_is_there(core, again, settings):
    before = stored(core)
    keys.add_secrets_key(settings.instance_path)
    restarted = again()
    assert len(restarted.keys.secrets) == 2
    assert opened(restarted) == SECRET
    runtime_settings.change(restarted, {"SPOTIFY_API_SECRET": "another"})
    assert stored(restarted) != before
    assert opened(restarted) == "another"


def test_when_all_is_encrypted_anew_the_old_key_opens_nothing_and_is_gone(core, again, settings):
    keys.add_secrets_key(settings.instance_path)
    restarted = again()
    before = stored(core)
    assert secrets.seal_anew(restarted) == 1
    keys.drop_old_secrets_keys(settings.instance_path)
    last = again()
    assert len(last.keys.secrets) == 1
    assert last.keys.secrets[0] not in core.keys.secrets
    assert stored(last) != before
    assert opened(last) == SECRET
    assert opened(core) is None
    assert (settings.instance_path / keys.SECRETS_KEY_FILE).stat().st_mode & 0o777 == 0o600


def test_what_no_key_opens_is_a_reason_to_change_nothing(core, again, settings):
    (settings.instance_path / keys.SECRETS_KEY_FILE).unlink()
    keys.load(settings.instance_path)
    before = stored(core)
    with pytest.raises(Conflict, match="encrypted with a key that is not there"):
        secrets.seal_anew(again())
    assert stored(core) == before


def test_a_missing_key_beside_what_it_sealed_stops_the_start(core, settings):
    file = settings.instance_path / keys.SECRETS_KEY_FILE
    file.unlink()
    with pytest.raises(BadConfig) as raised:
        instance.prepare(settings)
    assert str(raised.value) == (
        f"The key file {file} is missing, and the database holds what it encrypted. "
        "Put it back from your backup; if it is lost: goscrobble keys begin-anew"
    )
    assert not file.exists()


def test_a_missing_key_that_nothing_needs_is_made(core, settings):
    core.database.write(lambda connection: connection.execute(text("DELETE FROM setting")))
    (settings.instance_path / keys.SECRETS_KEY_FILE).unlink()
    instance.prepare(settings)
    assert keys.has_secrets_key(settings.instance_path)


@pytest.mark.parametrize("byte", [b"\0", b"a"])
def test_a_key_that_was_not_made_by_chance_is_refused(tmp_path, byte):
    keys.load(tmp_path)
    good = (tmp_path / keys.SECRETS_KEY_FILE).read_bytes()
    (tmp_path / keys.SECRETS_KEY_FILE).write_bytes(base64.urlsafe_b64encode(byte * 32))
    with pytest.raises(BadConfig, match=r"A key in \S+ can be guessed"):
        keys.load(tmp_path)
    (tmp_path / keys.SECRETS_KEY_FILE).write_bytes(good)
    (tmp_path / keys.JWT_KEY_FILE).write_bytes(b"0" * 86)
    with pytest.raises(BadConfig, match=r"The key in \S+ can be guessed"):
        keys.load(tmp_path)


@pytest.mark.parametrize("content", ["", "no key", "c2hvcnQ="])
def test_what_is_no_key_is_refused(tmp_path, content):
    (tmp_path / keys.SECRETS_KEY_FILE).write_text(content)
    with pytest.raises(BadConfig):
        keys.load(tmp_path)
