"""Plugins as wheels: built, installed beside GoScrobble, served, uninstalled."""

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.wheels.installation import Installation
from tests.wheels.service import Service

SOURCES = Path(__file__).parent / "plugins"


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(item.path).is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.xdist_group(item.path.stem))  # they share a server


@pytest.fixture(scope="session")
def build(tmp_path_factory):
    """Build wheels of plugins in `plugins/`, each once; returns them by name."""
    folder = tmp_path_factory.mktemp("wheels")
    built = {}

    def build_one(name):
        source = shutil.copytree(SOURCES / name, folder / "sources" / name)
        pip = [sys.executable, "-m", "pip", "wheel", "--no-index", "--no-build-isolation", "--no-deps", "--wheel-dir"]
        done = subprocess.run([*pip, folder, source], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        built[name] = next(folder.glob(f"goscrobble_{name}-*.whl"))

    def build(*names):
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(build_one, [name for name in names if name not in built]))
        return {name: built[name] for name in names}

    return build


@pytest.fixture(scope="session")
def every_plugin():
    """The names of all plugins in `plugins/`."""
    return sorted(file.parent.name for file in SOURCES.glob("*/pyproject.toml"))


@pytest.fixture(scope="module")
def install(databases, tmp_path_factory):
    """Make an environment with these wheels in it, an instance and an empty database; nothing is served yet."""
    made = []

    def install(wheels):
        folder = tmp_path_factory.mktemp("installation")
        url = databases.make(folder, empty=True)
        made.append((Installation(folder, url), url))
        made[-1][0].install(*wheels.values())
        return made[-1][0]

    yield install
    for installation, url in made:
        installation.kill()
        databases.drop(url)


@pytest.fixture(scope="module")
def service():
    """A service that the good plugin polls."""
    service = Service()
    yield service
    service.close()
