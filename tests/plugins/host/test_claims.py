"""What two plugins want, one gets; what is the server's own, none does."""

import pytest

from goscrobble.plugins.declarations import Status
from goscrobble.services import settings as runtime_settings
from tests.plugins.host.strangers import core_of, statuses

PAGES = """
    from flask import Blueprint
    from goscrobble.plugins import Routes, hookimpl

    @hookimpl
    def register_blueprints(toolkit):
        blueprint = Blueprint(__name__, __name__)

        @blueprint.get("/", strict_slashes=False)
        def show():
            return __name__

        return [Routes(blueprint, at="{path}")]
"""
SETTINGS = """
    from goscrobble.plugins import PluginSettings, hookimpl
    from pydantic import Field

    class Settings(PluginSettings):
        {field}: int = Field(default=0, description="A number.")

    @hookimpl
    def register_config():
        return Settings
"""


def sentence(core, name):
    return core.plugins.records[name].error


def test_a_plugin_has_pages_of_its_own_behind_the_gate(serve, found):
    app = serve(found(("rooms", PAGES.format(path="/rooms"))))
    assert app.test_client().get("/rooms").text == "plugin_under_test_rooms_0"
    runtime_settings.change(core_of(app), {"ROOMS_ENABLED": False})
    assert app.test_client().get("/rooms").status_code == 404


@pytest.mark.parametrize("path", ["/rooms", "/rooms/inner", "/rooms/inner/deep"])
def test_the_second_claimant_of_a_path_is_blocked(serve, found, path):
    app = serve(found(("a", PAGES.format(path="/rooms")), ("b", PAGES.format(path=path))))
    core = core_of(app)
    assert statuses(core) == {"a": Status.ENABLED, "b": Status.BLOCKED}
    assert sentence(core, "b") == (f"It wants the path {path}, which the plugin a has already; remove one of them.")
    assert app.test_client().get("/rooms").text == "plugin_under_test_a_0"


@pytest.mark.parametrize(
    "path",
    [
        "/u/ada",
        "/u/ada/years",
        "/api/v1/users/ada",
        "/static/css",
        "/covers/artist/x",
        "/settings",
        "/api",
        "/api/v1/users",
        "/static",
        "/login",
        "/api/v1/ingress/jellyfin",
    ],
)
def test_the_servers_own_paths_are_nobodys(serve, found, path):
    core = core_of(serve(found(("a", PAGES.format(path=path)))))
    assert statuses(core) == {"a": Status.BLOCKED}
    assert (
        sentence(core, "a") == f"It wants the path {path}, which is the server's own; its author must choose another."
    )


@pytest.mark.parametrize("path", ["", "/", "rooms", "/Rooms", "/rooms/", "/<name>"])
def test_what_is_no_path_is_refused(serve, found, path):
    core = core_of(serve(found(("a", PAGES.format(path=path)))))
    assert statuses(core) == {"a": Status.BLOCKED}
    assert "which is none" in sentence(core, "a")


def test_two_plugins_cannot_have_one_setting(serve, found):
    app = serve(found(("foo", SETTINGS.format(field="bar_x")), ("foo_bar", SETTINGS.format(field="x"))))
    core = core_of(app)
    assert statuses(core) == {"foo": Status.ENABLED, "foo_bar": Status.BLOCKED}
    assert sentence(core, "foo_bar") == "Its setting FOO_BAR_X is one of the plugin foo too; remove one of them."


def test_a_plugin_cannot_take_a_setting_of_the_server(serve, found):
    core = core_of(serve(found(("registration", SETTINGS.format(field="x")))))
    assert statuses(core) == {"registration": Status.BLOCKED}
    assert sentence(core, "registration").startswith("Its setting REGISTRATION_ENABLED is one of the server's own")
