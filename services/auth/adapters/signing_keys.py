"""People's Ed25519 keys in MongoDB, each wrapped by the mounted key-encryption key (AES-256-GCM)."""

import os

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.common.domain.audit_event import AuditEvent
from services.common.mongo.transactions import Transactions, Tx

COLLECTION = "signing_keys"
_NONCE_BYTES = 12


class MongoSigningKeys:
    """`SigningKeys` of one realm."""

    def __init__(self, transactions: Transactions, key_encryption_key: bytes) -> None:
        self._transactions = transactions
        self._wrap = AESGCM(key_encryption_key)

    def sign(self, pseudonym: str, message: bytes, event: AuditEvent) -> tuple[bytes, bytes]:
        def work(tx: Tx) -> Ed25519PrivateKey:
            tx.record(event)
            stored = tx.db[COLLECTION].find_one({"_id": pseudonym}, session=tx.session)
            if stored is not None:
                return self._unwrap(pseudonym, bytes(stored["wrapped"]))
            key = Ed25519PrivateKey.generate()
            document = {
                "_id": pseudonym,
                "wrapped": self._wrapped(pseudonym, key),
                "public_key": key.public_key().public_bytes_raw(),
                "created_at": event.time,
            }
            tx.db[COLLECTION].insert_one(document, session=tx.session)
            return key

        key = self._transactions.run(work)
        return key.sign(message), key.public_key().public_bytes_raw()

    def _wrapped(self, pseudonym: str, key: Ed25519PrivateKey) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._wrap.encrypt(nonce, key.private_bytes_raw(), pseudonym.encode())

    def _unwrap(self, pseudonym: str, wrapped: bytes) -> Ed25519PrivateKey:
        raw = self._wrap.decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], pseudonym.encode())
        return Ed25519PrivateKey.from_private_bytes(raw)
