"""The host: whatever a plugin does wrong, the server starts and serves."""

import re
import sys

import pytest
from sqlalchemy.exc import OperationalError

from goscrobble.errors import BadInput
from goscrobble.plugins.declarations import Status
from goscrobble.plugins.host import PluginHost
from goscrobble.services import failures
from goscrobble.services import settings as runtime_settings
from tests.plugins.host.strangers import GOOD, RAISES_IN_HOOKS, administrator, core_of, key_for, post, statuses

BAD = {
    "fails_at_import": "import nothing_like_this_exists",
    "exits_at_import": "raise SystemExit(3)",
    "wrong_arguments": """
        from goscrobble.plugins import hookimpl

        @hookimpl
        def reject_draft(draft, nonsense):
            return None
    """,
    "fails_at_config": """
        from goscrobble.plugins import hookimpl

        @hookimpl
        def register_config():
            raise ValueError("no settings today")
    """,
    "wrong_config": """
        from goscrobble.plugins import hookimpl

        @hookimpl
        def register_config():
            return {"not": "a model"}
    """,
    "wrong_sources": """
        from goscrobble.plugins import hookimpl

        @hookimpl
        def register_sources():
            return ["nonsense"]
    """,
    "one_source": """
        from goscrobble.plugins import Source, hookimpl

        @hookimpl
        def register_sources():
            return Source("Good", "A source.")
    """,
    "async_hook": """
        from goscrobble.plugins import hookimpl

        @hookimpl
        async def after_scrobble(scrobble):
            pass
    """,
    "async_poll": """
        from goscrobble.plugins import Poller, hookimpl

        async def poll(account):
            pass

        @hookimpl
        def register_pollers():
            return [Poller(poll)]
    """,
    "awaits_at_start": """
        from goscrobble.plugins import hookimpl

        async def ask():
            return []

        @hookimpl
        def register_sources():
            return ask()
    """,
    "one_route": """
        from flask import Blueprint
        from goscrobble.plugins import Routes, hookimpl

        @hookimpl
        def register_blueprints(toolkit):
            return Routes(Blueprint(__name__, __name__), at="/one")
    """,
    "fails_at_mounting": """
        from goscrobble.plugins import hookimpl

        @hookimpl
        def register_blueprints(toolkit):
            return [toolkit]
    """,
}


def test_a_strangers_plugin_takes_plays_with_its_own_settings(serve, found, clock):
    app = serve(found(("good", GOOD)))
    core = core_of(app)
    key = key_for(core)

    assert post(app, "good", key, title="One").json == {"message": "hello", "outcome": "Stored"}
    runtime_settings.change(core, {"GOOD_GREETING": "servus", "GOOD_LOUD": True})
    assert post(app, "good", key, title="One").json == {"message": "SERVUS", "outcome": "Duplicate"}
    assert post(app, "good", key, title="Silence").json["outcome"] == "Rejected"
    plays = app.test_client().get("/api/v1/users/ada/scrobbles").json["scrobbles"]
    assert [(play["track"]["title"], play["album"]["title"], play["source"]) for play in plays] == [
        ("One", "From good", "good")
    ]
    assert core.plugins.records["good"].sources[0].title == "Good"


@pytest.mark.parametrize("name", BAD)
def test_a_plugin_that_fails_is_noted_and_the_others_serve(serve, found, name):
    app = serve(found((name, BAD[name]), ("good", GOOD)))
    core = core_of(app)

    assert statuses(core) == {name: Status.FAILED_TO_LOAD, "good": Status.ENABLED}
    assert core.plugins.records[name].error
    assert post(app, "good", key_for(core), title="One").status_code == 200
    assert app.test_client().post(f"/api/v1/ingress/{name}").status_code == 404


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("async_hook", "its hook after_scrobble is an async function; it must be a plain one"),
        ("async_poll", "poll is an async function; it must be a plain one"),
        ("awaits_at_start", "register_sources returned something to await; it must do its work before it returns"),
        ("one_source", "register_sources must return a list of Source"),
        ("one_route", "register_blueprints must return a list of Ingress and Routes"),
    ],
)
def test_what_cannot_be_used_of_a_plugin_is_named(serve, found, name, what):
    core = core_of(serve(found((name, BAD[name]))))

    assert f"(TypeError: {what});" in core.plugins.records[name].error


RETURNS_RUBBISH = """
    from goscrobble.plugins import hookimpl

    async def later():
        pass

    @hookimpl
    def prepare_draft(draft):
        return "a better title"

    @hookimpl
    def reject_draft(draft):
        return True

    @hookimpl
    def after_scrobble(scrobble):
        return later()
"""


