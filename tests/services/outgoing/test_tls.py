"""Which servers are believed to be who they are."""

from __future__ import annotations

import datetime as dt
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from goscrobble.services import outgoing
from tests.services.outgoing.servers import DEADLINE, FAULTS, SLACK, ok, refused, resolving


def _certificate(folder, host, *, days=1):
    """Write a self-signed certificate for a host, valid until `days` from now; return its file and a server's context."""
    key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=10))
        .not_valid_after(now + dt.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file, both = folder / f"{host}.pem", folder / f"{host}-key.pem"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    both.write_bytes(secret + file.read_bytes())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    return file, context


@pytest.fixture
def trusting(monkeypatch):
    """Let the machine trust the authority in a file."""

    def trust(file):
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        outgoing._trust.cache_clear()

    yield trust
    outgoing._trust.cache_clear()


def test_a_certificate_that_the_machine_trusts_is_good(core, serve, trusting, tmp_path):
    file, context = _certificate(tmp_path, "music.test")
    trusting(file)
    server = serve(ok(), context)
    answer = outgoing.fetch(core, "GET", server.url("music.test", scheme="https"), resolve=resolving("127.0.0.1"))
    assert answer.json() == {"ok": True}


@pytest.mark.parametrize(
    ("host", "days", "is_trusted"),
    [("music.test", 1, False), ("other.test", 1, True), ("music.test", -1, True)],
    ids=["self-signed", "of another host", "expired"],
)
def test_a_certificate_that_proves_nothing_is_refused_before_anything_is_said(
    core, serve, trusting, tmp_path, host, days, is_trusted
):
    file, context = _certificate(tmp_path, host, days=days)
    if is_trusted:
        trusting(file)
    server = serve(ok(), context)
    refused(core, server.url("music.test", scheme="https"), resolve=resolving("127.0.0.1"))
    assert server.requests == []


@pytest.mark.parametrize("name", ["hang", "garbage", "no answer"])
def test_what_speaks_no_tls_is_refused_in_time(core, serve, name):
    assert refused(core, serve(FAULTS[name]).url(scheme="https")) < DEADLINE + SLACK
