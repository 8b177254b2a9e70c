"""Artists, albums and tracks: what they add up to, who listens, the plays; merged entries; what cannot be asked."""

from __future__ import annotations

import base64

import pytest

from goscrobble.errors import BadInput, NotFound
from goscrobble.services import catalogue, corrections, history
from tests.catalogue.world import AT, DAY, hear, merge, uuid_of

SENTENCES = {
    "artists": "There is no such artist",
    "albums": "There is no such album",
    "tracks": "There is no such track",
}


@pytest.fixture
def spring(core, people):
    """Three listeners of Can. Ada hears it most, once as a guest of Neu!."""
    ada, bob, mia = people["ada"], people["bob"], people["mia"]
    for day in range(3):
        hear(core, ada, "Spoon", album="Ege Bamyasi", at=AT - day * DAY, duration=180)
    hear(core, ada, "Bel Air", album="Future Days", at=AT - 40 * DAY, duration=1200, listened=900)
    hear(core, ada, "Hero", ("Neu!", "Can"), at=AT - 50 * DAY, duration=None)
    hear(core, bob, "Spoon", album="Ege Bamyasi", at=AT - 100 * DAY, duration=180)
    hear(core, bob, "Soup", album="Ege Bamyasi", at=AT - 99 * DAY, duration=600)
    hear(core, mia, "Spoon", at=AT - 400 * DAY, duration=180)
    return people


@pytest.fixture
def id_of(core):
    return lambda kind, name: uuid_of(core, kind, name)


def test_an_artist_has_sums_months_albums_and_tracks(get, id_of, spring):
    status, can = get(f"/artists/{id_of('artists', 'Can')}")
    assert status == 200
    albums, tracks, activity = can.pop("albums"), can.pop("tracks"), can.pop("activity")
    assert can == {
        "id": id_of("artists", "Can"),
        "name": "Can",
        "plays": 7,
        "seconds": 3 * 180 + 900 + 0 + 180 + 600,
        "listeners": 2,
        "first_played_at": "2026-02-17T20:26:40Z",
        "last_played_at": "2026-05-28T20:26:40Z",
        "mine": None,
    }
    assert activity == [
        {"month": "2026-02", "plays": 2},
        {"month": "2026-03", "plays": 0},
        {"month": "2026-04", "plays": 2},
        {"month": "2026-05", "plays": 3},
    ]
    credit = [{"id": can["id"], "name": "Can"}]
    assert albums[0] == {
        "id": id_of("albums", "Ege Bamyasi"),
        "title": "Ege Bamyasi",
        "artists": credit,
        "plays": 5,
        "seconds": 4 * 180 + 600,
        "listeners": 2,
    }
    assert [(album["title"], album["plays"]) for album in albums[1:]] == [("Future Days", 1)]
    assert [(one["title"], one["plays"], one["listeners"]) for one in tracks] == [
        ("Spoon", 4, 2), ("Bel Air", 1, 1), ("Hero", 1, 1), ("Soup", 1, 1),
    ]  # fmt: skip
    assert tracks[2]["artists"] == [{"id": id_of("artists", "Neu!"), "name": "Neu!"}, *credit]


def test_an_album_has_its_artist_and_the_tracks_that_its_listeners_heard(get, id_of, core, spring):
    hear(core, spring["mia"], "Pinch", album="Ege Bamyasi")  # by then mia has heard the album
    status, album = get(f"/albums/{id_of('albums', 'Ege Bamyasi')}")
    assert (status, album["title"], album["artists"]) == (
        200, "Ege Bamyasi", [{"id": id_of("artists", "Can"), "name": "Can"}],
    )  # fmt: skip
    assert (album["plays"], album["seconds"], album["listeners"]) == (5, 4 * 180 + 600, 2)
    assert [(one["title"], one["plays"]) for one in album["tracks"]] == [("Spoon", 4), ("Soup", 1)]
    assert "albums" not in album
    _, seen_by_a_member = get(f"/albums/{id_of('albums', 'Ege Bamyasi')}", spring["bob"])
    assert [(one["title"], one["plays"]) for one in seen_by_a_member["tracks"]] == [
        ("Spoon", 5), ("Pinch", 1), ("Soup", 1),
    ]  # fmt: skip


def test_a_track_has_its_artists_its_length_and_the_albums_it_was_played_on(get, id_of, core, spring):
    hear(core, spring["bob"], "Spoon", album="Cannibalism", at=AT - 10)
    status, spoon = get(f"/tracks/{id_of('tracks', 'Spoon')}")
    assert (status, spoon["title"], spoon["duration"], spoon["plays"]) == (200, "Spoon", 180, 5)
    assert spoon["artists"] == [{"id": id_of("artists", "Can"), "name": "Can"}]
    assert [(one["title"], one["plays"]) for one in spoon["albums"]] == [("Ege Bamyasi", 5), ("Cannibalism", 1)]
    assert "tracks" not in spoon


