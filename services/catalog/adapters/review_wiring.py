"""Puts the opening review together, for `__main__`."""

from typing import cast

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.catalog.adapters.auth_signer import AuthSigner
from services.catalog.adapters.batch_store import MongoBatches
from services.catalog.adapters.batch_worker import BatchWorker
from services.catalog.adapters.review_records import MongoRecords
from services.catalog.settings import CatalogSettings
from services.common.foundation import Foundation
from services.common.grpc.channel import secure_channel
from services.common.mongo.lease import LeaseHolder, replica
from services.common.mongo.wakeups import Wakeup


def wire_review(
    base: Foundation, settings: CatalogSettings
) -> tuple[MongoBatches, MongoRecords, AuthSigner, BatchWorker]:
    """The ports of the servicer, and the worker that carries publications out."""
    queued = Wakeup()
    principal = settings.identity.principal
    pem = settings.signing.key_file.read_bytes()
    worker = BatchWorker(
        base.database,
        base.transactions,
        LeaseHolder(base.database, "batches", replica(principal)),
        base.registry,
        cast(Ed25519PrivateKey, serialization.load_pem_private_key(pem, None)),
        principal,
        base.clock,
        base.ids,
        queued,
    )
    signer = AuthSigner(secure_channel(base.registry.services["auth"], settings.tls))
    batches = MongoBatches(base.database, base.transactions, queued)
    return batches, MongoRecords(base.database, base.transactions), signer, worker
