"""Whose listening the catalogue and search are made of: everything equals a recount over those one may see."""

from __future__ import annotations

from collections import Counter
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from goscrobble.domain.accounts import may_see
from goscrobble.domain.words import words_of
from goscrobble.errors import NotFound
from goscrobble.services import accounts, catalogue, corrections, searching, tokens
from tests.catalogue.world import (
    AT,
    DAY,
    TABLES,
    by_month,
    chart,
    every_play,
    hear,
    make_people,
    merge,
    of,
    summed,
    told_together,
    uuid_of,
    visible,
)

_numbers = count()
ASK = (catalogue.find, catalogue.listeners, catalogue.scrobbles)


# ---- who sees whose ----


def test_an_entry_is_there_for_whoever_may_see_one_of_its_listeners(core, people):
    for name, person in people.items():
        hear(core, person, f"Song of {name}", (f"Band of {name}",), album=f"Album of {name}")
    viewers = {"nobody": None, **people}

    def seen(viewer):
        found = set()
        for name in people:
            ids = {
                "artists": uuid_of(core, "artists", f"Band of {name}"),
                "albums": uuid_of(core, "albums", f"Album of {name}"),
                "tracks": uuid_of(core, "tracks", f"Song of {name}"),
            }
            answers = []
            for kind, uuid in ids.items():
                for ask in ASK:
                    try:
                        ask(core, kind, uuid, viewer)
                        answers.append(True)
                    except NotFound:
                        answers.append(False)
            assert len(set(answers)) == 1
            found |= {name} if answers[0] else set()
        for q in ("song of", "band of", "album of", "of"):
            hits = searching.search(core, q, viewer)
            for one in (hits.artists, hits.albums, hits.tracks):
                assert {hit.entity.name.split()[-1] for hit in one} in (found, set())
        assert {hit.entity.name.split()[-1] for hit in searching.search(core, "song", viewer).tracks} == found
        return found

    assert {name: seen(viewer) for name, viewer in viewers.items() if name != "dan"} == {
        "nobody": {"ada", "bob"},
        "ada": {"ada", "bob", "mia"},
        "bob": {"ada", "bob", "mia"},
        "mia": {"ada", "bob", "mia"},
        "pia": {"ada", "bob", "mia", "pia"},
    }


def test_people_are_found_by_whom_may_see_them(core, people):
    def found(viewer):
        return {name for q in people for name in searching.search(core, q, viewer).users}

    assert found(None) == {"ada", "bob"}
    assert found(people["bob"]) == {"ada", "bob", "mia"}
    assert found(people["pia"]) == {"ada", "bob", "mia", "pia"}


def test_hidden_plays_change_nothing_that_others_are_told(core, people):
    hear(core, people["ada"], "Spoon", ("Can",), album="Ege Bamyasi")

    ids = {kind: uuid_of(core, kind, name) for kind, name in zip(TABLES, ("Can", "Ege Bamyasi", "Spoon"), strict=True)}

    def told():
        answers = [ask(core, kind, uuid, None) for kind, uuid in ids.items() for ask in ASK]
        return answers, [searching.search(core, q, None) for q in ("can", "spoon", "ege", "so", "pia", "vitamin")]

    before = told()
    for name in ("mia", "pia", "dan"):
        hear(core, people[name], "Spoon", ("Can",), album="Cannibalism", at=AT - DAY)
        hear(core, people[name], "Vitamin C", ("Can",), album="Ege Bamyasi", at=AT - 2 * DAY)
        hear(core, people[name], "Spoon", ("Can", "Guest"), at=AT - 3 * DAY)
        hear(core, people[name], "Soup", ("Canned Heat",), at=AT - 4 * DAY)
    assert told() == before


def test_what_a_hidden_entry_answers_is_what_an_unknown_one_answers(get, core, people):
    hear(core, people["pia"], "Secret", ("Hidden",), album="Under")
    for kind, name in (("artists", "Hidden"), ("albums", "Under"), ("tracks", "Secret")):
        for rest in ("", "/listeners", "/scrobbles", "/scrobbles?limit=1"):
            for viewer in (None, people["bob"]):
                unknown = get(f"/{kind}/{'0' * 8}-0000-4000-8000-{'0' * 12}{rest}", viewer)
                assert get(f"/{kind}/{uuid_of(core, kind, name)}{rest}", viewer) == unknown
                assert unknown[0] == 404


