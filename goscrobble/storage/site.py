"""Charts of the whole site: what they are made of, and what was made of it a moment ago."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, select, update

from goscrobble.models import SiteChart, User, UserClock, table
from goscrobble.storage.dialect import upsert
from goscrobble.storage.users import visible_to

_chart, _user, _clock = table(SiteChart), table(User), table(UserClock)

LISTENERS = select(_user.c.id).where(visible_to(None))  # those whom everybody may see


@dataclass(frozen=True, slots=True)
class ChartRow:
    """A stored chart. Times are Unix seconds."""

    name: str
    document: str  # JSON
    basis: str
    computed_at: int
    asked_at: int


def basis(connection: Connection) -> str:
    """Return a text that is another one whenever a play, or who is public, may have changed."""
    query = select(func.count(), func.sum(_user.c.id), func.sum(_user.c.revision)).where(visible_to(None))
    return ".".join(str(int(number or 0)) for number in connection.execute(query).one())


def liveliest(connection: Connection) -> str | None:
    """Return the name of the public listener whose plays changed most often; None where nobody has any."""
    has_plays = select(_clock.c.user_id).where(_clock.c.user_id == _user.c.id).exists()
    query = select(_user.c.username).where(visible_to(None), has_plays)
    return connection.execute(query.order_by(_user.c.revision.desc(), _user.c.id).limit(1)).scalar()


def find(connection: Connection, name: str) -> ChartRow | None:
    """Return the stored chart of this name."""
    row = connection.execute(select(_chart).where(_chart.c.name == name)).first()
    return None if row is None else ChartRow(*row)


def asked_since(connection: Connection, since: int) -> list[ChartRow]:
    """Return the charts that somebody has asked for since a time."""
    return [ChartRow(*row) for row in connection.execute(select(_chart).where(_chart.c.asked_at >= since))]


def keep(connection: Connection, row: ChartRow) -> None:
    """Store a chart in place of the one of its name."""
    values = {column.name: getattr(row, column.name) for column in _chart.c}
    changed = {name: value for name, value in values.items() if name != "name"}
    new = upsert(connection, _chart).values(values)
    connection.execute(new.on_conflict_do_update(index_elements=["name"], set_=changed))


def note_asked(connection: Connection, name: str, at: int) -> None:
    """Note that a chart is wanted."""
    connection.execute(update(_chart).where(_chart.c.name == name).values(asked_at=at))


def forget(connection: Connection, before: int) -> None:
    """Forget the charts that nobody has asked for since a time."""
    connection.execute(delete(_chart).where(_chart.c.asked_at < before))
