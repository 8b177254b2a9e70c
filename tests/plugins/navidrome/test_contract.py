"""What every plugin keeps to."""

import goscrobble_navidrome

from goscrobble.testing.contract import PluginContract


class TestContract(PluginContract):
    plugin = goscrobble_navidrome
