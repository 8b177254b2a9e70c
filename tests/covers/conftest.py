"""Pictures to upload, good and hostile, and people to upload them."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image

from goscrobble.services import ingest, sessions, tokens
from goscrobble.testing import make_account, make_draft
from goscrobble.testing.clock import START
from goscrobble.web.sessions import COOKIE

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


def encoded(kind="PNG", size=(400, 300), colour=(200, 30, 30), **options):
    """Return an image of one colour as a file."""
    out = io.BytesIO()
    mode = "RGBA" if len(colour) == 4 else "RGB"
    Image.new(mode, size, colour).save(out, kind, **options)
    return out.getvalue()


def png_that_says(width, height, body=b""):
    """Return a small PNG whose header speaks of a large one."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(body)) + chunk(b"IEND", b"")


def decoded(raw):
    image = Image.open(io.BytesIO(raw))
    image.load()
    return image


@pytest.fixture
def heard(core):
    """Let someone hear a track; returns the play's (artist id, album id)."""

    def heard(account, artist="deadmau5", album="For Lack of a Better Name", ago=3600):
        from goscrobble.services import history

        draft = make_draft(title="Strobe", artists=(artist,), album=album, played_at=int(START) - ago)
        ingest.submit(core, account.id, [draft], source="jellyfin")
        (play, *_), _ = history.recent(core, account)
        return play.artists[0].id, play.album.id

    return heard


@pytest.fixture
def ada(app, core):
    return make_account(core, "ada")


@pytest.fixture
def bob(app, core):
    return make_account(core, "bob")


@pytest.fixture
def mod(app, core):
    return make_account(core, "mod", is_mod=True)


@pytest.fixture
def upload(client, core):
    """Put a picture with the API, as somebody."""

    def upload(account, kind, uuid, raw, scopes=("write",), method="PUT"):
        token = tokens.add_api_token(core, account, "test", set(scopes))[1]
        headers = {"Authorization": f"Bearer {token}"}
        return client.open(f"/api/v1/{kind}s/{uuid}/cover", method=method, data=raw, headers=headers)

    return upload


@pytest.fixture
def browser(app, core):
    """Return a client in whose browser somebody is signed in (None: nobody)."""

    def browser(account=None):
        client = app.test_client()
        if account is not None:
            client.set_cookie(COOKIE, sessions.open_web(core, account))
        return client

    return browser
