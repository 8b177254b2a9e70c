"""Who sees which picture, and who may change it."""

from __future__ import annotations

import io

import pytest

from goscrobble.domain.accounts import Privacy
from goscrobble.domain.placeholders import draw
from goscrobble.services import accounts, administration, covers
from goscrobble.testing import make_account
from tests.covers.conftest import SAME_ORIGIN, encoded

NOBODYS = "00000000-0000-4000-8000-000000000000"


def test_an_entry_that_only_hidden_people_played_looks_like_one_that_does_not_exist(
    core, client, browser, heard, upload
):
    pia = make_account(core, "pia", privacy=Privacy.PRIVATE)
    artist, album = heard(pia, "Portishead", "Dummy")
    for kind, uuid in (("artist", artist), ("album", album), ("artist", NOBODYS)):
        assert client.get(f"/covers/{kind}/{uuid}").text == draw(uuid)
    assert client.get(f"/covers/artist/{artist.upper()}").text == draw(artist)
    assert browser(pia).get(f"/covers/artist/{artist}").text == draw(artist, "Portishead")
    assert upload(pia, "artist", artist, encoded()).status_code == 200
    assert client.get(f"/covers/artist/{artist}").text == draw(artist)
    assert browser(pia).get(f"/covers/artist/{artist}").mimetype == "image/webp"


def test_a_visible_entry_shows_its_initials(client, ada, heard):
    artist, album = heard(ada)
    assert client.get(f"/covers/artist/{artist}").text == draw(artist, "deadmau5")
    assert client.get(f"/covers/album/{album}?size=64").text == draw(album, "For Lack of a Better Name", 64)
    assert ">FN</text>" in client.get(f"/covers/album/{album}").text


def test_one_who_never_played_it_may_not_change_it_but_a_moderator_may(ada, bob, mod, heard, upload):
    artist, _ = heard(ada)
    answer = upload(bob, "artist", artist, encoded())
    assert (answer.status_code, answer.json["error"]) == (
        403,
        "Only somebody who has played this artist may change its picture",
    )
    assert upload(mod, "artist", artist, encoded()).status_code == 200


def test_somebody_elses_picture_stays_until_a_moderator_changes_it_which_is_written_down(
    core, ada, bob, mod, heard, upload, browser
):
    artist, _ = heard(ada)
    heard(bob)
    assert upload(ada, "artist", artist, encoded()).status_code == 200
    assert upload(ada, "artist", artist, encoded(colour=(0, 99, 0))).status_code == 200
    for method in ("PUT", "DELETE"):
        answer = upload(bob, "artist", artist, encoded(), method=method)
        assert (answer.status_code, answer.json["error"]) == (
            403,
            "Somebody else's picture stands here; a moderator can change it",
        )
    assert [covers.may_change(core, "artist", artist, one) for one in (ada, bob, mod, None)] == [
        True,
        False,
        True,
        False,
    ]
    assert administration.list_entries(core).entries == []
    assert upload(mod, "artist", artist, encoded()).status_code == 200
    assert upload(ada, "artist", artist, encoded()).status_code == 403
    assert upload(mod, "artist", artist, b"", method="DELETE").status_code == 200  # the moderator's own by now
    (entry,) = administration.list_entries(core).entries
    assert (entry.actor, entry.action, entry.subject) == ("mod", "cover.replace", f"artist {artist}")
    assert upload(ada, "artist", artist, encoded()).status_code == 200
    assert upload(mod, "artist", artist, b"", method="DELETE").status_code == 200
    assert administration.list_entries(core).entries[0].action == "cover.remove"


def test_the_picture_of_somebody_who_left_goes_with_all_else_of_theirs(core, client, ada, bob, heard, upload):
    artist, _ = heard(ada)
    heard(bob)
    make_account(core, "boss", admin=True)
    assert upload(ada, "artist", artist, encoded()).status_code == 200
    accounts.delete(core, ada)
    assert client.get(f"/covers/artist/{artist}").text == draw(artist, "deadmau5")
    assert upload(bob, "artist", artist, encoded()).status_code == 200


def test_what_is_not_there_or_not_seen_is_404_and_scopes_count(core, ada, mod, heard, upload):
    pia = make_account(core, "pia", privacy=Privacy.PRIVATE)
    artist, album = heard(pia, "Portishead", "Dummy")
    for uuid in (artist, NOBODYS):
        answer = upload(mod, "artist", uuid, encoded())
        assert (answer.status_code, answer.json) == (404, {"error": "There is no such artist"})
    assert upload(pia, "album", album, b"", method="DELETE").status_code == 404
    assert upload(pia, "album", album, encoded(), scopes=("read", "ingest")).status_code == 403
    assert upload(pia, "album", "not-a-uuid", encoded()).status_code == 404


def test_the_form_of_a_page_changes_and_removes(browser, ada, heard):
    artist, _ = heard(ada)
    page, address = browser(ada), f"/covers/artist/{artist}"
    sent = {"picture": (io.BytesIO(encoded("JPEG")), "me.exe")}
    answer = page.post(address, data=sent, headers=SAME_ORIGIN)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/artist/{artist}?done=cover-changed")
    assert page.get(address).mimetype == "image/webp"
    assert page.post(address, data={"remove": "1"}, headers=SAME_ORIGIN).status_code == 303
    assert page.get(address).mimetype == "image/svg+xml"
    assert page.post(address, data={}, headers=SAME_ORIGIN).status_code == 400


def test_the_form_of_another_site_and_of_nobody_changes_nothing(browser, ada, heard):
    artist, _ = heard(ada)
    address = f"/covers/artist/{artist}"
    sent = lambda: {"picture": (io.BytesIO(encoded()), "a.png")}  # noqa: E731 - a file is read once
    assert browser(ada).post(address, data=sent(), headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    answer = browser().post(address, data=sent(), headers=SAME_ORIGIN)
    assert (answer.status_code, answer.headers["Location"].partition("?")[0]) == (303, "/login")
    assert browser().get(address).mimetype == "image/svg+xml"


def test_an_address_with_the_digest_lasts_and_others_are_asked_again_after_a_while(core, browser, ada, heard, upload):
    artist, _ = heard(ada)
    upload(ada, "artist", artist, encoded())
    digest = covers.digests(core, "artist", [artist, NOBODYS])[artist]
    for client in (browser(ada), browser()):
        lasting = client.get(f"/covers/artist/{artist}?size=64&v={digest}")
        assert lasting.headers["Cache-Control"] == "private, max-age=31536000, immutable"
        plain = client.get(f"/covers/artist/{artist}?size=64")
        assert plain.headers["Cache-Control"] == "private, max-age=600"
        known = {"If-None-Match": plain.headers["ETag"]}
        assert client.get(f"/covers/artist/{artist}?size=64", headers=known).status_code == 304
        assert client.get(f"/covers/artist/{artist}?size=300", headers=known).status_code == 200


@pytest.mark.parametrize("path", ["artist/x", "track/" + NOBODYS, "artist/" + NOBODYS + "?size=9999999"])
def test_bad_addresses_are_not_500(client, path):
    assert client.get(f"/covers/{path}").status_code in {400, 404}
