"""The server's own secrets: files in the instance folder, made on the first run, never in the database."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet

from goscrobble.errors import BadConfig

JWT_KEY_FILE = "jwt.key"
SECRETS_KEY_FILE = "secrets.key"
SHORTEST_JWT_KEY = 64  # bytes: what HS512 needs


@dataclass(frozen=True, slots=True)
class Keys:
    """`jwt` signs access tokens (HS512); `secrets` encrypt what third parties gave us, the first for what is new."""

    jwt: bytes
    secrets: tuple[bytes, ...]


def load(instance_path: Path) -> Keys:
    """Read the keys, making those that are missing. Raises BadConfig for one that is too short or unreadable."""
    instance_path.mkdir(mode=0o700, parents=True, exist_ok=True)
    jwt = _read_or_make(instance_path / JWT_KEY_FILE, lambda: secrets.token_urlsafe(SHORTEST_JWT_KEY))
    if len(jwt) < SHORTEST_JWT_KEY:
        file = instance_path / JWT_KEY_FILE
        raise BadConfig(f"The key in {file} is shorter than {SHORTEST_JWT_KEY} bytes; delete it to get a new one.")
    return Keys(jwt=jwt, secrets=_fernet_keys(instance_path / SECRETS_KEY_FILE))


def _fernet_keys(file: Path) -> tuple[bytes, ...]:
    """Return the keys of a file, one a line: put a new one on top to change it, and keep the old ones below."""
    found = tuple(_read_or_make(file, lambda: Fernet.generate_key().decode()).split())
    try:
        for key in found:
            Fernet(key)
    except ValueError:
        raise BadConfig(f"A line of {file} is no key: 32 bytes in URL-safe base64 are needed.") from None
    if not found:
        raise BadConfig(f"The key file {file} is empty; put it back from your backup, or delete it to begin anew.")
    return found


def _read_or_make(file: Path, make: Callable[[], str]) -> bytes:
    try:
        _make(file, make)
        return file.read_bytes().strip()
    except OSError as error:
        raise BadConfig(f"The key file {file} cannot be used: {error.strerror}") from None


def _make(file: Path, make: Callable[[], str]) -> None:
    """Write a new key unless there is one; of several processes that start at once, one wins."""
    if file.exists():
        return
    draft = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        handle.write(make())
    try:
        os.link(draft, file)  # fails if another process was first
    except FileExistsError:
        pass
    finally:
        draft.unlink()
