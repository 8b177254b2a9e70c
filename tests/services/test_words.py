"""Whose words are shown where: one listener's never stand in another's history."""

from __future__ import annotations

import json
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from goscrobble.domain.accounts import Privacy
from goscrobble.domain.drafts import ScrobbleDraft, TrackIds
from goscrobble.domain.periods import ALL_TIME
from goscrobble.errors import NotFound
from goscrobble.services import accounts, catalogue, corrections, history, ingest, searching, site, statistics
from goscrobble.services.corrections import Edit, as_shown
from goscrobble.testing import make_account, make_draft
from tests.examples import examples

AT = 1_780_000_000
HOUR = 3600
KINDS = ("artists", "albums", "tracks")
ISRC = {"isrc": "GBAYE9300106"}


@pytest.fixture
def ada(core):
    return make_account(core, "ada")


@pytest.fixture
def bob(core):
    return make_account(core, "bob")


def hear(core, account, title="Creep", artists=("Radiohead",), *, at=AT, ids=None, source="jellyfin", **values):
    draft = make_draft(title=title, artists=artists, played_at=at, ids=TrackIds(**(ids or {})), **values)
    return ingest.submit(core, account.id, [draft], source=source)


def titles(core, account):
    return [play.track.name for play in history.recent(core, account)[0]]


def chart(core, account, kind):
    return statistics.top(core, account, kind, ALL_TIME)


def top(core, account, kind):
    return [entry.entity.name for entry in chart(core, account, kind)]


def page(core, kind, name, viewer, account):
    """What an entry's page says to somebody, found in a listener's chart."""
    entry = next(one for one in chart(core, account, kind) if one.entity.name == name)
    return catalogue.find(core, kind, entry.entity.id, viewer)


# ---- ids ----


def test_whoever_tells_an_id_first_names_nobody_elses_track(core, ada, bob):
    hear(core, ada, "Eve was here", ids=ISRC)
    hear(core, bob, "Creep", ids=ISRC)
    assert titles(core, bob) == ["Creep"]
    assert top(core, bob, "tracks") == ["Creep"]
    assert searching.search(core, "eve", bob).tracks[0].plays == 1  # ada's own


def test_an_album_tagged_with_one_id_is_many_tracks(core, ada):
    names = ["Poison Prince", "Ordinary Life", "Youth Is Wasted", "Mr. Rock & Roll"]
    for n, name in enumerate(names):
        hear(
            core,
            ada,
            name,
            ("Amy M.",),
            at=AT + n * 300,
            ids={"recording_mbid": "1" * 8 + "-1111-4111-8111-" + "1" * 12},
        )
    assert sorted(titles(core, ada)) == sorted(names)
    assert len(top(core, ada, "tracks")) == 4


def test_an_id_joins_spellings_of_the_artists_that_one_listener_told(core, ada, bob):
    hear(core, ada, artists=("Beyoncé", "JAY-Z"), ids=ISRC)
    hear(core, ada, artists=("Beyoncé & JAY-Z",), ids=ISRC, at=AT + HOUR)
    hear(core, bob, artists=("Beyoncé & JAY-Z",), ids=ISRC)
    assert len(top(core, ada, "tracks")) == 1
    assert [[artist.name for artist in play.artists] for play in history.recent(core, ada)[0]] == [
        ["Beyoncé & JAY-Z"],
        ["Beyoncé", "JAY-Z"],
    ]
    assert top(core, bob, "artists") == ["Beyoncé & JAY-Z"]


# ---- two tracks of one title ----


@pytest.mark.parametrize("several", [True, False])
def test_two_tracks_of_one_title_on_one_album_stay_two(core, ada, several):
    lengths = [31, 95, 31, 95, 97, None]
    drafts = [
        make_draft(title="Intro", album="X", duration=one, played_at=AT + n * HOUR) for n, one in enumerate(lengths)
    ]
    for batch in [drafts] if several else [[draft] for draft in drafts]:
        ingest.submit(core, ada.id, batch, source="jellyfin")
    assert sorted(entry.plays for entry in chart(core, ada, "tracks")) == [3, 3]


def test_with_different_ids_too(core, ada):
    for n, isrc in enumerate(["A", "B", "A", "B", "B"]):
        hear(core, ada, "Intro", album="X", ids={"isrc": isrc}, at=AT + n * HOUR)
    assert sorted(entry.plays for entry in chart(core, ada, "tracks")) == [2, 3]


# ---- albums ----


def test_a_compilation_with_one_release_is_one_album_by_various_artists(core, ada):
    release = {"release_mbid": "11111111-2222-4333-8444-555555555555"}
    for n in range(5):
        hear(core, ada, f"Hit {n}", (f"Band {n}",), album="Hits", ids=release, at=AT + n * HOUR)
    (album,) = chart(core, ada, "albums")
    assert (album.plays, [artist.name for artist in album.artists]) == (5, ["Various Artists"])
    shown = catalogue.find(core, "albums", album.entity.id, None)
    assert (len(shown.tracks), shown.artists) == (5, album.artists)
    assert catalogue.find(core, "artists", album.artists[0].id, None).albums[0].entity == album.entity


