"""`/admin/jobs`: background work that waits, runs, or failed for good."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, render_template, request, url_for

from goscrobble.domain.accounts import Account
from goscrobble.errors import NotFound
from goscrobble.services import administration, queue
from goscrobble.services.core import Core
from goscrobble.web import current_core, forms
from goscrobble.web.forms import Form
from goscrobble.web.pages import visitor
from goscrobble.web.translations import N_, translated
from goscrobble.web.translations import gettext as _

ROWS = 50  # of one page
STATES = (("waiting", N_("Waiting")), ("running", N_("Running")), ("dead", N_("Failed")))

blueprint = Blueprint("jobs", __name__, url_prefix="/jobs")


@blueprint.get("")
def show() -> str:
    """Show a page of jobs; `?state=` chooses which, `?after=` turns pages."""
    return _page(request.args.get("state", "waiting"), request.args.get("after", ""))


@blueprint.post("/<job>/retry")
def retry(job: str) -> Response:
    """Try a job once more."""
    return _attempt("retried", lambda core, by: administration.retry_job(core, by, job))


@blueprint.post("/<job>/discard")
def discard(job: str) -> Response:
    """Forget a job."""
    return _attempt("discarded", lambda core, by: administration.discard_job(core, by, job))


def _attempt(done: str, act: Callable[[Core, Account], None]) -> Response:
    """Do what a button asks, and go back to the list it was in."""
    by, form = visitor.required_admin(), forms.read()
    state = form.text("state") if form.text("state") in queue.STATES else "dead"
    try:
        act(current_core(), by)
    except (*forms.REFUSALS, NotFound) as error:
        return forms.refuse(error, _page(state, form=form.refused(error)))
    return forms.go_on(url_for("pages.admin.jobs.show", state=state, done=done))


def _page(state: str, after: str = "", form: Form | None = None) -> str:
    core = current_core()
    listing = queue.list_all(core, state, cursor=after, limit=ROWS)
    return render_template(
        "admin/jobs.html",
        states=[(value, _(name)) for value, name in STATES],
        state=state,
        counts=queue.count(core),
        jobs=[(job, translated(queue.problem(job))) for job in listing.jobs],
        next=listing.next,
        is_later=bool(after),
        form=form,
        done=visitor.done(),
    )
