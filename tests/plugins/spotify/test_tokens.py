"""Access tokens are renewed in time, by one worker; consent that ends is told to its owner, once."""

from __future__ import annotations

import json
import threading

import pytest
from goscrobble_spotify.client import Spotify

from goscrobble.jobs.handlers import HANDLERS
from goscrobble.jobs.runner import Runner
from goscrobble.plugins import RetryLater
from goscrobble.services import connecting, mail, polling, sources
from goscrobble.services import settings as runtime_settings
from goscrobble.services.source_accounts import Connected
from goscrobble.testing import make_core
from tests.plugins.spotify.payloads import track
from tests.plugins.spotify.stand_in import CLIENT_ID, CLIENT_SECRET, RECENT, TOKEN, Trouble

DAY = 86_400


@pytest.fixture
def tokens(core, again):
    """What is kept for the connection."""
    return lambda: json.loads(Connected(core, again()).secret("tokens"))


@pytest.fixture
def mails(core):
    """The mails that were sent, oldest first."""

    def sent():
        Runner(core, handlers=HANDLERS).run_due()
        return mail.outbox(core)[::-1]

    return sent


@pytest.fixture
def poll(press_button, again):
    """Poll now, and return what is wrong."""

    def now():
        assert press_button() == 1
        return again().problem

    return now


@pytest.mark.parametrize(("age", "refreshes"), [(3479, 0), (3480, 1), (3600, 1), (90_000, 1)])
def test_it_is_renewed_two_minutes_before_it_ends(connected, spotify, clock, poll, age, refreshes):
    clock.advance(age)
    assert poll() is None
    assert len(spotify.asked_for(TOKEN)) == refreshes
    assert poll() is None
    assert len(spotify.asked_for(TOKEN)) == refreshes


def test_an_answer_without_another_refresh_token_keeps_the_old(connected, spotify, clock, poll, tokens):
    before = tokens()
    clock.advance(4000)
    assert poll() is None
    assert tokens() | {"access": 0, "expires_at": 0} == before | {"access": 0, "expires_at": 0}
    assert (tokens()["access"], tokens()["expires_at"]) == (spotify.secrets[-1], clock.at + 3600)


def test_another_refresh_token_is_kept_and_used_from_then_on(connected, spotify, clock, poll, tokens):
    spotify.rotates = True
    used = []
    for _ in range(3):
        clock.advance(4000)
        assert poll() is None
        used.append(spotify.asked_for(TOKEN)[-1].form["refresh_token"])
    assert len({*used, tokens()["refresh"]}) == 4


def test_another_refresh_token_is_stored_before_anything_is_asked_with_it(connected, spotify, clock, poll, tokens):
    spotify.rotates = True
    spotify.fail(RECENT, Trouble(500))
    clock.advance(4000)
    assert poll() == "Spotify has trouble at the moment"
    assert tokens()["refresh"] in spotify.secrets[-2:]
    assert poll() is None


def test_one_that_was_voided_early_is_renewed_once(connected, spotify, clock, poll, plays):
    spotify.person.played(track(), clock.at - 300)
    spotify.forget_access()
    assert poll() is None
    assert [one.path for one in spotify.asked][:3] == [RECENT, TOKEN, RECENT]
    assert len(plays()) == 1


def test_a_spotify_that_takes_none_of_its_tokens_is_asked_again_later(connected, spotify, clock, poll, again):
    spotify.fail(RECENT, Trouble(401, "{}"), Trouble(401, "{}"))
    assert poll() == "Spotify has trouble at the moment"
    assert len(spotify.asked_for(TOKEN)) == 1
    assert not again().is_refused
    assert poll() is None


