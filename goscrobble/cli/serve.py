"""`goscrobble run` and `goscrobble worker`."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from types import FrameType

import click

from goscrobble import config, instance
from goscrobble.config import DEFAULT_PORT, Settings
from goscrobble.errors import BadConfig

# gunicorn looks for modules in the folder it is started from first. There `goscrobble` may be a checkout's folder.
_SERVE = "import goscrobble, gunicorn.app.wsgiapp; gunicorn.app.wsgiapp.run()"


@click.command(epilog="Example: goscrobble run --host 0.0.0.0 --port 8080")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for all.")
@click.option("--port", default=DEFAULT_PORT, show_default=True, type=click.IntRange(1, 65535), help="Port.")
@click.option("--workers", type=click.IntRange(1, 64), help="Processes that answer. [default: 2]")
def run(host: str, port: int, workers: int | None) -> None:
    """Prepare the instance and serve it until SIGTERM; SIGHUP reloads it."""
    settings = config.load()
    backup = instance.prepare(settings)
    if backup:
        click.echo(f"The database was upgraded; what it was before is in {backup}.")
    _check_free(host, port)
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    if "public_url" not in settings.model_fields_set:
        os.environ["GOSCROBBLE_PUBLIC_URL"] = f"http://127.0.0.1:{port}"
    _collect_metrics(settings)
    click.echo(f"GoScrobble serves {settings.instance_path} on http://{address} (press Ctrl+C to end it).")
    command = [sys.executable, "-P", "-c", _SERVE, "--config", "python:goscrobble.serving", "--bind", address]
    if workers:
        command += ["--workers", str(workers)]
    sys.stdout.flush()
    # A new program: gevent must change the standard library before ours is imported.
    os.execv(sys.executable, command)  # noqa: S606 - our own interpreter


@click.command(epilog="Example: GOSCROBBLE_JOBS__EMBEDDED=false goscrobble worker")
def worker() -> None:
    """Do background jobs alone, until SIGTERM; several may run, on several machines."""
    from goscrobble.app import create_app  # noqa: PLC0415 - half a second that `--help` need not take
    from goscrobble.jobs.handlers import HANDLERS  # noqa: PLC0415 - same
    from goscrobble.jobs.heartbeat import Heartbeat  # noqa: PLC0415 - same
    from goscrobble.jobs.runner import Runner  # noqa: PLC0415 - same
    from goscrobble.jobs.schedule import PERIODIC  # noqa: PLC0415 - same
    from goscrobble.services import nodes  # noqa: PLC0415 - same

    settings = config.load()
    instance.prepare(settings)
    core = create_app(settings).extensions["goscrobble"]
    ended = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        ended.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    runner = Runner(core, handlers=HANDLERS, periodic=PERIODIC)
    heartbeat = Heartbeat(core, nodes.JOBS)
    runner.start()
    heartbeat.start()
    click.echo("Background jobs are being done (press Ctrl+C to end).")
    ended.wait()
    runner.stop()
    heartbeat.stop()
    core.database.close()


def _check_free(host: str, port: int) -> None:
    """Say so at once, rather than after gunicorn's five attempts."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise BadConfig(f"The server cannot listen on {host}, port {port}: {error.strerror}.") from None


def _collect_metrics(settings: Settings) -> None:
    """Give the workers an empty folder in which their counts are summed."""
    if settings.metrics_enabled and not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        folder = settings.instance_path / "metrics"
        folder.mkdir(exist_ok=True)
        for file in folder.glob("*.db"):
            file.unlink()
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
