"""One's own plays through the API: told and read, and by whose credentials. What is corrected: `test_corrections`."""

from __future__ import annotations

import json
import re

import pytest
from sqlalchemy import text

from goscrobble.services import accounts, ingest, tokens
from goscrobble.testing import make_draft
from goscrobble.testing.clock import START
from tests.api.conftest import SAME_ORIGIN
from tests.api.payloads import AT, listen

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


# ---- telling ----


def test_a_listen_is_stored_and_answered_as_the_contract_has_it(call, jwt):
    answer = call("POST", "/scrobbles", {"scrobbles": [listen()]}, jwt)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json; charset=utf-8")
    ((outcome,),) = answer.json.values()
    play = outcome["scrobble"]
    assert answer.json == {"outcomes": [{"status": "stored", "scrobble": play, "error": None}]}
    bjork, octet = play["artists"]
    assert play == {
        "id": play["id"],
        "played_at": "2026-06-01T11:00:00Z",
        "track": {"id": play["track"]["id"], "title": "Jóga"},
        "artists": [{"id": bjork["id"], "name": "Björk"}, {"id": octet["id"], "name": "Icelandic String Octet"}],
        "album": {"id": play["album"]["id"], "title": "Homogenic"},
        "duration": 305,
        "listened": 300,
        "source": "self",
        "also_heard_by": [],
    }
    for uuid in (play["track"]["id"], play["album"]["id"], bjork["id"], octet["id"]):
        assert UUID.fullmatch(uuid)


def test_the_least_that_makes_a_listen_has_no_album_and_no_lengths(play):
    shown = play(album=None, duration=None, listened=None)
    assert (shown["album"], shown["duration"], shown["listened"]) == (None, None, None)


def test_telling_again_is_a_duplicate_and_shows_the_play_that_is_there(play, tell, titles):
    first = play()
    assert tell(listen()) == [{"status": "duplicate", "scrobble": first, "error": None}]
    assert titles() == ["Jóga"]


def test_with_an_api_token_the_listen_comes_from_the_source_api(play, api_token_of, ada):
    assert play(token=api_token_of(ada, "write"))["source"] == "api"


def test_two_sources_that_tell_of_one_listen_make_one_play(play, tell, api_token_of, ada, titles):
    play()
    (outcome,) = tell(listen(played_at=AT + 2), token=api_token_of(ada, "write"))
    assert (outcome["status"], outcome["scrobble"]["source"]) == ("duplicate", "self")
    assert outcome["scrobble"]["also_heard_by"] == ["api"]
    assert titles() == ["Jóga"]


TIMES = [
    (AT, "2026-06-01T11:00:00Z"),
    (AT + 400.4, "2026-06-01T11:06:40Z"),
    (AT + 800.5, "2026-06-01T11:13:21Z"),
    ("2026-06-01T11:20:00Z", "2026-06-01T11:20:00Z"),
    ("2026-06-01T22:30:00+12:00", "2026-06-01T10:30:00Z"),
]


def test_a_time_is_unix_seconds_or_rfc_3339_with_its_zone(tell):
    outcomes = tell(*(listen(played_at=at, duration=60, listened=60) for at, _ in TIMES))
    assert [outcome["scrobble"]["played_at"] for outcome in outcomes] == [shown for _, shown in TIMES]


NO_TIMES = [str(AT), "2026-06-01T11:00:00", "2026-06-01", "yesterday", "", True, [], {}, 10**30, -(10**30), 1e300]


def test_anything_else_is_no_time(tell, titles):
    outcomes = tell(*(listen(played_at=told) for told in NO_TIMES))
    assert [outcome["status"] for outcome in outcomes] == ["rejected"] * len(NO_TIMES)
    assert titles() == []


