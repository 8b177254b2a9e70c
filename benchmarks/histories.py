"""Fills a database with the synthetic histories of the bench's generator (../shared/bench/gen.py), without the way in.

Names go through the server's own identification; plays are inserted by the million, and their sums computed by the
server's own rebuilding. So every table that reading looks at is as it would be; what was told (`heard`) is left out.
"""

from __future__ import annotations

import importlib.util
import random
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

from sqlalchemy import insert, text

from goscrobble.domain.accounts import Account
from goscrobble.domain.drafts import ScrobbleDraft
from goscrobble.models import ScrobbleRow, table
from goscrobble.services import identity, rollups
from goscrobble.services.core import Core
from goscrobble.testing import make_account

GENERATOR = Path(__file__).resolve().parents[2] / "shared" / "bench" / "gen.py"
END = datetime(2026, 11, 1, tzinfo=UTC)
YEARS = 10
_AT_ONCE = 50_000


class Catalogue:
    """The generator's artists, albums and tracks, known to a server."""

    def __init__(self, core: Core, *, tracks: int = 20_000, artists: int = 4_000, albums: int = 6_000) -> None:
        self._generator = generator()
        self.made = self._generator.Catalog(42, tracks, artists, albums)
        drafts = [_draft(self.made, number) for number in range(tracks)]
        self.ids: list[tuple[int, int | None]] = []
        for start in range(0, tracks, 500):
            names = identity.recollect(core.database, drafts[start : start + 500])
            known = core.database.write(
                lambda connection, names=names: identity.learn(connection, names, int(END.timestamp()))
            )
            self.ids += [(one.track_id, one.album_id) for one in known.of_drafts()]

    def listen(
        self, core: Core, username: str, plays: int, *, seed: int = 42, time_zone: str = "Europe/Berlin"
    ) -> Account:
        """Return a new listener who has heard this many tracks in ten years."""
        account = make_account(core, username, time_zone=time_zone)
        times, tracks = self._generator.history(self.made, plays, seed, END, YEARS)
        heard = random.Random(seed)
        rows = [self._row(account.id, at, number, heard) for at, number in zip(times, tracks, strict=True)]
        rows = list({(row["played_at"], row["track_id"]): row for row in rows}.values())
        for start in range(0, len(rows), _AT_ONCE):
            part = rows[start : start + _AT_ONCE]
            core.database.write(
                lambda connection, part=part: connection.execute(insert(table(ScrobbleRow)), part) and None
            )
        rollups.rebuild(core, account)
        return account

    def _row(self, user_id: int, at: int, number: int, heard: random.Random) -> dict[str, object]:
        track, album = self.ids[number]
        length = self.made.tracks[number][3]
        return {
            "user_id": user_id,
            "played_at": at,
            "track_id": track,
            "album_id": album,
            "duration": length,
            "listened": length if heard.random() < 0.8 else heard.randint(30, length),
            "source": "multiscrobbler",
            "first_told_at": at,
            "last_told_at": at,
        }


def generator() -> ModuleType:
    """Return the bench's generator as a module. Raises FileNotFoundError where it is not beside the checkout."""
    spec = importlib.util.spec_from_file_location("gen", GENERATOR)
    if spec is None or spec.loader is None or not GENERATOR.exists():
        raise FileNotFoundError(f"{GENERATOR} is not there")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def settle(core: Core) -> None:
    """Let the database look at what was put in, as its own housekeeping would within the day."""
    with core.database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(
            text("ANALYZE" if core.database.is_sqlite else "VACUUM ANALYZE")
        )


def _draft(made, number: int) -> ScrobbleDraft:
    title, artists, album, length, *_ = made.tracks[number]
    album_title, album_artist, *_ = made.albums[album]
    return ScrobbleDraft(
        title=title,
        artists=tuple(made.artists[artist][0] for artist in artists),
        album=album_title,
        album_artists=(made.artists[album_artist][0],),
        duration=length,
        played_at=int(END.timestamp()),
    )