def test_two_workers_renew_once(connected, spotify, settings, clock, core, tokens):
    """Two cores on one database, as two processes have them."""
    spotify.rotates = True
    clock.advance(4000)
    other = make_core(settings, clock)
    barrier, polled = threading.Barrier(2), []

    def work(one):
        barrier.wait()
        polled.append(polling.run_due(one))

    threads = [threading.Thread(target=work, args=(one,)) for one in (core, other)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    other.database.close()
    assert sum(polled) == 1
    assert len(spotify.asked_for(TOKEN)) == 1
    assert tokens()["refresh"] in spotify.secrets[-2:]


def test_consent_that_was_withdrawn_pauses_and_is_told_once(connected, spotify, clock, core, again, poll, mails):
    spotify.revoke(spotify.person)
    assert poll() == "Spotify's consent was withdrawn or has run out: connect it again"
    asked = len(spotify.asked)
    for _ in range(5):
        clock.advance(DAY)
        assert polling.run_due(core) == 0
    assert len(spotify.asked) == asked
    assert sources.state_of(core, again()) == sources.SourceState.REFUSED
    (sent,) = mails()
    assert sent.to == "ada@example.org"
    assert "Spotify's consent was withdrawn or has run out: connect it again." in sent.text
    assert sources.page_url(core, again()) in sent.text


def test_who_connected_anew_while_the_old_consent_was_refused_stays_connected(
    connected, spotify, core, again, clock, ada
):
    """The poll that finds it revoked began before."""
    connection = Connected(core, again())
    spotify.revoke(spotify.person)
    clock.advance(4000)
    grant = spotify.new_tokens(spotify.person)
    new = {"access": grant["access_token"], "refresh": grant["refresh_token"]}
    new |= {"expires_at": clock.at + 3600, "consented_at": int(clock.at)}

    class Late:
        """The connection, whose owner finishes between the question and the answer."""

        def __getattr__(self, name):
            return getattr(connection, name)

        def fetch(self, *arguments, **options):
            reply = connection.fetch(*arguments, **options)
            connection.keep_secret("tokens", json.dumps(new))
            return reply

    with pytest.raises(RetryLater) as refusal:
        Spotify(Late()).currently_playing()
    assert refusal.value.after == 1
    assert Spotify(connection).currently_playing() is None


@pytest.mark.parametrize("setting", ["SPOTIFY_API_ID", "SPOTIFY_API_SECRET"])
@pytest.mark.parametrize("value", ["", "wrong"])
def test_wrong_credentials_of_the_server_are_noted_and_cost_nobody_a_connection(
    connected, spotify, core, clock, poll, again, mails, plays, setting, value
):
    right = CLIENT_ID if setting == "SPOTIFY_API_ID" else CLIENT_SECRET
    spotify.person.played(track(), clock.at + 300)
    runtime_settings.change(core, {setting: value})
    clock.advance(4000)
    assert "SPOTIFY_API_ID and SPOTIFY_API_SECRET" in poll()
    assert not again().is_refused
    (event,) = sources.events(core, again())
    assert "SPOTIFY_API_ID and SPOTIFY_API_SECRET" in event.reason
    runtime_settings.change(core, {setting: right})
    clock.advance(300)
    assert polling.run_due(core) == 1
    assert (again().problem, len(plays()), mails()) == (None, 1, [])


def test_a_connection_that_was_never_finished_says_so(core, ada, spotify, poll, mails):
    connecting.connect(core, ada, "spotify")
    assert poll() == "Spotify is not connected yet: connect it"
    assert spotify.asked == []


def test_its_owner_is_reminded_a_month_before_consent_ends_once_for_each(
    connected, core, ada, clock, poll, mails, connect
):
    clock.advance(151 * DAY)
    assert poll() is None
    assert mails() == []
    clock.advance(2 * DAY)
    for _ in range(3):
        assert poll() is None
        clock.advance(DAY)
    (sent,) = mails()
    assert "until about 30 November 2026" in sent.text
    connection = Connected(core, sources.list_all(core, ada)[0])
    kept = json.loads(connection.secret("tokens")) | {"consented_at": int(clock.at)}
    connection.keep_secret("tokens", json.dumps(kept))
    assert poll() is None
    assert len(mails()) == 1
    clock.advance(153 * DAY)
    assert poll() is None
    assert len(mails()) == 2
