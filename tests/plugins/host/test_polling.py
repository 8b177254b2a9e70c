"""Plugins that ask services for plays: when, how often, by whom, and what becomes of a poll that fails."""

import json
import sys
import threading

import pytest
from pydantic import ValidationError

from goscrobble.domain.events import EventOutcome
from goscrobble.jobs.runner import Runner
from goscrobble.plugins import Playing, ScrobbleDraft
from goscrobble.services import accounts, connecting, failures, history, playback, polling, sources, tokens
from goscrobble.services import settings as runtime_settings
from goscrobble.testing import make_account, make_core
from tests.plugins.host.strangers import core_of

POLLED = """
    import time
    from goscrobble.plugins import (
        NotAuthorized, Polled, Poller, Playing, RetryLater, ScrobbleDraft, Source, SourceSettings, Unrecoverable, hookimpl,
    )
    from pydantic import Field, SecretStr

    class Connection(SourceSettings):
        address: str = Field(default="", description="Where it is.")
        password: SecretStr = Field(default=SecretStr(""), description="A password.")

    shelf = []      # what the service has, as (title, played_at)
    polls = []      # cursors that were asked with
    trouble = []    # what to raise instead
    now_playing = []
    again_in = None

    @hookimpl
    def register_sources():
        return [Source("Polled", "A service.", settings=Connection)]

    @hookimpl
    def register_pollers():
        return [Poller(poll, every=60, deadline=DEADLINE)]

    def poll(account):
        polls.append((account.username, account.cursor, account.settings.password.get_secret_value()))
        if trouble:
            raise trouble[0]
        since = int(account.cursor or 0)
        new = [ScrobbleDraft(title=title, artists=("A",), played_at=at, duration=200) for title, at in shelf if at > since]
        return Polled(new, [make(account) for make in now_playing], str(max([at for _, at in shelf], default=since)), again_in)
"""


@pytest.fixture
def served(serve, found):
    return serve(found(("polled", POLLED.replace("DEADLINE", "1.5"))))


@pytest.fixture
def service(served):
    """The plugin's module: `shelf`, `polls`, `trouble`."""
    return sys.modules[core_of(served).plugins.records["polled"].module]


@pytest.fixture
def core(served):
    return core_of(served)


@pytest.fixture
def ada(core):
    return make_account(core, "ada")


@pytest.fixture
def connected(core, ada):
    made = connecting.connect(core, ada, "polled", settings={"password": "hunter2"})
    assert (made.secret, made.redirect) == (None, None), "nobody posts to us"
    return made.row


def titles(core, account):
    return [play.track.name for play in history.recent(core, account, limit=100)[0]]


def again(core, account, row):
    return sources.find(core, account, row.uuid)


def told(core, account, row):
    return [(event.outcome, event.reason) for event in sources.events(core, again(core, account, row))]


def test_a_connection_is_polled_at_once_and_then_every_so_often(core, ada, connected, service, clock):
    service.shelf.append(("One", int(clock.at) - 500))
    assert polling.run_due(core) == 1
    assert titles(core, ada) == ["One"]
    assert service.polls == [("ada", None, "hunter2")]
    assert polling.run_due(core) == 0
    row = again(core, ada, connected)
    assert 54 <= row.poll_at - clock.at <= 66
    assert (row.cursor, row.last_heard_at, row.problem) == (str(int(clock.at) - 500), int(clock.at), None)

    clock.advance(67)
    service.shelf.append(("Two", int(clock.at) - 300))
    assert polling.run_due(core) == 1
    assert titles(core, ada) == ["Two", "One"]


def test_a_poll_may_say_when_it_wants_to_be_asked_again(core, ada, connected, service, clock):
    service.again_in = 10
    polling.run_due(core)
    assert 9 <= again(core, ada, connected).poll_at - clock.at <= 11


def test_what_plays_now_goes_the_way_of_all_players(core, ada, connected, service, clock):
    service.now_playing.append(
        lambda account: service.Playing(
            player="p",
            item="i",
            draft=service.ScrobbleDraft(title="Now", artists=("A",), played_at=0, duration=200),
            state="playing",
            at=account.now(),
        )
    )
    polling.run_due(core)
    assert [one.title for one in playback.now_playing(core, ada.id)] == ["Now"]
    assert told(core, ada, connected)[0] == (EventOutcome.PLAYING, "")


def test_the_password_is_nowhere_in_clear(core, ada, connected):
    assert "hunter2" not in connected.settings
    assert json.loads(connected.settings)["password"].keys() == {"sealed"}


