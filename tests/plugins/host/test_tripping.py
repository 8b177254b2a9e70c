"""A plugin whose hooks fail again and again is left alone for a while, in every worker."""

import pytest

from goscrobble.plugins.declarations import Status
from goscrobble.services import failures
from goscrobble.services import settings as runtime_settings
from goscrobble.testing import make_draft
from tests.plugins.host.strangers import GOOD, core_of, key_for, post, statuses

RAISES = """
    from flask import Blueprint
    from goscrobble.plugins import Ingress, PluginSettings, hookimpl
    from pydantic import Field, SecretStr

    class Settings(PluginSettings):
        api_key: SecretStr = Field(default=SecretStr(""), description="A key.")

    asked = []

    @hookimpl
    def register_config():
        return Settings

    @hookimpl
    def prepare_draft(draft):
        asked.append(draft.title)
        raise RuntimeError("no luck with Bearer abcdefghijklmnopqrstuvwxyz and hunter2-key of ada@example.org")

    @hookimpl
    def register_blueprints(toolkit):
        blueprint = Blueprint(__name__, __name__)

        @blueprint.post("")
        def receive():
            "Fail."
            raise LookupError(toolkit.payload()["title"])

        return [Ingress(blueprint)]
"""


@pytest.fixture
def served(serve, found):
    return serve(found(("bad", RAISES), ("good", GOOD)))


def ask(core, times):
    for _ in range(times):
        core.plugins.prepare(make_draft())


def count(core):
    return {one.hook: one.count for one in failures.list_all(core)}


def test_five_failures_within_ten_minutes_trip_a_plugin_for_an_hour(served, clock):
    core = core_of(served)
    ask(core, 4)
    assert statuses(core)["bad"] is Status.ENABLED
    ask(core, 1)
    assert statuses(core)["bad"] is Status.TRIPPED
    assert runtime_settings.tripped_until(core, "bad") == int(core.now()) + 3600

    ask(core, 3)
    assert count(core) == {"prepare_draft": 5}, "it is not asked any more"
    clock.advance(3601)
    assert statuses(core)["bad"] is Status.ENABLED
    ask(core, 1)
    assert count(core) == {"prepare_draft": 6}


def test_failures_that_are_far_apart_do_not_trip(served, clock):
    core = core_of(served)
    for _ in range(12):
        ask(core, 1)
        clock.advance(151)
    assert statuses(core)["bad"] is Status.ENABLED
    assert count(core) == {"prepare_draft": 12}


def test_a_failure_that_is_written_after_later_ones_counts_with_them(served, clock):
    core = core_of(served)
    ask(core, 4)
    clock.advance(-6)
    ask(core, 1)
    assert statuses(core)["bad"] is Status.TRIPPED


def test_all_workers_know_that_a_plugin_tripped_and_count_together(serve, found, clock):
    points = found(("bad", RAISES))
    one, other = (core_of(serve(points)) for _ in range(2))
    ask(one, 3)
    ask(other, 2)
    clock.advance(1.1)
    assert [statuses(core)["bad"] for core in (one, other)] == [Status.TRIPPED, Status.TRIPPED]


def test_an_administrator_sets_a_tripped_plugin_going_again(served, clock):
    core = core_of(served)
    ask(core, 5)
    failures.reset(core, "bad")
    assert statuses(core)["bad"] is Status.ENABLED
    ask(core, 4)
    assert statuses(core)["bad"] is Status.ENABLED, "it is counted anew"


def test_a_plugins_own_routes_never_trip_it_and_go_on_while_it_is_tripped(served):
    core = core_of(served)
    key = key_for(core)
    for _ in range(7):
        assert post(served, "bad", key, title="boom").status_code == 500
    assert statuses(core)["bad"] is Status.ENABLED
    assert count(core) == {"routes": 7}
    ask(core, 5)
    assert statuses(core)["bad"] is Status.TRIPPED
    assert post(served, "bad", key, title="boom").status_code == 500
    assert post(served, "good", key, title="One").status_code == 200


def test_what_is_remembered_holds_no_credential(served, capsys):
    core = core_of(served)
    runtime_settings.change(core, {"BAD_API_KEY": "hunter2-key"})
    ask(core, 1)
    (failure,) = failures.list_all(core)
    assert failure.error == "RuntimeError: no luck with Bearer [token] and [secret] of [e-mail]"
    assert failure.place.startswith("plugin_under_test_bad_0.py, prepare_draft, line ")
    assert "hunter2" not in capsys.readouterr().err


def test_a_refusal_by_a_plugins_route_is_no_failure(serve, found):
    refusing = RAISES.replace('LookupError(toolkit.payload()["title"])', 'BadInput("Not today")')
    app = serve(found(("bad", refusing.replace("import Ingress", "import BadInput, Ingress"))))
    core = core_of(app)
    assert post(app, "bad", key_for(core), title="boom").json == {"error": "Not today"}
    assert failures.list_all(core) == []
