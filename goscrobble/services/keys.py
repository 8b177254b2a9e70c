"""The server's own secrets: files in the instance folder, made on the first run, never in the database."""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet

from goscrobble.errors import BadConfig

JWT_KEY_FILE = "jwt.key"
SECRETS_KEY_FILE = "secrets.key"
SHORTEST_JWT_KEY = 64  # bytes: what HS512 needs
_FEWEST = 8  # different bytes that a key has which was made by chance


@dataclass(frozen=True, slots=True)
class Keys:
    """`jwt` signs access tokens (HS512); `secrets` encrypt what third parties gave us, the first for what is new."""

    jwt: bytes
    secrets: tuple[bytes, ...]


def load(instance_path: Path) -> Keys:
    """Read the keys, making those that are missing. Raises BadConfig for one that is too short or unreadable."""
    instance_path.mkdir(mode=0o700, parents=True, exist_ok=True)
    jwt = _read_or_make(instance_path / JWT_KEY_FILE, lambda: secrets.token_urlsafe(SHORTEST_JWT_KEY))
    file = instance_path / JWT_KEY_FILE
    if len(jwt) < SHORTEST_JWT_KEY:
        raise BadConfig(f"The key in {file} is shorter than {SHORTEST_JWT_KEY} bytes; delete it to get a new one.")
    if len(set(jwt)) < _FEWEST:
        raise BadConfig(f"The key in {file} can be guessed; delete it to get a new one.")
    return Keys(jwt=jwt, secrets=_fernet_keys(instance_path / SECRETS_KEY_FILE))


def has_secrets_key(instance_path: Path) -> bool:
    """Return whether there is a `secrets.key`."""
    return (instance_path / SECRETS_KEY_FILE).exists()


def add_secrets_key(instance_path: Path) -> None:
    """Put a new key on top: what is encrypted from the next start on is encrypted with it."""
    file = instance_path / SECRETS_KEY_FILE
    _write(file, [Fernet.generate_key(), *_fernet_keys(file)])


def drop_old_secrets_keys(instance_path: Path) -> None:
    """Keep the first key alone."""
    file = instance_path / SECRETS_KEY_FILE
    _write(file, _fernet_keys(file)[:1])


def _write(file: Path, keys: Sequence[bytes]) -> None:
    """Write keys so that the file is whole at any moment, and on disk when this returns."""
    draft = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as handle:
        handle.write(b"\n".join(keys) + b"\n")
        handle.flush()
        os.fsync(handle.fileno())
    draft.replace(file)


def _fernet_keys(file: Path) -> tuple[bytes, ...]:
    """Return the keys of a file, one a line: put a new one on top to change it, and keep the old ones below."""
    found = tuple(_read_or_make(file, lambda: Fernet.generate_key().decode()).split())
    try:
        for key in found:
            Fernet(key)
    except ValueError:
        raise BadConfig(f"A line of {file} is no key: 32 bytes in URL-safe base64 are needed.") from None
    if any(len(set(base64.urlsafe_b64decode(key))) < _FEWEST for key in found):
        raise BadConfig(f"A key in {file} can be guessed; put the right one back, or a new one on top of it.")
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
