"""Chromium before a running server: people who sign in, click and read, with scripts and without."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.operation.conftest import PATIENCE, Server

PASSWORD = "correct horse battery staple"
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(item.path).is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.xdist_group(item.path.stem))  # they share a server


@pytest.fixture(scope="module")
def browser():
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.skip("there is no chromium here; `make chromium` as root, or `apt-get install chromium`, installs it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def new_server(databases, tmp_path_factory):
    """A running server that nobody has visited yet; it must end cleanly and without a traceback."""
    instance = tmp_path_factory.mktemp("instance")
    url = databases.make(instance, empty=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        "GOSCROBBLE_INSTANCE_PATH": str(instance),
        "GOSCROBBLE_DATABASE_URL": url,
        "GOSCROBBLE_RATE_LIMIT_LIGHT": "1000/s burst 1000",
        "GOSCROBBLE_RATE_LIMIT_STANDARD": "1000/s burst 1000",  # a test may move a browser's clock by minutes
    }
    command = [sys.executable, "-m", "goscrobble", "run", "--port", str(port)]
    served = Server(command, environment, port, tmp_path_factory.mktemp("output") / "log")
    try:
        served.wait_until_ready()
        yield served
        assert served.end() == 0
        assert "Traceback" not in served.output()
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(served.process.pid, signal.SIGKILL)
        served.process.wait(PATIENCE)
        databases.drop(url)


@pytest.fixture(scope="module")
def server(new_server):
    """A running server with one account, the administrator's, `root`."""
    register(new_server, "root")
    return new_server


@pytest.fixture(params=[True, False], ids=["with-scripts", "without-scripts"])
def scripts(request):
    """Whether the browsers of this test run scripts."""
    return request.param


@pytest.fixture
def sign_in(browser, server, scripts):
    """Sign somebody in with a browser of their own, by the page, and return its page.

    In the end nothing may stand in its console, and it must have asked nobody but the server.
    """
    contexts, complaints, strangers = [], [], []

    def watch(request):
        if not request.url.startswith((server.url + "/", "data:")):
            strangers.append(request.url)

    def sign_in(name):
        context = browser.new_context(java_script_enabled=scripts)
        contexts.append(context)
        context.set_default_timeout(PATIENCE * 1000)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", watch)
        page.goto(server.url)
        page.get_by_role("navigation", name="Main").get_by_role("link", name="Sign in").click()
        page.get_by_label("Username or e-mail").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("main").get_by_role("button", name="Sign in").click()
        page.get_by_role("button", name="Sign out").wait_for()
        return page

    yield sign_in
    for context in contexts:
        context.close()
    assert complaints == []
    assert strangers == []


@pytest.fixture
def listener(sign_in, server):
    """The page of a listener who has just signed in. Each test has one of its own."""
    name = f"listener_{time.monotonic_ns()}"
    register(server, name)
    return sign_in(name)


def register(server, name):
    person = {"username": name, "email": f"{name}@example.org", "password": PASSWORD}
    status, answer = post(f"{server.url}/api/v1/register", person)
    assert status == 200, answer


def post(address, body):
    """Post JSON as a player does; returns status and answer."""
    request = urllib.request.Request(address, json.dumps(body).encode(), {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)
