"""Log lines: structured, with the request's facts, and without what must not be kept."""

from __future__ import annotations

import json
import logging

import pytest
import structlog

from goscrobble import logs
from goscrobble.testing import make_settings

JWT = "eyJhbGciOiJIUzUxMiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl_-x"
TOKEN = "gs_Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYm"


@pytest.fixture
def lines(settings, capfd):
    """Configure JSON logs; a call returns the lines since."""
    logs.configure(settings.model_copy(update={"log_format": "json"}))

    def read():
        return [json.loads(line) for line in capfd.readouterr().err.splitlines()]

    capfd.readouterr()
    return read


def test_a_line_is_one_json_object_with_level_logger_and_time(lines):
    structlog.get_logger("goscrobble.test").info("it happened", number=7)
    (line,) = lines()
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "it happened", "number": 7, "level": "info", "logger": "goscrobble.test"}


def test_lines_of_libraries_look_like_ours(lines):
    logging.getLogger("somebody.else").warning("%s of %d", "one", 2)
    (line,) = lines()
    assert (line["event"], line["level"], line["logger"]) == ("one of 2", "warning", "somebody.else")


def test_what_is_below_the_level_is_not_logged(settings, capfd):
    logs.configure(settings.model_copy(update={"log_level": "ERROR"}))
    structlog.get_logger("goscrobble.test").warning("quiet")
    logging.getLogger("somebody.else").warning("quiet")
    assert capfd.readouterr().err == ""


def test_configuring_twice_writes_each_line_once(settings, lines):
    logs.configure(settings.model_copy(update={"log_format": "json"}))
    structlog.get_logger("goscrobble.test").warning("once")
    assert len(lines()) == 1


def test_on_a_terminal_lines_are_for_reading(settings, capfd):
    logs.configure(settings.model_copy(update={"log_format": "console"}))
    structlog.get_logger("goscrobble.test").warning("it happened", number=7)
    assert "it happened" in (text := capfd.readouterr().err)
    assert not text.startswith("{")


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {JWT}",
        f"bad token {JWT}",
        f"POST /api/v1/ingress/jellyfin?key={TOKEN}",
        f"credential {TOKEN}.",
        "Basic YWRhOnN3b3JkZmlzaA==",
        "Key (email_key)=(ada.lovelace+x@mail.example.org) already exists",
        "GET /resetpassword?token=swordfish HTTP/1.1",
        "http://127.0.0.1/live?key=swordfish&x=1",
        "postgresql+psycopg://goscrobble:swordfish@db.example.org/x",
    ],
)
def test_credentials_addresses_and_query_strings_are_taken_out(lines, text):
    logging.getLogger("somebody.else").warning("failed: %s", text)
    structlog.get_logger("goscrobble.test").error("failed", error=text)
    structlog.get_logger("goscrobble.test").error("failed", exc_info=ValueError(text))
    written = json.dumps(lines())
    assert written.count("failed") >= 3
    for secret in (JWT, TOKEN, "YWRhOnN3b3JkZmlzaA", "lovelace", "swordfish"):
        assert secret not in written


def test_ordinary_sentences_stay_as_they_are(lines):
    text = "What now? The token bucket of /api/v1/config is empty, is it not?"
    structlog.get_logger("goscrobble.test").warning(text)
    assert lines()[0]["event"] == text


def test_within_a_request_every_line_says_which_and_never_the_query(app, instance_path, database_url, capfd):
    @app.get("/api/v1/test/talk")
    def talk():
        structlog.get_logger("goscrobble.test").warning("talking")
        return {}

    logs.configure(make_settings(instance_path, database_url=database_url, log_format="json"))
    capfd.readouterr()
    app.test_client().get("/api/v1/test/talk?key=swordfish", headers={"X-Request-ID": "abcdefgh-1"})
    written = capfd.readouterr().err
    (line,) = [json.loads(line) for line in written.splitlines() if "talking" in line]
    assert (line["request_id"], line["method"], line["path"]) == ("abcdefgh-1", "GET", "/api/v1/test/talk")
    assert "swordfish" not in written


