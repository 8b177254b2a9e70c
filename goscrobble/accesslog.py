"""The access log of gunicorn: one line a request, whatever the request says."""

from __future__ import annotations

from typing import Any

from gunicorn.glogging import Logger, SafeAtoms  # type: ignore[import-untyped]

from goscrobble.printable import printable


class _Atoms(SafeAtoms):  # type: ignore[misc]  # gunicorn has no types
    """What a line is made of; the path as the text that it means."""

    def __getitem__(self, name: str) -> Any:
        value = super().__getitem__(name)
        if not isinstance(value, str):
            return value
        if name == "U":  # WSGI hands bytes over as Latin-1
            value = value.encode("latin-1", "replace").decode("utf-8", "backslashreplace")
        return printable(value)


class AccessLogger(Logger):  # type: ignore[misc]  # same
    """gunicorn's own, but that nobody can forge a line of it."""

    atoms_wrapper_class = _Atoms
