"""Work that takes long without waiting for anything, done so that the others of a worker have their turn meanwhile."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def off_the_hub(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what `work` returns: under gevent from a thread of the operating system, while other greenlets run."""
    if "gevent" in sys.modules:
        from gevent import get_hub, monkey  # noqa: PLC0415 - other workers never load gevent

        if monkey.is_module_patched("threading"):
            result: T = get_hub().threadpool.apply(work, args, kwargs)
            return result
    return work(*args, **kwargs)
