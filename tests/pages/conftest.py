"""A browser without scripts: sends forms as browsers do, keeps cookies, reads pages."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

import pytest

from goscrobble.testing import PASSWORD, make_account


@dataclass
class Element:
    tag: str
    attributes: dict[str, str | None]
    text: str = ""


@dataclass
class Page:
    """An answer, and what a reader finds in it."""

    status: int
    headers: object
    html: str
    elements: list[Element] = field(default_factory=list)

    def all(self, tag: str, **attributes: str) -> list[Element]:
        wanted = {name.rstrip("_"): value for name, value in attributes.items()}
        return [
            element
            for element in self.elements
            if element.tag == tag and all(element.attributes.get(name) == value for name, value in wanted.items())
        ]

    def one(self, tag: str, **attributes: str) -> Element:
        found = self.all(tag, **attributes)
        assert len(found) == 1, f"{len(found)} of <{tag}> {attributes}"
        return found[0]

    @property
    def text(self) -> str:
        """Everything that is written on the page, white space folded."""
        return " ".join(self._reader.everything.split())

    @property
    def problem(self) -> str:
        return " ".join(self.one("p", role="alert").text.split())

    @property
    def location(self) -> str:
        return self.headers["Location"]

    def __post_init__(self):
        self._reader = _Reader()
        self._reader.feed(self.html)
        self._reader.close()
        self.elements = self._reader.elements


_VOID = {"meta", "link", "input", "br", "img", "hr"}


class _Reader(HTMLParser):
    """Reads what a browser shows: what is in a <template> is no part of the page."""

    def __init__(self):
        super().__init__()
        self.elements, self.everything, self._open, self._templates = [], "", [], 0

    def handle_starttag(self, tag, attrs):
        self._templates += tag == "template"
        if self._templates:
            return
        element = Element(tag, dict(attrs))
        self.elements.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_endtag(self, tag):
        if self._templates:
            self._templates -= tag == "template"
            return
        while self._open and self._open.pop().tag != tag:
            pass

    def handle_startendtag(self, tag, attrs):
        if not self._templates:
            self.elements.append(Element(tag, dict(attrs)))

    def handle_data(self, data):
        if self._templates:
            return
        self.everything += f" {data}"
        for element in self._open:
            element.text += data


class Browser:
    """Follows no redirects, so that a test sees them."""

    def __init__(self, client):
        self._client = client

    def get(self, path: str, **options) -> Page:
        return _page(self._client.get(path, **options))

    def post(self, path: str, headers=None, **fields) -> Page:
        sent = {"Sec-Fetch-Site": "same-origin"} if headers is None else headers
        return _page(self._client.post(path, data=fields, headers=sent))

    def sign_in(self, username: str = "ada") -> Page:
        return self.post("/login", username=username, password=PASSWORD)


def _page(response) -> Page:
    with response:
        return Page(response.status_code, response.headers, response.get_data(as_text=True))


@pytest.fixture
def browser(client):
    return Browser(client)


@pytest.fixture
def ada(core):
    return make_account(core, "ada")


@pytest.fixture
def signed_in(browser, ada):
    """The browser of ada."""
    assert browser.sign_in().status == 303
    return browser
