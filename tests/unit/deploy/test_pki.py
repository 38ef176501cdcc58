"""Certificates of a local stack: one can be renewed alone, and whenever a kill strikes they fit together afterwards."""

import contextlib
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from deploy.files import write_private
from deploy.local import pki
from deploy.local.pki import ensure_certificates

PRINCIPALS = ["requests", "portal"]
ENDS = ("key", "pem", "keystore.pem")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def fits(folder: Path, principal: str) -> bool:
    """Whether key, certificate, keystore and authority belong together."""
    authority = x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes())
    certificate = x509.load_pem_x509_certificate((folder / f"{principal}.pem").read_bytes())
    certificate.verify_directly_issued_by(authority)
    key = (folder / f"{principal}.key").read_bytes()
    private = load_pem_private_key(key, None)
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    whole = key + (folder / f"{principal}.pem").read_bytes() + (folder / "ca.pem").read_bytes()
    return (
        certificate.public_key() == private.public_key()
        and (folder / f"{principal}.keystore.pem").read_bytes() == whole
    )


@pytest.mark.parametrize("end", ENDS)
def test_deleting_one_file_renews_that_certificate_alone(tmp_path: Path, end: str) -> None:
    ensure_certificates(tmp_path, PRINCIPALS)
    before = contents(tmp_path)
    (tmp_path / f"portal.{end}").unlink()

    ensure_certificates(tmp_path, PRINCIPALS)

    after = contents(tmp_path)
    assert {name for name in before if before[name] != after[name]} == {f"portal.{end}" for end in ENDS}
    assert fits(tmp_path, "portal")


def test_without_its_key_an_authority_is_replaced_with_all_it_signed(tmp_path: Path) -> None:
    """Stacks from before the key was kept."""
    ensure_certificates(tmp_path, PRINCIPALS)
    before = contents(tmp_path)
    (tmp_path / "ca.key").unlink()

    ensure_certificates(tmp_path, PRINCIPALS)

    after = contents(tmp_path)
    assert all(before[name] != after[name] for name in before)
    assert all(fits(tmp_path, principal) for principal in PRINCIPALS)


def test_only_the_owner_may_read_the_authoritys_key(tmp_path: Path) -> None:
    ensure_certificates(tmp_path, PRINCIPALS)

    assert (tmp_path / "ca.key").stat().st_mode & 0o077 == 0


class Killed(BaseException):
    """Stands for kill -9: nothing runs after it."""


@pytest.mark.parametrize("gone", ["", "portal.key", "portal.pem", "portal.keystore.pem", "ca.key"])
@pytest.mark.parametrize("writes", range(9))
def test_a_kill_between_two_writes_is_made_good_by_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gone: str, writes: int
) -> None:
    if gone:
        ensure_certificates(tmp_path, PRINCIPALS)
        (tmp_path / gone).unlink()
    left = writes

    def write(path: Path, content: bytes) -> None:
        nonlocal left
        if left == 0:
            raise Killed
        left -= 1
        write_private(path, content)

    with monkeypatch.context() as patch:
        patch.setattr(pki, "write_private", write)
        with contextlib.suppress(Killed):
            ensure_certificates(tmp_path, PRINCIPALS)

    ensure_certificates(tmp_path, PRINCIPALS)

    assert all(fits(tmp_path, principal) for principal in PRINCIPALS)
