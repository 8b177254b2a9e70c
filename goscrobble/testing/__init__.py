"""For the tests of GoScrobble and of its plugins: a clock, people and plays to start with, servers, contracts."""

from goscrobble.testing.clock import START, Clock
from goscrobble.testing.contract import PluginContract, PollerContract, SourceContract
from goscrobble.testing.factories import PASSWORD, make_account, make_draft
from goscrobble.testing.instances import Connection, Listener, PluginServer
from goscrobble.testing.pytest_plugin import StartServer
from goscrobble.testing.servers import make_core, make_settings

__all__ = [
    "PASSWORD",
    "START",
    "Clock",
    "Connection",
    "Listener",
    "PluginContract",
    "PluginServer",
    "PollerContract",
    "SourceContract",
    "StartServer",
    "make_account",
    "make_core",
    "make_draft",
    "make_settings",
]
