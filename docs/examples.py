"""The examples of the API's document: what a little server answers, recorded. A test asks again and compares."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from flask import Flask
from sqlalchemy import update

from goscrobble.app import create_app
from goscrobble.domain.accounts import Account
from goscrobble.domain.drafts import ScrobbleDraft
from goscrobble.migrations import runner
from goscrobble.models import Album, Artist, Track, User, table
from goscrobble.services import accounts, ids, ingest, sessions
from goscrobble.services.core import Core
from goscrobble.storage import instance_keys
from goscrobble.storage.database import Connection
from goscrobble.testing import Clock, make_account, make_settings
from goscrobble.testing.clock import START
from goscrobble.web import access_tokens

FILE = ROOT / "goscrobble" / "web" / "api" / "examples.json"
DAY = 86400
HEARD = (  # title, artists, album, length; days ago; how often
    ("Jóga", ("Björk",), "Homogenic", 305, 0, 3),
    ("Bachelorette", ("Björk",), "Homogenic", 316, 1, 2),
    ("Under Pressure", ("Queen", "David Bowie"), "Hot Space", 248, 2, 2),
    ("Jóga", ("Björk",), "Homogenic", 305, 40, 2),
    ("Hyperballad", ("Björk",), "Post", 321, 40, 1),
)
CHOSEN = {  # what is asked, where the address alone would not do
    "/users/{username}/top/artists": "range=30d&limit=2&movement=true",
    "/users/{username}/top/albums": "range=2026-05&by=time&limit=2",
    "/users/{username}/top/tracks": "from=2026-05-01&to=2026-05-31&limit=2",
    "/users/{username}/scrobbles": "from=2026-05-30&to=2026-05-31&limit=2",
    "/users/{username}/stats": "range=7d",
    "/users/{username}/activity": "unit=week&range=30d",
    "/users/{username}/sessions": "range=30d&limit=2",
    "/users/{username}/milestones": "limit=2",
    "/users/{username}/discoveries": "unit=month&range=90d",
    "/users/{username}/compare": "from=2026-05-25&to=2026-05-31&other_from=2026-04-01&other_to=2026-04-30",
    "/search": "q=bjork",
    "/recent": "limit=2",
    "/top/artists": "range=30d&limit=2",
    "/top/albums": "limit=2",
    "/top/tracks": "limit=2",
}
LEFT_OUT = ("/admin/", "/config", "/live", "/link/", "/user/spotify", "/openapi.json", "/serverinfo", "/serverstatus")


def record(app: Flask) -> dict[str, dict[str, Any]]:
    """Fill the empty server of `app` and return what it answers: "GET /users/{username}" to (request, answer)."""
    core: Core = app.extensions["goscrobble"]
    ada = _fill(core)
    with app.app_context():
        headers = {"Authorization": f"Bearer {access_tokens.make(sessions.start(core, ada))}"}
    client, found = app.test_client(), {}
    paths = app.test_client().get("/api/v1/openapi.json").json["paths"]
    for template, address in _addresses(paths, ids.of(core).token(1)):
        answer = client.get(address, headers=headers)
        if answer.status_code != HTTPStatus.OK:
            raise RuntimeError(f"{address}: {answer.status_code} {answer.text}")
        found[f"GET {template}"] = {"request": address, "answer": answer.json}
    return found


def text() -> str:
    """Return what the file of examples shall hold."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'goscrobble.db'}"
        runner.upgrade(url)
        limits = dict.fromkeys(("rate_limit_light", "rate_limit_standard"), "1000/s burst 1000")
        app = create_app(make_settings(Path(folder), database_url=url, log_level="ERROR", **limits), clock=Clock())
        found = record(app)
        app.extensions["goscrobble"].database.close()
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"


def _addresses(paths: dict[str, Any], play_id: str) -> Iterator[tuple[str, str]]:
    values = {"username": "ada", "other": "bob", "year": "2026", "play_id": play_id, "plugin": "jellyfin"}
    for template, operations in sorted(paths.items()):
        path = template.removeprefix("/api/v1")
        if "get" not in operations or path.startswith(LEFT_OUT) or "{source_id}" in path:
            continue
        entry = {"artists": Artist, "albums": Album, "tracks": Track}.get(path.split("/")[1])
        address = template.replace("{entry}", _uuid(entry, 1)) if entry is not None else template
        for name, value in values.items():
            address = address.replace(f"{{{name}}}", value)
        yield path, address + (f"?{CHOSEN[path]}" if path in CHOSEN else "")


def _fill(core: Core) -> Account:
    """Make two listeners and what they heard; return the first."""
    core.database.write(lambda connection: instance_keys.add(connection, instance_keys.IDS, bytes(32)))
    ada = make_account(core, "ada", time_zone="Europe/Berlin", admin=True)
    bob = make_account(core, "bob")
    for account, heard in ((ada, HEARD), (bob, HEARD[:1] + HEARD[2:3])):
        for title, artists, album, length, ago, times in heard:
            for n in range(times):
                at = int(START) - 7200 - ago * DAY + n * (length + 20)
                draft = ScrobbleDraft(title=title, artists=artists, album=album, duration=length, played_at=at)
                ingest.submit(core, account.id, [draft], source="jellyfin")
    core.database.write(_name_ids)
    return accounts.named(core, "ada")


def _name_ids(connection: Connection) -> None:
    """Give everything an id that is the same each time."""
    for model in (Artist, Album, Track, User):
        of = table(model)
        for (number,) in connection.execute(of.select().with_only_columns(of.c.id)).all():
            connection.execute(update(of).where(of.c.id == number).values(uuid=_uuid(model, number)))


def _uuid(model: type[Any], number: int) -> str:
    kind = {Artist: "a", Album: "b", Track: "c", User: "d"}[model]
    return f"{kind * 8}-0000-4000-8000-{number:012d}"
