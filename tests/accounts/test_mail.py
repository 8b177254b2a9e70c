"""Mails go through a real SMTP server, which runs in this process."""

import dataclasses
import datetime as dt
import ipaddress
import socket
import ssl
import stat
import time

import pytest
import structlog
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from goscrobble.errors import BadConfig
from goscrobble.plugins.policy import RetryLater, Unrecoverable
from goscrobble.services import mail
from goscrobble.testing import make_account, make_core, make_settings


class Mailbox:
    """Keeps what arrives; answers to RCPT and DATA can be set."""

    def __init__(self):
        self.mails, self.on_recipient, self.on_data = [], "250 OK", "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 - aiosmtpd's name
        if self.on_recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.on_recipient

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - same
        if self.on_data.startswith("250"):
            self.mails.append((envelope, session.ssl is not None, session.authenticated))
        return self.on_data


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """PEM files of a certificate for 127.0.0.1 that signs itself, and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.test")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("certificate")
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "cert.pem", folder / "key.pem"


@pytest.fixture
def mailbox():
    return Mailbox()


def authenticate(server, session, envelope, mechanism, data):
    return AuthResult(success=(data.login, data.password) == (b"sender", b"mail secret"), handled=False)


@pytest.fixture
def serve(mailbox, certificate):
    """Start SMTP servers: `serve("starttls")`, "tls" or "plain"; returns the port."""
    running = []

    def serve(kind="starttls"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        options = {"starttls": {"tls_context": context, "require_starttls": True, "authenticator": authenticate}}
        options["tls"] = {"ssl_context": context, "authenticator": authenticate, "auth_require_tls": False}
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        controller = Controller(mailbox, "127.0.0.1", port, **options.get(kind, {}))
        controller.start()
        running.append(controller)
        return port

    yield serve
    for controller in running:
        controller.stop()


@pytest.fixture
def mailing(instance_path, database_url, clock, certificate):
    """Return a core that mails through this port, and the payload of a notice to ada."""
    cores = []

    def mailing(port, **values):
        values = {"mail_ca_file": str(certificate[0]), "mail_default_sender": "music@example.org"} | values
        settings = make_settings(
            instance_path, database_url=database_url, mail_server="127.0.0.1", mail_port=port, **values
        )
        core = make_core(settings, clock)
        cores.append(core)
        ada = make_account(core, "ada")
        return core, {"mail": "password-changed", "user": ada.uuid, "at": int(clock.at)}

    yield mailing
    for core in cores:
        core.database.close()


def test_a_mail_is_delivered_encrypted_and_signed_in(serve, mailbox, mailing):
    core, payload = mailing(serve(), mail_username="sender", mail_password="mail secret")
    mail.deliver(core, payload)
    ((envelope, encrypted, authenticated),) = mailbox.mails
    assert (envelope.rcpt_tos, envelope.mail_from) == (["ada@example.org"], "music@example.org")
    assert (encrypted, authenticated) == (True, True)
    assert b"Hello ada" in envelope.content


def test_a_mail_that_is_sent_twice_has_one_message_id(serve, mailbox, mailing):
    core, payload = mailing(serve())
    mail.deliver(core, payload)
    mail.deliver(core, payload)
    mail.deliver(core, payload | {"at": payload["at"] + 1})
    ids = [line for envelope, *_ in mailbox.mails for line in envelope.content.splitlines() if b"Message-ID" in line]
    assert (len(ids), len(set(ids))) == (3, 2)


def test_a_certificate_that_nobody_vouches_for_is_refused(serve, mailbox, mailing):
    core, payload = mailing(serve(), mail_ca_file="")
    with pytest.raises(RetryLater, match="its certificate is not trusted"):
        mail.deliver(core, payload)
    assert mailbox.mails == []


def test_a_certificate_of_another_host_is_refused(serve, mailbox, mailing):
    core, payload = mailing(serve())
    elsewhere = core.settings.model_copy(update={"mail_server": "localhost"})
    with pytest.raises(RetryLater, match="its certificate is not trusted"):
        mail.deliver(dataclasses.replace(core, settings=elsewhere), payload)
    assert mailbox.mails == []


def test_a_server_that_cannot_encrypt_gets_nothing(serve, mailbox, mailing):
    core, payload = mailing(serve("plain"))
    with pytest.raises(RetryLater, match="The mail server cannot be used"):
        mail.deliver(core, payload)
    assert mailbox.mails == []


def test_a_server_on_the_own_machine_may_go_without_encryption_if_told_so(serve, mailbox, mailing):
    core, payload = mailing(serve("plain"), mail_use_tls=False)
    mail.deliver(core, payload)
    assert len(mailbox.mails) == 1


def test_tls_begins_at_once_on_its_own_port(serve, mailbox, mailing):
    port = serve("tls")
    core, payload = mailing(port)
    mail.deliver(core, payload, tls_port=port)  # 465 is not ours to listen on
    ((envelope, *_),) = mailbox.mails
    assert envelope.rcpt_tos == ["ada@example.org"]


def test_a_silent_server_is_given_up(mailing):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        core, payload = mailing(silent.getsockname()[1])
        began = time.monotonic()
        with pytest.raises(RetryLater, match="The mail server cannot be used: SMTPServerDisconnected"):
            mail.deliver(core, payload, timeout=0.2)
        assert time.monotonic() - began < 5


def test_a_server_that_is_not_there_is_tried_again_later(mailing):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    core, payload = mailing(port)
    with pytest.raises(RetryLater, match="ConnectionRefusedError"):
        mail.deliver(core, payload)


def test_a_wrong_password_is_tried_again_later_and_not_told(serve, mailing):
    core, payload = mailing(serve(), mail_username="sender", mail_password="guess work")
    with pytest.raises(RetryLater, match="SMTPAuthenticationError 535") as caught:
        mail.deliver(core, payload)
    assert "guess" not in str(caught.value)


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ({"on_recipient": "450 busy ada@example.org"}, RetryLater),
        ({"on_recipient": "550 no ada@example.org here"}, Unrecoverable),
        ({"on_data": "451 later ada@example.org"}, RetryLater),
        ({"on_data": "554 spam for ada@example.org"}, Unrecoverable),
    ],
)
def test_a_refusal_is_tried_again_if_it_may_pass_and_never_tells_the_address(serve, mailbox, mailing, answers, error):
    for name, answer in answers.items():
        setattr(mailbox, name, answer)
    core, payload = mailing(serve())
    with pytest.raises(error) as caught:
        mail.deliver(core, payload)
    assert "example.org" not in str(caught.value)
    assert (caught.value.__cause__, caught.value.__suppress_context__) == (None, True)


def test_a_file_that_holds_no_certificates_is_named(serve, mailing, tmp_path):
    (tmp_path / "ca.pem").write_text("nothing")
    core, payload = mailing(serve(), mail_ca_file=str(tmp_path / "ca.pem"))
    with pytest.raises(BadConfig, match="mail_ca_file"):
        mail.deliver(core, payload)


def test_without_a_server_a_mail_is_a_file_that_only_its_owner_can_read(core, ada, clock):
    payload = {"mail": "password-changed", "user": ada.uuid, "at": int(clock.at)}
    mail.deliver(core, payload)
    mail.deliver(core, payload)
    (file,) = (core.settings.instance_path / "outbox").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    (kept,) = mail.outbox(core)
    expected = (file.name, int(clock.at), "ada@example.org", "Your password was changed - GoScrobble")
    assert expected == (kept.name, kept.at, kept.to, kept.subject)
    assert "Hello ada" in kept.text


def test_an_empty_outbox_holds_nothing(core):
    assert mail.outbox(core) == []


def test_a_mail_for_an_account_that_is_gone_is_not_sent(core):
    mail.deliver(core, {"mail": "password-changed", "user": "gone", "at": 0})
    assert mail.outbox(core) == []


def test_no_log_line_holds_an_address(serve, mailing):
    core, payload = mailing(serve())
    with structlog.testing.capture_logs() as logs:
        mail.deliver(core, payload)
    assert [entry["event"] for entry in logs] == ["mail sent"]
    assert "example.org" not in repr(logs)
