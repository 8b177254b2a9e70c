"""The whole site's charts: public listeners only, exact where nothing changed, never older than a minute."""

import pytest

from goscrobble.domain.drafts import ScrobbleDraft
from goscrobble.services import accounts, ingest, site
from goscrobble.testing import make_account
from goscrobble.testing.clock import START


@pytest.fixture
def listeners(core):
    """Ada and bob are public, carol and dora are not, and eve is locked out."""
    found = {}
    for n, (name, privacy) in enumerate(
        (("ada", "public"), ("bob", "public"), ("carol", "members"), ("dora", "private"), ("eve", "public"))
    ):
        found[name] = make_account(core, name, privacy=privacy, is_disabled=name == "eve", admin=name == "bob")
        play(core, found[name], "Shared", n + 1)
        play(core, found[name], f"Only {name}", 1)
    return found


def play(core, account, title, times, ago=3600):
    drafts = [
        ScrobbleDraft(
            title=title, artists=(title.split()[0],), album="X", duration=100, played_at=int(START) - ago - n * 300
        )
        for n in range(times)
    ]
    ingest.submit(core, account.id, drafts, source="multiscrobbler")


def tracks(client, query=""):
    answer = client.get(f"/api/v1/top/tracks{query}")
    assert answer.status_code == 200
    return [(one["title"], one["plays"]) for one in answer.json["tracks"]]


def test_charts_and_totals_are_of_public_listeners(client, core, listeners):
    assert tracks(client)[0] == ("Shared", 3)
    assert sorted(tracks(client)) == [("Only ada", 1), ("Only bob", 1), ("Shared", 3)]
    assert [one["name"] for one in client.get("/api/v1/top/artists?by=time").json["artists"]] == ["Shared", "Only"]
    assert client.get("/api/v1/top/albums").json["albums"][0]["plays"] == 3
    sums = client.get("/api/v1/stats").json
    assert {key: sums[key] for key in ("listeners", "plays", "seconds", "artists", "albums", "tracks")} == {
        "listeners": 2,
        "plays": 5,
        "seconds": 500,
        "artists": 2,
        "albums": 2,
        "tracks": 3,
    }


def test_a_range_is_counted_in_each_listeners_own_days(client, core, listeners):
    play(core, listeners["ada"], "Old", 4, ago=400 * 86400)
    assert ("Old", 4) in tracks(client)
    assert ("Old", 4) not in tracks(client, "?range=365d")
    assert tracks(client, "?range=2025") == [("Old", 4)]
    assert tracks(client, "?from=2025-01-01&to=2025-12-31&limit=1") == [("Old", 4)]


def test_pages_of_the_sites_charts_follow_each_other(client, core, listeners):
    first = client.get("/api/v1/top/tracks?limit=2").json
    assert (len(first["tracks"]), first["next"]) == (2, 2)
    second = client.get("/api/v1/top/tracks?limit=2&offset=2").json
    assert ([one["rank"] for one in second["tracks"]], second["next"]) == ([3], None)


def test_an_answer_is_at_most_a_minute_old_and_says_its_age(client, core, clock, listeners):
    def asked():
        answer = client.get("/api/v1/top/tracks").json
        return answer["computed_at"], {one["title"]: one["plays"] for one in answer["tracks"]}["Shared"]

    assert asked() == ("2026-06-01T12:00:00Z", 3)
    clock.advance(30)
    assert asked() == ("2026-06-01T12:00:30Z", 3), "nothing changed: what was computed is still exact"
    play(core, listeners["ada"], "Shared", 1, ago=9000)
    assert asked() == ("2026-06-01T12:00:00Z", 3), "computed half a minute ago"
    clock.advance(31)
    assert asked() == ("2026-06-01T12:01:01Z", 4)


def test_what_was_asked_for_lately_is_made_anew_in_the_background(client, core, clock, listeners):
    tracks(client)
    play(core, listeners["ada"], "Shared", 1, ago=9000)
    clock.advance(site.REFRESH_AFTER)
    site.refresh(core)
    assert client.get("/api/v1/top/tracks").json["tracks"][0]["plays"] == 4
    clock.advance(site.WANTED_FOR + 1)
    site.refresh(core)
    with core.database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM site_chart").scalar() == 0


def test_who_became_private_is_gone_within_a_minute(client, core, clock, listeners):
    tracks(client)
    accounts.change(core, listeners["ada"], privacy="private")
    clock.advance(61)
    assert sorted(tracks(client)) == [("Only bob", 1), ("Shared", 2)]


@pytest.mark.parametrize(
    "query",
    ["range=8d", "from=2026-02-01&to=2026-01-01", "limit=0", "limit=501", "limit=-1", "by=love", "to=1969-01-01"],
)
def test_what_cannot_be_asked_of_the_site_is_400(client, query):
    answer = client.get(f"/api/v1/top/artists?{query}")
    assert (answer.status_code, list(answer.json)) == (400, ["error"])


def test_an_empty_site_has_empty_charts(client):
    assert tracks(client) == []
    assert client.get("/api/v1/stats").json["plays"] == 0
