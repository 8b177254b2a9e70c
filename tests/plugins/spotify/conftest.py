"""A server with the Spotify plugin and a Spotify beside it."""

import json

import pytest

from goscrobble.app import create_app
from goscrobble.services import connecting, history, polling, sources
from goscrobble.services import settings as runtime_settings
from goscrobble.services.source_accounts import Connected
from goscrobble.testing import START, make_account, make_settings
from tests.pages.conftest import Browser
from tests.plugins.spotify.stand_in import CLIENT_ID, CLIENT_SECRET, StandIn


@pytest.fixture
def settings(instance_path, database_url):
    return make_settings(instance_path, database_url=database_url, outgoing_allowed_networks=["127.0.0.0/8"])


@pytest.fixture
def spotify(clock, settings):
    stand_in = StandIn(clock, f"{settings.public_url}/api/v1/link/spotify")
    yield stand_in
    stand_in.stop()


@pytest.fixture
def app(settings, clock, spotify):
    app = create_app(settings, clock=clock)
    core = app.extensions["goscrobble"]
    runtime_settings.change(
        core,
        {
            "SPOTIFY_API_ID": CLIENT_ID,
            "SPOTIFY_API_SECRET": CLIENT_SECRET,
            "SPOTIFY_API_URL": spotify.url,
            "SPOTIFY_ACCOUNTS_URL": spotify.url,
        },
    )
    yield app
    core.database.close()


@pytest.fixture
def core(app):
    return app.extensions["goscrobble"]


@pytest.fixture
def ada(core):
    return make_account(core, "ada")


@pytest.fixture
def browser(app, ada):
    """The browser of ada, signed in."""
    browser = Browser(app.test_client())
    browser.sign_in()
    return browser


@pytest.fixture
def connect(core, spotify):
    """Connect somebody's account without a browser, and return the connection."""

    def make(account, person=None):
        row = connecting.connect(core, account, "spotify").row
        connection = Connected(core, row)
        grant = spotify.new_tokens(person or spotify.person)
        tokens = {"access": grant["access_token"], "refresh": grant["refresh_token"]}
        tokens |= {"expires_at": core.now() + grant["expires_in"], "consented_at": int(core.now())}
        connection.keep_secret("tokens", json.dumps(tokens))
        connection.keep_secret("pending", None)
        connection.accept()
        return row

    return make


@pytest.fixture
def connected(connect, ada):
    return connect(ada)


@pytest.fixture
def again(core, ada):
    """The one connection as it is now."""

    def look():
        (row,) = sources.list_all(core, ada)
        return row

    return look


@pytest.fixture
def press_button(core, ada, again):
    """Ask now, as the owner does."""

    def press():
        connecting.change(core, ada, again().uuid, poll_now=True)
        return polling.run_due(core)

    return press


@pytest.fixture
def plays(core, ada):
    """(title, seconds after the start of the test) of each play, oldest first."""

    def shown(account=None):
        found, _ = history.recent(core, account or ada, limit=history.MOST)
        return [(one.track.name, one.played_at - int(START)) for one in reversed(found)]

    return shown


@pytest.fixture
def run(core, clock, again):
    """Poll whenever it is time to, for so many seconds."""

    def go(seconds):
        until = clock.at + seconds
        while (due := again().poll_at) <= until:
            clock.at = max(clock.at, due)
            assert polling.run_due(core), again().problem
        clock.at = until

    return go
