"""How each kind of job is done. A handler may be run again after a crash: it must be right however often it runs.

It is short, or a generator that yields between slices of its work (under 50 ms of CPU each): between slices its lease
is renewed and it can be told to stop. To fail it raises `plugins.policy.RetryLater` or `Unrecoverable`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from goscrobble.services import mail, telling
from goscrobble.services.core import Core

Handler = Callable[[Core, Mapping[str, Any]], Iterable[None] | None]

HANDLERS: Mapping[str, Handler] = {mail.JOB: mail.deliver, telling.JOB: telling.deliver}
