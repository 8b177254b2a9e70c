"""What others may see of somebody through the API: profile, history, now playing, top lists."""

from __future__ import annotations

import re

import pytest

from goscrobble.domain.drafts import Playing
from goscrobble.domain.scrobbles import Duplicate
from goscrobble.services import ingest, playback
from goscrobble.testing import make_account, make_draft
from goscrobble.testing.clock import START
from tests.api.payloads import AT
from tests.catalogue.world import merge, uuid_of

DAY = 86_400
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.fixture
def month(hear, ada):
    """Ada's spring: two artists, three tracks, five plays; the lengths differ from the number of plays in rank."""
    hear(ada, AT, title="Spoon", artists=("Can",), album="Ege Bamyasi", duration=180)
    hear(ada, AT - 1 * DAY, title="Spoon", artists=("Can",), album="Ege Bamyasi", duration=180)
    hear(ada, AT - 2 * DAY, title="Spoon", artists=("Can",), album="Ege Bamyasi", duration=180)
    hear(ada, AT - 3 * DAY, title="Bel Air", artists=("Can",), album="Future Days", duration=1200, listened=900)
    hear(ada, AT - 40 * DAY, title="Hero", artists=("Neu!", "Can"), album=None, duration=None)
    return ada


# ---- shapes ----


def test_a_profile_tells_what_a_history_adds_up_to(get, month):
    assert get("/users/ada") == {
        "uuid": month.uuid,
        "username": "ada",
        "time_zone": "UTC",
        "created_at": "2026-06-01T12:00:00Z",
        "plays": 5,
        "seconds": 3 * 180 + 900,
        "artists": 2,
        "albums": 2,
        "tracks": 3,
        "first_played_at": "2026-04-22T11:00:00Z",
        "last_played_at": "2026-06-01T11:00:00Z",
    }


def test_a_person_without_plays_has_empty_lists_and_no_first_play(get, ada):
    profile = get("/users/ada")
    assert (profile["plays"], profile["first_played_at"], profile["last_played_at"]) == (0, None, None)
    assert get("/users/ada/scrobbles") == {"scrobbles": [], "next": None}
    assert get("/users/ada/now-playing") == {"now_playing": [], "next": None}
    for kind in ("artists", "albums", "tracks"):
        assert get(f"/users/ada/top/{kind}") == {kind: [], "next": None}
    assert get("/recent") == {"scrobbles": [], "next": None}


def test_a_name_is_found_in_any_case(get, ada):
    assert get("/users/ADA")["username"] == "ada"


def test_a_history_is_of_scrobbles_newest_first(get, month):
    shown = get("/users/ada/scrobbles")
    assert shown["next"] is None
    assert [play["track"]["title"] for play in shown["scrobbles"]] == ["Spoon", "Spoon", "Spoon", "Bel Air", "Hero"]
    newest, oldest = shown["scrobbles"][0], shown["scrobbles"][-1]
    assert newest == {
        "id": newest["id"],
        "played_at": "2026-06-01T11:00:00Z",
        "track": {"id": newest["track"]["id"], "title": "Spoon"},
        "artists": [{"id": newest["artists"][0]["id"], "name": "Can"}],
        "album": {"id": newest["album"]["id"], "title": "Ege Bamyasi"},
        "duration": 180,
        "listened": None,
        "source": "jellyfin",
        "also_heard_by": [],
    }
    assert (oldest["album"], oldest["duration"]) == (None, None)
    assert [artist["name"] for artist in oldest["artists"]] == ["Neu!", "Can"]


def test_a_top_list_of_artists_counts_each_credited_artist_once(get, month):
    can, neu = get("/users/ada/top/artists")["artists"]
    assert can == {
        "id": can["id"],
        "name": "Can",
        "rank": 1,
        "plays": 5,
        "seconds": 1440,
        "first_played_at": "2026-04-22T11:00:00Z",
        "last_played_at": "2026-06-01T11:00:00Z",
    }
    assert UUID.fullmatch(can["id"])
    assert (neu["name"], neu["rank"], neu["plays"], neu["seconds"]) == ("Neu!", 2, 1, 0)


def test_top_lists_of_tracks_and_albums_name_their_artists(get, month):
    spoon, *_ = get("/users/ada/top/tracks")["tracks"]
    assert spoon == {
        "id": spoon["id"],
        "title": "Spoon",
        "artists": [{"id": spoon["artists"][0]["id"], "name": "Can"}],
        "rank": 1,
        "plays": 3,
        "seconds": 540,
        "first_played_at": "2026-05-30T11:00:00Z",
        "last_played_at": "2026-06-01T11:00:00Z",
    }
    albums = get("/users/ada/top/albums")["albums"]
    assert [(album["title"], album["plays"], album["artists"][0]["name"]) for album in albums] == [
        ("Ege Bamyasi", 3, "Can"), ("Future Days", 1, "Can"),
    ]  # fmt: skip


