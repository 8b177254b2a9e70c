"""What administrators see is forgotten when it is old."""

from goscrobble.plugins.declarations import Failure
from goscrobble.services import administration, failures, housekeeping

DAY = 86_400


def test_what_was_done_is_kept_for_a_year(core, ada, clock):
    administration.change_settings(core, ada, {"REGISTRATION_ENABLED": False})
    clock.advance(365 * DAY)
    housekeeping.sweep(core)
    assert len(administration.list_entries(core).entries) == 1
    clock.advance(1)
    assert housekeeping.sweep(core) == 1
    assert administration.list_entries(core).entries == []


def test_a_failure_is_kept_for_thirty_days_after_the_last(core, clock):
    for _ in range(2):
        failures.note(core, Failure("jellyfin", "poll", "KeyError", "x.py", trips=False))
        clock.advance(29 * DAY)
    housekeeping.sweep(core)
    assert [one.count for one in failures.list_all(core)] == [2]
    clock.advance(DAY + 1)
    assert housekeeping.sweep(core) == 1
    assert failures.list_all(core) == []
