"""Mails: asked for in the transaction that they tell of, written and sent by a job.

A job's payload holds no address and no more of a secret than the mail itself must: who it is for is looked up when it
is sent. A job may run twice; both mails then carry the same Message-ID, which mailboxes show once.
"""

from __future__ import annotations

import hashlib
import json
import os
import smtplib
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from email import message_from_bytes, policy
from pathlib import Path
from secrets import token_urlsafe
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import structlog
from flask import Flask
from flask_mail import Connection as MailConnection
from flask_mail import Mail, Message

from goscrobble.config import Settings
from goscrobble.domain.accounts import Account
from goscrobble.errors import BadConfig
from goscrobble.plugins.policy import RetryLater, Unrecoverable
from goscrobble.services import secrets
from goscrobble.services.core import Core
from goscrobble.storage import credentials, jobs, sources, users
from goscrobble.storage.database import Connection

log = structlog.get_logger("goscrobble.mail")

JOB = "mail"
OUTBOX = "outbox"  # folder of the instance, for servers without SMTP
TIMEOUT = 10.0  # seconds that the SMTP server may be silent
IMPLICIT_TLS_PORT = 465
_PERMANENT = 500  # SMTP codes from here on say: do not try again


# ---- asking for a mail ----


def enqueue_reset(connection: Connection, request: str, *, now: int) -> None:
    """Have the link mailed with which this token sets a new password, if the token is somebody's."""
    jobs.enqueue(connection, JOB, {"mail": "reset", "request": request, "at": now}, now=now)


def enqueue_notice(connection: Connection, account: Account, *, now: int) -> None:
    """Have a notice mailed that the password of this account was changed."""
    jobs.enqueue(connection, JOB, {"mail": "password-changed", "user": account.uuid, "at": now}, now=now)


def enqueue_new_address(core: Core, connection: Connection, account: Account, *, now: int) -> None:
    """Have the address that an account had until now told that it has another."""
    payload = {"mail": "new-address", "user": account.uuid, "to": secrets.seal(core, account.email), "at": now}
    jobs.enqueue(connection, JOB, payload, now=now)


def enqueue_test(connection: Connection, account: Account, *, now: int) -> None:
    """Have a mail sent to this account that says that mails arrive."""
    jobs.enqueue(connection, JOB, {"mail": "test", "user": account.uuid, "at": now}, now=now)


def enqueue_connection(connection: Connection, source: str, sentence: str, *, now: int) -> None:
    """Have the owner of a connection told about it; `sentence` says what and holds no secret."""
    jobs.enqueue(connection, JOB, {"mail": "connection", "source": source, "sentence": sentence, "at": now}, now=now)


# ---- the job ----


def deliver(
    core: Core, payload: Mapping[str, Any], *, timeout: float = TIMEOUT, tls_port: int = IMPLICIT_TLS_PORT
) -> None:
    """Write and send the mail that a job asks for; without a mail server, keep it as a file in the outbox.

    A mail whose reason has gone (the token was used, the account deleted) is not sent. Raises RetryLater when the mail
    server cannot be used, Unrecoverable when it refuses this mail for good. `timeout` in seconds; on `tls_port` TLS
    begins at once, on others with STARTTLS.
    """
    if payload["mail"] == "reset":
        _deliver_reset(core, payload, lambda written: _carry(core, payload, written, timeout, tls_port))
    elif (written := _write(core, payload)) is not None:
        _carry(core, payload, written, timeout, tls_port)


def _deliver_reset(core: Core, payload: Mapping[str, Any], carry: Callable[[Written], None]) -> None:
    """Make a token and mail it: nowhere else is it ever written down. One that could not be mailed is forgotten."""
    request, token, url = payload.get("request", ""), token_urlsafe(32), core.settings.public_url
    account = core.database.write(
        lambda connection: credentials.answer_reset_request(connection, request, secret=token, now=int(core.now()))
    )
    if account is None:
        return
    text = _RESET.format(url=url, link=f"{url}/reset?token={token}")
    try:
        carry(_addressed(account, "Set a new password", text))
    except BaseException:
        core.database.write(lambda connection: credentials.take_reset_token(connection, token))
        raise
    core.database.write(lambda connection: credentials.end_reset_request(connection, request))


