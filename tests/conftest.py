"""What every test may ask for. Nothing outside this machine is ever reached, and time moves only when told."""

from __future__ import annotations

import gc
import os
import sqlite3
from importlib.metadata import entry_points

import pytest
import pytest_socket
from flask import Flask
from hypothesis import settings as hypothesis_settings
from jinja2 import BytecodeCache
from sqlalchemy import Pool, event
from werkzeug.routing import Rule

from goscrobble.plugins.host import GROUP
from goscrobble.testing import Clock, make_core, make_settings
from tests.databases import PostgresqlDatabases, SqliteDatabases
from tests.postgres import PostgresServer

SERVER_URL = "postgresql_server_url"

# What browsers, templates and slow clients do, and what becomes of a whole evening that a plugin asks about again and
# again: the services behind them, and how plugins are asked, are tried with both databases.
ONCE = (
    "tests/browser/",
    "tests/faults/test_listeners.py",
    "tests/pages/",
    "tests/plugins/navidrome/test_polling.py",
    "tests/plugins/spotify/test_listening.py",
    "tests/tutorial/",
    "tests/web/test_arrival.py",
)

# Whoever changes something hunts with new examples each time; a check of what was changed is the same check twice.
hypothesis_settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    hypothesis_settings.load_profile("ci")


@event.listens_for(Pool, "checkout")
def _leave_the_disk_alone(connection, _record, _proxy):
    """What is killed here is a process, never the machine; servers in processes of their own wait for the disk."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA synchronous = OFF")


# Applications come and go by the thousand, and each is a great ring of references: looking for them less often takes
# a tenth of the time off.
gc.set_threshold(100_000, 20, 50)

# Each of a thousand applications has the same rules; to compile them is most of what making one costs.
_compile, _compiled = Rule.compile, {}


def _compile_once(rule):
    key = (rule.rule, rule.subdomain, rule.host, rule.merge_slashes, repr(rule.defaults))
    if key not in _compiled:
        _compile(rule)
        builders = rule._build.__func__, rule._build_unknown.__func__
        _compiled[key] = rule._parts, rule._trace, rule._converters, frozenset(rule.arguments), builders
        return
    rule._parts, rule._trace, rule._converters, arguments, (build, build_unknown) = _compiled[key]
    rule.arguments = set(arguments)
    rule._build, rule._build_unknown = build.__get__(rule), build_unknown.__get__(rule)


Rule.compile = _compile_once


class _Templates(BytecodeCache):
    """And the same templates, which each would compile anew: three quarters of the time of a page."""

    def __init__(self):
        self._compiled = {}

    def load_bytecode(self, bucket):
        bucket.code = self._compiled.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket):
        self._compiled[bucket.key, bucket.checksum] = bucket.code


Flask.jinja_options = {"bytecode_cache": _Templates()}


def pytest_addoption(parser):
    parser.addoption("--database", choices=("sqlite", "postgresql"), default="sqlite", help="the database to test on")


def pytest_configure(config):
    """One server for the whole run: started by the first process, whose workers are told where it is."""
    config.addinivalue_line("markers", "xdist_group(name): known without xdist too")
    if config.getoption("database") == "postgresql" and not hasattr(config, "workerinput"):
        server = PostgresServer()
        config.add_cleanup(server.stop)
        config.stash[_URL] = server.url


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """What would be the same with the other database is tried once, with SQLite: what asks none, and ONCE.

    The slow ones come first: at the end the processes have little left, and end together.
    """
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
    if config.getoption("database") == "postgresql":
        once = [item for item in items if "databases" not in item.fixturenames or item.nodeid.startswith(ONCE)]
        config.hook.pytest_deselected(items=once)
        left_out = set(once)
        items[:] = [item for item in items if item not in left_out]


def pytest_collection_finish(session):
    """What was collected stays to the end: looked through for garbage again and again it takes a tenth of the time."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node):
    node.workerinput[SERVER_URL] = node.config.stash.get(_URL, None)


@pytest.hookimpl(trylast=True)
def pytest_runtest_setup(item):
    pytest_socket.socket_allow_hosts(["127.0.0.1", "::1"], allow_unix_socket=True)


@pytest.fixture(scope="session")
def databases(pytestconfig, tmp_path_factory):
    """Where fresh databases come from, of the kind that is tested."""
    workerinput = getattr(pytestconfig, "workerinput", {})
    name = workerinput.get("workerid", "main")
    if pytestconfig.getoption("database") == "sqlite":
        source = SqliteDatabases(tmp_path_factory.mktemp("databases"), name)
    else:
        source = PostgresqlDatabases(workerinput.get(SERVER_URL) or pytestconfig.stash[_URL], name)
    yield source
    source.close()


@pytest.fixture(scope="session")
def mypy_cache(tmp_path_factory):
    """A folder for what mypy finds out: that of GoScrobble and its libraries takes most of each check."""
    return tmp_path_factory.mktemp("mypy")


@pytest.fixture
def database_kind(pytestconfig):
    """ "sqlite" or "postgresql"."""
    return pytestconfig.getoption("database")


@pytest.fixture
def instance_path(tmp_path):
    path = tmp_path / "instance"
    path.mkdir(mode=0o700)
    return path


@pytest.fixture
def database_url(databases, instance_path):
    """The URL of a migrated database of this test's own."""
    url = databases.make(instance_path)
    yield url
    databases.drop(url)


@pytest.fixture
def empty_database_url(databases, tmp_path):
    """The URL of a database without a single table."""
    url = databases.make(tmp_path, empty=True)
    yield url
    databases.drop(url)


@pytest.fixture
def clock():
    """A `Clock`: set `clock.at`, or `clock.advance(seconds)`."""
    return Clock()


@pytest.fixture
def settings(instance_path, database_url):
    """Settings of an instance of this test's own."""
    return make_settings(instance_path, database_url=database_url)


@pytest.fixture(scope="session")
def installed_plugins():
    """Their entry points. To find them reads those of every package there is, and none comes or goes meanwhile."""
    return tuple(entry_points(group=GROUP))


@pytest.fixture
def app(settings, clock, installed_plugins):
    """The WSGI application."""
    from goscrobble.app import create_app  # not every test needs the web

    app = create_app(settings, found_plugins=installed_plugins, clock=clock)
    yield app
    app.extensions["goscrobble"].database.close()


@pytest.fixture
def client(app):
    """A client of `app`, without cookies."""
    return app.test_client()


@pytest.fixture
def core(request, settings, clock, installed_plugins):
    """The core behind `app` where the test asks for that too, else one without the web."""
    if "app" in request.fixturenames:
        yield request.getfixturevalue("app").extensions["goscrobble"]
        return
    core = make_core(settings, clock, installed_plugins)
    yield core
    core.database.close()


_URL = pytest.StashKey[str]()
