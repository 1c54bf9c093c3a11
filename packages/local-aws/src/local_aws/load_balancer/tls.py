"""TLS for HTTPS listeners, with one local certificate for localhost.

The private key of a listener's certificate never leaves ACM. To trust the local certificate, give
its file to the client, for example with ``curl --cacert``.
"""

from __future__ import annotations

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from local_aws.files import write_atomically
from local_aws.ports import LOOPBACK

_KEY = "key.pem"
_VALIDITY = timedelta(days=365)
_RENEW_BEFORE = timedelta(days=30)


def server_context(certificate: Path) -> ssl.SSLContext:
    """Return a context with this certificate and the key beside it.

    Creates both if they are missing or about to expire.
    """
    key = certificate.with_name(_KEY)
    if not _is_usable(certificate, key):
        _create(certificate, key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(certificate, key)
    return context


def _is_usable(certificate: Path, key: Path) -> bool:
    from cryptography import x509

    try:
        key.stat()
        found = x509.load_pem_x509_certificate(certificate.read_bytes())
    except (OSError, ValueError):
        return False
    return found.not_valid_after_utc - datetime.now(UTC) > _RENEW_BEFORE


def _create(certificate: Path, key: Path) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    private_key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address(LOOPBACK))]
    now = datetime.now(UTC)
    created = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private_key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + _VALIDITY)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(private_key, hashes.SHA256())
    )
    pem = private_key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    key.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_atomically(key, pem)
    write_atomically(certificate, created.public_bytes(serialization.Encoding.PEM))