REJECTED = [
    ({"played_at": int(START) + 3601}, "The play is more than an hour in the future"),
    ({"played_at": 1}, "The play is from before 2002"),
    ({"played_at": "1970-01-01T00:00:00Z"}, "The play is from before 2002"),
    ({"played_at": "0001-01-01T00:00:00Z"}, "The play is from before 2002"),
    ({"played_at": "9999-12-31T23:59:59Z"}, "The play is more than an hour in the future"),
    ({"played_at": None}, "played_at is missing"),
    ({"track": None}, "track is missing"),
    ({"track": ""}, "Track is missing"),
    ({"track": " \n"}, "Track is missing"),
    ({"track": 7}, "track must be a string"),
    ({"track": "a\0b"}, "Track contains a NUL character"),
    ({"track": "t" * 1_000_000}, "Track is longer than 5000 characters"),
    ({"artists": []}, "artists must not be empty"),
    ({"artists": [""]}, "Artist is missing"),
    ({"artists": "Björk"}, "artists must be a list"),
    ({"artists": [None]}, "artists[0] must be a string"),
    ({"artists": [f"a{number}" for number in range(51)]}, "More than 50 artists were given"),
    ({"album": ["Homogenic"]}, "album must be a string"),
    ({"duration": "long"}, "duration must be a whole number"),
    ({"duration": -1}, "duration must be at least 0"),
    ({"duration": 2**31}, "duration must be at most 2147483647"),
    ({"duration": 10**9}, "The duration is longer than a week"),
    ({"listened": 10**9}, "The duration is longer than a week"),
    ({"ids": []}, "ids must be an object"),
]


def test_a_listen_that_cannot_be_kept_is_rejected_with_the_reason(tell, titles):
    outcomes = tell(*(listen(**changes) for changes, _ in REJECTED))
    assert outcomes == [{"status": "rejected", "scrobble": None, "error": error} for _, error in REJECTED]
    assert titles() == []


def test_a_listen_that_is_no_object_is_rejected(tell):
    outcome = {"status": "rejected", "scrobble": None, "error": "The listen must be a JSON object"}
    assert tell(None, 5, "Jóga", [], [listen()], True) == [outcome] * 6


def test_half_a_surrogate_pair_is_rejected_with_a_reason(call, jwt, titles):
    body = b'{"scrobbles":[{"track":"\\ud83d","artists":["x"],"played_at":%d}]}' % AT
    (outcome,) = call("POST", "/scrobbles", body, jwt).json["outcomes"]
    assert outcome["status"] == "rejected"
    assert "surrogate" in outcome["error"]
    assert titles() == []


def test_what_is_wrong_with_some_listens_of_a_batch_touches_no_other(call, jwt, titles):
    bad = '{"track":"\\u0000","artists":["x"],"played_at":1},{"track":"\\ud800"},[],null,{"track":[]},5,{"played_at":1e300}'
    good = [f'{{"track":"{title}","artists":["x"],"played_at":{at}}}' for title, at in (("one", AT), ("two", AT + 900))]
    body = f'{{"scrobbles":[{good[0]},{bad},{good[1]}]}}'
    answer = call("POST", "/scrobbles", body, jwt)
    statuses = [outcome["status"] for outcome in answer.json["outcomes"]]
    assert (answer.status_code, statuses) == (200, ["stored", *["rejected"] * 7, "stored"])
    assert titles() == ["one", "two"]


BAD_IDS = [
    {"recording_mbid": "mbz-123", "isrc": "", "spotify": "x" * 3000, "artist_mbids": ["", "no"]},
    {"release_track_mbid": "a\0b", "release_mbid": "\0", "release_group_mbid": "\0", "artist_mbids": ["\0", "\0"]},
    {"isrc": "\0", "spotify": "\0" * 22},
    {"isrc": "é" * 12, "spotify": "٣" * 22, "recording_mbid": "𝟘" * 36},
]


def test_ids_that_are_malformed_do_not_cost_the_listen(tell, core):
    outcomes = tell(*(listen(ids=ids, played_at=AT - 900 * number) for number, ids in enumerate(BAD_IDS)))
    assert [outcome["status"] for outcome in outcomes] == ["stored"] * len(BAD_IDS)
    assert identifiers(core) == []


def test_half_a_surrogate_pair_in_an_id_is_no_failure_of_the_server(call, jwt):
    raw = json.dumps({"scrobbles": [listen(ids={name: "\ud800"}) for name in ("isrc", "spotify", "recording_mbid")]})
    outcomes = call("POST", "/scrobbles", raw, jwt).json["outcomes"]
    assert {outcome["status"] for outcome in outcomes} <= {"stored", "duplicate", "rejected"}


def test_ids_that_are_well_formed_are_kept_in_one_spelling(tell, core):
    mbid = "0B6E2A3C-6F2A-4F0E-9F5E-0A1B2C3D4E5F"
    tell(listen(ids={"recording_mbid": mbid, "isrc": "is-abc-97-01234", "spotify": "6habFhsOp2NvshLv26DqMb"}))
    assert identifiers(core) == [
        ("isrc", "ISABC9701234"),
        ("recording_mbid", mbid.lower()),
        ("spotify", "6habFhsOp2NvshLv26DqMb"),
    ]


