"""A certificate authority for one local stack, and a certificate for each principal. Local use only."""

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from deploy.files import write_private

_VALID = timedelta(days=825)


def ensure_certificates(folder: Path, principals: list[str]) -> None:
    """Makes the authority where there is none, and a certificate for each principal that has none of the authority's.

    `<principal>.pem`, `.key` and, both in one, `.keystore.pem`: deleting any of them renews the certificate. Common
    name = principal; names localhost, 127.0.0.1 and the principal, which is its host where each has one; usable by
    client and server. Keys are PKCS#8. The authority's own key stays in `ca.key`, as only a stack on one machine may
    have it.
    """
    authority, authority_key = _authority(folder)
    for principal in principals:
        if not _is_whole(folder, principal, authority):
            write_certificate(folder, principal, authority, authority_key)


def _authority(folder: Path) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """The one in the folder; a new one where its key is not there, which no certificate outlives."""
    certificate_file, key_file = folder / "ca.pem", folder / "ca.key"
    if not key_file.exists():
        write_private(key_file, private_pem(ec.generate_private_key(ec.SECP256R1())))
    key = serialization.load_pem_private_key(key_file.read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    if certificate_file.exists():
        certificate = x509.load_pem_x509_certificate(certificate_file.read_bytes())
        if certificate.public_key() == key.public_key():
            return certificate, key
    certificate = new_authority(key)
    write_private(certificate_file, _pem(certificate))
    return certificate, key


def _is_whole(folder: Path, principal: str, authority: x509.Certificate) -> bool:
    if not all((folder / f"{principal}.{end}").exists() for end in ("key", "pem", "keystore.pem")):
        return False
    certificate = x509.load_pem_x509_certificate((folder / f"{principal}.pem").read_bytes())
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, InvalidSignature):
        return False
    return True


def write_certificate(
    folder: Path,
    principal: str,
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
    valid: timedelta = _VALID,
) -> None:
    """A new key and certificate in place of what was there; broken off, it leaves one file missing."""
    (folder / f"{principal}.keystore.pem").unlink(missing_ok=True)
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
    loopback = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), loopback, x509.DNSName(principal)])
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
