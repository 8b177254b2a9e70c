"""What every source keeps to."""

from typing import ClassVar

import goscrobble_multiscrobbler

from goscrobble.testing import SourceContract
from tests.plugins.multiscrobbler.payloads import original, play


class TestOnePlay(SourceContract):
    plugin = goscrobble_multiscrobbler
    good = play()
    bad = (play(Track=None), play(Artist=[]), play(PlayedAt="yesterday"), play(PlayedAt=1), play(Duration={}))


class TestOriginalSpelling(SourceContract):
    plugin = goscrobble_multiscrobbler
    good = original()
    bad = (original(track=None), original(playDate="yesterday"))


class TestManyPlays(SourceContract):
    plugin = goscrobble_multiscrobbler
    good: ClassVar = [play()]
    bad = ([play(Track=None)], [play(Track=None), play(PlayedAt=1)])