def test_one_of_two_workers_polls(core, ada, connected, settings, clock):
    first = polling.claim(core, "one", 10)
    assert [one.account.id for one in first] == [connected.id]
    assert polling.claim(core, "other", 10) == []
    clock.advance(33)
    assert [one.account.id for one in polling.claim(core, "other", 10)] == [connected.id], "the first one died"
    polling.poll(core, first[0])
    assert again(core, ada, connected).cursor is None, "who lost the lease stores nothing"


def test_cursor_and_plays_are_stored_together_or_not_at_all(core, ada, connected, service, clock):
    service.shelf.append(("One", int(clock.at) - 500))
    (claimed,) = polling.claim(core, "one", 10)
    clock.advance(33)
    polling.claim(core, "other", 10)
    polling.poll(core, claimed)
    assert titles(core, ada) == []
    clock.advance(33)
    polling.run_due(core)
    assert titles(core, ada) == ["One"]


@pytest.mark.parametrize(("after", "pauses"), [(None, [5, 10, 20, 40, 80, 160, 240, 240]), (77, [77, 77])])
def test_who_asks_to_be_asked_later_is(core, ada, connected, service, clock, after, pauses):
    service.trouble.append(service.RetryLater("The service is closed", after=after))
    waited = []
    for _ in pauses:
        polling.run_due(core)
        waited.append(again(core, ada, connected).poll_at - int(clock.at))
        clock.at = again(core, ada, connected).poll_at
    assert waited == pauses
    assert told(core, ada, connected) == [(EventOutcome.FAILED, "The service is closed.")], "said once, not each time"
    assert again(core, ada, connected).problem == "The service is closed"
    service.trouble.clear()
    polling.run_due(core)
    row = again(core, ada, connected)
    assert (row.problem, row.attempts) == (None, 0)


@pytest.mark.parametrize("kind", ["NotAuthorized", "Unrecoverable"])
def test_who_is_not_let_in_waits_for_the_owner(core, ada, connected, service, clock, kind):
    service.trouble.append(getattr(service, kind)("Wrong password"))
    polling.run_due(core)
    clock.advance(100_000)
    assert polling.run_due(core) == 0
    row = again(core, ada, connected)
    assert (row.is_refused, row.problem) == (True, "Wrong password")
    service.trouble.clear()
    connecting.change(core, ada, connected.uuid, settings={"password": "other"})
    assert polling.run_due(core) == 1
    assert service.polls[-1] == ("ada", None, "other")
    assert again(core, ada, connected).problem is None


def test_what_a_poll_raises_else_is_shown_to_the_administrator_and_tried_again(core, ada, connected, service, clock):
    service.trouble.append(KeyError("token gs_0123456789abcdefghij"))
    polling.run_due(core)
    ((failure),) = failures.list_all(core)
    assert (failure.plugin, failure.hook, failure.tripped_until) == ("polled", "poll", None)
    assert "gs_" not in failure.error
    row = again(core, ada, connected)
    assert row.problem == "The plugin failed; the administrator's page says why"
    assert row.poll_at == int(clock.at) + 5


def test_a_poll_that_hangs_is_cut_off_and_tried_again(core, ada, connected, service):
    service.now_playing.append(lambda _account: threading.Event().wait(20))
    polling.run_due(core)
    assert again(core, ada, connected).problem == "The service gave no answer within 1.5 seconds"


def test_what_is_no_answer_is_a_failure_of_the_plugin(core, ada, connected, service):
    service.shelf.append(("One", "yesterday"))
    polling.run_due(core)
    assert [one.hook for one in failures.list_all(core)] == ["poll"]
    assert titles(core, ada) == []


def test_nothing_is_polled_while_paused_switched_off_or_uninstalled(core, ada, connected, service, settings, clock):
    connecting.change(core, ada, connected.uuid, paused=True)
    assert polling.run_due(core) == 0
    connecting.change(core, ada, connected.uuid, paused=False)
    runtime_settings.change(core, {"POLLED_ENABLED": False})
    assert polling.run_due(core) == 0
    other = make_core(settings, clock, [])
    assert polling.run_due(other) == 0, "its plugin was removed while it was due"
    assert [row.plugin for row in sources.list_all(other, ada)] == ["polled"]
    other.database.close()
    runtime_settings.change(core, {"POLLED_ENABLED": True})
    assert polling.run_due(core) == 1


def test_it_is_polled_now_when_its_owner_says_so(core, ada, connected):
    polling.run_due(core)
    connecting.change(core, ada, connected.uuid, poll_now=True)
    assert polling.run_due(core) == 1


def test_two_connections_to_one_service_are_two(core, ada, connected, service, clock):
    connecting.connect(core, ada, "polled", name="the other", settings={"password": "second"})
    assert polling.run_due(core) == 2
    assert sorted(password for _, _, password in service.polls) == ["hunter2", "second"]


