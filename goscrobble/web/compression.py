"""Sends texts compressed to whoever reads gzip: pages of many small drawings shrink to a tenth.

What the API answers is left alone (streams must flow), and so is what follows a form: beside a secret that is shown
once nothing of the request may be compressed (BREACH).
"""

from __future__ import annotations

import gzip
from http import HTTPStatus

from flask import Flask, Response, request

TYPES = frozenset({"text/html", "text/css", "text/javascript", "application/javascript", "image/svg+xml"})
SMALLEST = 1024  # bytes; less fits into a packet or two as it is
LEVEL = 4  # a dashboard: 1 ms, and 2 % larger than with 9
_KEPT = 64  # files


def register(app: Flask) -> None:
    """Compress what is worth it, files once."""
    files: dict[str, bytes] = {}

    def compress(response: Response) -> Response:
        if request.path.startswith("/api/") or response.mimetype not in TYPES:
            return response
        response.vary.add("Accept-Encoding")
        if not _may(response):
            return response
        key = response.get_etag()[0] if request.endpoint == "static" else None
        body = files.get(key) if key else None
        if body is None:
            response.direct_passthrough = False
            plain = response.get_data()
            if len(plain) < SMALLEST:
                return response
            body = gzip.compress(plain, LEVEL, mtime=0)
            if key and len(files) < _KEPT:
                files[key] = body
        response.set_data(body)
        response.headers["Content-Encoding"] = "gzip"
        if response.get_etag()[0]:
            response.set_etag(response.get_etag()[0] or "", weak=True)  # the same text, not the same bytes
        return response

    app.after_request(compress)


def _may(response: Response) -> bool:
    return (
        request.method == "GET"
        and response.status_code == HTTPStatus.OK
        and "Content-Encoding" not in response.headers
        and "Content-Range" not in response.headers
        and request.accept_encodings["gzip"] > 0
    )
