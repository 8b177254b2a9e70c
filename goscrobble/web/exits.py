"""A plugin's route that calls `sys.exit()` ends its request, not the worker, and not without an answer."""

from __future__ import annotations

import traceback

from flask import Flask, Response, g

EXITS = (SystemExit, KeyboardInterrupt)


class PluginExit(Exception):
    """What stands for the exit of a plugin's route, which no handler of errors would be asked about."""


class App(Flask):
    """Flask, but that what a plugin raises to end the process is an error like any other."""

    def full_dispatch_request(self) -> Response:
        """Answer the request. A worker that gunicorn ends in the middle of one ends all the same."""
        try:
            return super().full_dispatch_request()
        except EXITS as error:
            if "plugin" not in g or _is_from_a_signal(error):
                raise
            told = PluginExit(f"{type(error).__name__}: {error}").with_traceback(error.__traceback__)
            return self.make_response(self.handle_user_exception(told))


def _is_from_a_signal(error: BaseException) -> bool:
    """Return whether a handler of signals raised it: gunicorn's own, or Python's for Ctrl+C, which has no line."""
    frames = traceback.extract_tb(error.__traceback__)
    return bool(frames) and "gunicorn" in frames[-1].filename
