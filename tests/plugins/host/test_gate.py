"""The gate: what a plugin's switch does to its routes, wherever they are."""

from goscrobble.services import failures
from goscrobble.services import settings as runtime_settings
from goscrobble.testing import make_draft
from tests.plugins.host.strangers import GOOD, RAISES_IN_HOOKS, core_of, key_for, post

ELSEWHERE = """
    from flask import Blueprint
    from goscrobble.plugins import Routes, hookimpl

    @hookimpl
    def register_blueprints(toolkit):
        blueprint = Blueprint(__name__, __name__)
        inner = Blueprint("inner", __name__)

        @blueprint.get("/own")
        def own():
            return {}

        @inner.get("/<name>")
        def named(name):
            return {"name": name}

        blueprint.register_blueprint(inner, url_prefix="/inner")
        blueprint.record(lambda state: state.app.add_url_rule("/far/<int:number>", "far", lambda number: {}))
        return [Routes(blueprint, at="/elsewhere")]
"""


def test_a_plugin_that_is_switched_off_has_no_routes_and_is_asked_nothing(serve, found, clock):
    app = serve(found(("good", GOOD), ("bad", RAISES_IN_HOOKS)))
    core = core_of(app)
    key = key_for(core)
    runtime_settings.change(core, {"GOOD_ENABLED": False, "BAD_ENABLED": "0"})

    for method in ("post", "get", "put", "options"):
        response = getattr(app.test_client(), method)("/api/v1/ingress/good")
        assert (response.status_code, response.json) == (404, {"error": "The plugin good is switched off"})
    assert core.plugins.prepare(make_draft()) == make_draft()
    assert failures.list_all(core) == []
    assert app.test_client().get("/api/v1/openapi.json").json["paths"]["/api/v1/ingress/good"]
    runtime_settings.change(core, {"GOOD_ENABLED": True})
    assert post(app, "good", key, title="One").status_code == 200


def test_a_switch_holds_in_another_worker_within_two_seconds(serve, found, clock):
    points = found(("good", GOOD))
    one, other = serve(points), serve(points)
    key = key_for(core_of(one))
    assert post(other, "good", key, title="One").status_code == 200

    runtime_settings.change(core_of(one), {"GOOD_ENABLED": False})
    clock.advance(1.1)
    assert post(other, "good", key, title="One").status_code == 404


def test_routes_are_behind_the_gate_wherever_a_plugin_put_them(serve, found):
    app = serve(found(("elsewhere", ELSEWHERE)))
    client, paths = app.test_client(), ("/elsewhere/own", "/elsewhere/inner/ada", "/far/7")
    assert [client.get(path).status_code for path in paths] == [200, 200, 200]
    assert [client.post(path).status_code for path in paths] == [405, 405, 405]

    runtime_settings.change(core_of(app), {"ELSEWHERE_ENABLED": False})
    for method in ("get", "post", "options", "delete"):
        for path in paths:
            answer = getattr(client, method)(path, headers={"Accept": "application/json"})
            assert answer.status_code == 404, (method, path)
            assert "The plugin elsewhere is switched off" in answer.text
    assert client.get("/elsewhere/of-nobody").status_code == 404
    assert client.get("/api/v1/serverinfo").status_code == 200