HOSTILE = (
    "a", "eyJ", "-eyJaaaaa", "eyJaaaa-", "a@", "a.", "a@a.", "bearer ", "token\t", "?a", "a?a=?", "http://", "a:", "://a:a",
    "gs_", "gs_aaaaaaaaaaaaaaa ", "'", "@", "(eyJ", "eyJaaaaaa.", ".c", "b",
)  # fmt: skip


@pytest.mark.timeout(60)  # what goes through a text anew from each of its characters takes minutes
@pytest.mark.parametrize("end", ["", ".", "@", "!", "http://a:", "x@", "bearer"])
def test_redaction_goes_through_a_line_once_whatever_is_in_it(end):
    for piece in HOSTILE:
        logs.without_secrets(piece * (100_000 // len(piece)) + end)
        logs.without_secrets(end + piece * (100_000 // len(piece)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"x-{JWT} y", "x-[token] y"),
        (f"({JWT})", "([token])"),
        ("ask ada.b+c@example.co.uk!", "ask [e-mail]!"),
        ("at postgresql+psycopg://ada:secret@db/x", "at postgresql+psycopg://[credentials]@db/x"),
        ("see eyJ. and a@b", "see eyJ. and a@b"),
    ],
)
def test_what_is_redacted_stands_anywhere_in_a_line(text, expected):
    assert logs.without_secrets(text) == expected


def _fail(text):
    """Log an error with its traceback."""
    try:
        int(text)
    except ValueError as error:
        structlog.get_logger("goscrobble.test").error(
            "it failed", exc_info=ValueError(text).with_traceback(error.__traceback__)
        )


CONTROLS = [*map(chr, (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029, 0x202E, 0x200F, 0xFEFF))]


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: f"U+{ord(control):04X}")
def test_whatever_a_text_holds_a_json_line_is_one_line_and_tells_it(settings, capfd, control):
    logs.configure(settings.model_copy(update={"log_format": "json"}))
    capfd.readouterr()
    text = f"before{control}after"
    structlog.get_logger("goscrobble.test").warning(text, path=text, nested={"deep": [text]})
    logging.getLogger("somebody.else").warning("%s", text)
    _fail(text)
    written = capfd.readouterr().err
    assert written.count("\n") == 3
    assert not [c for c in written if c in CONTROLS and c != "\n"]
    told = [json.loads(line) for line in written.removesuffix("\n").split("\n")]
    assert [told[0]["event"], told[0]["path"], told[0]["nested"], told[1]["event"]] == [
        text,
        text,
        {"deep": [text]},
        text,
    ]


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: f"U+{ord(control):04X}")
def test_on_a_terminal_it_is_written_out(settings, capfd, control):
    logs.configure(settings.model_copy(update={"log_format": "console"}))
    capfd.readouterr()
    structlog.get_logger("goscrobble.test").warning(f"before{control}after", path=f"x{control}y")
    written = capfd.readouterr().err
    assert written.count("\n") == 1
    assert not [c for c in written if c in CONTROLS and c != "\n"]
    assert f"{ord(control):02x}" in written


@pytest.mark.parametrize("code", [0xD800, 0xDFFF])  # which no report of a test can hold, so not through a logger
def test_half_of_a_surrogate_pair_can_be_written_anywhere(code):
    half = chr(code)
    assert logs.on_one_line(None, "", f'{{"event": "a{half}b"}}') == f'{{"event": "a\\u{code:04x}b"}}'
    assert logs.without_controls(None, "", {"event": f"a{half}b"}) == {"event": f"a\\u{code:04x}b"}


def test_a_traceback_on_a_terminal_keeps_its_lines(settings, capfd):
    logs.configure(settings.model_copy(update={"log_format": "console"}))
    capfd.readouterr()
    _fail("\x1b[2J")
    written = capfd.readouterr().err
    assert "Traceback" in written
    assert written.count("\n") > 3
    assert "\x1b[2J" not in written