def _carry(core: Core, payload: Mapping[str, Any], written: Written, timeout: float, tls_port: int) -> None:
    recipient, subject, body = written
    carrier = _carrier(core.settings, tls_port)
    with carrier.app_context():
        message = Message(subject, [recipient], body, date=payload["at"])
        message.msgId = f"<{_message_id(payload)}@{_host(core.settings)}>"
        if core.settings.mail_server:
            _send(core.settings, carrier.extensions["mail"], message, timeout)
        else:
            _keep(core, message, f"{int(payload['at'])}-{_message_id(payload)[:16]}.eml")


@dataclass(frozen=True, slots=True)
class KeptMail:
    """A mail in the outbox."""

    name: str  # of the file
    at: int  # Unix seconds
    to: str
    subject: str
    text: str


def outbox(core: Core, limit: int | None = None) -> list[KeptMail]:
    """Return the mails that were kept for want of a mail server, newest first."""
    return [_read(file) for file in sorted(_kept(core), reverse=True)[:limit]]


def count_kept(core: Core) -> int:
    """Return how many mails are in the outbox."""
    return len(_kept(core))


# ---- writing ----


Written = tuple[str, str, str]  # address, subject and text


def _write(core: Core, payload: Mapping[str, Any]) -> Written | None:
    url = core.settings.public_url
    with core.database.read() as connection:
        match payload["mail"]:
            case "connection":
                found = sources.find_with_owner(connection, payload["source"])
                account, name = found or (None, "")
                link = f"{url}/settings/connections/{payload['source']}"
                subject, text = name, _CONNECTION.format(url=url, name=name, link=link, sentence=payload["sentence"])
            case "new-address":
                account = users.find_by_uuid(connection, payload["user"])
                if account is not None:
                    account = replace(account, email=secrets.unseal(core, {"to": payload["to"]}).get("to", ""))
                subject, text = "Your address was changed", _NEW_ADDRESS.format(url=url)
            case "test":
                account = users.find_by_uuid(connection, payload["user"])
                subject, text = "Mails arrive", _TEST.format(url=url)
            case _:
                account = users.find_by_uuid(connection, payload["user"])
                subject, text = "Your password was changed", _CHANGED.format(url=url, link=f"{url}/reset")
    if account is None or not account.email:
        return None
    return _addressed(account, subject, text)


def _addressed(account: Account, subject: str, text: str) -> Written:
    return account.email, f"{subject} - GoScrobble", f"Hello {account.username},\n\n{text}"


_CONNECTION = """\
your connection "{name}" at {url} needs you:

{sentence}

{link}
"""

_RESET = """\
somebody, we hope you, asked for a new password for your account at {url}.
This link lets you choose one, once, within an hour of the request:

{link}

If it was not you, there is nothing to do: your password stays as it is.
"""

_TEST = """\
you asked for this mail on the administration pages of {url}.
Since you read it, links to new passwords arrive too.
"""

_NEW_ADDRESS = """\
your account at {url} has another e-mail address since just now,
and mails go there. Links to a new password that were sent to this one work no more.

If it was not you, ask whoever runs that server for help.
"""

_CHANGED = """\
the password of your account at {url} was changed just now,
and whoever was signed in with the old one is signed out.

If it was not you, take your account back here: {link}
"""


def _message_id(payload: Mapping[str, Any]) -> str:
    """Return an id that is the same for each run of one job and tells nothing of what is in it."""
    return hashlib.sha256(b"message-id" + json.dumps(payload, sort_keys=True).encode()).hexdigest()[:40]


def _host(settings: Settings) -> str:
    return urlsplit(settings.public_url).hostname or "localhost"


# ---- sending ----