def test_a_worker_polls_by_itself_and_one_that_hangs_delays_nobody(core, ada, connected, service, clock):
    bob = make_account(core, "bob")
    other = connecting.connect(core, bob, "polled").row
    hanging, arrived = threading.Event(), threading.Event()

    def make(account):
        if account.username == "ada":
            hanging.wait(10)
        return service.Playing(
            player="p",
            item="i",
            draft=service.ScrobbleDraft(title="Now", artists=("A",), played_at=0),
            state="playing",
            at=account.now(),
        )

    service.now_playing.append(make)
    runner = Runner(core, handlers={}, idle=0.01)
    runner.start()
    try:
        for _ in range(500):
            if again(core, bob, other).cursor is not None:
                arrived.set()
                break
            arrived.wait(0.01)
        assert arrived.is_set()
    finally:
        hanging.set()
        runner.stop()


def test_who_deletes_the_account_in_the_middle_of_a_poll_hurts_nobody(core, ada, connected, service, clock):
    service.shelf.append(("One", int(clock.at) - 500))
    make_account(core, "root", admin=True)
    (claimed,) = polling.claim(core, "one", 10)
    accounts.delete(core, ada)
    polling.poll(core, claimed)
    assert accounts.find(core, "ada") is None


def test_nobody_is_polled_for_whose_account_is_disabled(core, ada, connected):
    make_account(core, "root", admin=True)
    accounts.set_disabled(core, ada, disabled=True)
    assert polling.run_due(core) == 0
    accounts.set_disabled(core, ada, disabled=False)
    assert polling.run_due(core) == 1


def test_a_poll_that_began_before_the_owner_mended_it_says_nothing_about_it(core, ada, connected, service):
    (claimed,) = polling.claim(core, "one", 1)
    connecting.change(core, ada, connected.uuid, settings={"password": "right"})
    service.trouble.append(service.NotAuthorized("Wrong password"))
    polling.poll(core, claimed)
    row = again(core, ada, connected)
    assert (row.is_refused, row.problem) == (False, None)


@pytest.mark.parametrize("after", [float("inf"), float("nan"), 1e300, -5])
def test_a_pause_that_cannot_be_is_none_or_a_day(core, ada, connected, service, clock, after):
    service.trouble.append(service.RetryLater("Later", after=after))
    polling.run_due(core)
    assert 1 <= again(core, ada, connected).poll_at - clock.at <= 86_400


def test_a_poll_that_brings_too_much_or_nonsense_is_a_failure_of_the_plugin(core, ada, connected, service, clock):
    for again_in in (float("inf"), -1):
        service.again_in = again_in
        clock.advance(300)
        polling.run_due(core)
        assert again(core, ada, connected).problem == "The plugin failed; the administrator's page says why"


def test_a_session_that_holds_nonsense_holds_nobody_else_up(core, ada, connected, clock):
    bob = make_account(core, "bob")
    for account in (ada, bob):
        event = Playing(
            player="p",
            item="i",
            draft=ScrobbleDraft(title="Song", artists=("A",), played_at=0, duration=200),
            state="playing",
            at=clock.at,
            starts=True,
        )
        playback.observe(core, account.id, event, source="jellyfin")
    with core.database.engine.begin() as connection:  # as an older version may have stored it
        connection.exec_driver_sql(f"UPDATE play_session SET heard = '1e308', draft = '{{}}' WHERE user_id = {ada.id}")
    clock.advance(1000)
    playback.judge_due(core)
    assert titles(core, bob) == ["Song"]
    clock.advance(10)
    assert playback.judge_due(core) == 0


@pytest.mark.parametrize("value", [float("inf"), float("nan")])
def test_no_event_of_a_player_is_at_a_time_that_is_none(value):
    draft = ScrobbleDraft(title="Song", artists=("A",), played_at=0)
    for wrong in ({"at": value}, {"at": 0, "position": value}, {"at": 0, "position": -1}):
        with pytest.raises(ValidationError):
            Playing(player="p", item="i", draft=draft, state="playing", **wrong)


def test_the_id_of_a_connection_that_is_gone_is_never_anothers(core, ada, connected):
    connecting.disconnect(core, ada, connected.uuid)
    assert connecting.connect(core, ada, "polled").row.id > connected.id


def test_revoking_a_token_ends_the_connection_that_speaks_with_it(core, ada):
    token = tokens.add_api_token(core, ada, "player", {"ingest"})[0]
    sources.heard_from(core, ada.id, "jellyfin", token.id, "player")
    tokens.revoke_api_token(core, ada, token.id)
    assert sources.list_all(core, ada) == []
