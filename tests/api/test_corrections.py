"""One's own plays corrected through the API: edited, deleted, restored, split, merged."""

from __future__ import annotations

import pytest

from goscrobble.testing.clock import START
from tests.api.payloads import AT, listen

DAY = 86_400


# ---- editing ----


def test_an_edit_changes_what_is_sent_and_the_id_stays(call, jwt, play):
    told = play()
    body = {"track": "Bachelorette", "artists": ["Björk"], "album": "Homogenic (Live)", "played_at": AT + 60}
    answer = call("PATCH", f"/scrobbles/{told['id']}", body, jwt)
    shown = answer.json
    assert answer.status_code == 200
    assert (shown["id"], shown["played_at"]) == (told["id"], "2026-06-01T11:01:00Z")
    assert (shown["track"]["title"], shown["album"]["title"]) == ("Bachelorette", "Homogenic (Live)")
    assert shown["artists"] == [told["artists"][0]]
    assert (shown["duration"], shown["listened"]) == (305, 300)
    assert call("GET", f"/scrobbles/{told['id']}", token=jwt).json == shown


def test_an_empty_change_changes_nothing_that_is_shown(call, jwt, play):
    told = play()
    assert call("PATCH", f"/scrobbles/{told['id']}", {}, jwt).json == told


def test_an_empty_album_takes_the_album_away(call, jwt, play):
    assert call("PATCH", f"/scrobbles/{play()['id']}", {"album": ""}, jwt).json["album"] is None


def test_an_edit_is_not_undone_when_a_source_tells_the_listen_again(call, tell, play, api_token_of, ada):
    token = api_token_of(ada, "write")
    told = play(token=token)
    edited = call("PATCH", f"/scrobbles/{told['id']}", {"track": "Hyperballad"}, token).json
    assert tell(listen(), token=token) == [{"status": "duplicate", "scrobble": edited, "error": None}]


def test_an_edit_onto_another_play_of_the_track_is_409_and_changes_nothing(call, jwt, play):
    first, second = play(), play(played_at=AT + 3000)
    answer = call("PATCH", f"/scrobbles/{second['id']}", {"played_at": AT}, jwt)
    assert (answer.status_code, answer.json) == (409, {"error": "This track was already played at that time"})
    for told in (first, second):
        assert call("GET", f"/scrobbles/{told['id']}", token=jwt).json == told


NO_EDITS = [
    ({"played_at": 1}, "The play is from before 2002"),
    ({"played_at": -1}, "The play is from before 2002"),
    ({"played_at": 10**30}, "The play is more than an hour in the future"),
    ({"played_at": int(START) + 3601}, "The play is more than an hour in the future"),
    ({"played_at": "2026-06-01"}, "played_at must name its time zone, like 2026-11-22T06:06:00Z"),
    ({"played_at": "soon"}, "played_at must be Unix seconds or an RFC 3339 time"),
    ({"track": ""}, "Track is missing"),
    ({"track": 5}, "track must be a string"),
    ({"track": "a\0"}, "track must not contain a NUL character"),
    ({"track": "t" * 5001}, "track must have at most 5000 characters"),
    ({"artists": []}, "artists must not be empty"),
    ({"artists": [" "]}, "Artist is missing"),
    ({"artists": ["x"] * 51}, "artists must have at most 50 entries"),
    ({"album": 1}, "album must be a string"),
    ([], "The body must be a JSON object"),
]


def test_an_edit_that_cannot_be_is_400_and_changes_nothing(call, jwt, play):
    told = play()
    for body, error in NO_EDITS:
        answer = call("PATCH", f"/scrobbles/{told['id']}", body, jwt)
        assert (answer.status_code, answer.json) == (400, {"error": error}), body
    assert call("GET", f"/scrobbles/{told['id']}", token=jwt).json == told


# ---- deleting and restoring ----