def test_a_top_list_can_be_by_time(get, month):
    tracks = get("/users/ada/top/tracks?by=time")["tracks"]
    assert [(track["rank"], track["title"]) for track in tracks] == [(1, "Bel Air"), (2, "Spoon"), (3, "Hero")]


def test_ties_go_to_what_was_played_last(get, month):
    tracks = get("/users/ada/top/tracks")["tracks"]
    assert [track["title"] for track in tracks] == ["Spoon", "Bel Air", "Hero"]


def test_first_and_last_are_of_all_time_whatever_the_period(get, month):
    can, *_ = get("/users/ada/top/artists?range=2026-04")["artists"]
    assert (can["plays"], can["first_played_at"], can["last_played_at"]) == (
        1, "2026-04-22T11:00:00Z", "2026-06-01T11:00:00Z",
    )  # fmt: skip


def test_now_playing_tells_what_players_have_on(get, core, ada):
    event = Playing(player="kitchen", item="1", draft=make_draft(), state="playing", at=core.now(), position=0.0)
    playback.observe(core, ada.id, event, source="jellyfin")
    assert get("/users/ada/now-playing") == {
        "now_playing": [
            {
                "track": "Strobe",
                "artists": ["deadmau5"],
                "album": "For Lack of a Better Name",
                "duration": 634,
                "source": "jellyfin",
                "started_at": "2026-06-01T12:00:00Z",
                "paused": False,
            }
        ],
        "next": None,
    }


# ---- paging and filters ----


def test_pages_of_a_history_follow_each_other_without_gap_or_repeat(get, hear, ada):
    for number in range(7):
        hear(ada, AT - 1000 * number, title=f"t{number}")
    hear(ada, AT, title="same second")
    pages, cursor = [], ""
    while cursor is not None:
        page = get(f"/users/ada/scrobbles?limit=3{cursor and f'&cursor={cursor}'}")
        pages.append([play["id"] for play in page["scrobbles"]])
        cursor = page["next"]
    assert [len(page) for page in pages] == [3, 3, 2]
    assert [play for page in pages for play in page] == [
        play["id"] for play in get("/users/ada/scrobbles")["scrobbles"]
    ]


def test_a_last_page_that_is_full_has_no_next(get, hear, ada):
    for number in range(3):
        hear(ada, AT - 1000 * number)
    assert get("/users/ada/scrobbles?limit=3")["next"] is None


def test_a_play_that_comes_in_between_moves_no_page(get, hear, ada):
    for number in range(4):
        hear(ada, AT - 1000 * number, title=f"t{number}")
    first = get("/users/ada/scrobbles?limit=2")
    hear(ada, AT + 1000, title="new")
    second = get(f"/users/ada/scrobbles?limit=2&cursor={first['next']}")
    assert [play["track"]["title"] for play in second["scrobbles"]] == ["t2", "t3"]


def test_pages_of_a_top_list_go_by_offset(get, month):
    first = get("/users/ada/top/tracks?limit=2")
    second = get(f"/users/ada/top/tracks?limit=2&offset={first['next']}")
    assert (first["next"], second["next"]) == (2, None)
    assert [track["rank"] for track in first["tracks"] + second["tracks"]] == [1, 2, 3]
    assert get("/users/ada/top/tracks?offset=2147483647") == {"tracks": [], "next": None}


def test_a_history_of_a_source_has_what_others_told_before_it(get, core, ada, hear):
    hear(ada, AT, title="Spoon", artists=("Can",), duration=180)
    hear(ada, AT - 3600, title="Bel Air", duration=180)
    for source in ("spotify", "navidrome"):
        draft = make_draft(title="Spoon", artists=("Can",), played_at=AT, duration=180)
        assert isinstance(ingest.submit(core, ada.id, [draft], source=source)[0], Duplicate)

    found = {
        source: [play["track"]["title"] for play in get(f"/users/ada/scrobbles?source={source}")["scrobbles"]]
        for source in ("jellyfin", "spotify", "navidrome", "spot")
    }
    assert found == {"jellyfin": ["Spoon", "Bel Air"], "spotify": ["Spoon"], "navidrome": ["Spoon"], "spot": []}


def test_what_was_merged_is_found_by_the_words_that_are_shown(get, core, ada, hear):
    hear(ada, AT - 1000, title="Jóga", artists=("Björk",), album="Homogenic")
    hear(ada, AT - 2000, title="Hunter", artists=("Björk", "Mark Bell"), album="Homogenic")
    hear(ada, AT - 3000, title="Halleluhwah", artists=("Can",), album="Tago Mago")
    for kind, name, into in (
        ("tracks", "Halleluhwah", "Hunter"),
        ("artists", "Mark Bell", "Can"),
        ("albums", "Tago Mago", "Homogenic"),
    ):
        merge(core, kind, uuid_of(core, kind, name), uuid_of(core, kind, into))
    found = {q: len(get(f"/users/ada/scrobbles?q={q}")["scrobbles"]) for q in ("hunter", "can", "homogenic", "joga")}
    assert found == {"hunter": 2, "can": 2, "homogenic": 3, "joga": 1}


