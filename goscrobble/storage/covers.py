"""Pictures of artists and albums, and of which entry of the catalogue they are."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, delete, func, or_, select

from goscrobble.domain.accounts import Account
from goscrobble.models import Album, Artist, Cover, User, UserAlbum, UserArtist, table
from goscrobble.storage.dialect import upsert
from goscrobble.storage.entries import Shared, names_of
from goscrobble.storage.users import visible_to

Kind = Literal["artist", "album"]
_cover, _user = table(Cover), table(User)
_ENTITIES = {"artist": table(Artist), "album": table(Album)}
_HEARD = {"artist": table(UserArtist), "album": table(UserAlbum)}
_KEYS = {"artist": table(UserArtist).c.artist_id, "album": table(UserAlbum).c.album_id}
_MOST_BOUND = 500  # values in one IN (...)


@dataclass(frozen=True, slots=True)
class Pictured:
    """An entry of the catalogue (the one it was merged into), and its picture's digest and owner, if there is one."""

    id: int
    uuid: str
    digest: str | None
    user_id: int | None


def find(connection: Connection, kind: Kind, uuid: str) -> Pictured | None:
    """Return the entry of a UUID."""
    own, entity = _ENTITIES[kind].alias("own"), _ENTITIES[kind]
    query = (
        select(entity.c.id, entity.c.uuid, _cover.c.digest, _cover.c.user_id)
        .select_from(own)
        .join(entity, entity.c.id == func.coalesce(own.c.canonical_id, own.c.id))
        .outerjoin(_cover, (_cover.c.entity == kind) & (_cover.c.entity_id == entity.c.id))
        .where(own.c.uuid == uuid)
    )
    row = connection.execute(query).first()
    return None if row is None else Pictured(*row)


def name(connection: Connection, kind: Kind, entry: int, viewer: Account | None) -> str:
    """Return what the entry is called where `viewer` sees it."""
    return names_of(connection, f"{kind}s", [entry], Shared(viewer))[entry].name  # type: ignore[arg-type]


def is_visible(connection: Connection, kind: Kind, entry: int, viewer: Account | None) -> bool:
    """Return whether somebody whom `viewer` may see has played this."""
    heard = _HEARD[kind]
    query = select(heard.c.user_id).join(_user, _user.c.id == heard.c.user_id).where(visible_to(viewer))
    return connection.execute(query.where(_is(kind, entry)).limit(1)).first() is not None


def has_played(connection: Connection, kind: Kind, entry: int, user_id: int) -> bool:
    """Return whether this user has played this."""
    heard = _HEARD[kind]
    query = select(heard.c.user_id).where(heard.c.user_id == user_id, _is(kind, entry)).limit(1)
    return connection.execute(query).first() is not None


def image(connection: Connection, kind: Kind, entry: int, *, small: bool) -> bytes | None:
    """Return the picture's WebP, 64 or 300 pixels square."""
    column = _cover.c.small if small else _cover.c.large
    found = connection.execute(select(column).where(_cover.c.entity == kind, _cover.c.entity_id == entry)).scalar()
    return None if found is None else bytes(found)


def digests(connection: Connection, kind: Kind, uuids: Collection[str]) -> dict[str, str]:
    """Return the digests of those of these entries that have a picture of their own."""
    entity, wanted = _ENTITIES[kind], list(uuids)
    found: dict[str, str] = {}
    for start in range(0, len(wanted), _MOST_BOUND):
        query = (
            select(entity.c.uuid, _cover.c.digest)
            .join(_cover, (_cover.c.entity == kind) & (_cover.c.entity_id == entity.c.id))
            .where(entity.c.uuid.in_(wanted[start : start + _MOST_BOUND]))
        )
        found |= {row.uuid: row.digest for row in connection.execute(query)}
    return found


def put(connection: Connection, kind: Kind, entry: int, **values: Any) -> None:
    """Store a picture, or replace it: `small`, `large`, `digest`, `user_id`, `uploaded_at`."""
    statement = upsert(connection, _cover).values(entity=kind, entity_id=entry, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["entity", "entity_id"], set_=values))


def owner(connection: Connection, kind: Kind, entry: int) -> tuple[int | None] | None:
    """Return whose picture stands there, in a tuple: that of an account that is gone is nobody's. None: no picture."""
    row = connection.execute(
        select(_cover.c.user_id).where(_cover.c.entity == kind, _cover.c.entity_id == entry).with_for_update()
    ).first()
    return None if row is None else (row.user_id,)


def remove(connection: Connection, kind: Kind, entry: int) -> None:
    """Delete a picture."""
    connection.execute(delete(_cover).where(_cover.c.entity == kind, _cover.c.entity_id == entry))


def _is(kind: Kind, entry: int) -> ColumnElement[bool]:
    entity = _ENTITIES[kind]
    merged = select(entity.c.id).where(entity.c.canonical_id == entry)
    return or_(_KEYS[kind] == entry, _KEYS[kind].in_(merged))
