"""A plugin as it should be: it takes plays by webhook and by polling, has a page, a setting and a table of its own."""

import json
import urllib.request
from pathlib import Path

from flask import Blueprint
from markupsafe import Markup
from pydantic import Field
from sqlalchemy import Column, Integer, MetaData, Table, Text, insert, select

from goscrobble.plugins import (
    BadInput,
    Ingress,
    Migrations,
    PluginSettings,
    Polled,
    Poller,
    Rejected,
    RetryLater,
    Routes,
    ScrobbleDraft,
    Source,
    SourceAccount,
    SourceSettings,
    Toolkit,
    hookimpl,
)

metadata = MetaData()
seen = Table(
    "plugin_good_seen",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("title", Text, nullable=False),
)


class Settings(PluginSettings):
    greeting: str = Field(default="hello", description="What it answers to a play.")


class Connection(SourceSettings):
    address: str = Field(default="", description="Where the service answers.")


@hookimpl
def register_config() -> type[PluginSettings]:
    return Settings


@hookimpl
def register_sources() -> list[Source]:
    return [
        Source("Good player", "It posts what it plays.", ("Open {url}.",)),
        Source("Good service", "It is asked what was played.", settings=Connection),
    ]


@hookimpl
def register_pollers() -> list[Poller]:
    return [Poller(poll, every=1, source=1)]


@hookimpl
def register_migrations() -> Migrations:
    return Migrations(Path(__file__).parent / "migrations", metadata)


@hookimpl
def register_blueprints(toolkit: Toolkit) -> list[Ingress | Routes]:
    ingress, page = Blueprint("good", __name__), Blueprint("good_page", __name__)

    @ingress.post("")
    def receive() -> dict[str, str]:
        """Take a play."""
        told = toolkit.payload()
        (outcome,) = toolkit.submit([draft_of(told)])
        if isinstance(outcome, Rejected):
            raise BadInput(outcome.reason)
        toolkit.write(lambda connection: connection.execute(insert(seen).values(title=told["title"])))
        return {"message": toolkit.settings().greeting}

    @page.get("/titles")
    def titles() -> str:
        """Greet, and show what was posted."""
        with toolkit.read() as connection:
            found = connection.execute(select(seen.c.title).order_by(seen.c.id)).scalars().all()
        items = Markup("").join(Markup("<li>{}</li>").format(title) for title in found)
        return Markup("{}\n<ul>{}</ul>").format(toolkit.settings().greeting, items)

    return [Ingress(ingress), Routes(page, at="/good")]


def poll(account: SourceAccount) -> Polled:
    """Ask the service for what was played since the last time."""
    since = account.cursor or "0"
    try:
        with urllib.request.urlopen(f"{account.settings.address}?since={since}", timeout=10) as answer:
            plays = json.load(answer)
    except OSError as error:
        raise RetryLater("The service does not answer") from error
    return Polled([draft_of(play) for play in plays], cursor=str(max([play["at"] for play in plays], default=since)))


def draft_of(play: dict[str, str | int]) -> ScrobbleDraft:
    return ScrobbleDraft(title=play["title"], artists=("The Wheels",), played_at=play["at"], duration=180)