def test_what_a_hook_returns_and_nobody_can_use_is_named_and_changes_nothing(serve, found):
    app = serve(found(("bad", RETURNS_RUBBISH), ("good", GOOD)))
    core = core_of(app)

    assert post(app, "good", key_for(core), title="One").json["outcome"] == "Stored"
    assert {one.hook: one.error for one in failures.list_all(core)} == {
        "prepare_draft": "TypeError: prepare_draft returned str, not a ScrobbleDraft",
        "reject_draft": "TypeError: reject_draft returned bool, not a sentence or None",
        "after_scrobble": "TypeError: after_scrobble returned something to await; "
        "it must do its work before it returns",
    }


UNMARKED = """
    from goscrobble.plugins import hookimpl

    def after_scrobble(scrobble):
        pass

    prepare_draft = None  # no function

    @hookimpl
    def reject_draft(draft):
        return None
"""


def test_a_function_that_lacks_its_mark_is_named_wherever_plugins_are_shown(serve, found):
    app = serve(found(("forgetful", UNMARKED)))
    core = core_of(app)
    sentence = "Its function after_scrobble is never asked: it lacks the mark @hookimpl."

    assert statuses(core) == {"forgetful": Status.ENABLED}
    assert core.plugins.records["forgetful"].warnings == [sentence]
    client = administrator(app)
    for path in ("/admin/plugins", "/admin/plugins/forgetful"):
        assert sentence in client.get(path).text
    assert client.get("/api/v1/admin/plugins/forgetful").json["warnings"] == [sentence]


def test_what_a_hook_raises_hurts_nobody_and_is_counted(serve, found):
    app = serve(found(("bad", RAISES_IN_HOOKS), ("good", GOOD)))
    core = core_of(app)

    assert post(app, "good", key_for(core), title="One").json["outcome"] == "Stored"
    raised = {one.hook: (one.count, one.error) for one in failures.list_all(core)}
    assert raised == {
        "prepare_draft": (1, "RuntimeError: prepare"),
        "reject_draft": (1, "RuntimeError: reject"),
        "after_scrobble": (1, "SystemError: after"),
    }
    place = failures.list_all(core)[0].place
    assert re.fullmatch(r"plugin_under_test_bad_0\.py, \w+, line \d+", place)
    assert statuses(core)["bad"] == Status.ENABLED


def test_of_two_plugins_with_one_name_the_first_serves(serve, found):
    app = serve(found(("good", GOOD), ("good", GOOD)))
    blocked = [one for one in core_of(app).plugins.records.values() if one.fault is Status.BLOCKED]

    assert [one.error for one in blocked] == [
        "Another plugin is already called good (plugin_under_test_good_0); remove one of them."
    ]
    assert post(app, "good", key_for(core_of(app)), title="One").status_code == 200


def test_a_blocked_plugin_is_never_imported(serve, found):
    app = serve(found(("exits_at_import", BAD["exits_at_import"])), plugins_blocked=["exits_at_import"])

    assert statuses(core_of(app)) == {"exits_at_import": Status.BLOCKED}
    assert not any(name.startswith("plugin_under_test") for name in sys.modules)


def test_a_name_that_cannot_be_part_of_an_address_is_refused(serve, found):
    app = serve(found(("Not-Good", GOOD)))

    assert statuses(core_of(app)) == {"Not-Good": Status.FAILED_TO_LOAD}


@pytest.mark.parametrize(
    ("fixed", "sentence"),
    [
        ({"greting": "x"}, "[plugins.good] greting is not known, did you mean"),
        ({"loud": "perhaps"}, "[plugins.good] loud must be true or false"),
        ({"enabledd": False}, '[plugins.good] enabledd is not known, did you mean "enabled"?'),
        ({"enabled": "perhaps"}, "[plugins.good] enabled must be true or false"),
    ],
)
def test_a_bad_configuration_stops_that_plugin_alone(serve, found, fixed, sentence):
    app = serve(found(("good", GOOD)), plugins={"good": fixed})
    core = core_of(app)

    assert statuses(core) == {"good": Status.BAD_CONFIG}
    assert core.plugins.records["good"].error.startswith(sentence)
    assert app.test_client().get("/api/v1/serverinfo").status_code == 200
    assert post(app, "good", key_for(core), title="One").status_code == 404


def test_what_the_file_fixes_wins_and_cannot_be_changed(serve, found):
    app = serve(found(("good", GOOD)), plugins={"good": {"enabled": False, "greeting": "fixed"}})
    core = core_of(app)
    options = runtime_settings.options(core)

    assert (options["GOOD_ENABLED"].value, options["GOOD_ENABLED"].fixed) == (False, True)
    assert (options["GOOD_GREETING"].value, options["GOOD_LOUD"].fixed) == ("fixed", False)
    assert statuses(core) == {"good": Status.DISABLED}


