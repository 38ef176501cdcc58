"""Sealed boxes (libsodium, X25519): only the holder of the private key opens them, not even their sender."""

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox

from services.common.domain.errors import InvalidArgument

MAX_PLAINTEXT = 16 * 1024


def seal(public_key: bytes, plaintext: bytes) -> bytes:
    """Encrypts to a 32-byte X25519 public key."""
    return bytes(SealedBox(PublicKey(public_key)).encrypt(plaintext))


def open_sealed(private_key: bytes, box: bytes) -> bytes:
    """Decrypts with the 32-byte X25519 private key.

    Raises: InvalidArgument: sealed to another key, or altered.
    """
    try:
        return bytes(SealedBox(PrivateKey(private_key)).decrypt(box))
    except CryptoError as problem:
        raise InvalidArgument("sealed", "a box sealed to this region's key") from problem
