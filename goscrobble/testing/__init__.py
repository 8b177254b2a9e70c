"""For the tests of GoScrobble and of its plugins: a clock to set, a core to ask, people and plays to start with."""

from goscrobble.testing.clock import Clock
from goscrobble.testing.factories import PASSWORD, make_account, make_draft
from goscrobble.testing.servers import make_core, make_settings

__all__ = ["PASSWORD", "Clock", "make_account", "make_core", "make_draft", "make_settings"]
