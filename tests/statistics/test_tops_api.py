"""Top lists and totals over HTTP: movement, and everything that cannot be asked."""

import pytest

from goscrobble.domain.drafts import ScrobbleDraft
from goscrobble.services import ingest
from goscrobble.testing import make_account
from goscrobble.testing.clock import START

KINDS = ("top/artists", "top/albums", "top/tracks", "stats")


@pytest.fixture
def ada(core):
    account = make_account(core, "ada")
    drafts = [
        ScrobbleDraft(
            title=title, artists=("A",), album="X", duration=100, played_at=int(START) - day * 86400 - n * 300
        )
        for title, day, times in (("One", 2, 3), ("Two", 2, 1), ("Two", 9, 2), ("Old", 9, 1))
        for n in range(times)
    ]
    ingest.submit(core, account.id, drafts, source="multiscrobbler")
    return account


def test_movement_is_told_where_it_is_asked_for(client, ada):
    moved = client.get("/api/v1/users/ada/top/tracks?range=7d&movement=1").json["tracks"]
    assert [(one["title"], one["plays"], one["previous_rank"], one["previous_plays"]) for one in moved] == [
        ("One", 3, None, 0),
        ("Two", 1, 1, 2),
    ]
    plain = client.get("/api/v1/users/ada/top/tracks?range=7d").json["tracks"]
    assert not {"previous_rank", "previous_plays"} & plain[0].keys()


def test_all_of_time_has_no_period_before(client, ada):
    answer = client.get("/api/v1/users/ada/top/tracks?movement=1")
    assert (answer.status_code, answer.json["error"][:21]) == (400, "movement needs a rang")


def test_totals_are_of_the_range_that_is_asked_for(client, ada):
    found = client.get("/api/v1/users/ada/stats?range=7d").json
    assert found == {
        "plays": 4,
        "seconds": 400,
        "artists": 1,
        "albums": 1,
        "tracks": 2,
        "first_played_at": "2026-05-30T11:50:00Z",
        "last_played_at": "2026-05-30T12:00:00Z",
    }
    assert client.get("/api/v1/users/ada/stats").json["plays"] == 7
    empty = client.get("/api/v1/users/ada/stats?range=2020").json
    assert (empty["plays"], empty["first_played_at"]) == (0, None)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("range=8d", "range"),
        ("range=2024-13", "range"),
        ("range=2024-W54", "range"),
        ("range=1969", "1970"),
        ("range=2028", "1970"),
        ("from=2026-02-01&to=2026-01-01", "from is after to"),
        ("from=1969-12-31&to=2026-01-01", "1970"),
        ("from=2028-01-01&to=2028-02-01", "1970"),
        ("from=yesterday", "dates"),
    ],
)
def test_a_range_that_is_none_is_a_sentence(client, ada, kind, query, word):
    answer = client.get(f"/api/v1/users/ada/{kind}?{query}")
    assert answer.status_code == 400
    assert word in answer.json["error"]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=-1", "limit=1000000000", "offset=-1", "by=love", "movement=perhaps"]
)
def test_a_page_that_is_none_is_a_sentence(client, ada, query):
    answer = client.get(f"/api/v1/users/ada/top/artists?{query}")
    assert answer.status_code == 400
    assert answer.json["error"].startswith(query.partition("=")[0])


@pytest.mark.parametrize("kind", KINDS)
def test_a_private_person_and_nobody_answer_alike(client, core, ada, kind):
    make_account(core, "pia", privacy="private")
    private, unknown = (client.get(f"/api/v1/users/{name}/{kind}") for name in ("pia", "nobody"))
    assert (private.status_code, private.json) == (unknown.status_code, unknown.json)
    assert private.status_code == 404
