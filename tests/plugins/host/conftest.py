"""Plugins as strangers write them, and servers that find them."""

import sys
import textwrap
from importlib.metadata import EntryPoint

import pytest

from goscrobble.app import create_app
from goscrobble.plugins.host import GROUP
from goscrobble.testing import make_settings


@pytest.fixture
def found(tmp_path, monkeypatch):
    """Writes modules where Python finds them, and returns their entry points."""
    monkeypatch.syspath_prepend(str(tmp_path))
    written = []

    def write(*plugins):
        points = []
        for name, source in plugins:
            module = f"plugin_under_test_{name.lower()}_{len(written)}"
            (tmp_path / f"{module}.py").write_text(textwrap.dedent(source))
            written.append(module)
            points.append(EntryPoint(name, module, GROUP))
        return points

    yield write
    for module in written:
        sys.modules.pop(module, None)


@pytest.fixture
def serve(settings, clock, database_url, instance_path):
    """Makes an application with these plugins and nothing else installed."""
    apps = []

    def make(points, **overrides):
        chosen = make_settings(instance_path, database_url=database_url, **overrides) if overrides else settings
        apps.append(create_app(chosen, found_plugins=points, clock=clock))
        return apps[-1]

    yield make
    for app in apps:
        app.extensions["goscrobble"].database.close()
