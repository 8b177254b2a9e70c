"""What the API tells of all public listeners together: what plays now, and what was played lately."""

from __future__ import annotations

from goscrobble.domain.drafts import Playing
from goscrobble.services import playback
from goscrobble.testing import make_draft
from tests.api.payloads import AT

DAY = 86_400


def test_what_plays_on_the_site_is_told_to_whoever_may_see_it_the_latest_first(call, core, ada, bob, hidden, jwt_of):
    for number, account in enumerate((ada, *hidden.values())):
        event = Playing(
            player="kitchen", item="1", draft=make_draft(), state="playing", at=core.now() + number, position=0.0
        )
        playback.observe(core, account.id, event, source="jellyfin")

    def playing(token=None, query=""):
        return call("GET", f"/now-playing{query}", token=token).json["now_playing"]

    alone = call("GET", "/users/ada/now-playing").json["now_playing"]
    assert playing() == [{"username": "ada"} | alone[0]]
    assert [it["username"] for it in playing(jwt_of(bob))] == ["mia", "ada"]
    assert [it["username"] for it in playing(jwt_of(hidden["pia"]))] == ["pia", "mia", "ada"]
    assert [it["username"] for it in playing(jwt_of(bob), "?limit=1")] == ["mia"]
    assert [call("GET", f"/now-playing?limit={limit}").status_code for limit in (0, 10**9, "x")] == [400] * 3
    assert call("GET", "/now-playing", token="gs_wrong").status_code == 401


def test_recent_is_the_last_week_of_all_public_users_with_their_names(get, hear, ada, bob, hidden):
    for number, account in enumerate((ada, bob, *hidden.values())):
        hear(account, AT - 600 * number)
    hear(ada, AT - 8 * DAY)
    shown = get("/recent")
    assert [play["username"] for play in shown["scrobbles"]] == ["ada", "bob"]
    assert shown["next"] is None
    newest = shown["scrobbles"][0]
    assert newest == get("/users/ada/scrobbles?limit=1")["scrobbles"][0] | {"username": "ada"}
    assert len(get("/recent?limit=1")["scrobbles"]) == 1


def test_recent_takes_a_sane_limit_only(call, ada):
    assert [call("GET", f"/recent?limit={limit}").status_code for limit in (0, -1, 10**9, "x")] == [400] * 4
