"""What cannot be asked of a history or a top list is refused with a sentence."""

from __future__ import annotations

import base64
import re

import pytest

from goscrobble.services import ingest
from goscrobble.testing import make_draft
from tests.api.payloads import AT

DAY = 86_400
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


RANGE = "range must be 7d, 30d, 90d, 365d, all, a year (2024), a month (2024-03) or a week (2024-W11)"
DATES = "from and to must be dates like 2024-03-31"
YEARS = "Dates run from 1970 to the end of next year"
BAD_TOPS = {
    "range=8d": RANGE,
    "range=": RANGE,
    "range=7D": RANGE,
    "range=2024-13": RANGE,
    "range=2024-W54": RANGE,
    "range=2024-02-01": RANGE,
    "range=0000": RANGE,
    "range=９９９９": RANGE,
    "range=9999": RANGE,
    "range=1969": YEARS,
    "range=2028": YEARS,
    "range=" + "1" * 5000: "range must have at most 20 characters",
    "from=2026-05-02&to=2026-05-01": "from is after to",
    "from=1969-12-31": YEARS,
    "from=2028-01-01&to=2028-01-02": YEARS,
    "from=2027-01-01": "from is after to",
    "from=yesterday": DATES,
    "from=2026-02-30": DATES,
    "to=": DATES,
    "from=%00": "from must not contain a NUL character",
    "from=2026-05-01T00:00": "from must have at most 10 characters",
    "by=mood": "by must be 'plays' or 'time'",
    "limit=0": "limit must be at least 1",
    "limit=-1": "limit must be at least 1",
    "limit=1000000000": "limit must be at most 1000",
    "limit=many": "limit must be a whole number",
    "limit=": "limit must be a whole number",
    "limit=NaN": "limit must be a whole number",
    "limit=" + "9" * 5000: "limit must be a whole number",
    "offset=-1": "offset must be at least 0",
    "offset=2147483648": "offset must be at most 2147483647",
}
BAD_HISTORIES = {
    "from=2026-05-02&to=2026-05-01": "from is after to",
    "from=20&to=10": "from is after to",
    f"from={AT + 13 * 3600}&to=2026-06-01": "from is after to",
    "from=1969-12-31": YEARS,
    "to=2028-01-01": YEARS,
    "from=soon": DATES,
    "from=-5": DATES,
    "from=1e9": DATES,
    "from=99999999999": "from and to must be dates like 2024-03-31, or Unix seconds",
    "to=" + "9" * 40: "from and to must be dates like 2024-03-31, or Unix seconds",
    "to=" + "9" * 41: "to must have at most 40 characters",
    "limit=0": "limit must be at least 1",
    "limit=-1": "limit must be at least 1",
    "limit=1000000000": "limit must be at most 1000",
    "artist=x": "artist must have at least 36 characters",
    "album=" + "a" * 37: "album must have at most 36 characters",
    "track=%00" + "a" * 35: "track must not contain a NUL character",
    "source=" + "s" * 41: "source must have at most 40 characters",
    "q=" + "q" * 201: "q must have at most 200 characters",
}


def cursor(text):
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def test_a_top_list_that_cannot_be_is_400_with_the_reason(call, ada):
    for kind in ("artists", "albums", "tracks"):
        answers = {query: call("GET", f"/users/ada/top/{kind}?{query}") for query in BAD_TOPS}
        assert {query: answer.json.get("error") for query, answer in answers.items()} == BAD_TOPS
        assert {answer.status_code for answer in answers.values()} == {400}


def test_a_history_that_cannot_be_is_400_with_the_reason(call, ada):
    answers = {query: call("GET", f"/users/ada/scrobbles?{query}") for query in BAD_HISTORIES}
    assert {query: answer.json.get("error") for query, answer in answers.items()} == BAD_HISTORIES
    assert {answer.status_code for answer in answers.values()} == {400}


@pytest.mark.parametrize(
    "told",
    ["x", "!", "AAAA", "%00", "None", "é", cursor(b"1"), cursor(b"1.2.3"), cursor(b"-1.2"), cursor(b"x.y"),
     cursor(b"."), cursor(b"f" * 16 + b".1"), cursor(b"1." + b"f" * 17), cursor("٣.٣".encode()), cursor(b"\xff.\xff")],
)  # fmt: skip
def test_a_cursor_that_was_not_given_by_this_server_is_400(call, ada, told):
    answer = call("GET", f"/users/ada/scrobbles?cursor={told}")
    assert answer.status_code == 400
    assert answer.json["error"].startswith("cursor ")


def test_a_cursor_of_somebody_elses_history_shows_nothing_of_theirs(get, hear, ada, bob):
    for number in range(3):
        hear(ada, AT - 1000 * number, title="ada's")
        hear(bob, AT - 1000 * number - 500, title="bob's")
    place = get("/users/ada/scrobbles?limit=1")["next"]
    shown = get(f"/users/bob/scrobbles?cursor={place}")["scrobbles"]
    assert {play["track"]["title"] for play in shown} == {"bob's"}


def test_the_longest_page_of_a_top_list_still_tells_of_the_next_one(core, ada, get):
    drafts = [make_draft(title=f"T{n}", played_at=int(core.now()) - 400 * (n + 1)) for n in range(1001)]
    ingest.submit(core, ada.id, drafts, source="a")

    assert get("/users/ada/top/tracks?limit=1000")["next"] == 1000