def identifiers(core):
    with core.database.read() as connection:
        rows = connection.execute(text("SELECT ids FROM told ORDER BY id"))
        return [pair for (ids,) in rows for pair in sorted(json.loads(ids).items())]


def test_a_thousand_listens_go_in_one_request_and_their_outcomes_keep_the_order(tell, titles):
    listens = [listen(track=f"t{number}", played_at=AT - 400 * number) for number in range(1000)]
    outcomes = tell(*listens)
    assert [outcome["scrobble"]["track"]["title"] for outcome in outcomes] == [one["track"] for one in listens]
    assert len(titles()) == 1000


NO_BATCHES = [
    ({"scrobbles": []}, "scrobbles must not be empty"),
    ({"scrobbles": [listen()] * 1001}, "scrobbles must have at most 1000 entries"),
    ({"scrobbles": listen()}, "scrobbles must be a list"),
    ({"scrobbles": None}, "scrobbles must be a list"),
    ({}, "scrobbles is missing"),
    ([listen()], "The body must be a JSON object"),
]


def test_a_batch_that_is_none_is_400(call, jwt, titles):
    for body, error in NO_BATCHES:
        answer = call("POST", "/scrobbles", body, jwt)
        assert (answer.status_code, answer.json) == (400, {"error": error})
    assert titles() == []


def test_unknown_keys_of_a_listen_and_of_the_body_are_ignored(call, jwt):
    answer = call("POST", "/scrobbles", {"scrobbles": [listen(mood="blue")], "more": 1}, jwt)
    assert [outcome["status"] for outcome in answer.json["outcomes"]] == ["stored"]


# ---- reading ----


def test_a_play_can_be_read_by_its_id(call, jwt, play):
    told = play()
    answer = call("GET", f"/scrobbles/{told['id']}", token=jwt)
    assert (answer.status_code, answer.json) == (200, told)


ON_A_PLAY = [
    ("GET", "/scrobbles/{id}", None),
    ("PATCH", "/scrobbles/{id}", {"track": "Other"}),
    ("DELETE", "/scrobbles/{id}", None),
    ("POST", "/scrobbles/{id}/restore", None),
    ("POST", "/scrobbles/{id}/split", {"sources": ["api"]}),
    ("POST", "/scrobbles/{id}/merge", {"into": "1" * 15}),
]


NO_PLAYS = ["0" * 16, "f" * 16, "1", "x" * 16, "F" * 16, "٣" * 16, "%00", "%ED%A0%80", "a" * 5000, "-1", "1e9"]


def test_what_is_no_play_is_404_whatever_is_asked_of_it(call, jwt):
    for method, path, body in ON_A_PLAY:
        answers = [call(method, path.format(id=play_id), body, jwt) for play_id in NO_PLAYS]
        assert {answer.status_code for answer in answers} == {404}, (method, path)
        assert {tuple(answer.json) for answer in answers} == {("error",)}


def test_the_play_of_somebody_else_is_no_play(call, jwt_of, bob, play, titles):
    told, token = play(), jwt_of(bob)
    for method, path, body in ON_A_PLAY:
        unknown = call(method, path.format(id="0" * 16), body, token)
        answer = call(method, path.format(id=told["id"]), body, token)
        assert (answer.status_code, answer.data) == (404, unknown.data), (method, path)
    assert titles() == ["Jóga"]


# ---- credentials ----

READING = [("GET", "/scrobbles/{id}", None)]
WRITING = [("POST", "/scrobbles", {"scrobbles": [listen(track="New")]}), *ON_A_PLAY[1:4]]
NO_SCOPE = "This API token lacks the scope {}"


def test_an_api_token_does_what_its_scopes_say(call, ada, play, api_token_of):
    told = play()["id"]
    for method, path, body in READING + WRITING:
        needed = "read" if method == "GET" else "write"
        lacking = api_token_of(ada, *set(tokens.SCOPES) - {needed})
        answer = call(method, path.format(id=told), body, lacking)
        assert (answer.status_code, answer.json) == (403, {"error": NO_SCOPE.format(needed)})
        assert call(method, path.format(id=told), body, api_token_of(ada, needed)).status_code == 200


