"""A certificate authority for one local stack, and a certificate for each principal. Local use only."""

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from deploy.local.files import write_private

_VALID = timedelta(days=825)


def ensure_certificates(folder: Path, principals: list[str]) -> None:
    """Makes `ca.pem`, and `<principal>.pem` with `<principal>.key`, where they are missing.

    Common name = principal; names localhost and 127.0.0.1; usable by client and server. Keys are PKCS#8.
    """
    if all((folder / f"{name}.pem").exists() for name in ("ca", *principals)):
        return
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority = new_authority(authority_key)
    write_private(folder / "ca.pem", _pem(authority))
    for principal in principals:
        write_certificate(folder, principal, authority, authority_key)


def write_certificate(
    folder: Path,
    principal: str,
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
    valid: timedelta = _VALID,
) -> None:
    """A new key and certificate in place of what was there."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = issue(principal, key, authority, authority_key, valid)
    write_private(folder / f"{principal}.key", private_pem(key))
    write_private(folder / f"{principal}.pem", _pem(certificate))
    write_private(folder / f"{principal}.keystore.pem", private_pem(key) + _pem(certificate) + _pem(authority))


def issue(
    principal: str,
    key: ec.EllipticCurvePrivateKey,
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
    valid: timedelta = _VALID,
) -> x509.Certificate:
    """A certificate for one principal, valid from an hour ago until `valid` from now."""
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
    return (
        _builder(_name(principal), authority.subject, key.public_key(), valid)
        .add_extension(names, critical=False)
        .add_extension(usage, critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(authority_key, hashes.SHA256())
    )


def private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """PKCS#8, unencrypted: the file's mode protects it."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def new_authority(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    """The certificate of an authority with this key."""
    name = _name("Tongdang local authority")
    return (
        _builder(name, name, key.public_key(), _VALID)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, valid: timedelta
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + valid)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
