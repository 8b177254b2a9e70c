"""`goscrobble plugins new`: what it writes is a plugin that anyone would be glad to begin with."""

import os
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from goscrobble.app import create_app
from goscrobble.plugins.host import GROUP

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent


@pytest.fixture
def new(goscrobble, tmp_path):
    """Run `goscrobble plugins new …` on a folder of this test's own."""
    return lambda name, into=tmp_path: goscrobble("plugins", "new", name, "--into", into)


def run(folder, *command, **environment):
    paths = f"{folder}{os.pathsep}{ROOT}"
    done = subprocess.run(
        [BIN / command[0], *command[1:]],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": paths, "MYPYPATH": str(ROOT)} | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_writes_a_plugin_and_says_what_to_do_next(new, tmp_path):
    result = new("night_deck")
    folder = tmp_path / "goscrobble-night-deck"
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith(f"The plugin night_deck is in {folder}. Next:\n\n  cd {folder}\n")
    assert sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()) == [
        ".gitignore",
        "README.md",
        "goscrobble_night_deck/__init__.py",
        "goscrobble_night_deck/normalise.py",
        "goscrobble_night_deck/payloads.py",
        "goscrobble_night_deck/py.typed",
        "pyproject.toml",
        "tests/test_night_deck.py",
    ]
    project = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]
    assert (project["name"], project["entry-points"]) == (
        "goscrobble-night-deck",
        {"goscrobble.plugins": {"night_deck": "goscrobble_night_deck"}},
    )


def test_no_mark_of_the_template_is_left(new, tmp_path):
    new("tapedeck")
    written = [file.read_text("utf-8") for file in tmp_path.rglob("goscrobble-tapedeck/**/*") if file.is_file()]
    assert any("Tapedeck" in text for text in written)
    assert not [text for text in written if "@" in text.replace("@hookimpl", "").replace("@blueprint", "")]


@pytest.mark.slow
def test_it_passes_its_own_tests_at_once(new, tmp_path):
    new("tapedeck")
    assert " passed in " in run(tmp_path / "goscrobble-tapedeck", "pytest", "-q")


PAGE = """

@hookimpl(specname="register_blueprints")
def register_page() -> list[Routes]:
    \"\"\"Return a page.\"\"\"
    page = Blueprint("tapedeck_page", __name__, template_folder="templates", static_folder="static")

    @page.get("")
    def show() -> str:
        \"\"\"Show it.\"\"\"
        return render_template("tapedeck/page.html")

    return [Routes(page, at="/tapedeck")]
"""


@pytest.mark.slow
def test_its_wheel_brings_its_templates_and_static_files_along(new, tmp_path, monkeypatch, settings):
    new("tapedeck")
    package = tmp_path / "goscrobble-tapedeck" / "goscrobble_tapedeck"
    (package / "templates" / "tapedeck").mkdir(parents=True)
    (package / "templates" / "tapedeck" / "page.html").write_text("<h1>The deck</h1>", "utf-8")
    (package / "static").mkdir()
    (package / "static" / "deck.css").write_text("h1 { color: teal }", "utf-8")
    written = (
        (package / "__init__.py").read_text("utf-8").replace("import Blueprint", "import Blueprint, render_template")
    )
    (package / "__init__.py").write_text(written.replace("Rejected,", "Rejected, Routes,") + PAGE, "utf-8")
    pip = ("python", "-m", "pip", "--quiet")
    offline = ("--no-index", "--no-deps")
    run(package.parent, *pip, "wheel", *offline, "--no-build-isolation", "--wheel-dir", tmp_path / "wheels", ".")
    target = tmp_path / "installed"
    [wheel] = (tmp_path / "wheels").glob("*.whl")
    run(tmp_path, *pip, "install", *offline, "--target", target, wheel)
    shutil.rmtree(package.parent)

    monkeypatch.syspath_prepend(str(target))
    app = create_app(settings, found_plugins=[EntryPoint("tapedeck", "goscrobble_tapedeck", GROUP)])
    try:
        assert app.test_client().get("/tapedeck").text == "<h1>The deck</h1>"
        with app.test_client().get("/tapedeck/static/deck.css") as answer:
            assert "teal" in answer.text
    finally:
        app.extensions["goscrobble"].database.close()
        for module in [name for name in sys.modules if name.startswith("goscrobble_tapedeck")]:
            sys.modules.pop(module)


@pytest.mark.slow
@pytest.mark.xdist_group("mypy")  # they share its cache
def test_it_is_clean_by_its_own_rules_and_by_ours(new, tmp_path, mypy_cache):
    new("tapedeck")
    folder = tmp_path / "goscrobble-tapedeck"
    ours = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["ruff"]["lint"]
    ignored = ",".join(ours["ignore"])
    run(folder, "ruff", "check", ".")
    run(folder, "ruff", "check", "--select", "ALL", "--ignore", ignored, "goscrobble_tapedeck")
    run(folder, "ruff", "check", "--select", "ALL", "--ignore", f"{ignored},D,S101,INP001", "tests")
    run(folder, "ruff", "format", "--check", ".")
    run(folder, "mypy", "--follow-imports=silent", ".", MYPY_CACHE_DIR=str(mypy_cache))


@pytest.mark.parametrize(
    "name", ["Tidal", "tidal-hifi", "7digital", "", "_tidal", "t" * 41, "ti dal", "../tidal", "té"]
)
def test_a_name_that_no_plugin_can_have_is_refused(new, tmp_path, name):
    result = new(name)
    sentence = "A plugin's name is up to 40 lower-case letters, digits and underscores, a letter first."
    assert (result.exit_code, result.stderr) == (1, f"{sentence}\n")
    assert not list(tmp_path.glob("goscrobble*"))


def test_the_name_of_an_installed_plugin_is_refused(new):
    result = new("jellyfin")
    sentence = "A plugin called jellyfin is installed already; choose another name."
    assert (result.exit_code, result.stderr) == (1, f"{sentence}\n")


def test_a_name_whose_switch_is_a_setting_of_the_server_is_refused(new):
    result = new("registration")
    assert result.exit_code == 1
    assert "REGISTRATION_ENABLED" not in result.stdout
    assert result.stderr.startswith("The switch of a plugin called registration would be a setting of the server")


def test_a_folder_that_exists_is_left_alone(new, tmp_path):
    folder = tmp_path / "goscrobble-tapedeck"
    folder.mkdir()
    result = new("tapedeck")
    assert (result.exit_code, result.stderr) == (1, f"{folder} exists already; move it away or choose another name.\n")
    assert list(folder.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_a_sentence(new):
    result = new("tapedeck", into="/proc")
    assert result.exit_code == 1
    assert result.stderr.startswith("/proc/goscrobble-tapedeck cannot be written: ")
