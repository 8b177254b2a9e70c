"""`/u/<username>/compare`: a listener beside another (`?with=`), or at two times, which are named as in the API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request

from goscrobble.domain.accounts import Account
from goscrobble.domain.periods import LAST_DAYS, Period, day_bounds, days_of, parse_dates, parse_range, previous, zone
from goscrobble.errors import BadInput, NotFound
from goscrobble.services import accounts, comparing, statistics
from goscrobble.services.core import Core
from goscrobble.web import current_core, forms
from goscrobble.web.forms import Form
from goscrobble.web.pages import ranges, user, visitor
from goscrobble.web.translations import gettext as _
from goscrobble.web.translations import translated

TOPS = 10  # artists of each side
SHARED = 20  # artists in common that are named
DEFAULT = "all"  # of two listeners
DAYS = ("from", "to", "other_from", "other_to")

blueprint = Blueprint("compare", __name__)


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two columns: whose or when it is, and where its whole chart is."""

    name: str
    username: str
    query: dict[str, str]
    totals: statistics.Totals
    artists: list[statistics.TopEntry]


@dataclass(frozen=True, slots=True)
class Preset:
    """The last days beside as many before them, as an address."""

    name: str
    query: dict[str, str]


@blueprint.get("/u/<username>/compare")
def show(username: str) -> Response:
    """Show two listeners if `?with=` is given, else two times: `?from=&to=&other_from=&other_to=`."""
    core, viewer = current_core(), visitor.account()
    owner = accounts.visible(core, username, viewer)
    form = Form({name: tuple(texts) for name, texts in request.args.lists()})
    with_somebody = "with" in request.args
    try:
        found = _people(core, owner, viewer, form) if with_somebody else _times(core, owner, form)
    except (BadInput, NotFound) as error:
        return forms.refuse(error, _page(core, owner, viewer, form.refused(error), with_somebody=with_somebody))
    return make_response(_page(core, owner, viewer, form, with_somebody=with_somebody, **found))


def _page(
    core: Core, owner: Account, viewer: Account | None, form: Form, *, with_somebody: bool, **found: object
) -> str:
    return render_template(
        "compare.html",
        **user.head(core, owner, viewer),
        form=form,
        with_somebody=with_somebody,
        ranges=ranges.named(),
        presets=_presets(owner),
        **found,
    )


# ---- two listeners ----


def _people(core: Core, owner: Account, viewer: Account | None, form: Form) -> dict[str, Any]:
    """Return what the page tells of two listeners; nothing while nobody is named. Raises BadInput, NotFound."""
    name = form.text("with")
    if not name:
        return {}
    try:
        other = accounts.visible(core, name, viewer)
    except NotFound:  # unknown and hidden alike
        raise NotFound(_("There is no listener “%(name)s” whom you may see.", name=name)) from None
    if other.id == owner.id:
        raise BadInput(_("These are %(name)s's own pages: choose somebody else.", name=owner.username))
    try:
        chosen = ranges.chosen(owner, DEFAULT)
    except BadInput as error:
        raise BadInput(f"{_('The time')}: {translated(error)}") from None
    compared = comparing.users(core, owner, other, chosen.period, limit=SHARED)
    days = days_of(chosen.period, zone(owner.time_zone))
    sides = [
        Side(
            account.username,
            account.username,
            chosen.query,
            totals,
            statistics.top(core, account, "artists", day_bounds(*days, zone(account.time_zone)), limit=TOPS),
        )
        for account, totals in ((owner, compared.totals), (other, compared.other_totals))
    ]
    return {"chosen": chosen, "compared": compared, "sides": sides, "other": other}


# ---- two times ----


def _times(core: Core, owner: Account, form: Form) -> dict[str, Any]:
    """Return what the page tells of two times: those asked for, or the last 30 days and as many before.

    Raises BadInput.
    """
    asked = {name: form.text(name) for name in DAYS}
    if not any(asked.values()):
        asked = _before(owner, ranges.DEFAULT)
    one = _time(owner, asked["from"], asked["to"], _("The one time"))
    other = _time(owner, asked["other_from"], asked["other_to"], _("The other time"))
    compared = comparing.periods(core, owner, one.period, other.period, limit=TOPS)
    sides = [
        Side(chosen.name, owner.username, chosen.query, totals, artists)
        for chosen, totals, artists in (
            (one, compared.totals, compared.artists),
            (other, compared.other_totals, compared.other_artists),
        )
    ]
    return {"asked": asked, "sides": sides}


def _time(owner: Account, first: str, last: str, name: str) -> ranges.Chosen:
    tz = zone(owner.time_zone)
    try:
        period = parse_dates(first, last, tz, current_core().now())
    except ValueError as error:
        raise BadInput(f"{name}: {translated(error)}") from None
    return ranges.make(period, {"from": first, "to": last}, owner)


def _presets(owner: Account) -> list[Preset]:
    return [Preset(name, _before(owner, value)) for value, name in ranges.named() if value in LAST_DAYS]


def _before(owner: Account, named: str) -> dict[str, str]:
    """Return the days of a named range and of as many days before, as an address gives them."""
    tz = zone(owner.time_zone)
    period = parse_range(named, tz, current_core().now())
    return _days(period, owner, "") | _days(previous(period, tz) or period, owner, "other_")


def _days(period: Period, owner: Account, prefix: str) -> dict[str, str]:
    chosen = ranges.make(period, {}, owner)
    return {
        f"{prefix}{name}": day.isoformat()
        for name, day in (("from", chosen.first), ("to", chosen.last))
        if day is not None
    }
