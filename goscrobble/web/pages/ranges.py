"""Which time a page is about: a named range, or two days, both in the owner's time zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import request

from goscrobble.domain.accounts import Account
from goscrobble.domain.habits import Unit
from goscrobble.domain.periods import FIRST_YEAR, Period, parse_asked, previous, zone
from goscrobble.errors import BadInput
from goscrobble.web import current_core
from goscrobble.web.pages import formats
from goscrobble.web.translations import gettext as _

DEFAULT = "30d"
_DAYS, _WEEKS = 92, 760  # a longer time is shown by week, by month


@dataclass(frozen=True, slots=True)
class Chosen:
    """A time, what it is called, and how an address says it."""

    period: Period
    name: str
    query: dict[str, str]  # of addresses: {"range": "30d"}, or {"from": …, "to": …}
    first: date | None  # None: open
    last: date | None
    before: Period | None  # as many days before
    unit: Unit  # that its plays are shown by

    @property
    def value(self) -> str:
        """The named range, "" for two days."""
        return self.query.get("range", "")


def named() -> list[tuple[str, str]]:
    """Return the ranges that every switch offers, each with its name."""
    return [
        ("7d", _("7 days")),
        ("30d", _("30 days")),
        ("90d", _("90 days")),
        ("365d", _("1 year")),
        ("all", _("All time")),
    ]


def chosen(owner: Account, default: str = DEFAULT) -> Chosen:
    """Return what this request's address asks for, or the named range `default`. Raises BadInput."""
    tz, now = zone(owner.time_zone), current_core().now()
    first, last = request.args.get("from", ""), request.args.get("to", "")
    value = request.args.get("range", default)
    try:
        if first or last:
            today = datetime.fromtimestamp(now, tz).date().isoformat()
            query = {"from": first or f"{FIRST_YEAR}-01-01", "to": last or today}
        else:
            query = {"range": value}
        period = parse_asked(value, query.get("from"), query.get("to"), tz, now)
    except ValueError as error:
        raise BadInput(*error.args) from None
    return make(period, query, owner)


def make(period: Period, query: dict[str, str], owner: Account) -> Chosen:
    """Return a period of an owner's with what pages say of it."""
    tz = zone(owner.time_zone)
    first = None if period.start is None else datetime.fromtimestamp(period.start, tz).date()
    last = None if period.end is None else datetime.fromtimestamp(period.end, tz).date() - timedelta(days=1)
    name = dict(named()).get(query.get("range", ""), "") or query.get("range", "")
    if not name and first is not None and last is not None:
        name = _("%(first)s to %(last)s", first=formats.short_day(first), last=formats.short_day(last))
    return Chosen(period, name, query, first, last, previous(period, tz), unit_of(first, last))


def unit_of(first: date | None, last: date | None) -> Unit:
    """Return by which unit the plays of some days are shown best."""
    if first is None or last is None:
        return "month"
    days = (last - first).days + 1
    return "day" if days <= _DAYS else "week" if days <= _WEEKS else "month"
