"""What many questions have in common: about whom, and about which time."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field

from goscrobble.domain.accounts import Account
from goscrobble.domain.periods import Period, parse_asked, zone
from goscrobble.errors import BadInput
from goscrobble.services import accounts
from goscrobble.services import settings as runtime_settings
from goscrobble.web import auth, current_core
from goscrobble.web.body import Text


class RangeQuery(BaseModel):
    """A period: a named range, or two days, which win over it."""

    range: Annotated[str, Text(20)] = Field(
        default="all",
        description="7d, 30d, 90d, 365d, all, a year (2024), a month (2024-03) or an ISO week (2024-W11).",
    )
    from_: Annotated[str, Text(10)] | None = Field(default=None, alias="from", description="First day, 2024-03-31.")
    to: Annotated[str, Text(10)] | None = Field(default=None, description="Last day, 2024-04-30.")


def viewer() -> Account | None:
    """Return who asks, None for a stranger. Raises NotAuthenticated or NotAllowed for a credential that does not do."""
    return auth.require("read").account if auth.identify() is not None else None


def owner_of(username: str) -> Account:
    """Return the user if the caller may see them. Raises NotFound, alike for private and unknown."""
    return accounts.visible(current_core(), username, viewer())


def period_of(wanted: RangeQuery, owner: Account) -> Period:
    """Return the period that is asked for, in the owner's time zone; without `from` it has no beginning.

    Raises BadInput.
    """
    return _period(wanted, zone(owner.time_zone))


def site_period_of(wanted: RangeQuery) -> Period:
    """Return the period that is asked for, in the instance's default time zone. Raises BadInput."""
    return _period(wanted, zone(runtime_settings.runtime(current_core()).default_timezone))


def _period(wanted: RangeQuery, tz: ZoneInfo) -> Period:
    now = current_core().now()
    try:
        return parse_asked(wanted.range, wanted.from_, wanted.to, tz, now)
    except ValueError as error:
        raise BadInput(str(error)) from None
