"""A few people with tastes, some of them hidden, and a recount of their plays by hand."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import func, select, update

from goscrobble.domain.accounts import Privacy, may_see
from goscrobble.domain.periods import zone
from goscrobble.models import Album, Artist, ScrobbleRow, Spelling, Told, Track, TrackArtist, table
from goscrobble.services import ingest
from goscrobble.storage import users
from goscrobble.testing import make_account, make_draft

AT = 1_780_000_000  # 2026-05-28 20:26:40 UTC
DAY = 86_400
TABLES = {"artists": table(Artist), "albums": table(Album), "tracks": table(Track)}


def make_people(core, suffix=""):
    """One of each kind, and `bob`, a second whom everybody may see."""
    return {
        "ada": make_account(core, f"ada{suffix}", time_zone="Pacific/Auckland"),
        "bob": make_account(core, f"bob{suffix}"),
        "mia": make_account(core, f"mia{suffix}", privacy=Privacy.MEMBERS),
        "pia": make_account(core, f"pia{suffix}", privacy=Privacy.PRIVATE, time_zone="America/St_Johns"),
        "dan": make_account(core, f"dan{suffix}", is_disabled=True),
    }


def hear(core, account, title, artists=("Can",), album=None, at=AT, **values):
    """Let somebody hear something, and return the play if it is a new one."""
    draft = make_draft(title=title, artists=artists, album=album, played_at=at, **values)
    (outcome,) = ingest.submit(core, account.id, [draft], source="jellyfin", voice="living room")
    return getattr(outcome, "play", None)


def uuid_of(core, kind, name):
    """The id of the entry that somebody spells so."""
    entity, spelling = TABLES[kind], table(Spelling)
    query = select(entity.c.uuid).distinct().join(spelling, spelling.c.entity_id == entity.c.id)
    query = query.where(spelling.c.kind == list(TABLES).index(kind), spelling.c.text == name)
    with core.database.read() as connection:
        return connection.execute(query).scalar_one()


def merge(core, kind, uuid, into):
    """Merge an entry into another, as nobody but a test can yet."""
    entity = TABLES[kind]

    def work(connection):
        ids = dict(connection.execute(select(entity.c.uuid, entity.c.id).where(entity.c.uuid.in_([uuid, into]))).all())
        connection.execute(update(entity).where(entity.c.id == ids[uuid]).values(canonical_id=ids[into]))

    core.database.write(work)


@dataclass(frozen=True)
class Play:
    """A play with everything it counts for, by the ids that are shown."""

    id: int
    user: object
    at: int
    seconds: int
    artists: tuple
    albums: tuple
    tracks: tuple
    track: int  # as identified
    album: int | None


def every_play(core):
    """All plays, as they are stored."""
    scrobble, credit = table(ScrobbleRow), table(TrackArtist)
    with core.database.read() as connection:
        shown, keys = {}, {}
        for kind, entity in TABLES.items():
            rows = connection.execute(select(entity.c.id, entity.c.uuid, entity.c.canonical_id)).all()
            own = {row.id: row.uuid for row in rows}
            shown[kind] = {row.id: own[row.canonical_id or row.id] for row in rows}
            keys |= {row.uuid: row.id for row in rows}
        people = {row.id: users.account(row) for row in connection.execute(select(*users.columns()))}
        credited = {}
        for track, artist in connection.execute(select(credit.c.track_id, credit.c.artist_id)):
            credited.setdefault(track, []).append(shown["artists"][artist])
        plays = [
            Play(
                row.id,
                people[row.user_id],
                row.played_at,
                row.listened or row.duration or 0,
                tuple(credited[row.track_id]),
                (shown["albums"][row.album_id],) if row.album_id else (),
                (shown["tracks"][row.track_id],),
                row.track_id,
                row.album_id,
            )
            for row in connection.execute(select(scrobble))
        ]
    return plays, keys


def visible(plays, viewer):
    return [play for play in plays if may_see(viewer, play.user)]


def of(plays, kind, uuid):
    """The plays of an entry, once for each credit of it."""
    return [play for play in plays for one in getattr(play, kind) if one == uuid]


def summed(plays):
    """Plays, seconds, listeners, first, last."""
    if not plays:
        return None
    times = [play.at for play in plays]
    heads = len({play.user.id for play in plays})
    return len(plays), sum(play.seconds for play in plays), heads, min(times), max(times)


def by_month(plays, time_zone):
    """Plays of each month from the first one's to the last one's."""
    tz = UTC if time_zone is None else zone(time_zone)
    months = Counter((local.year, local.month) for local in (datetime.fromtimestamp(play.at, tz) for play in plays))
    (year, month), last = min(months), max(months)
    found = []
    while (year, month) <= last:
        found.append((date(year, month, 1), months[year, month]))
        year, month = year + month // 12, month % 12 + 1
    return found


def chart(plays, kind, keys):
    """The ids of a listener's entries, best first."""
    entries = {uuid: of(plays, kind, uuid) for play in plays for uuid in getattr(play, kind)}
    return sorted(entries, key=lambda u: (-len(entries[u]), -max(p.at for p in entries[u]), keys[u]))


def told_together(core):
    """By who told them, pairs of an id of a track as identified and of an album as shown, and vice versa."""
    told, track, album = table(Told), TABLES["tracks"], TABLES["albums"]
    shown_track, shown_album = track.alias("shown_track"), album.alias("shown_album")
    query = (
        select(told.c.user_id, told.c.track_id, told.c.album_id, shown_track.c.uuid, shown_album.c.uuid)
        .join(track, track.c.id == told.c.track_id)
        .join(shown_track, shown_track.c.id == func.coalesce(track.c.canonical_id, track.c.id))
        .join(album, album.c.id == told.c.album_id)
        .join(shown_album, shown_album.c.id == func.coalesce(album.c.canonical_id, album.c.id))
    )
    pairs = {}
    with core.database.read() as connection:
        for user_id, track_id, album_id, track_uuid, album_uuid in connection.execute(query):
            pairs.setdefault(user_id, set()).update({(track_id, album_uuid), (track_uuid, album_id)})
    return pairs
