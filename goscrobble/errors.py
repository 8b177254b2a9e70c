"""One tree of errors: each carries its HTTP status, a slug for programs and one sentence for a person."""


class GoScrobbleError(Exception):
    """Base of all errors a caller may meet. `str(error)` is one sentence, safe to show.

    `about` names what could not be used, such as a track, for the owner of the connection that sent it.
    """

    status = 500
    slug = "error"

    def __init__(self, *args: object, about: str = "") -> None:
        super().__init__(*args)
        self.about = about


class BadInput(GoScrobbleError):
    """What was sent cannot be understood or is out of range."""

    status = 400
    slug = "bad-input"


class NotAuthenticated(GoScrobbleError):
    """No credentials, or bad or expired ones."""

    status = 401
    slug = "not-authenticated"


class NotAllowed(GoScrobbleError):
    """Known, but not allowed to do this."""

    status = 403
    slug = "not-allowed"


class NotFound(GoScrobbleError):
    """No such thing, or none that the caller may see."""

    status = 404
    slug = "not-found"


class Conflict(GoScrobbleError):
    """Taken, or fixed elsewhere."""

    status = 409
    slug = "conflict"


class TooLarge(GoScrobbleError):
    """What was sent has more bytes, or an image more pixels, than this server takes."""

    status = 413
    slug = "too-large"


class TooManyRequests(GoScrobbleError):
    """The caller's token bucket is empty."""

    status = 429
    slug = "too-many-requests"

    def __init__(self, message: str, *, retry_after: int, limit: int = 0) -> None:
        super().__init__(message)
        self.retry_after = retry_after  # whole seconds, at least 1
        self.limit = limit  # the bucket's size


class Unavailable(GoScrobbleError):
    """Temporarily unable; the same request may succeed later."""

    status = 503
    slug = "unavailable"

    def __init__(self, message: str, *, retry_after: int = 5) -> None:
        super().__init__(message)
        self.retry_after = retry_after  # whole seconds


class BadConfig(GoScrobbleError):
    """The configuration cannot be used; the sentence says which setting and why."""

    slug = "bad-config"
