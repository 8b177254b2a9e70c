"""Ids of plays and cursors, as they leave the server."""

import pytest
from sqlalchemy import text

from goscrobble.errors import BadInput
from goscrobble.services import history, ids, ingest
from goscrobble.testing import make_account, make_core, make_draft
from goscrobble.testing.clock import START

T = int(START) - 86400


def test_a_token_leads_back_to_its_play(core):
    own = ids.of(core)
    tokens = [own.token(play) for play in range(1, 1000)]
    assert [own.play(token) for token in tokens] == list(range(1, 1000))
    assert {len(token) for token in tokens} == {16}
    assert sorted(tokens) != tokens


@pytest.mark.parametrize(
    "text", ["", "1", "g" * 16, "A" * 16, "٣" * 16, " " * 16, "0x3779b97f4a7c55", "1" * 15, "1" * 17]
)
def test_anything_else_is_no_token(core, text):
    assert ids.of(core).play(text) is None


def test_all_workers_spell_alike_and_no_two_instances_do(core, settings, clock):
    other = make_core(settings, clock)
    assert ids.of(other).token(7) == ids.of(core).token(7)
    assert ids.of(other).place(ids.of(core).cursor((T, 7))) == (T, 7)
    with core.database.read() as connection:
        key = bytes(connection.execute(text("SELECT value FROM instance_key WHERE name = 'ids'")).scalar_one())
    core.database.write(
        lambda connection: connection.execute(
            text("UPDATE instance_key SET value = :value"), {"value": bytes(reversed(key))}
        )
    )
    other.database.caches.clear()
    assert ids.of(other).token(7) != ids.of(core).token(7)
    core.database.write(
        lambda connection: connection.execute(text("UPDATE instance_key SET value = :value"), {"value": key})
    )
    other.database.close()


@pytest.mark.parametrize("place", [(0, 0), (T, 1), (2**62, 2**62)])
def test_a_cursor_leads_back_to_its_place_and_shows_nothing_of_it(core, place):
    own = ids.of(core)
    cursor = own.cursor(place)
    assert own.place(cursor) == place
    assert own.cursor((place[0], place[1] + 1))[:8] != cursor[:8]


def test_a_cursor_that_was_changed_in_one_character_is_none(core):
    own = ids.of(core)
    cursor = own.cursor((T, 7))
    for i, character in enumerate(cursor[:-1]):
        with pytest.raises(BadInput, match="cursor is not one this server gave"):
            own.place(cursor[:i] + ("A" if character != "A" else "B") + cursor[i + 1 :])
    for other in ("", "A", "!", "ü" * 43, "A" * 43, "A" * 10_000, cursor[:-4], cursor + cursor):
        with pytest.raises(BadInput):
            own.place(other)


def test_history_goes_on_where_a_page_ended(core):
    ada = make_account(core, "ada")
    ingest.submit(core, ada.id, [make_draft(played_at=T + 700 * n) for n in range(5)], source="jellyfin")
    first, cursor = history.recent(core, ada, limit=3)
    rest, end = history.recent(core, ada, limit=3, cursor=cursor)
    assert [play.played_at for play in (*first, *rest)] == [T + 700 * n for n in (4, 3, 2, 1, 0)]
    assert end is None
