"""What the tests of this folder share: a good plugin's text, and small questions to a server."""

from goscrobble.services import tokens
from goscrobble.testing import PASSWORD, make_account

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}

GOOD = """
    from flask import Blueprint
    from goscrobble.plugins import Ingress, PluginSettings, ScrobbleDraft, Source, hookimpl
    from pydantic import Field

    class Settings(PluginSettings):
        greeting: str = Field(default="hello", description="What it says.")
        loud: bool = Field(default=False, description="Whether it shouts.")

    @hookimpl
    def register_config():
        return Settings

    @hookimpl
    def register_sources():
        return [Source("Good", "A good source.", ("Open {url}.",))]

    @hookimpl
    def register_blueprints(toolkit):
        blueprint = Blueprint(__name__, __name__)

        @blueprint.post("")
        def receive():
            "Take one play."
            settings = toolkit.settings()
            told = toolkit.payload()
            draft = ScrobbleDraft(title=told["title"], artists=("A",), played_at=int(toolkit.now()) - 60)
            (outcome,) = toolkit.submit([draft])
            return {"message": settings.greeting.upper() if settings.loud else settings.greeting,
                    "outcome": type(outcome).__name__}

        return [Ingress(blueprint)]

    @hookimpl
    def prepare_draft(draft):
        return draft.model_copy(update={"album": "From good"})

    @hookimpl
    def reject_draft(draft):
        return "No silence here" if draft.title == "Silence" else None
"""
RAISES_IN_HOOKS = """
    from goscrobble.plugins import hookimpl

    @hookimpl
    def prepare_draft(draft):
        raise RuntimeError("prepare")

    @hookimpl
    def reject_draft(draft):
        raise RuntimeError("reject")

    @hookimpl
    def after_scrobble(scrobble):
        raise SystemError("after")
"""


def core_of(app):
    return app.extensions["goscrobble"]


def key_for(core, name="ada"):
    return tokens.add_api_token(core, make_account(core, name), "player", {"ingest"})[1]


def post(app, plugin, key, **body):
    return app.test_client().post(f"/api/v1/ingress/{plugin}?key={key}", json=body)


def statuses(core):
    return {name: core.plugins.status(one) for name, one in core.plugins.records.items() if not one.builtin}


def administrator(app):
    """Return a browser in which an administrator is signed in."""
    make_account(core_of(app), "root", admin=True)
    client = app.test_client()
    signed_in = client.post("/login", data={"username": "root", "password": PASSWORD}, headers=SAME_ORIGIN)
    assert signed_in.status_code == 303
    return client