def test_an_album_with_guests_is_its_artists(core, ada):
    release = {"release_mbid": "11111111-2222-4333-8444-555555555555"}
    for n, artist in enumerate(["Can", "Can feat. Mooney", "Can"]):
        hear(core, ada, f"Song {n}", (artist,), album="Tago Mago", ids=release, at=AT + n * HOUR)
    (album,) = chart(core, ada, "albums")
    assert [artist.name for artist in album.artists] == ["Can"]


# ---- spellings ----


def test_a_correction_of_the_case_takes_effect(core, ada, bob):
    hear(core, ada, "prey & obey", ("Pig",), album="RISEN")
    hear(core, bob, "prey & obey", ("Pig",), album="RISEN")
    (play,) = history.recent(core, ada)[0]
    corrections.edit(core, ada.id, play.id, Edit(title="Prey & Obey", artists=("PIG",)), as_shown(play))
    (play,) = history.recent(core, ada)[0]
    assert (play.track.name, play.artists[0].name) == ("Prey & Obey", "PIG")
    assert (top(core, ada, "tracks"), top(core, ada, "artists")) == (["Prey & Obey"], ["PIG"])
    assert (titles(core, bob), top(core, bob, "tracks")) == (["prey & obey"], ["prey & obey"])
    corrections.undo_edit(core, ada.id, play.id)
    assert (titles(core, ada), top(core, ada, "tracks")) == (["prey & obey"], ["prey & obey"])


def test_an_edit_begins_with_ones_own_words(core, ada, bob):
    hear(core, bob, "CREEP", ("RADIOHEAD",))
    hear(core, ada, "Creep", ("Radiohead",))
    (play,) = history.recent(core, ada)[0]
    corrections.edit(core, ada.id, play.id, Edit(album="Pablo Honey"), as_shown(play))
    (play,) = history.recent(core, ada)[0]
    assert (play.track.name, play.artists[0].name, play.album.name) == ("Creep", "Radiohead", "Pablo Honey")


def test_shared_pages_show_what_most_public_listeners_told_and_ties_what_was_told_first(core, ada, bob):
    hear(core, ada, "creep", ("radiohead",), album="pablo honey")
    hear(core, bob, "Creep", ("Radiohead",), album="Pablo Honey")

    def shown():
        pages = [
            page(core, kind, name, None, ada)
            for kind, name in zip(KINDS, ("radiohead", "pablo honey", "creep"), strict=True)
        ]
        return [one.entity.name for one in pages]

    assert shown() == ["radiohead", "pablo honey", "creep"]
    eve = make_account(core, "eve")
    hear(core, eve, "Creep", ("Radiohead",), album="Pablo Honey")
    assert shown() == ["Radiohead", "Pablo Honey", "Creep"]
    assert [entry.entity.name for entry in site.chart(core, "tracks").entries] == ["Creep"]
    assert titles(core, ada) == ["creep"]


def test_where_no_public_listener_told_it_those_one_may_see_do(core, ada):
    mia = make_account(core, "mia", privacy=Privacy.MEMBERS)
    pia = make_account(core, "pia", privacy=Privacy.PRIVATE)
    for account, title in ((pia, "CREEP!"), (mia, "creep"), (pia, "CREEP!")):
        hear(core, account, title)
    assert page(core, "tracks", "creep", ada, mia).entity.name == "creep"
    assert page(core, "tracks", "CREEP!", pia, pia).entity.name == "CREEP!"
    uuid = chart(core, pia, "tracks")[0].entity.id
    with pytest.raises(NotFound):
        catalogue.find(core, "tracks", uuid, None)


def test_what_an_erased_account_told_is_gone(core, ada, bob):
    hear(core, ada, "AC⚡DC Medley", ("AC/DC",), album="Live")
    hear(core, bob, "ACDC Medley", ("ACDC",), album="Live")
    uuid = chart(core, bob, "artists")[0].entity.id
    assert catalogue.find(core, "artists", uuid, None).entity.name == "AC/DC"
    accounts.delete(core, ada)
    assert catalogue.find(core, "artists", uuid, None).entity.name == "ACDC"
    with core.database.read() as connection:
        for table, column in (("spelling", "text"), ("told", "title"), ("told", "artists"), ("search_word", "word")):
            held = connection.exec_driver_sql(f"SELECT {column} FROM {table}").scalars().all()
            assert not [text for text in held if "⚡" in text or "/" in text or text == "ac"]


# ---- nobody is changed by another ----

_numbers = count()
TITLES = ["Intro", "INTRO", "intro!", "Outro", "1+1", "11", "Intro (feat. B)"]
ARTISTS = [("A",), ("a",), ("B",), ("A", "B"), ("B", "A"), ("A & B",)]
ALBUMS = [None, "X", "x", "Y"]

