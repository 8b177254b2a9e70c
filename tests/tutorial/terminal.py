"""A terminal in which somebody follows a tutorial: a shell, and a virtual environment beside ours."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import sysconfig
import venv
from pathlib import Path

PROGRAMS = {"goscrobble": "goscrobble.cli:main", "pytest": "pytest:console_main"}


class Terminal:
    """One bash; what it is told to do it does in the folder and the environment that earlier commands left."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self._shell = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, command: str) -> tuple[int, str]:
        """Run a command to its end and return its status and all that it printed."""
        mark = secrets.token_hex(8)
        self._shell.stdin.write(f"{{ {command}\n}} </dev/null\nprintf '\\n{mark} %s %s\\n' $? \"$PWD\"\n")
        self._shell.stdin.flush()
        printed = []
        for line in self._shell.stdout:
            if line.startswith(mark):
                _, status, folder = line.rstrip("\n").split(" ", 2)
                self.folder = Path(folder)
                return int(status), "".join(printed)
            printed.append(line)
        raise AssertionError(f"the shell ended: {''.join(printed)}")

    def close(self) -> None:
        """End the shell and whatever it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._shell.pid, signal.SIGKILL)
        self._shell.stdin.close()
        self._shell.stdout.close()
        self._shell.wait()


def make_environment(folder: Path) -> dict[str, str]:
    """Make a virtual environment that sees the packages of ours, and return variables that activate it.

    pip works in it without a network: it finds no index, and builds with the setuptools that we have.
    """
    venv.create(folder, symlinks=True)
    packages = sysconfig.get_path("purelib")  # ours; `addsitedir` heeds an editable install there
    theirs = next(folder.glob("lib/python*/site-packages"))
    (theirs / "ours.pth").write_text(f"import site; site.addsitedir({packages!r})\n")
    for name, entry_point in PROGRAMS.items():
        module, function = entry_point.split(":")
        program = f"#!{folder}/bin/python\nimport sys\nfrom {module} import {function}\nsys.exit({function}())\n"
        (folder / "bin" / name).write_text(program)
    (folder / "bin" / "pip").write_text(f'#!/bin/sh\nexec "{folder}/bin/python" -m pip "$@"\n')
    for name in ("pip", *PROGRAMS):
        (folder / "bin" / name).chmod(0o755)
    return {
        "PATH": f"{folder}/bin:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "PIP_CONFIG_FILE": "/dev/null",
        "PIP_NO_INDEX": "1",
        "PIP_NO_BUILD_ISOLATION": "0",  # pip's way to say: do not isolate
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_ROOT_USER_ACTION": "ignore",
        "PYTEST_ADDOPTS": "-p no:schemathesis -p no:hypothesispytest -p no:xdist",  # of ours; a reader has only pytest
    }
