from __future__ import annotations

import gzip

import pytest

from goscrobble.testing import make_account

GZIP = {"Accept-Encoding": "br, gzip"}


@pytest.fixture(autouse=True)
def _ada(core, app):
    make_account(core, "ada")


@pytest.mark.parametrize("path", ["/", "/u/ada", "/login", "/static/css/layout.css", "/static/js/live.js"])
def test_texts_are_sent_compressed_to_whoever_reads_that(client, path):
    with client.get(path) as plain, client.get(path, headers=GZIP) as small:
        assert "Content-Encoding" not in plain.headers
        assert small.headers["Content-Encoding"] == "gzip"
        assert int(small.headers["Content-Length"]) == len(small.data) < len(plain.data)
        assert "Accept-Encoding" in plain.headers["Vary"]
        assert "Accept-Encoding" in small.headers["Vary"]
        if path.startswith("/static/"):
            assert gzip.decompress(small.data) == plain.data
            assert small.headers["ETag"] == f"W/{plain.headers['ETag']}"


def test_a_file_that_a_browser_has_is_not_sent_again(client):
    with client.get("/static/css/layout.css", headers=GZIP) as first:
        etag = first.headers["ETag"]
    with client.get("/static/css/layout.css", headers=GZIP | {"If-None-Match": etag}) as again:
        assert again.status_code == 304


@pytest.mark.parametrize("path", ["/api/v1/openapi.json", "/health/live"])
def test_programs_and_what_is_small_already_are_left_alone(client, path):
    with client.get(path, headers=GZIP) as answer:
        assert "Content-Encoding" not in answer.headers


def test_what_follows_a_form_is_not_compressed(client):
    sent = {"Sec-Fetch-Site": "same-origin"} | GZIP
    with client.post("/login", data={"username": "ada", "password": "x"}, headers=sent) as answer:
        assert "Content-Encoding" not in answer.headers


def test_whoever_refuses_gzip_is_believed(client):
    with client.get("/login", headers={"Accept-Encoding": "gzip;q=0, identity"}) as answer:
        assert "Content-Encoding" not in answer.headers
