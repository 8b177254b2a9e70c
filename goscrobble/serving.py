"""How gunicorn serves GoScrobble: `goscrobble run`, the container and plain `gunicorn wsgi:app` all read this.

Whatever stands here yields to `GUNICORN_CMD_ARGS` and to options. gunicorn's main process imports this file alone:
the program itself is imported in the workers, after gevent has made the standard library cooperative.
"""

from __future__ import annotations

import gc
import os
import time
from typing import Any

bind = "127.0.0.1:42069"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "gevent"  # thousands of open event streams; gthread and sync work too, with fewer
worker_connections = 5000
wsgi_app = "goscrobble.wsgi:app"
preload_app = False  # database connections and job threads do not survive a fork
timeout = 60  # seconds a worker may be silent
graceful_timeout = 10  # seconds for requests under way when it ends; event streams end at once
keepalive = 15  # seconds; above those of common proxies would be better still, but holds idle connections here
proc_name = "goscrobble"
control_socket_disable = True  # nobody asked for a door in the home directory
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108, PTH112 - heartbeats that touch no disk

accesslog = "-"
logger_class = "goscrobble.accesslog.AccessLogger"
access_log_format = '%(h)s "%(m)s %(U)s" %(s)s %(B)s %(M)sms'  # the path alone: a query string may hold a key

# Proxies are believed by the program, as far as proxy_hops says, and not here.
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}
forwarder_headers = ""

_REFUSED = 400  # statuses from here on; the body may not have been read
_DRAINED = 65_536  # bytes of a refused body that are read for the sake of the connection
_STREAM = "/api/v1/live"
_GTHREAD_THREADS = 16  # where the administrator chose gthread and named no number


def on_starting(server: Any) -> None:
    """Give `gthread` its threads; set above they would turn `sync` into it."""
    if server.cfg.worker_class_str == "gthread" and server.cfg.threads == 1:
        server.cfg.set("threads", _GTHREAD_THREADS)


on_reload = on_starting


def post_fork(_server: Any, _worker: Any) -> None:
    """Look for no garbage while the program is imported: there is none, and it takes a sixth of the time."""
    gc.disable()


def post_worker_init(worker: Any) -> None:
    """Let the application know who serves it: streams must end when the worker shall, and leave it some threads.

    What was made until now stays for good. Were it looked through for garbage again and again, every twentieth request
    for a long list would wait a tenth of a second longer (benchmarks/statistics.py).
    """
    gc.enable()
    gc.collect()
    gc.freeze()
    extensions = getattr(worker.wsgi, "extensions", None)
    if extensions is not None:
        extensions["gunicorn_worker"] = worker


def post_request(_worker: Any, req: Any, environ: dict[str, Any], resp: Any) -> None:
    """Hang up after a stream, and on a large body that was refused.

    Of that, gunicorn would first read, and so wait for, all that is left; and a worker that shall end would wait for
    the connections of its streams.
    """
    is_large = "HTTP_TRANSFER_ENCODING" in environ or int(environ.get("CONTENT_LENGTH") or 0) > _DRAINED
    if is_large and (getattr(resp, "status_code", None) or _REFUSED) >= _REFUSED:
        req.must_close = True
    if environ.get("PATH_INFO") == _STREAM:
        req.must_close = True
    time.sleep(0)  # others' turn: a client that sends its next request at once would keep the worker to itself


def child_exit(_server: Any, worker: Any) -> None:
    """Take a worker that ended out of the metrics, where they are summed over workers."""
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        from prometheus_client import multiprocess  # noqa: PLC0415 - only where metrics are on

        multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
