"""Log lines: structured, of our own and of libraries alike, and without anything that must not be kept.

Within a request every line carries `request_id`, `method` and `path` (never the query string).
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from goscrobble.config import Settings
from goscrobble.printable import printable

# Each begins where a run of its characters begins and goes through it once: linear, whatever stands in a line.
_SECRETS = (
    (re.compile(r"(?<![\w-])(?=[\w-]*+\.[\w-])([\w-]*?)eyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)?"), r"\1[token]"),  # a JWT
    (re.compile(r"\bgs_[\w-]{16,}"), "[token]"),  # an API token
    (re.compile(r"\b(bearer|token|basic)\s+[\w.~+/=-]{16,}", re.IGNORECASE), r"\1 [token]"),
    (re.compile(r"(?<![\w.+'-])[\w.+'-]++@[\w-]++(?:\.[\w-]++)++"), "[e-mail]"),
    (re.compile(r"(?<=[\w/])\?[\w.~%\[\]-]+=[^\s\"')]*"), "?[query]"),
    (re.compile(r"(?<!\w)(\w++://)[^\s/:@]++:[^\s/@]++@"), r"\1[credentials]@"),
)


def configure(settings: Settings) -> None:
    """Send all that is logged to stderr: readable on a terminal, JSON elsewhere, unless the setting says which."""
    is_terminal = settings.log_format == "console" or (settings.log_format == "auto" and sys.stderr.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        redact,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    rendering: list[structlog.typing.Processor] = (
        [without_controls, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
        if is_terminal
        else [structlog.processors.JSONRenderer(ensure_ascii=False), on_one_line]
    )
    handler = _Handler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering],
        )
    )
    root = logging.getLogger()
    for old in [one for one in root.handlers if isinstance(one, _Handler)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(settings.log_level)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Take credentials, e-mail addresses and query strings out of every text of a line (a processor of structlog)."""
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = without_secrets(value)
    return event


def without_controls(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Take what controls a terminal out of every text (a processor of structlog); a traceback keeps its lines."""
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = printable(value, lines=key in _OF_LINES)
    return event


def on_one_line(_logger: Any, _method: str, line: Any) -> str:
    r"""Write what JSON lets stand as it is, and a terminal or a reader of lines does not, as `\uNNNN` (a processor)."""
    return _UNESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", line)


def without_secrets(text: str) -> str:
    """Return a text without what looks like a credential, an e-mail address or a query string; itself, if none does."""
    for pattern, instead in _SECRETS:
        if pattern.search(text):  # else a Sentence would forget what it was made of
            text = pattern.sub(instead, text)
    return text


_OF_LINES = {"exception", "stack"}
_UNESCAPED = re.compile("[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_CHATTY = ("alembic", "flask_limiter", "flask-limiter", "urllib3", "httpx", "werkzeug")


class _Handler(logging.StreamHandler[Any]):
    """Ours, so that configuring a second time replaces it and nobody else's."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write to what stderr is now: it may have been replaced since."""
        self.stream = sys.stderr
        super().emit(record)
