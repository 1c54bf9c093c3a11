"""TLS of HTTPS listeners: one certificate of this machine's own, for clients on loopback.

That of the listener is in ACM and its key never leaves there. Whoever wants to trust this one gives
its file to the client, for example ``curl --cacert``.
"""

from __future__ import annotations

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from local_aws.files import write_atomically
from local_aws.ports import LOOPBACK

_KEY = "key.pem"
_VALID = timedelta(days=365)
_RENEWED_BEFORE = timedelta(days=30)


def server_context(certificate: Path) -> ssl.SSLContext:
    """With this certificate and the key beside it, made there if there is none that lasts."""
    key = certificate.with_name(_KEY)
    if not _lasts(certificate, key):
        _make(certificate, key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(certificate, key)
    return context


def _lasts(certificate: Path, key: Path) -> bool:
    from cryptography import x509

    try:
        key.stat()
        found = x509.load_pem_x509_certificate(certificate.read_bytes())
    except (OSError, ValueError):
        return False
    return found.not_valid_after_utc - datetime.now(UTC) > _RENEWED_BEFORE


def _make(certificate: Path, key: Path) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address(LOOPBACK))]
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + _VALID)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(private, hashes.SHA256())
    )
    pem = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    key.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_atomically(key, pem)
    write_atomically(certificate, made.public_bytes(serialization.Encoding.PEM))
