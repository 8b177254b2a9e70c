"""Waiting for what another process does, without sleeping longer than it takes."""

import time


def eventually(ask, within):
    """Ask until the answer is true, and return it; it must be once so many seconds have passed."""
    deadline = time.monotonic() + within
    while True:
        began = time.monotonic()
        if answer := ask():
            return answer
        assert began < deadline, f"not within {within:g} seconds"
        time.sleep(0.05)
