"""The application of the instance that environment and file describe, ready to serve. Importing this starts it.

The instance is made or upgraded if need be, so that a WSGI server needs nothing else to be run before; background
jobs run in here unless `jobs.embedded` is off.
"""

from __future__ import annotations

import atexit
import sys

from flask import Flask

from goscrobble import config, instance
from goscrobble.app import create_app
from goscrobble.errors import GoScrobbleError
from goscrobble.jobs.handlers import HANDLERS
from goscrobble.jobs.heartbeat import Heartbeat
from goscrobble.jobs.runner import Runner
from goscrobble.jobs.schedule import PERIODIC
from goscrobble.services import nodes
from goscrobble.web.warming import warm_up

_BOOT_FAILED = 3  # gunicorn's own: do not start this worker again and again


def _start() -> Flask:
    settings = config.load()
    instance.prepare(settings)
    app = create_app(settings)
    heartbeat = Heartbeat(app.extensions["goscrobble"], nodes.BOTH if settings.jobs.embedded else nodes.WEB)
    heartbeat.start()
    atexit.register(heartbeat.stop)
    if settings.jobs.embedded:
        runner = Runner(app.extensions["goscrobble"], handlers=HANDLERS, periodic=PERIODIC)
        runner.start()
        atexit.register(runner.stop, 5)
    warm_up(app)
    return app


try:
    app = _start()
except GoScrobbleError as error:
    print(error, file=sys.stderr)  # noqa: T201 - for whoever started it
    sys.exit(_BOOT_FAILED)
