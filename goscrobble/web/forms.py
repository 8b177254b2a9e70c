"""Forms of pages: what was typed, read once, and handed back beside the sentence that says what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from flask import Response, make_response, redirect, request

from goscrobble.errors import BadInput, Conflict, GoScrobbleError, NotAllowed, NotAuthenticated, TooManyRequests
from goscrobble.web.translations import translated

LONGEST_FIELD = 5000  # characters; what services allow is shorter, this bounds what is shown again
REFUSALS = (BadInput, NotAuthenticated, NotAllowed, Conflict, TooManyRequests)  # what a person can mend, or wait out


@dataclass(frozen=True, slots=True)
class Form:
    """A form as it was sent, or an empty one. `problem` is the sentence to show above it."""

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    problem: str = ""

    def text(self, name: str) -> str:
        """Return a field without the spaces around it; "" if it was not sent."""
        return self.secret(name).strip()

    def secret(self, name: str) -> str:
        """Return a field to the letter, for passwords; "" if it was not sent."""
        return self.values.get(name, ("",))[0]

    def choices(self, name: str) -> tuple[str, ...]:
        """Return every value sent under this name: the boxes that were ticked."""
        return self.values.get(name, ())

    def kept(self, name: str, default: str = "") -> str:
        """Return what a template may put back into the field: what was typed, but never a password."""
        return default if "password" in name or name not in self.values else self.secret(name)

    def refused(self, error: GoScrobbleError | str) -> Form:
        """Return the form with the sentence that says why it was not accepted."""
        return replace(self, problem=translated(error))


def read() -> Form:
    """Return the form of this request. Raises BadInput for what no browser sends."""
    values = {name: tuple(texts) for name, texts in request.form.lists()}
    for texts in values.values():
        if any("\0" in text or len(text) > LONGEST_FIELD for text in texts):
            raise BadInput("A field of the form holds characters that cannot be kept, or too many of them")
    return Form(values)


def inner_path(text: str) -> str | None:
    r"""Return a path of this server that it is safe to go on to after signing in, or None.

    Browsers read `//host`, `/\host` and anything with a control character in it as an address elsewhere.
    """
    if not text.startswith("/") or text[1:2] in {"/", "\\"} or len(text) > LONGEST_FIELD:
        return None
    return None if "\\" in text or any(character <= " " or character == "\x7f" for character in text) else text


def refuse(error: GoScrobbleError, page: str) -> Response:
    """Return the page that shows the refused form again, with the refusal's status."""
    answer = make_response(page, error.status)
    if isinstance(error, TooManyRequests):
        answer.headers["Retry-After"] = str(error.retry_after)
    return answer


def go_on(location: str) -> Response:
    """Send the browser on to a page; after a form, so that reloading sends nothing twice."""
    return make_response(redirect(location, 303))
