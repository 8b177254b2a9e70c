"""What players write where they know nothing."""

from __future__ import annotations

import pytest

from goscrobble.defaults import PLUGINS, tidy
from goscrobble.plugins.host import PluginHost
from goscrobble.testing import make_draft


@pytest.fixture
def host():
    host = PluginHost(builtins=PLUGINS, found=[])
    host.load()
    return host


@pytest.mark.parametrize(
    "album",
    [
        "[Unknown Album]",
        "Unknown Album",
        "unknown  album",
        "<Unknown>",
        "[non-album tracks]",
        "Non-Album Tracks",
        "[no album]",
        "[standalone recordings]",
        "(Unknown Album)",
    ],
)
def test_an_album_that_is_a_placeholder_is_none(host, album):
    assert host.prepare(make_draft(album=album)).album is None


@pytest.mark.parametrize(
    "album",
    ["Unknown", "Unknown Pleasures", "No Album", "None", "[Unknown Album", "Untitled", "(What's the Story)", None],
)
def test_an_album_that_may_be_one_stays(host, album):
    assert host.prepare(make_draft(album=album)).album == album


@pytest.mark.parametrize(
    "name", ["Various Artists", "VA", "v.a.", "[Various Artists]", "<unknown>", "[Unknown Artist]"]
)
def test_an_album_artist_that_stands_for_many_or_nobody_is_dropped(host, name):
    assert host.prepare(make_draft(album_artists=(name, "Ella Fitzgerald"))).album_artists == ("Ella Fitzgerald",)


def test_the_artist_of_the_track_is_never_dropped(host):
    draft = make_draft(artists=("Various Artists",))
    assert host.prepare(draft) == draft


def test_a_draft_without_placeholders_is_left_as_it_is():
    assert tidy.prepare_draft(make_draft()) is None


@pytest.mark.parametrize(
    ("title", "artists"),
    [
        ("[Unknown]", ("[Unknown Artist]",)),
        ("Unknown Track", ("<unknown>",)),
        ("unknown title", ("Unknown Artist",)),
        ("<unknown>", ("[unknown]", "[no artist]")),
    ],
)
def test_a_play_of_nothing_by_nobody_is_refused(host, title, artists):
    reasons = [reason for _, reason in host.ask("reject_draft", draft=make_draft(title=title, artists=artists))]
    assert reasons == ["Neither the track nor the artist is known"]


@pytest.mark.parametrize(
    ("title", "artists"),
    [
        ("Strobe", ("[Unknown Artist]",)),
        ("Track 01", ("Unknown Artist",)),
        ("Unknown Track", ("Boards of Canada",)),
        ("Unknown", ("<unknown>",)),
        ("[untitled]", ("[unknown]",)),
        ("[Unknown]", ("[unknown]", "Burial")),
        ("Nobody", ("None",)),
    ],
)
def test_a_play_that_names_anything_is_kept(host, title, artists):
    assert list(host.ask("reject_draft", draft=make_draft(title=title, artists=artists))) == []
