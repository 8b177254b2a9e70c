"""Short ways to write reports down, and to see what became of them."""

from itertools import count

from goscrobble.domain import names, twins
from goscrobble.domain.drafts import Stamp

_numbers = count(1)


def report(
    told_at,
    voice="jellyfin",
    stamp=Stamp.START,
    *,
    title="Night Road",
    artists=("Ada",),
    duration=200,
    **fields,
):
    """A report whose `told` is a number of its own."""
    return twins.Report(
        told_at,
        voice,
        stamp,
        names.title_key(title),
        names.artist_keys(title, tuple(artists)),
        duration,
        title=title,
        **({"told": next(_numbers)} | fields),
    )


def plays_of(reports):
    """The plays of all neighbourhoods, by start."""
    groups = [group for component in twins.components(reports) for group in twins.settle(component)]
    return sorted(groups, key=lambda group: group.start)


def partition(groups):
    """Which reports stand together, whatever the order."""
    return {frozenset(report.told for report in group.reports) for group in groups}
