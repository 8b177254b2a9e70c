"""A history that was there before an upgrade is counted, searched and charted after it."""

from goscrobble.domain.drafts import ScrobbleDraft
from goscrobble.migrations import runner
from goscrobble.models import SearchWord, table
from goscrobble.services import ingest, rollups, searching, statistics
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
    assert dict(rollups.check(core)) == {"ada": []}
    assert statistics.totals(core, ada).plays == 60
    assert core.database.write(lambda c: set(c.execute(table(SearchWord).select()).all())) == words
    assert searching.search(core, "joga 3", None).tracks