def test_going_private_or_being_disabled_hides_at_once(core, people):
    hear(core, people["ada"], "Spoon")
    hear(core, people["bob"], "Soup")
    can = uuid_of(core, "artists", "Can")
    assert catalogue.find(core, "artists", can, None).sums.listeners == 2
    accounts.change(core, people["ada"], privacy="private")
    assert catalogue.find(core, "artists", can, None).sums.listeners == 1
    assert searching.search(core, "spoon", None).tracks == []
    assert [name for name, _ in catalogue.scrobbles(core, "artists", can, None)[0]] == ["bob"]
    accounts.change(core, people["bob"], privacy="members")
    with pytest.raises(NotFound):
        catalogue.find(core, "artists", can, None)


def test_a_credential_that_does_not_do_is_refused_even_for_what_all_may_see(client, core, app, people):
    hear(core, people["ada"], "Spoon")
    token = tokens.add_api_token(core, people["ada"], "test", {"ingest"})[1]
    for path in ("/search?q=spoon", f"/tracks/{uuid_of(core, 'tracks', 'Spoon')}"):
        statuses = [
            client.get(f"/api/v1{path}", headers={"Authorization": f"Bearer {one}"}).status_code
            for one in ("nonsense", token)
        ]
        assert statuses == [401, 403]


# ---- a recount ----

SONGS = ("Spoon", "Soup", "Hero", "Isi")
BANDS = (("Can",), ("Neu!",), ("Can", "Neu!"), ("Harmonia", "Can"))
ALBUMS = (None, "Ege", "Zuma")
NAMES = ("ada", "bob", "mia", "pia", "dan")


@st.composite
def listens(draw):
    return (
        draw(st.sampled_from(NAMES)),
        draw(st.integers(0, 3)),
        draw(st.integers(0, 3)),
        draw(st.sampled_from(ALBUMS)),
        AT - draw(st.integers(0, 60)) * 13 * DAY - draw(st.integers(0, 2)) * 43_200,
        draw(st.sampled_from((None, 200, 400))),
    )


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    listens=st.lists(listens(), min_size=3, max_size=25),
    merges=st.lists(st.sampled_from(("artists", "albums", "tracks")), max_size=2, unique=True),
    data=st.data(),
)
def test_everything_equals_a_recount_by_hand(core, listens, merges, data):
    number = next(_numbers)
    people = make_people(core, f"_{number}")
    plays = []
    for name, song, band, album, at, duration in listens:
        artists = tuple(f"{one} {number}" for one in BANDS[band])
        title, album_title = f"{SONGS[song]} {number}", album and f"{album} {number}"
        play = hear(core, people[name], title, artists, album_title, at, duration=duration)
        plays += [(people[name], play)] if play else []
    for who, play in (
        data.draw(st.lists(st.sampled_from(plays), max_size=3, unique_by=lambda one: one[1])) if plays else ()
    ):
        corrections.delete(core, who.id, play)
    mine, keys = recounted(core, people)
    for kind in merges:
        entries = sorted({uuid for play in mine for uuid in getattr(play, kind)}, key=keys.get)
        if len(entries) > 1:
            old, new = data.draw(st.permutations(entries))[:2]
            merge(core, kind, old, new)
    mine, keys = recounted(core, people)
    pairs = told_together(core)
    for kind in TABLES:
        entries = sorted({one for play in mine for one in getattr(play, kind)}, key=keys.get)
        for uuid in data.draw(st.lists(st.sampled_from(entries), max_size=2, unique=True)) if entries else ():
            for viewer in (None, people["ada"], people["pia"]):
                told = {pair for who in people.values() if may_see(viewer, who) for pair in pairs.get(who.id, ())}
                check_entry(core, kind, uuid, viewer, mine, keys, told)
    check_search(core, number, people["mia"], mine)