def test_who_is_signed_in_is_told_of_their_own_plays_in_their_own_months(get, id_of, core, spring):
    ada = spring["ada"]  # in Auckland, 12 hours ahead
    for number in range(9):
        hear(core, ada, f"Other {number}", ("Kluster",), at=AT - number * DAY - 5000)
    hear(core, ada, "Spoon", album="Ege Bamyasi", at=1_777_550_400, duration=180)  # 12:00 UTC, 30 April: May to ada
    _, can = get(f"/artists/{id_of('artists', 'Can')}", ada)
    assert can["mine"] == {
        "plays": 6,
        "seconds": 4 * 180 + 900,
        "first_played_at": "2026-04-08T20:26:40Z",
        "last_played_at": "2026-05-28T20:26:40Z",
        "rank": 2,
        "activity": [{"month": "2026-04", "plays": 2}, {"month": "2026-05", "plays": 4}],
    }
    assert can["plays"] == 9  # mia, for members, has one
    assert get(f"/tracks/{id_of('tracks', 'Soup')}", ada)[1]["mine"] is None


def test_listeners_come_with_most_plays_first_then_by_name_page_by_page(get, id_of, core, people):
    for name, number in (("bob", 2), ("ada", 2), ("mia", 3)):
        for n in range(number):
            hear(core, people[name], "Spoon", at=AT - n * DAY, duration=100)
    path = f"/tracks/{id_of('tracks', 'Spoon')}/listeners"
    assert get(path) == (
        200,
        {
            "listeners": [
                {
                    "username": name,
                    "plays": 2,
                    "seconds": 200,
                    "first_played_at": "2026-05-27T20:26:40Z",
                    "last_played_at": "2026-05-28T20:26:40Z",
                }
                for name in ("ada", "bob")
            ],
            "next": None,
        },
    )
    pages = [get(f"{path}?limit=1&offset={offset}", people["ada"])[1] for offset in range(4)]
    assert [[one["username"] for one in page["listeners"]] for page in pages] == [["mia"], ["ada"], ["bob"], []]
    assert [page["next"] for page in pages] == [1, 2, None, None]


def test_scrobbles_come_newest_first_with_the_listener_page_by_page(get, id_of, spring):
    path = f"/artists/{id_of('artists', 'Can')}/scrobbles"
    _, whole = get(path)
    assert [(play["username"], play["track"]["title"]) for play in whole["scrobbles"]] == [
        ("ada", "Spoon"), ("ada", "Spoon"), ("ada", "Spoon"), ("ada", "Bel Air"), ("ada", "Hero"),
        ("bob", "Soup"), ("bob", "Spoon"),
    ]  # fmt: skip
    assert set(whole["scrobbles"][0]) == {
        "id", "played_at", "track", "artists", "album", "duration", "listened", "source", "also_heard_by", "username",
    }  # fmt: skip
    shown, cursor = [], ""
    while cursor is not None:
        _, page = get(f"{path}?limit=2&cursor={cursor}" if cursor else f"{path}?limit=2")
        shown, cursor = shown + page["scrobbles"], page["next"]
    assert shown == whole["scrobbles"]


def test_plays_of_one_second_are_all_shown_once(core, people):
    for name in ("ada", "bob"):
        for second in (0, 1):
            hear(core, people[name], "Spoon", at=AT + 3 * second)
            hear(core, people[name], "Soup", at=AT + 3 * second)
    can = uuid_of(core, "artists", "Can")
    whole = catalogue.scrobbles(core, "artists", can, None)[0]
    shown, cursor, pages = [], None, 0
    while pages == 0 or cursor:
        plays, cursor = catalogue.scrobbles(core, "artists", can, None, limit=1, cursor=cursor)
        shown, pages = shown + plays, pages + 1
    assert shown == whole
    assert len({play.id for _, play in shown}) == pages == len(whole) > 3


def test_an_artist_who_is_only_credited_on_an_album_has_a_page_without_plays(get, id_of, core, people):
    hear(core, people["ada"], "Hero", ("Neu!",), album="Krautrock", album_artists=("Brain",))
    brain = id_of("artists", "Brain")
    _, page = get(f"/artists/{brain}")
    assert (page["plays"], page["listeners"], page["first_played_at"], page["activity"]) == (0, 0, None, [])
    assert [album["title"] for album in page["albums"]] == ["Krautrock"]
    assert page["tracks"] == []
    assert get(f"/artists/{brain}/listeners") == (200, {"listeners": [], "next": None})
    assert get(f"/artists/{brain}/scrobbles") == (200, {"scrobbles": [], "next": None})


# ---- merged entries ----


