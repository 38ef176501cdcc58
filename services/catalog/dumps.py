"""Puts the dumps of the open catalogue together, for `__main__`."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import cast

import grpc
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.catalog.adapters.dump_shelf import MongoShelf
from services.catalog.adapters.dump_worker import DumpWorker
from services.catalog.application.dumps import Publisher
from services.catalog.entrypoints.dump_servicer import DumpServicer
from services.catalog.settings import CatalogSettings
from services.common.components import Component
from services.common.domain.open_dump import Source
from services.common.domain.registry import Region
from services.common.foundation import Foundation
from services.common.mongo.lease import LeaseHolder, replica
from tongdang.catalog.v1 import dump_pb2_grpc

_TERM_S = 30.0
"""Of the lease: a page of entries takes a tenth of a second, and may have to wait for a busy database."""


@dataclass(frozen=True)
class Dumps:
    """What the catalog service takes over."""

    register: list[Callable[[grpc.Server], None]]
    components: list[Component]


def wire_dumps(base: Foundation, settings: CatalogSettings) -> Dumps:
    """The servicer, and the worker that writes."""
    principal, dump = settings.identity.principal, settings.dump
    region = base.registry.region(settings.region.id)
    key = serialization.load_pem_private_key(settings.signing.key_file.read_bytes(), None)
    conditions = {"zh": dump.conditions, "en": dump.conditions_en}
    servicer = DumpServicer(MongoShelf(base.database, base.transactions, dump.keep))
    worker = DumpWorker(
        base.database,
        base.transactions,
        LeaseHolder(base.database, "dumps", replica(principal), _TERM_S),
        region,
        publisher_of(region, cast(Ed25519PrivateKey, key), conditions),
        principal,
        base.clock,
        base.ids,
        dump.at,
        dump.keep,
    )
    return Dumps([partial(dump_pb2_grpc.add_DumpServiceServicer_to_server, servicer)], [worker])


def publisher_of(region: Region, key: Ed25519PrivateKey, conditions: dict[str, str]) -> Publisher:
    """The province with its signing key."""
    source = Source(region.region_id, f"{region.name}开放档案目录", f"Open archives of {region.name_en}", conditions)
    return Publisher(source, key.public_key().public_bytes_raw(), key.sign)
