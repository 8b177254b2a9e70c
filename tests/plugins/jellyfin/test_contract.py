"""What every source keeps to."""

import goscrobble_jellyfin

from goscrobble.testing import SourceContract
from tests.plugins.jellyfin.payloads import event, play


class TestDocumentedCall(SourceContract):
    plugin = goscrobble_jellyfin
    good = play()
    bad = (play(Name=None), play(Artist=None), play(Name="\ud800"), play(Artist=["Can"]), [play()])


class TestEvent(SourceContract):
    plugin = goscrobble_jellyfin
    good = event("PlaybackStop", PlaybackPositionTicks=1_500_000_000)
    bad = (event("PlaybackStop", Name=None), event("PlaybackStop", ItemType=None))
