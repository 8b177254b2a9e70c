"""What third parties gave us (passwords, API secrets), encrypted wherever it is stored.

A field of type `SecretStr` marks such a value. Stored, it is `{"sealed": "<Fernet token>"}`; the keys are in the
instance folder, apart from the database and its backups.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, get_args

import structlog
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from pydantic import BaseModel, SecretStr

from goscrobble.errors import Conflict
from goscrobble.services.core import Core
from goscrobble.storage import sealed
from goscrobble.storage.database import Connection

SEALED = "sealed"
log = structlog.get_logger("goscrobble.secrets")


def is_secret(model: type[BaseModel], field: str) -> bool:
    """Return whether this field holds a secret, or may hold one: `SecretStr | None`."""
    return _mentions_secret(model.model_fields[field].annotation)


def plain(settings: BaseModel, field: str) -> Any:
    """Return a field as JSON knows it, a secret in clear."""
    value = getattr(settings, field)
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return settings.model_dump(mode="json", include={field})[field]


def seal(core: Core, value: Any) -> dict[str, str] | None:
    """Return a secret as it is stored; that there is none is no secret."""
    if value is None:
        return None
    return {SEALED: _fernet(core).encrypt(str(value).encode()).decode()}


def unseal(core: Core, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return stored values with their secrets in clear; one whose key is lost is left out."""
    found = {}
    for name, value in values.items():
        if not (isinstance(value, dict) and set(value) == {SEALED}):
            found[name] = value
            continue
        try:
            found[name] = _fernet(core).decrypt(value[SEALED].encode()).decode()
        except InvalidToken:
            log.error(  # noqa: TRY400 - where it was found does not matter
                "a stored secret cannot be read: the key it was encrypted with is gone", setting=name
            )
    return found


def seal_anew(core: Core) -> int:
    """Encrypt all that is stored sealed with the first key; returns how many texts that were. Raises Conflict.

    What no key opens is a reason to change nothing: its key may still be found.
    """
    box = _fernet(core)

    def rotated(value: Any) -> Any:
        if isinstance(value, dict) and set(value) == {SEALED}:
            return {SEALED: box.rotate(value[SEALED].encode()).decode()}
        if isinstance(value, dict):
            return {name: rotated(one) for name, one in value.items()}
        return [rotated(one) for one in value] if isinstance(value, list) else value

    def work(connection: Connection) -> int:
        return sealed.rewrite(connection, lambda text: json.dumps(rotated(json.loads(text))))

    try:
        return core.database.write(work)
    except InvalidToken:
        raise Conflict("Some stored values are encrypted with a key that is not there; nothing was changed.") from None


def _mentions_secret(annotation: Any) -> bool:
    return annotation is SecretStr or any(_mentions_secret(part) for part in get_args(annotation))


def _fernet(core: Core) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in core.keys.secrets])
