"""How a piece of background work says that it did not succeed. Whatever else it raises counts as `RetryLater`."""


class RetryLater(Exception):
    """Try again: in `after` seconds, or when the queue sees fit (5 s at first, up to 4 min)."""

    def __init__(self, message: str = "", *, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


class Unrecoverable(Exception):
    """It will never succeed: kept with its reason, not tried again."""
