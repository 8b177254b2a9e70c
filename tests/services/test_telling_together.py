"""What several players of one listener tell in the same moment is settled in one transaction."""

import threading
import time

import pytest

from goscrobble.domain.scrobbles import Duplicate, Stored
from goscrobble.errors import NotFound
from goscrobble.services import history, ingest, sources
from goscrobble.storage import scrobbles
from goscrobble.testing import make_account, make_draft
from goscrobble.testing.clock import START

T = int(START) - 86400
PATIENCE = 20  # seconds


@pytest.fixture
def ada(core):
    return make_account(core, "ada")


@pytest.fixture
def at_once(core, ada, monkeypatch):
    """Tell by several connections while the first is held at its door; returns what each got, and how many locked."""
    held, locked, lock_user = threading.Event(), [], scrobbles.lock_user

    def lock(connection, account_id):
        locked.append(account_id)
        user = lock_user(connection, account_id)
        held.wait(PATIENCE)
        return user

    def tell(*told):
        monkeypatch.setattr(scrobbles, "lock_user", lock)
        outcomes = {}

        def submit(place, connection, drafts, beside=None):
            told = {"source": connection.plugin, "voice": connection.voice, "source_id": connection.id}
            try:
                outcomes[place] = ingest.submit(core, ada.id, drafts, **told, beside=beside)
            except NotFound as error:
                outcomes[place] = error

        threads = [threading.Thread(target=submit, args=(n, *one)) for n, one in enumerate(told)]
        for thread in threads:
            thread.start()
            time.sleep(0.05)
        held.set()
        for thread in threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()
        return [outcomes[n] for n in range(len(told))], len(locked)

    return tell


def test_two_players_that_tell_of_one_listen_at_once_make_one_play(core, ada, at_once):
    one = sources.heard_from(core, ada.id, "jellyfin", "1", "Player")
    other = sources.heard_from(core, ada.id, "navidrome", "2", "Other player")
    draft = make_draft(played_at=T, title="Told Twice")
    outcomes, transactions = at_once((one, [draft]), (other, [draft, make_draft(played_at=T + 4000)]), (one, [draft]))

    assert [[type(outcome) for outcome in told] for told in outcomes] == [[Stored], [Duplicate, Stored], [Duplicate]]
    assert transactions == 1
    play = outcomes[0][0].play
    assert [outcomes[1][0].of, outcomes[2][0].of] == [play, play]
    assert len(history.recent(core, ada, limit=10)[0]) == 2
    assert [event.outcome for event in sources.events(core, one)] == ["duplicate", "stored"]
    assert sorted(event.outcome for event in sources.events(core, other)) == ["duplicate", "stored"]


def test_what_fails_beside_a_listen_fails_that_one_alone(core, ada, at_once):
    one = sources.heard_from(core, ada.id, "jellyfin", "1", "Player")

    def fail(_connection):
        raise NotFound("There is no such thing")

    outcomes, transactions = at_once(
        (one, [make_draft(played_at=T)]),
        (one, [make_draft(played_at=T + 900)], fail),
        (one, [make_draft(played_at=T + 1800)]),
    )
    assert transactions == 4  # all together, then each alone
    assert [type(one) for one in outcomes] == [list, NotFound, list]
    assert len(history.recent(core, ada, limit=10)[0]) == 2
