"""The tutorial, followed to the letter: each file written, each command typed, each output compared."""

import shutil
import socket
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.tutorial.pages import Run, Write, steps
from tests.tutorial.terminal import Terminal, make_environment

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "tutorial" / "write-a-source.md"
PORT = "42069"  # as the page has it
NEEDED = ("bash", "curl")


@pytest.fixture
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


@pytest.fixture
def terminal(tmp_path, empty_database_url):
    environment = make_environment(tmp_path / "environment") | {"GOSCROBBLE_DATABASE_URL": empty_database_url}
    folder = tmp_path / "work"
    folder.mkdir()
    terminal = Terminal(folder, environment)
    yield terminal
    terminal.close()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_whoever_follows_the_tutorial_succeeds(terminal, port):
    if missing := [program for program in NEEDED if shutil.which(program) is None]:
        pytest.skip(f"there is no {missing[0]} here")
    for step in steps(PAGE):
        if isinstance(step, Write):
            write(terminal.folder, step)
            continue
        command = step.command.replace(PORT, port).replace("goscrobble run", f"goscrobble run --port {port}")
        status, output = terminal.run(command)
        where = f"{PAGE.name}, line {step.line}: {step.command}"
        assert status == 0, f"{where}\n{output}"
        assert step.is_met_by(output), f"{where}\nshould print:\n{step.expected}\nand printed:\n{output}"


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.xdist_group("mypy")  # they share its cache
def test_what_the_tutorial_builds_is_clean_by_its_own_rules_and_by_ours(goscrobble, tmp_path, mypy_cache):
    assert goscrobble("plugins", "new", "tapedeck", "--into", tmp_path).exit_code == 0
    folder = tmp_path / "goscrobble-tapedeck"
    ours = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["ruff"]["lint"]
    ignored = ",".join(ours["ignore"])
    package = ("goscrobble_tapedeck", "--ignore", f"{ignored},PLR2004,S310", "--extend-exclude", "migrations")
    for after in (step for step in steps(PAGE) if isinstance(step, Write)):
        write(folder, after)
        check(folder, "ruff", "check", ".")
        check(folder, "ruff", "format", "--check", ".")
        check(folder, "ruff", "check", "--select", "ALL", *package)
    check(folder, "mypy", "--follow-imports=silent", "--cache-dir", mypy_cache, ".")


@pytest.fixture
def goscrobble():
    from click.testing import CliRunner

    from goscrobble.cli import cli

    return lambda *arguments: CliRunner().invoke(cli, [str(one) for one in arguments])


def write(folder, step):
    file = folder / step.path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(step.text, "utf-8")


def check(folder, program, *arguments):
    done = subprocess.run(
        [Path(sys.executable).parent / program, *arguments],
        cwd=folder,
        env={"MYPYPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


# ---- the page itself ----


def test_every_python_block_of_the_page_names_its_file():
    text = PAGE.read_text("utf-8")
    written = [step.path for step in steps(PAGE) if isinstance(step, Write) and step.path.endswith(".py")]
    assert text.count("```python\n") == len(written) > 10


def test_an_output_is_compared_as_a_whole():
    step = Run(1, "x", "one\n… passed in …\n")
    assert step.is_met_by("one\n14 passed in 0.3s")
    assert not step.is_met_by("one\n14 failed, 3 passed")
    assert not step.is_met_by("two\n14 passed in 0.3s")
    assert not Run(1, "x", "").is_met_by("something")
