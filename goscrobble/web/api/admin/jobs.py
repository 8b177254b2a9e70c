"""Background work: what waits, what runs, what failed for good."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from flask import Blueprint
from pydantic import BaseModel, Field

from goscrobble.services import administration, queue
from goscrobble.services.queue import QueuedJob, State
from goscrobble.web import auth, current_core
from goscrobble.web.api.openapi import describe
from goscrobble.web.api.shapes import moment
from goscrobble.web.body import Text, query

blueprint = Blueprint("api_admin_jobs", __name__, url_prefix="/api/v1/admin/jobs")


class Job(BaseModel):
    """A piece of background work."""

    id: int
    kind: str = Field(description='Of what recurs, it begins with "every:".')
    state: State
    run_at: datetime = Field(description="When it is due; of a dead one, when it was tried last.")
    attempts: int
    last_error: str
    created_at: datetime
    problem: str = Field(description="Why nothing will come of it and what to do, in one sentence; mostly empty.")

    @classmethod
    def of(cls, job: QueuedJob) -> Job:
        """Return the job in this shape."""
        times = {"run_at": moment(job.run_at), "created_at": moment(job.created_at)}
        return cls.model_validate(asdict(job) | times | {"problem": queue.problem(job)})


class JobQuery(BaseModel):
    """Which jobs to list."""

    state: State = Field(default="dead", description="waiting: those due first; dead: those that failed last.")
    cursor: Annotated[str, Text(64)] = Field(default="", description="`next` of the page before.")
    limit: int = Field(default=50, ge=1, le=200)


class Jobs(BaseModel):
    """A page of jobs, and how many there are in all."""

    jobs: list[Job]
    next: str | None
    counts: dict[State, int]


@blueprint.get("")
@describe(tags=["Admin"], summary="Background jobs", query=JobQuery, answers={200: Jobs}, auth="admin")
def list_jobs() -> dict[str, Any]:
    """Answer a page of jobs."""
    auth.require_admin()
    wanted, core = query(JobQuery), current_core()
    page = queue.list_all(core, wanted.state, cursor=wanted.cursor, limit=wanted.limit)
    found = [Job.of(job) for job in page.jobs]
    return Jobs.model_validate({"jobs": found, "next": page.next, "counts": queue.count(core)}).model_dump(mode="json")


@blueprint.post("/<int:job_id>/retry")
@describe(tags=["Admin"], summary="Try a job once more that failed for good", auth="admin", errors=(409,))
def retry_job(job_id: int) -> dict[str, Any]:
    """Put a dead job back."""
    by = auth.require_admin().account
    administration.retry_job(current_core(), by, job_id)
    return {"message": "The job is tried once more"}


@blueprint.delete("/<int:job_id>")
@describe(
    tags=["Admin"],
    summary="Discard a job that failed for good, or that no plugin here knows",
    auth="admin",
    errors=(409,),
)
def discard_job(job_id: int) -> dict[str, Any]:
    """Forget a job."""
    by = auth.require_admin().account
    administration.discard_job(current_core(), by, job_id)
    return {"message": "The job was discarded"}