def test_a_history_can_be_of_one_artist_album_track_or_source(get, core, month):
    ingest.submit(core, month.id, [make_draft(played_at=AT - 5 * DAY)], source="multiscrobbler")
    hero = get("/users/ada/scrobbles?source=jellyfin")["scrobbles"][-1]
    can = next(artist["id"] for artist in hero["artists"] if artist["name"] == "Can")
    album = get("/users/ada/top/albums")["albums"][0]["id"]

    def titles(query):
        return [play["track"]["title"] for play in get(f"/users/ada/scrobbles?{query}")["scrobbles"]]

    assert titles("source=multiscrobbler") == ["Strobe"]
    assert titles("source=nothing") == titles("source=%25") == []
    assert titles(f"artist={can}") == ["Spoon", "Spoon", "Spoon", "Bel Air", "Hero"]
    assert titles(f"album={album}") == ["Spoon"] * 3
    assert titles(f"track={hero['track']['id']}") == ["Hero"]
    assert titles(f"track={'0' * 36}") == []
    assert titles(f"artist={can}&from=2026-05-31") == ["Spoon", "Spoon"]
    assert titles("q=spo") == ["Spoon"] * 3
    assert titles("q=CAN&to=2026-05-30") == titles(f"artist={can}&to=2026-05-30") != []
    assert len(titles("q=")) == len(titles(""))


# ---- periods ----


def test_a_history_is_bounded_by_days_both_included_or_by_seconds(get, month):
    def count(query):
        return len(get(f"/users/ada/scrobbles?{query}")["scrobbles"])

    assert count("from=2026-05-30") == 3
    assert count("to=2026-05-30") == 3
    assert count("from=2026-05-30&to=2026-05-30") == 1
    assert count(f"from={AT}") == 1
    assert count(f"to={AT}") == 4
    assert count(f"from={AT - DAY}&to={AT}") == 1
    assert count("from=1970-01-01&to=2027-12-31") == 5
    assert count("from=0&to=0") == 0


@pytest.mark.parametrize(
    ("period", "plays"),
    [
        ("", 5), ("range=all", 5), ("range=7d", 4), ("range=30d", 4), ("range=90d", 5), ("range=365d", 5),
        ("range=2026", 5), ("range=2026-05", 3), ("range=2026-06", 1), ("range=2026-W22", 3), ("range=2025", 0),
        ("range=1970", 0), ("range=2027", 0), ("from=2026-05-30&to=2026-05-31", 2), ("from=2026-05-31", 2),
        ("to=2026-05-30", 3), ("from=2026-05-31&range=2025", 2), ("from=1970-01-01&to=2027-12-31", 5),
    ],
)  # fmt: skip
def test_a_top_list_is_of_the_period_that_is_asked_for(get, month, period, plays):
    assert sum(track["plays"] for track in get(f"/users/ada/top/tracks?{period}")["tracks"]) == plays


def test_days_are_those_of_the_listeners_own_time_zone(get, core, hear):
    eve = make_account(core, "eve", time_zone="Pacific/Auckland")
    march = 1_774_954_800  # 2026-03-31 11:00:00 UTC, midnight in Auckland, where it is summer time
    april = 1_775_300_400 + 25 * 3600  # the end of 2026-04-05 there, a day of 25 hours
    hear(eve, march - 1, title="last of March")
    hear(eve, march, title="first of April")
    hear(eve, april - 1, title="last of the long day")
    hear(eve, april, title="first of the sixth")

    def told(path):
        kind = "tracks" if "/top/" in path else "scrobbles"
        names = (one["track"]["title"] if kind == "scrobbles" else one["title"] for one in get(path)[kind])
        return set(names)

    for path in ("top/tracks?", "scrobbles?"):
        address = f"/users/eve/{path}"
        assert told(f"{address}to=2026-03-31") == {"last of March"}
        assert told(f"{address}from=2026-04-05&to=2026-04-05") == {"last of the long day"}
        assert told(f"{address}from=2026-04-06") == {"first of the sixth"}
    assert told("/users/eve/top/tracks?range=2026-03") == {"last of March"}
    assert len(told("/users/eve/top/tracks?range=2026-04")) == 3
    assert told("/users/eve/top/tracks?range=2026-W14") == {"last of March", "first of April", "last of the long day"}


def test_seven_days_are_today_and_the_six_before_in_the_listeners_zone(get, core, hear):
    eve = make_account(core, "eve", time_zone="Pacific/Auckland")  # where 2026-06-02 begins at this moment
    began = int(START) - 6 * DAY
    hear(eve, began - 1, title="eight days ago")
    hear(eve, began, title="seven days ago")
    assert [track["title"] for track in get("/users/eve/top/tracks?range=7d")["tracks"]] == ["seven days ago"]