telling = st.builds(
    dict,
    title=st.sampled_from(TITLES),
    artists=st.sampled_from(ARTISTS),
    album=st.sampled_from(ALBUMS),
    album_artists=st.sampled_from([(), (), ("A",), ("Various Artists",)]),
    duration=st.sampled_from([None, 30, 40, 95, 200]),
    ids=st.builds(
        dict,
        isrc=st.sampled_from([None, None, "K", "L"]),
        release_mbid=st.sampled_from([None, None, "R"]),
    ),
)


def in_world(world, draft, at):
    """The draft with names and ids that only this world has."""

    def own(name):
        return f"{world} {name}"

    ids = {key: f"{world}{value}" for key, value in draft["ids"].items() if value}
    if "release_mbid" in ids:
        ids["release_mbid"] = f"{next_uuid(world)}"
    return ScrobbleDraft(
        title=own(draft["title"]),
        artists=tuple(map(own, draft["artists"])),
        album=draft["album"] and own(draft["album"]),
        album_artists=tuple(map(own, draft["album_artists"])),
        duration=draft["duration"],
        ids=TrackIds(**ids),
        played_at=at,
    )


def next_uuid(world):
    return f"{world.encode().hex():0>8.8}-0000-4000-8000-000000000000"


def seen(core, world, owner, viewer):
    """All that somebody is told of a listener's music, without what is another in each world."""

    def bare(value):
        return json.loads(json.dumps(value, default=str).replace(f"{world} ", ""))

    entries = {kind: chart(core, owner, kind) for kind in KINDS}
    plays, _ = history.recent(core, owner)
    pages = []
    for kind in KINDS:
        for entry in entries[kind]:
            try:
                found = catalogue.find(core, kind, entry.entity.id, viewer)
            except NotFound:
                pages.append((kind, None))
                continue
            pages.append(
                (
                    *(kind, found.entity.name, [one.name for one in found.artists], found.duration, found.sums),
                    sorted((one.entity.name, [it.name for it in one.artists], one.plays) for one in found.albums),
                    sorted((one.entity.name, [it.name for it in one.artists], one.plays) for one in found.tracks),
                )
            )
    found = searching.search(core, f"{world} intro", viewer, limit=50)
    return bare(
        {
            "history": [
                (play.played_at, play.track.name, [one.name for one in play.artists], play.album and play.album.name)
                for play in plays
            ],
            "words": [
                [play.track.name for play in history.recent(core, owner, history.Filters(q=q))[0]]
                for q in ("intro", "a", "11", "feat")
            ],
            "charts": [
                sorted((entry.entity.name, [one.name for one in entry.artists], entry.plays) for entry in entries[kind])
                for kind in KINDS
            ],
            "pages": sorted(map(repr, pages)),
            "found": sorted((hit.entity.name, [one.name for one in hit.artists], hit.plays) for hit in found.tracks),
        }
    )


@settings(max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    tellings=st.lists(st.tuples(st.booleans(), telling), min_size=2, max_size=12),
    privacy=st.sampled_from([Privacy.PUBLIC, Privacy.PRIVATE]),
    corrected=st.booleans(),
)
def test_a_hidden_listener_changes_nothing_that_anybody_else_is_told(core, tellings, privacy, corrected):
    """Two worlds that differ only in a second, private listener; `privacy` is the first one's."""
    number = next(_numbers)
    told = {}
    for world, has_other in ((f"w{number}alone", False), (f"w{number}both", True)):
        one = make_account(core, f"one_{world}", privacy=privacy)
        other = make_account(core, f"two_{world}", privacy=Privacy.PRIVATE) if has_other else None
        for n, (is_others, draft) in enumerate(tellings):
            account = other if is_others else one
            if account is not None:
                ingest.submit(core, account.id, [in_world(world, draft, AT + n * HOUR)], source="jellyfin")
        if corrected and other is not None:
            for play in history.recent(core, other)[0]:
                corrections.edit(core, other.id, play.id, Edit(title=play.track.name.upper()), as_shown(play))
        told[has_other] = [seen(core, world, one, viewer) for viewer in (None, one)]
    assert told[True] == told[False]


@settings(max_examples=examples(12), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tellings=st.lists(st.tuples(st.booleans(), telling), min_size=2, max_size=12))
def test_a_public_listener_changes_nothing_in_anothers_own_history_and_charts(core, tellings):
    number = next(_numbers)
    told = {}
    for world, has_other in ((f"w{number}alone", False), (f"w{number}both", True)):
        one, other = make_account(core, f"one_{world}"), make_account(core, f"two_{world}")
        for n, (is_others, draft) in enumerate(tellings):
            if not is_others or has_other:
                account = other if is_others else one
                ingest.submit(core, account.id, [in_world(world, draft, AT + n * HOUR)], source="jellyfin")
        told[has_other] = {
            key: value for key, value in seen(core, world, one, one).items() if key not in ("pages", "found")
        }
    assert told[True] == told[False]
