from sqlalchemy import func, insert, select

from goscrobble.models import DeletedPlay, RefreshToken, ResetToken, WebSession, table
from goscrobble.services import housekeeping
from goscrobble.storage import jobs
from goscrobble.testing import make_account

DAY = 86_400


def count(core, model):
    with core.database.read() as connection:
        return connection.execute(select(func.count()).select_from(table(model))).scalar()


def test_what_has_expired_is_forgotten_and_the_rest_stays(core, clock):
    account = make_account(core)
    now = int(clock.at)
    lives = {"expires_at": now + 10, "token_version": 0, "user_id": account.id}
    rows = [
        (RefreshToken, {"family": "f", "created_at": now} | lives),
        (ResetToken, lives),
        (WebSession, {"created_at": now, "seen_at": now} | lives),
    ]

    def fill(connection):
        for model, values in rows:
            connection.execute(insert(table(model)).values(digest=b"a" * 32, **values))
            connection.execute(insert(table(model)).values(digest=b"b" * 32, **(values | {"expires_at": now + DAY})))

    core.database.write(fill)
    assert housekeeping.sweep(core) == 0
    clock.advance(11)
    assert housekeeping.sweep(core) == 3
    assert [count(core, model) for model, _ in rows] == [1, 1, 1]


def test_what_a_deleted_play_needs_to_come_back_is_kept_for_thirty_days(core, clock):
    account = make_account(core)
    columns = {column.name for column in table(DeletedPlay).columns}
    values = {
        "user_id": account.id,
        "play_id": 1,
        "played_at": 0,
        "track_id": 1,
        "source": "jellyfin",
        "first_told_at": 0,
        "last_told_at": 0,
        "deleted_at": int(clock.at),
    }
    kept = {key: value for key, value in values.items() if key in columns}
    core.database.write(lambda c: c.execute(insert(table(DeletedPlay)).values(**kept)))
    clock.advance(30 * DAY)
    assert housekeeping.sweep(core) == 0
    clock.advance(1)
    assert housekeeping.sweep(core) == 1
    assert count(core, DeletedPlay) == 0


def test_dead_jobs_are_forgotten_after_thirty_days(core, clock):
    core.database.write(lambda c: jobs.enqueue(c, "try", {}, now=int(clock.at)))
    job = core.database.write(lambda c: jobs.claim(c, ["try"], owner="one", now=int(clock.at), lease=9))
    core.database.write(lambda c: jobs.bury(c, job, reason="no"))
    clock.advance(30 * DAY)
    assert housekeeping.sweep(core) == 0
    clock.advance(1)
    assert housekeeping.sweep(core) == 1
