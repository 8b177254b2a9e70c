"""How a poller, a relay or a job says that it did not succeed. The three words carry the whole policy of retries.

Whatever else is raised counts as `RetryLater`.
"""


class RetryLater(Exception):
    """Try again: in `after` seconds, or with growing pauses (5 s at first, up to 4 min)."""

    def __init__(self, message: str = "", *, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


class Unreachable(RetryLater):
    """A service cannot be reached, or its answer cannot be used: one sentence, which tells nothing of a network."""

    def __init__(self) -> None:
        super().__init__("The server at this address cannot be reached, or its answer cannot be used")


class AdministratorMustAct(RetryLater):
    """Try again; it will not succeed before the administrator of this server has put something right.

    Nobody has to connect again: the administrator's page says it, and the log once.
    """


class NotAuthorized(Exception):
    """The other side does not accept us any more: paused until its owner has seen to it."""


class Unrecoverable(Exception):
    """It will never succeed: kept with its reason, not tried again."""
