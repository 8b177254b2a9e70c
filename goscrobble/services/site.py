"""What all public listeners heard together: totals and charts, at most a minute old.

A chart is kept with a text that changes with the plays it was made of. While that is the same the chart is exact,
however old; else it is shown for a minute at most. What was asked for lately is made anew in the background before
that minute is over, so that hardly anybody waits.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import Any

from goscrobble.domain.periods import ALL_TIME, Period, days_of, zone
from goscrobble.domain.scrobbles import Entity
from goscrobble.services import settings as runtime_settings
from goscrobble.services.core import Core
from goscrobble.storage import charts, site
from goscrobble.storage.charts import By, Days, Kind, Plays, TopEntry
from goscrobble.storage.database import Connection
from goscrobble.storage.site import ChartRow

MOST = 500  # entries of a chart
OLDEST = 60  # seconds that a chart may be old
REFRESH_AFTER = 20  # seconds
WANTED_FOR = 600  # seconds that a chart is kept up to date after it was asked for
_NOTE_EVERY = 60  # seconds between two notes that a chart is wanted
_TOTALS = "totals"


@dataclass(frozen=True, slots=True)
class SiteChart:
    """A chart of the site, best first, and the Unix time from which it is."""

    entries: list[TopEntry]
    computed_at: int


@dataclass(frozen=True, slots=True)
class SiteTotals:
    """What all public listeners' plays add up to, and the Unix time from which that is."""

    listeners: int
    plays: int
    seconds: int
    artists: int
    albums: int
    tracks: int
    computed_at: int


def chart(core: Core, kind: Kind, period: Period = ALL_TIME, *, by: By = "plays") -> SiteChart:
    """Return the site's top artists, albums or tracks of a period.

    Its days are counted from those of the instance's default time zone, and are each listener's own.
    """
    first, end = days_of(period, zone(runtime_settings.runtime(core).default_timezone))
    row = _current(core, f"{kind} {by} {first or ''} {end or ''}")
    entries = [_entry(rank, *line) for rank, line in enumerate(json.loads(row.document), 1)]
    return SiteChart(entries, row.computed_at)


def totals(core: Core) -> SiteTotals:
    """Return what all public listeners' plays add up to."""
    row = _current(core, _TOTALS)
    return SiteTotals(**json.loads(row.document), computed_at=row.computed_at)


def liveliest(core: Core) -> str | None:
    """Return the name of the public listener whose plays changed most often; None where nobody has any."""
    with core.database.read() as connection:
        return site.liveliest(connection)


def refresh(core: Core) -> None:
    """Make anew what was asked for lately and is no longer exact; forget what nobody asks for."""
    now = int(core.now())
    with core.database.read() as connection:
        wanted, basis = site.asked_since(connection, now - WANTED_FOR), site.basis(connection)
    for row in wanted:
        if row.basis != basis and row.computed_at <= now - REFRESH_AFTER:
            _make(core, row.name, row.asked_at)
    core.database.write(lambda connection: site.forget(connection, now - WANTED_FOR))


def _current(core: Core, name: str) -> ChartRow:
    now = int(core.now())
    with core.database.read() as connection:
        row, basis = site.find(connection, name), site.basis(connection)
    if row is not None and (row.basis == basis or now - row.computed_at <= OLDEST):
        if now - row.asked_at >= _NOTE_EVERY:
            core.database.write(lambda connection: site.note_asked(connection, name, now))
        return replace(row, computed_at=now) if row.basis == basis else row
    return _make(core, name, now)


def _make(core: Core, name: str, asked_at: int) -> ChartRow:
    with core.database.read(consistent=True) as connection:
        basis, document = site.basis(connection), _document(connection, name)
    made = ChartRow(name, json.dumps(document, ensure_ascii=False), basis, int(core.now()), asked_at)
    core.database.write(lambda connection: site.keep(connection, made))
    return made


def _document(connection: Connection, name: str) -> Any:
    if name == _TOTALS:
        sums = charts.sums(Plays(connection, site.LISTENERS, charts.EVER))
        return {"listeners": int(site.basis(connection).partition(".")[0]), **asdict(sums)}
    kind, by, first, end = name.split(" ")
    days: Days = (int(first) if first else None, int(end) if end else None)
    entries = charts.top(Plays(connection, site.LISTENERS, days), kind, by=by, limit=MOST)  # type: ignore[arg-type]
    return [
        [
            [e.entity.id, e.entity.name],
            [[artist.id, artist.name] for artist in e.artists],
            [e.plays, e.seconds, e.first_played_at, e.last_played_at],
        ]
        for e in entries
    ]


def _entry(rank: int, entity: list[str], artists: list[list[str]], numbers: list[int]) -> TopEntry:
    return TopEntry(rank, Entity(*entity), tuple(Entity(*artist) for artist in artists), *numbers)