def test_installed_plugins_come_in_by_the_same_door():
    host = PluginHost()
    host.load()

    bundled = ["jellyfin", "multiscrobbler", "navidrome", "spotify"]
    assert {name: one.fault for name, one in host.records.items()} == dict.fromkeys(bundled)
    assert {one.distribution for one in host.records.values()} == {"goscrobble"}


def test_while_the_database_is_away_the_switches_stay_as_they_were(serve, found, clock, monkeypatch):
    app = serve(found(("good", GOOD)))
    core = core_of(app)
    key = key_for(core)
    assert post(app, "good", key, title="One").status_code == 200
    core.database.engine.dispose()
    monkeypatch.setattr(type(core.database.engine), "connect", refuse_to_connect)
    clock.advance(60)

    response = post(app, "good", key, title="Two")
    assert (response.status_code, response.json["error"]) == (503, "The database cannot be reached, please try again")
    core.database.caches.clear()
    response = post(app, "good", key, title="Two")
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")


def refuse_to_connect(_engine):
    raise OperationalError("SELECT 1", {}, OSError("connection refused"))


SPOILS_DRAFTS = """
    from goscrobble.plugins import hookimpl

    @hookimpl
    def prepare_draft(draft):
        return draft.model_copy(update={"title": None, "duration": "abc"})
"""
PICKY = """
    from goscrobble.plugins import PluginSettings, hookimpl
    from pydantic import Field, model_validator

    class Settings(PluginSettings):
        a: int = Field(default=0, description="One.")
        b: int = Field(default=0, description="Other.")

        @model_validator(mode="after")
        def _not_both(self):
            if self.a == self.b == 9:
                raise ValueError("a and b cannot both be 9")
            return self

    @hookimpl
    def register_config():
        return Settings
"""


def test_a_draft_that_a_plugin_spoilt_goes_on_as_it_was(serve, found):
    app = serve(found(("bad", SPOILS_DRAFTS), ("good", GOOD)))
    core = core_of(app)

    assert post(app, "good", key_for(core), title="One").json["outcome"] == "Stored"
    assert [(one.hook, one.count) for one in failures.list_all(core)] == [("prepare_draft", 1)]


def test_settings_that_do_not_go_together_are_refused_and_never_stop_the_server(serve, found, clock):
    app = serve(found(("picky", PICKY)))
    core = core_of(app)
    runtime_settings.change(core, {"PICKY_A": 9})
    with pytest.raises(BadInput, match="a and b cannot both be 9"):
        runtime_settings.change(core, {"PICKY_B": 9})
    with core.database.engine.begin() as connection:  # as an older version of the plugin may have stored it
        connection.exec_driver_sql("INSERT INTO setting VALUES ('PICKY_B', '9', 0)")
    clock.advance(5)

    assert app.test_client().get("/api/v1/serverinfo").status_code == 200
    assert runtime_settings.plugin(core, "picky").b == 0
    runtime_settings.change(core, {"PICKY_A": 1, "PICKY_B": 9})


def test_a_switched_off_plugin_is_shut_below_a_path_prefix_too(serve, found):
    app = serve(found(("good", GOOD)), public_url="http://localhost/music")
    key = key_for(core_of(app))
    runtime_settings.change(core_of(app), {"GOOD_ENABLED": False})

    for path in ("/music/api/v1/ingress/good", "/api/v1/ingress/good"):
        assert app.test_client().post(f"{path}?key={key}", json={"title": "One"}).status_code == 404


UNREADABLE = """
    from goscrobble.plugins import PluginSettings, hookimpl
    from pydantic import Field, field_validator

    class Settings(PluginSettings):
        names: str = Field(default="a,b", description="Names.")

        @field_validator("names", mode="before")
        @classmethod
        def _split(cls, value):
            return ",".join(value.split(","))  # an earlier version stored a list

    @hookimpl
    def register_config():
        return Settings
"""
NO_JSON = """
    from goscrobble.plugins import PluginSettings, hookimpl
    from pydantic import Field

    class Settings(PluginSettings):
        blob: bytes = Field(default=b"\\xff", description="Bytes.")

    @hookimpl
    def register_config():
        return Settings
"""


def test_stored_settings_that_a_plugin_chokes_on_yield_to_the_defaults(serve, found, clock):
    app = serve(found(("picky", UNREADABLE)))
    core = core_of(app)
    with core.database.engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO setting VALUES ('PICKY_NAMES', '[1, 2]', 0)")
    clock.advance(5)
    assert app.test_client().get("/api/v1/serverinfo").status_code == 200
    assert runtime_settings.plugin(core, "picky").names == "a,b"


def test_settings_that_json_cannot_hold_stop_that_plugin_alone(serve, found):
    app = serve(found(("bytes", NO_JSON)))
    assert statuses(core_of(app)) == {"bytes": Status.FAILED_TO_LOAD}
    assert app.test_client().get("/api/v1/serverinfo").status_code == 200