def recounted(core, people):
    plays, keys = every_play(core)
    ids = {person.id for person in people.values()}
    return [play for play in plays if play.user.id in ids], keys


def check_entry(core, kind, uuid, viewer, plays, keys, pairs):
    seen = of(visible(plays, viewer), kind, uuid)
    if not seen:
        if kind == "artists":
            return  # may be there for its albums
        with pytest.raises(NotFound):
            catalogue.find(core, kind, uuid, viewer)
        return
    page = catalogue.find(core, kind, uuid, viewer)
    sums = page.sums
    assert (sums.plays, sums.seconds, sums.listeners, sums.first_at, sums.last_at) == summed(seen)
    once = list({play.id: play for play in seen}.values())
    assert [(month.start, month.plays) for month in page.months] == by_month(once, None)
    own = [play for play in seen if viewer is not None and play.user.id == viewer.id]
    if not own:
        assert page.own is None
    else:
        sums = page.own.sums
        assert (sums.plays, sums.seconds, 1, sums.first_at, sums.last_at) == summed(own)
        months = by_month(list({play.id: play for play in own}.values()), viewer.time_zone)
        assert [(month.start, month.plays) for month in page.own.months] == months
        ranked = chart([play for play in plays if play.user.id == viewer.id], kind, keys)
        assert page.own.rank == ranked.index(uuid) + 1
    check_listeners(core, kind, uuid, viewer, seen)
    check_scrobbles(core, kind, uuid, viewer, once)
    check_lists(page, kind, uuid, visible(plays, viewer), pairs)


def check_listeners(core, kind, uuid, viewer, seen):
    by_name = {}
    for play in seen:
        by_name.setdefault(play.user.username, []).append(play)
    expected = sorted(by_name.items(), key=lambda one: (-len(one[1]), one[0]))
    found, offset = [], 0
    while offset is not None:
        page, offset = catalogue.listeners(core, kind, uuid, viewer, limit=2, offset=offset)
        found += page
    assert [(one.username, one.plays, one.seconds, one.first_at, one.last_at) for one in found] == [
        (name, summed(own)[0], summed(own)[1], summed(own)[3], summed(own)[4]) for name, own in expected
    ]


def check_scrobbles(core, kind, uuid, viewer, once):
    expected = [(p.user.username, p.id) for p in sorted(once, key=lambda p: (-p.at, -p.id))]
    found, cursor, pages = [], None, 0
    while pages == 0 or cursor:
        page, cursor = catalogue.scrobbles(core, kind, uuid, viewer, limit=4, cursor=cursor)
        found, pages = found + [(name, play.id) for name, play in page], pages + 1
    assert found == expected
    assert pages == max(1, -(-len(expected) // 4))


def check_lists(page, kind, uuid, seen, pairs):
    """Of an artist's tracks the plays credited to it count; of albums and tracks, those of listeners of both."""
    entry = of(seen, kind, uuid)
    heard = {play.user.id for play in entry}
    if kind == "artists":
        tracks = Counter(play.tracks[0] for play in {play.id: play for play in entry}.values())
    else:
        tracks = Counter(p.tracks[0] for p in seen if p.user.id in heard and (p.track, uuid) in pairs)
    if kind != "tracks":
        assert {one.entity.id: one.plays for one in page.tracks} == tracks
    if kind == "tracks":
        albums = Counter(p.albums[0] for p in seen if p.user.id in heard and (uuid, p.album) in pairs)
        assert {one.entity.id: one.plays for one in page.albums} == albums
    for one in (page.albums, page.tracks):
        assert [listed.plays for listed in one] == sorted((listed.plays for listed in one), reverse=True)


def check_search(core, number, viewer, plays):
    for who in (None, viewer):
        found = searching.search(core, str(number), who, limit=50)
        for kind, hits in (("artists", found.artists), ("albums", found.albums), ("tracks", found.tracks)):
            expected = {}
            for play in visible(plays, who):
                for uuid in getattr(play, kind):
                    expected[uuid] = expected.get(uuid, 0) + 1
            assert {hit.entity.id: hit.plays for hit in hits if str(number) in words_of(hit.entity.name)} == expected
