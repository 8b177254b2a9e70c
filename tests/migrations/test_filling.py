"""A history that was there before an upgrade is counted, searched and charted after it."""

import pytest

from goscrobble.domain.drafts import ScrobbleDraft
from goscrobble.migrations import runner
from goscrobble.models import SearchWord, table
from goscrobble.services import ingest, rematching, rollups, searching, statistics
from goscrobble.testing import make_account
from goscrobble.testing.clock import START


def test_a_history_from_before_packed_days_is_packed_by_the_upgrade(core):
    ada = make_account(core, "ada", time_zone="Asia/Kathmandu")
    drafts = [
        ScrobbleDraft(
            title=f"Jóga {n % 7}",
            artists=("Björk", "Guest")[: 1 + n % 2],
            album="Homogenic" if n % 3 else None,
            played_at=int(START) - n * 50_000,
            duration=300,
        )
        for n in range(60)
    ]
    ingest.submit(core, ada.id, drafts, source="jellyfin")
    words = core.database.write(lambda c: set(c.execute(table(SearchWord).select()).all()))
    runner.downgrade(core.database.engine, "0002")
    runner.upgrade(core.database.engine)
    rematching.rematch(core.database)
    assert dict(rollups.check(core)) == {"ada": []}
    assert statistics.totals(core, ada).plays == 60
    assert core.database.write(lambda c: set(c.execute(table(SearchWord).select()).all())) == words
    assert searching.search(core, "joga 3", None).tracks


def test_postgresql_keeps_the_plays_of_a_day_in_its_row(core, database_kind):
    """Elsewhere (`TOAST`) each column of each day would be fetched by itself, which takes longer than to send it."""
    if database_kind == "sqlite":
        pytest.skip("SQLite knows no such thing")
    ada = make_account(core, "ada")
    plays = [ScrobbleDraft(title=f"T{n}", artists=("A",), played_at=int(START) - n * 180) for n in range(300)]
    ingest.submit(core, ada.id, plays, source="jellyfin")
    with core.database.read() as connection:
        query = "SELECT pg_relation_size(reltoastrelid) FROM pg_class WHERE relname = 'user_day_plays'"
        assert connection.exec_driver_sql(query).scalar() == 0
