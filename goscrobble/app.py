"""The application factory. Reads as a table of contents."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from importlib.metadata import EntryPoint

from flask import Flask

from goscrobble import config, defaults, logs
from goscrobble.config import Settings
from goscrobble.models import db
from goscrobble.plugins.host import PluginHost
from goscrobble.services import keys
from goscrobble.services.core import Core
from goscrobble.services.hosting import attach
from goscrobble.storage.database import Database, engine_options
from goscrobble.web import api, auth, body, compression, errors, gate, health, ingress, limits, pages, security
from goscrobble.web.exits import App


def create_app(
    settings: Settings | None = None,
    *,
    found_plugins: Iterable[EntryPoint] | None = None,
    clock: Callable[[], float] = time.time,
) -> Flask:
    """Return the WSGI application of an instance. Its database must have been upgraded (`goscrobble database upgrade`).

    `found_plugins` replaces the installed entry points, `clock` the time: both for tests.
    Raises BadConfig with a sentence when the instance cannot be used.
    """
    settings = settings or config.load()
    logs.configure(settings)
    app = App("goscrobble.web")
    core = _make_core(app, settings, found_plugins, clock)
    app.extensions["goscrobble"] = core
    compression.register(app)  # its part of an answer is the last
    errors.register(app)
    gate.register(app, core)
    security.register(app, settings)
    body.register(app)
    auth.register(app, core)
    limits.register(app, core)
    health.register(app, core)
    api.register(app)
    pages.register(app)
    ingress.register(app, core)
    return app


def _make_core(
    app: Flask, settings: Settings, found_plugins: Iterable[EntryPoint] | None, clock: Callable[[], float]
) -> Core:
    settings.instance_path.mkdir(mode=0o700, parents=True, exist_ok=True)
    host = PluginHost(
        builtins=defaults.PLUGINS,
        found=found_plugins,
        blocked=settings.plugins_blocked,
        fixed_settings=settings.plugins,
    )
    host.load()
    return attach(Core(settings, _connect(app, settings), host, keys.load(settings.instance_path), clock))


def _connect(app: Flask, settings: Settings) -> Database:
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(settings.url)
    db.init_app(app)
    with app.app_context():
        return Database(db.engine)