def test_a_deleted_play_is_gone_and_does_not_come_back_when_it_is_told_again(call, jwt, play, tell, titles):
    told = play()
    answer = call("DELETE", f"/scrobbles/{told['id']}", token=jwt)
    assert (answer.status_code, answer.json) == (200, {"message": "Scrobble deleted"})
    assert call("GET", f"/scrobbles/{told['id']}", token=jwt).status_code == 404
    assert call("DELETE", f"/scrobbles/{told['id']}", token=jwt).status_code == 404
    assert tell(listen()) == [{"status": "duplicate", "scrobble": None, "error": None}]
    assert titles() == []


@pytest.mark.parametrize(("days", "status", "shown"), [(0, 200, ["Jóga"]), (30, 200, ["Jóga"]), (30.01, 404, [])])
def test_a_deleted_play_can_be_restored_for_thirty_days(call, jwt_of, ada, play, titles, clock, days, status, shown):
    told = play()
    call("DELETE", f"/scrobbles/{told['id']}", token=jwt_of(ada))
    clock.advance(days * DAY)
    answer = call("POST", f"/scrobbles/{told['id']}/restore", token=jwt_of(ada))
    assert answer.status_code == status
    assert answer.json == (told if status == 200 else {"error": "There is no such scrobble to restore"})
    assert titles() == shown


def test_restoring_a_play_that_is_there_changes_nothing(call, jwt, play):
    told = play()
    answer = call("POST", f"/scrobbles/{told['id']}/restore", token=jwt)
    assert (answer.status_code, answer.json) == (200, told)


# ---- splitting and merging ----


def test_a_play_that_was_two_listens_is_split_by_source(call, jwt, play, tell, api_token_of, ada, titles):
    told = play()
    tell(listen(played_at=AT + 2), token=api_token_of(ada, "write"))
    answer = call("POST", f"/scrobbles/{told['id']}/split", {"sources": ["api"]}, jwt)
    assert (answer.status_code, answer.json["source"], answer.json["played_at"]) == (200, "api", "2026-06-01T11:00:02Z")
    kept = call("GET", f"/scrobbles/{told['id']}", token=jwt).json
    assert (kept["source"], kept["also_heard_by"], kept["played_at"]) == ("self", [], "2026-06-01T11:00:00Z")
    assert titles() == ["Jóga", "Jóga"]


def test_a_split_must_leave_something_on_both_sides(call, jwt, play, titles):
    path = f"/scrobbles/{play()['id']}/split"
    for sources in (["self"], ["self", "api"], ["jellyfin"], [], [1], "self"):
        answer = call("POST", path, {"sources": sources}, jwt)
        assert (answer.status_code, list(answer.json)) == (400, ["error"])
    assert titles() == ["Jóga"]


def test_two_plays_that_were_one_listen_are_merged_and_stay_merged(call, play, tell, api_token_of, ada, jwt, titles):
    first, second = play(), play(track="Joga - Live", played_at=AT + 40, token=api_token_of(ada, "write"))
    answer = call("POST", f"/scrobbles/{second['id']}/merge", {"into": first["id"]}, jwt)
    assert (answer.status_code, answer.json) == (200, first | {"also_heard_by": ["api"]})
    assert call("GET", f"/scrobbles/{second['id']}", token=jwt).status_code == 404
    assert [outcome["status"] for outcome in tell(listen())] == ["duplicate"]
    assert titles() == ["Jóga"]


def test_a_play_is_not_merged_into_itself_or_into_nothing(call, jwt, play, titles):
    path = f"/scrobbles/{play()['id']}/merge"
    told = path.split("/")[2]
    answer = call("POST", path, {"into": told}, jwt)
    assert (answer.status_code, answer.json) == (400, {"error": "A play cannot be merged into itself"})
    for unknown in ("0" * 16, "nonsense", ""):
        assert call("POST", path, {"into": unknown}, jwt).status_code == 404
    assert titles() == ["Jóga"]