def _carrier(settings: Settings, tls_port: int) -> Flask:
    """Flask-Mail reads its settings from a Flask app; a job has none, so it gets this empty one."""
    carrier = Flask("goscrobble.mail", static_folder=None)
    at_once = settings.mail_port == tls_port
    carrier.config.update(
        MAIL_SERVER=settings.mail_server,
        MAIL_PORT=settings.mail_port,
        MAIL_USERNAME=settings.mail_username,
        MAIL_PASSWORD=settings.mail_password,
        MAIL_USE_TLS=settings.mail_use_tls and not at_once,
        MAIL_USE_SSL=settings.mail_use_tls and at_once,
        MAIL_DEFAULT_SENDER=settings.mail_default_sender,
        MAIL_DEBUG=False,  # would print the password
    )
    Mail(carrier)
    return carrier


def _send(settings: Settings, state: Any, message: Message, timeout: float) -> None:
    """Raise without the server's own words and without a cause: both may hold the address."""
    try:
        with _CarefulConnection(state, _host(settings), _tls(settings), timeout) as connection:
            message.send(connection)
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        if min(codes) >= _PERMANENT:
            raise Unrecoverable(f"The mail server refused the recipient ({codes[0]})") from None
        raise RetryLater(f"The mail server put the recipient off ({codes[0]})") from None
    except smtplib.SMTPDataError as error:
        if error.smtp_code >= _PERMANENT:
            raise Unrecoverable(f"The mail server refused the mail ({error.smtp_code})") from None
        raise RetryLater(f"The mail server put the mail off ({error.smtp_code})") from None
    except (OSError, smtplib.SMTPException) as error:
        raise RetryLater(f"The mail server cannot be used: {_short(error)}") from None
    log.info("mail sent", message_id=message.msgId)


class _CarefulConnection(MailConnection):
    """Flask-Mail's own waits for ever and believes any certificate."""

    def __init__(self, mail: Any, local_name: str, tls: ssl.SSLContext, timeout: float) -> None:
        super().__init__(mail)
        self._local_name = local_name  # given, since smtplib would ask the DNS for it
        self._tls = tls
        self._timeout = timeout

    def configure_host(self) -> smtplib.SMTP:
        """Return a connection that is encrypted, verified and signed in to, as far as the settings say."""
        server, port, mine = self.mail.server, self.mail.port, self._local_name
        if self.mail.use_ssl:
            host: smtplib.SMTP = smtplib.SMTP_SSL(server, port, mine, timeout=self._timeout, context=self._tls)
        else:
            host = smtplib.SMTP(server, port, mine, timeout=self._timeout)
        try:
            if self.mail.use_tls:
                host.starttls(context=self._tls)
            if self.mail.username and self.mail.password:
                host.login(self.mail.username, self.mail.password)
        except BaseException:
            host.close()
            raise
        return host

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Say goodbye; whether the server still hears it does not matter any more."""
        if self.host is None:
            return
        try:
            self.host.quit()
        except (OSError, smtplib.SMTPException):
            self.host.close()


def _tls(settings: Settings) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if settings.mail_ca_file:
        try:
            context.load_verify_locations(settings.mail_ca_file)
        except OSError as error:
            raise BadConfig(f"The setting mail_ca_file cannot be used: {error.strerror or 'it holds no PEM'}") from None
    return context


def _short(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message})"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{type(error).__name__} {error.smtp_code}"
    return type(error).__name__


# ---- keeping ----


def _keep(core: Core, message: Message, name: str) -> None:
    folder = core.settings.instance_path / OUTBOX
    folder.mkdir(mode=0o700, exist_ok=True)
    draft = folder / f"{name}.{os.getpid()}"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as handle:
        handle.write(message.as_bytes())
    draft.replace(folder / name)
    log.info("mail kept in the outbox, since no mail server is set", file=name)


def _kept(core: Core) -> list[Path]:
    """Return the files that `_keep` made: the time (Unix seconds), then what tells mails apart."""
    files = (core.settings.instance_path / OUTBOX).glob("*-*.eml")
    return [file for file in files if file.name.partition("-")[0].isdecimal()]


def _read(file: Path) -> KeptMail:
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    body = message.get_body(("plain",))
    text = body.get_content() if body is not None else ""
    return KeptMail(file.name, int(file.name.partition("-")[0]), message["To"], message["Subject"], text)
