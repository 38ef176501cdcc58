"""Puts the desk, the vault and the delivery together, for `__main__`."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import grpc

from services.catalog.adapters.applicant_seals import ApplicantSeals
from services.catalog.adapters.certificate.renderer import PdfRenderer
from services.catalog.adapters.desk_documents import COPIES, VAULT
from services.catalog.adapters.fonts import FontComponent
from services.catalog.adapters.held_cases import MongoHeldCases
from services.catalog.adapters.mongo_cases import MongoCases, MongoHoldings
from services.catalog.adapters.sample_sealing import SampleSealing
from services.catalog.adapters.scans import inspect
from services.catalog.application.desk_messages import LANE
from services.catalog.application.fulfil import Workshop
from services.catalog.entrypoints.case_reconciliation_servicer import CaseReconciliationServicer
from services.catalog.entrypoints.delivery_servicer import DeliveryServicer
from services.catalog.entrypoints.desk_servicer import DeskServicer, SupplyingAgencyServicer
from services.common.components import Component
from services.common.foundation import Foundation
from services.common.grpc.channel import secure_channel
from services.common.grpc.letters import LetterCarrier
from services.common.mongo.dispatcher import Dispatcher
from services.common.mongo.files import BlobStore
from services.common.mongo.lease import replica
from services.common.runner import Timer
from services.common.working_calendar import PublishedCalendar
from tongdang.catalog.v1 import delivery_pb2_grpc, desk_pb2_grpc
from tongdang.fulfilment.v1 import fulfilment_pb2_grpc

_HOUR_S = 3600


@dataclass(frozen=True)
class Desk:
    """What the catalog service takes over. Its migrations call `desk_documents.create_desk_collections`."""

    register: list[Callable[[grpc.Server], None]]
    components: list[Component]
    timers: list[Timer]


def wire_desk(base: Foundation, region_id: str, sealing_key: bytes, verify_url: str) -> Desk:
    """`sealing_key`: the province's X25519 private key, 32 bytes; `verify_url`: public, without trailing slash."""
    cases = MongoCases(base.database, base.transactions)
    vault, copies = BlobStore(base.database, VAULT), BlobStore(base.database, COPIES)
    shop = Workshop(
        cases=cases,
        holdings=MongoHoldings(base.database),
        vault=vault,
        copies=copies,
        seals=ApplicantSeals(sealing_key),
        renderer=PdfRenderer(),
        sealing=SampleSealing(),
        registry=base.registry,
        calendar=PublishedCalendar(),
        verify_url=verify_url,
        inspect=inspect,
        random_bytes=secrets.token_bytes,
        record=base.recorder.record,
    )
    tls = base.settings.tls
    dispatcher = Dispatcher(
        base.database,
        [LANE],
        LetterCarrier({LANE: secure_channel(base.registry.services["requests"], tls)}).send,
        base.clock,
        replica(base.settings.identity.principal),
        base.transactions.bells,
    )

    def sweep() -> None:
        vault.sweep(cases.scans_in_use(), base.clock.now())
        copies.sweep(cases.copies_in_use(), base.clock.now())

    return Desk(
        register=[
            partial(desk_pb2_grpc.add_DeskServiceServicer_to_server, DeskServicer(shop)),
            partial(delivery_pb2_grpc.add_DeliveryServiceServicer_to_server, DeliveryServicer(shop)),
            partial(
                fulfilment_pb2_grpc.add_SupplyingAgencyServiceServicer_to_server,
                SupplyingAgencyServicer(shop, region_id),
            ),
            partial(
                fulfilment_pb2_grpc.add_CaseReconciliationServiceServicer_to_server,
                CaseReconciliationServicer(MongoHeldCases(base.database, region_id)),
            ),
        ],
        components=[FontComponent(), dispatcher],
        timers=[Timer("sweep", _HOUR_S, sweep)],
    )
