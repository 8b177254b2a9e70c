"""What every source must keep to, as classes of tests that its author subclasses.

    class TestContract(SourceContract):
        plugin = goscrobble_tapedeck
        good = {"title": "Roygbiv", "artist": "Boards of Canada"}
        bad = ({"title": "Roygbiv"},)

Each failure is a sentence. The clock stands at `goscrobble.testing.START` when a test begins.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from types import ModuleType
from typing import Any, ClassVar

import pytest
from werkzeug.test import TestResponse

from goscrobble.domain.scrobbles import Scrobble
from goscrobble.errors import GoScrobbleError
from goscrobble.plugins.declarations import PluginRecord
from goscrobble.testing import hostile
from goscrobble.testing.imports import unpromised
from goscrobble.testing.instances import Connection, Listener, PluginServer, settings_of
from goscrobble.testing.pytest_plugin import StartServer

DAY = 86_400.0  # seconds
PAUSE = 30.0  # seconds between two strange requests: players' events are limited too


class PluginContract:
    """What holds for any plugin. `plugin` is its module."""

    plugin: ModuleType

    @pytest.fixture
    def server(self, goscrobble_server: StartServer) -> PluginServer:
        """Start a server with this plugin and no other."""
        return goscrobble_server(self.plugin)

    def test_it_loads_without_a_fault(self, server: PluginServer) -> None:
        """`goscrobble plugins list` would say "enabled"."""
        record = _record(server)
        if record.fault is not None:
            pytest.fail(f"the plugin is {record.fault}: {record.error}")

    def test_every_setting_and_field_has_a_description(self, server: PluginServer) -> None:
        """The settings page, the form of a connection and the reference are made of them."""
        record = _record(server)
        models = [record.settings_model, *(source.settings for source in record.sources)]
        for model in models:
            for name, field in model.model_fields.items():
                if not (field.description or "").strip():
                    pytest.fail(f"{model.__name__}.{name} has no description")

    def test_settings_survive_switching_off(self, server: PluginServer) -> None:
        """An administrator who switches it on again finds it as it was."""
        name = _record(server).name
        for key, field in settings_of(_record(server)).items():
            _change_somehow(server, key, field.annotation)
        before = {key: server.setting(key) for key in settings_of(_record(server))}
        server.switch(name, on=False)
        server.switch(name, on=True)
        after = {key: server.setting(key) for key in before}
        if after != before:
            pytest.fail(f"the settings were {before} and are {after}")
        if not server.core.plugins.runs(name):
            pytest.fail("the plugin does not run after being switched off and on")

    def test_it_imports_nothing_of_goscrobble_but_the_plugin_api(self) -> None:
        """All else may change from one version to the next."""
        if found := unpromised(self.plugin):
            pytest.fail("a plugin may import what goscrobble.plugins lists, not " + "; ".join(found))


class SourceContract(PluginContract):
    """What holds for a source that posts to us.

    `good` is a payload that is one play, `bad` are payloads that must be refused, `path` is the route below the
    plugin's ingress, `source` the place in what `register_sources` returns, `connection_settings` what its owner sets.
    """

    good: ClassVar[Any]
    bad: ClassVar[Sequence[Any]] = ()
    path: ClassVar[str] = ""
    source: ClassVar[int] = 0
    connection_settings: ClassVar[Mapping[str, Any]] = {}

    @pytest.fixture
    def listener(self, server: PluginServer) -> Listener:
        """Return somebody who uses this source."""
        return server.listener()

    @pytest.fixture
    def connection(self, listener: Listener) -> Connection:
        """Return their connection to it."""
        return listener.connect(source=self.source, **self.connection_settings)

    def tell(self, connection: Connection) -> TestResponse:
        """Tell one listen and return the last answer. Override it where that takes several requests."""
        return connection.post(self.good, self.path)

    def test_its_settings_page_says_what_to_do(self, server: PluginServer) -> None:
        """A listener who knows the other program finds the way."""
        source = _record(server).sources[self.source]
        if not (source.title.strip() and source.summary.strip()):
            pytest.fail("the source needs a title and a summary")
        if not any("{url}" in step for step in source.steps):
            pytest.fail("one of the source's steps must show the address to post to: {url}")

    def test_a_good_payload_is_one_play(self, server: PluginServer, listener: Listener, connection: Connection) -> None:
        """It is stored at once, and nothing was raised on the way."""
        _must_succeed(self.tell(connection))
        _must_be_one(listener)
        if failures := server.failures():
            pytest.fail(f"the plugin raised {failures[0].error} ({failures[0].place})")

    def test_the_same_payload_again_adds_nothing(self, listener: Listener, connection: Connection) -> None:
        """Players repeat what they are not sure was heard: that is a success, and no second play."""
        for _ in range(3):
            _must_succeed(self.tell(connection))
        _must_be_one(listener)

    def test_a_bad_payload_is_refused_with_a_sentence(self, listener: Listener, connection: Connection) -> None:
        """400 and one sentence for a person; nothing is stored."""
        if not self.bad:
            pytest.fail("name some payloads that must be refused: bad = (…,)")
        for payload in self.bad:
            _must_be_refused(connection.post(payload, self.path), payload)
        if listener.plays():
            pytest.fail("a bad payload was stored")

    def test_a_body_that_is_no_payload_is_refused(self, connection: Connection) -> None:
        """Also by a plugin that mends bodies."""
        for what, body in hostile.NO_PAYLOADS.items():
            _must_be_refused(connection.post(body, self.path), what)

    def test_no_payload_is_a_failure_of_the_server(self, server: PluginServer, connection: Connection) -> None:
        """Whatever stands where something else was meant, the answer is a success or a sentence."""
        for payload in (*hostile.STRANGE_PAYLOADS, *hostile.spoilt(self.good)):
            server.clock.advance(PAUSE)
            answer = connection.post(payload, self.path)
            if answer.status_code != HTTPStatus.OK:
                _must_be_refused(answer, payload)

    def test_a_stranger_is_turned_away(self, server: PluginServer) -> None:
        """Without a credential, or with a wrong one, it is 401."""
        for key in ("", "?key=gs_wrong"):
            answer = server.client.post(f"/api/v1/ingress/{_record(server).name}{self.path}{key}", json=self.good)
            if answer.status_code != HTTPStatus.UNAUTHORIZED:
                pytest.fail(f"a request without a credential was answered {answer.status_code}")

    def test_switched_off_it_answers_404_and_keeps_the_plays(
        self, server: PluginServer, listener: Listener, connection: Connection
    ) -> None:
        """Switched on again it goes on with the same connections."""
        self.tell(connection)
        server.switch(_record(server).name, on=False)
        if (status := self.tell(connection).status_code) != HTTPStatus.NOT_FOUND:
            pytest.fail(f"a plugin that is switched off answered {status}")
        _must_be_one(listener)
        server.switch(_record(server).name, on=True)
        _must_succeed(self.tell(connection))
        _must_be_one(listener)


class PollerContract(PluginContract):
    """What holds for a source that we poll. `source` is its place in what `register_sources` returns."""

    source: ClassVar[int] = 0

    @pytest.fixture
    def service(self) -> Mapping[str, Any]:
        """Override it: start the service with a play or more, and return the settings that lead to it."""
        pytest.fail("override the fixture `service`: it returns the settings of a connection to a service with plays")

    @pytest.fixture
    def listener(self, server: PluginServer) -> Listener:
        """Return somebody who uses the service."""
        return server.listener()

    @pytest.fixture
    def connection(self, listener: Listener, service: Mapping[str, Any]) -> Connection:
        """Return their connection to it."""
        return listener.connect(source=self.source, **service)

    def test_a_poll_brings_the_plays(self, server: PluginServer, listener: Listener, connection: Connection) -> None:
        """They are stored, and nothing was raised on the way."""
        server.poll()
        if failures := server.failures():
            pytest.fail(f"the plugin raised {failures[0].error} ({failures[0].place})")
        if connection.problem:
            pytest.fail(f"the poll did not succeed: {connection.problem}")
        if not listener.plays():
            pytest.fail("the poll brought no play")

    def test_the_next_poll_adds_nothing(self, server: PluginServer, listener: Listener, connection: Connection) -> None:
        """What was brought is not brought again."""
        server.poll()
        before = listener.plays()
        server.clock.advance(DAY)
        if not server.poll():
            pytest.fail("the connection was not due a day later")
        _must_be_same(before, listener)
        if connection.problem:
            pytest.fail(f"the second poll did not succeed: {connection.problem}")

    def test_polling_from_the_start_again_adds_nothing(
        self, server: PluginServer, listener: Listener, connection: Connection
    ) -> None:
        """As after a backup was restored: times and names of a play are the same each time."""
        server.poll()
        before = listener.plays()
        connection.forget()
        server.clock.advance(DAY)
        server.poll()
        _must_be_same(before, listener)

    @pytest.mark.usefixtures("connection")
    def test_switched_off_it_asks_nobody(self, server: PluginServer, listener: Listener) -> None:
        """Switched on again it goes on where it was."""
        server.switch(_record(server).name, on=False)
        if server.poll() or listener.plays():
            pytest.fail("a plugin that is switched off was polled")
        server.switch(_record(server).name, on=True)
        server.poll()
        if not listener.plays():
            pytest.fail("switched on again it brought nothing")


# ---- parts ----


def _record(server: PluginServer) -> PluginRecord:
    return server.plugins[0]


def _must_succeed(answer: TestResponse) -> None:
    if answer.status_code != HTTPStatus.OK:
        pytest.fail(f"a good payload was answered {answer.status_code}: {answer.text[:300]}")


def _must_be_one(listener: Listener) -> None:
    plays = [(play.track.name, play.played_at) for play in listener.plays()]
    if len(plays) != 1:
        pytest.fail(f"there should be one play and there are {len(plays)}: {plays}")


def _must_be_same(before: Sequence[Scrobble], listener: Listener) -> None:
    added = [play.track.name for play in listener.plays() if play not in before]
    if added:
        pytest.fail(f"these plays were added by polling again: {added}")


def _must_be_refused(answer: TestResponse, payload: Any) -> None:
    told = repr(payload)[:200]
    if answer.status_code != HTTPStatus.BAD_REQUEST:
        pytest.fail(f"{told} was answered {answer.status_code} instead of 400")
    sentence = (answer.get_json(silent=True) or {}).get("error")
    if not isinstance(sentence, str) or not sentence.strip() or "\n" in sentence:
        pytest.fail(f"{told} was refused without one sentence: {answer.text[:300]}")


_OTHERS: Mapping[Any, Any] = {bool: (True, False), int: (1, 2, 60), float: (1.5, 60.0), str: ("other", "https://a.b")}


def _change_somehow(server: PluginServer, key: str, kind: Any) -> None:
    """Give a setting a value that it has not by default, if one of a few is allowed."""
    for value in _OTHERS.get(kind, ()):
        try:
            if value != server.setting(key):
                server.change(**{key: value})
                return
        except GoScrobbleError:
            continue