@pytest.mark.parametrize(
    ("kind", "gone", "kept"),
    [("artists", "The Can", "Can"), ("albums", "Ege Bamyasi (Live)", "Ege Bamyasi"), ("tracks", "Spoon!!", "Soup")],
)
def test_the_address_of_a_merged_entry_answers_the_one_it_was_merged_into(core, people, kind, gone, kept):
    ada, bob = people["ada"], people["bob"]
    hear(core, ada, "Soup", ("Can",), album="Ege Bamyasi")
    hear(core, bob, "Spoon!!", ("The Can",), album="Ege Bamyasi (Live)", at=AT - DAY)
    hear(core, ada, "Spoon!!", ("The Can",), album="Ege Bamyasi (Live)", at=AT - 2 * DAY)
    old, new = uuid_of(core, kind, gone), uuid_of(core, kind, kept)
    merge(core, kind, old, new)
    page = catalogue.find(core, kind, old, ada)
    assert page == catalogue.find(core, kind, new, ada)
    assert (page.entity.id, page.entity.name) == (new, kept)
    assert (page.sums.plays, page.sums.listeners, page.own.sums.plays, page.own.rank) == (3, 2, 2, 1)
    assert [month.plays for month in page.months] == [3]
    for one in (old, new):
        assert [(who.username, who.plays) for who in catalogue.listeners(core, kind, one, None)[0]] == [
            ("ada", 2), ("bob", 1),
        ]  # fmt: skip
        assert [name for name, _ in catalogue.scrobbles(core, kind, one, None)[0]] == ["ada", "bob", "ada"]
        own, _ = history.recent(core, ada, history.Filters(**{kind.removesuffix("s"): one}))
        assert [play.played_at for play in own] == [AT, AT - 2 * DAY]


# ---- deletes ----


def test_what_nobody_has_played_any_more_is_gone(core, people):
    play = hear(core, people["ada"], "Spoon", album="Ege Bamyasi")
    found = {kind: uuid_of(core, kind, name) for kind, name in zip(SENTENCES, ("Can", "Ege Bamyasi", "Spoon"))}  # noqa: B905
    assert all(catalogue.find(core, kind, uuid, None).sums.plays == 1 for kind, uuid in found.items())
    corrections.delete(core, people["ada"].id, play)
    for kind, uuid in found.items():
        for ask in (catalogue.find, catalogue.listeners, catalogue.scrobbles):
            with pytest.raises(NotFound, match=f"^{SENTENCES[kind]}$"):
                ask(core, kind, uuid, people["ada"])


# ---- where counting would take too long ----


def test_months_of_all_are_left_out_where_there_is_too_much_to_read(core, spring, monkeypatch):
    can = uuid_of(core, "artists", "Can")
    monkeypatch.setattr(catalogue, "READ_ALONG", 6)  # ada and bob have seven plays, of this and anything else
    assert catalogue.find(core, "artists", can, None).months is None
    assert len(catalogue.find(core, "artists", can, spring["ada"]).own.months) == 2
    monkeypatch.setattr(catalogue, "READ_ALONG", 7)
    assert len(catalogue.find(core, "artists", can, None).months) == 4


# ---- what cannot be asked ----


def test_an_id_that_is_none_is_404_with_the_same_sentence(get, id_of, spring):
    others = id_of("artists", "Can")
    for kind, sentence in SENTENCES.items():
        odd = ["x", "0" * 36, "%F0%9F%8E%B5", "%25", "a" * 5000, "%ED%A0%80", "1", "-1", others.upper(), f"{others}%20"]
        odd += [others] if kind != "artists" else []
        for one in odd:
            for rest in ("", "/listeners", "/scrobbles"):
                assert get(f"/{kind}/{one}{rest}") == (404, {"error": sentence}), one


def test_pages_that_cannot_be_are_400(get, id_of, spring):
    can = f"/artists/{id_of('artists', 'Can')}"
    bad = {
        "listeners?limit=0": "limit must be at least 1",
        "listeners?limit=1000000000": "limit must be at most 1000",
        "listeners?offset=-1": "offset must be at least 0",
        "listeners?offset=2147483648": "offset must be at most 2147483647",
        "scrobbles?limit=-1": "limit must be at least 1",
        "scrobbles?limit=x": "limit must be a whole number",
        "scrobbles?cursor=" + "a" * 101: "cursor must have at most 100 characters",
    }
    assert {path: get(f"{can}/{path}") for path in bad} == {path: (400, {"error": why}) for path, why in bad.items()}


def test_a_cursor_that_was_tampered_with_is_400(core, spring):
    def cursor(text):
        return base64.urlsafe_b64encode(text).decode().rstrip("=")

    can = uuid_of(core, "artists", "Can")
    for told in ("x", "!", "AAAA", "é", cursor(b"1"), cursor(b"1.2.3"), cursor(b"-1.2"), cursor(b"1." + b"f" * 17),
                 cursor(b"1.1" + b"0" * 15), cursor("٣.٣".encode()), cursor(b"\xff.\xff")):  # fmt: skip
        with pytest.raises(BadInput, match=r"^cursor is not one this server gave$"):
            catalogue.scrobbles(core, "artists", can, None, cursor=told)
