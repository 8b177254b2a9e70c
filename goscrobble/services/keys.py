"""The server's own secrets: files in the instance folder, made on the first run, never in the database."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from goscrobble.errors import BadConfig

JWT_KEY_FILE = "jwt.key"
SHORTEST_JWT_KEY = 64  # bytes: what HS512 needs


@dataclass(frozen=True, slots=True)
class Keys:
    """`jwt` signs access tokens (HS512)."""

    jwt: bytes


def load(instance_path: Path) -> Keys:
    """Read the keys, making those that are missing. Raises BadConfig for one that is too short or unreadable."""
    instance_path.mkdir(parents=True, exist_ok=True)
    return Keys(jwt=_read_or_make(instance_path / JWT_KEY_FILE))


def _read_or_make(file: Path) -> bytes:
    try:
        _make(file)
        key = file.read_bytes().strip()
    except OSError as error:
        raise BadConfig(f"The key file {file} cannot be used: {error.strerror}") from None
    if len(key) < SHORTEST_JWT_KEY:
        raise BadConfig(f"The key in {file} is shorter than {SHORTEST_JWT_KEY} bytes; delete it to get a new one.")
    return key


def _make(file: Path) -> None:
    """Write a new key unless there is one; of several processes that start at once, one wins."""
    if file.exists():
        return
    draft = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        handle.write(secrets.token_urlsafe(SHORTEST_JWT_KEY))
    try:
        os.link(draft, file)  # fails if another process was first
    except FileExistsError:
        pass
    finally:
        draft.unlink()
