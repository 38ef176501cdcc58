"""People's Ed25519 keys in MongoDB, each wrapped by the mounted key-encryption key (AES-256-GCM)."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.common.domain.audit_event import AuditEvent
from services.common.domain.errors import TongdangError
from services.common.mongo.database import MongoDatabase
from services.common.mongo.transactions import Transactions, Tx

COLLECTION = "signing_keys"
_NONCE_BYTES = 12


class KeyEncryptionKeyWrong(TongdangError):
    """A person's key opens under none of the mounted key-encryption keys."""

    code = "KEY_ENCRYPTION_KEY_WRONG"


class Wrapping:
    """Wraps under the current key-encryption key; opens what it or a former one wrapped. Keys: 32 bytes each."""

    def __init__(self, current: bytes, former: Sequence[bytes] = ()) -> None:
        self._current = AESGCM(current)
        self._former = [AESGCM(key) for key in former]

    def wrap(self, pseudonym: str, raw: bytes) -> bytes:
        """Bound to its owner: under another pseudonym it does not open."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._current.encrypt(nonce, raw, pseudonym.encode())

    def unwrap(self, pseudonym: str, wrapped: bytes) -> bytes:
        """Raises: KeyEncryptionKeyWrong."""
        for key in (self._current, *self._former):
            raw = _opened(key, pseudonym, wrapped)
            if raw is not None:
                return raw
        raise KeyEncryptionKeyWrong("a signing key was wrapped under another key-encryption key than those mounted")

    def is_current(self, pseudonym: str, wrapped: bytes) -> bool:
        """Whether the current key alone suffices."""
        return _opened(self._current, pseudonym, wrapped) is not None


def _opened(key: AESGCM, pseudonym: str, wrapped: bytes) -> bytes | None:
    try:
        return key.decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], pseudonym.encode())
    except InvalidTag:
        return None


class MongoSigningKeys:
    """`SigningKeys` of one realm."""

    def __init__(self, transactions: Transactions, wrapping: Wrapping) -> None:
        self._transactions = transactions
        self._wrapping = wrapping

    def sign(self, pseudonym: str, message: bytes, event: AuditEvent) -> tuple[bytes, bytes]:
        def work(tx: Tx) -> Ed25519PrivateKey:
            tx.record(event)
            stored = tx.db[COLLECTION].find_one({"_id": pseudonym}, session=tx.session)
            if stored is not None:
                raw = self._wrapping.unwrap(pseudonym, bytes(stored["wrapped"]))
                return Ed25519PrivateKey.from_private_bytes(raw)
            key = Ed25519PrivateKey.generate()
            document = {
                "_id": pseudonym,
                "wrapped": self._wrapping.wrap(pseudonym, key.private_bytes_raw()),
                "public_key": key.public_key().public_bytes_raw(),
                "created_at": event.time,
            }
            tx.db[COLLECTION].insert_one(document, session=tx.session)
            return key

        key = self._transactions.run(work)
        return key.sign(message), key.public_key().public_bytes_raw()


@dataclass(frozen=True)
class Rewrapped:
    """How many keys were wrapped anew, and how many needed nothing."""

    rewrapped: int
    current: int


def rewrap(database: MongoDatabase, wrapping: Wrapping) -> Rewrapped:
    """Brings every person's key under the current key-encryption key; may be interrupted and repeated at any point.

    Nothing is written before all keys have been opened once, and each write replaces exactly the bytes that were read.

    Raises: KeyEncryptionKeyWrong: with nothing changed.
    """
    keys = database.db[COLLECTION]
    stored = {row["_id"]: bytes(row["wrapped"]) for row in keys.find({}, {"wrapped": 1})}
    former = {owner: old for owner, old in stored.items() if not wrapping.is_current(owner, old)}
    renewed = {owner: wrapping.wrap(owner, wrapping.unwrap(owner, old)) for owner, old in former.items()}
    for owner, new in renewed.items():
        keys.update_one({"_id": owner, "wrapped": former[owner]}, {"$set": {"wrapped": new}})
    return Rewrapped(len(renewed), len(stored) - len(former))