def test_a_credential_is_read_whatever_the_case_of_its_scheme(call, ada, play, jwt_of, api_token_of):
    path = f"/scrobbles/{play()['id']}"
    for scheme in ("Bearer", "bearer", "Token", "TOKEN"):
        for credential in (jwt_of(ada), api_token_of(ada, "read")):
            assert call("GET", path, headers={"Authorization": f"{scheme} {credential}"}).status_code == 200


def test_without_a_credential_or_with_a_wrong_one_it_is_401(call, client, core, ada, play, titles, jwt_of):
    told, ended = play()["id"], jwt_of(ada)
    accounts.sign_out_everywhere(core, ada)
    client.set_cookie("goscrobble_session", "wrong")
    for method, path, body in READING + WRITING:
        for headers in ({}, {"Authorization": "Basic YTpi"}):
            answer = call(method, path.format(id=told), body, headers=headers)
            assert answer.status_code == 401
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
            assert answer.json == {"error": "Sign in first: this needs an access token or an API token"}
        for wrong in ("gs_wrong", "wrong", "", ended):
            answer = call(method, path.format(id=told), body, wrong)
            assert (answer.status_code, list(answer.json)) == (401, ["error"])
    assert titles() == ["Jóga"]


@pytest.mark.parametrize("where", ["?key={}", "?token={}"])
def test_a_key_in_the_address_counts_on_ingress_routes_alone(call, ada, api_token_of, where):
    path = "/scrobbles" + where.format(api_token_of(ada, "read", "write", "ingest"))
    assert call("POST", path, {"scrobbles": [listen()]}).status_code == 401


def test_a_disabled_accounts_credentials_are_refused(call, core, ada, play, jwt_of, api_token_of):
    told, held = play()["id"], [jwt_of(ada), api_token_of(ada, "read", "write")]
    accounts.manage(core, ada, disabled=True)
    for method, path, body in READING + WRITING:
        assert [call(method, path.format(id=told), body, token).status_code for token in held] == [401, 401]


ONE = {"scrobbles": [listen()]}
OURS = [SAME_ORIGIN, {"Origin": "http://localhost"}, {"Origin": "http://127.0.0.1:42069"}]
FOREIGN = [
    {},
    {"Origin": "null"},
    {"Origin": "https://evil.example"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
]


class TestSessions:
    """A browser sends its cookie for any page, so a cookie counts only with JSON that our own pages sent."""

    def test_json_of_our_own_pages_is_taken(self, call, sign_in, ada):
        sign_in(ada)
        assert [call("POST", "/scrobbles", ONE, headers=ours).status_code for ours in OURS] == [200] * 3

    def test_another_sites_request_is_403(self, call, sign_in, ada, titles):
        sign_in(ada)
        for foreign in FOREIGN:
            answer = call("POST", "/scrobbles", ONE, headers=foreign)
            assert (answer.status_code, answer.json) == (403, {"error": "This request came from another site"})
        assert titles() == []

    def test_what_a_form_could_send_is_400(self, call, sign_in, ada, titles):
        sign_in(ada)
        for kind in ("text/plain", "application/x-www-form-urlencoded", "", "application/jsonp"):
            answer = call("POST", "/scrobbles", json.dumps(ONE), headers=SAME_ORIGIN, content_type=kind)
            assert answer.status_code == 400
            assert answer.json == {"error": "With a cookie, the Content-Type must be application/json"}
        assert titles() == []

    def test_reading_needs_no_origin(self, call, sign_in, ada, play):
        told = play()
        sign_in(ada)
        assert call("GET", f"/scrobbles/{told['id']}").json == told


def test_plays_of_other_sources_can_be_read_and_edited_too(core, ada, call, jwt):
    ingest.submit(core, ada.id, [make_draft()], source="jellyfin", voice="living room")
    (told,) = call("GET", "/users/ada/scrobbles", token=jwt).json["scrobbles"]
    assert call("GET", f"/scrobbles/{told['id']}", token=jwt).json == told
    assert call("PATCH", f"/scrobbles/{told['id']}", {"track": "Ghosts"}, jwt).json["track"]["title"] == "Ghosts"


@pytest.mark.parametrize("ids", [None, {"foo": "1"}, {"isrc": None}, {"artist_mbids": None}, {"spotify": 5}])
def test_ids_that_are_unknown_or_odd_cost_nothing_but_themselves(tell, ids):
    assert [outcome["status"] for outcome in tell(listen(ids=ids))] == ["stored"]
