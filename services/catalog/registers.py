"""Puts the deferral register, consents, series and their supervision together, for `__main__`."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import grpc

from services.catalog.adapters.consent_store import REGISTER_FILES, ConsentApplication, MongoConsents
from services.catalog.adapters.deferral_register import MongoRegister
from services.catalog.adapters.report_file import report_file
from services.catalog.adapters.report_store import MongoReports
from services.catalog.adapters.scans import inspect
from services.catalog.adapters.series_store import MongoSeries
from services.catalog.application.reports import RegisterDesk
from services.catalog.application.review import ReviewDesk
from services.catalog.entrypoints.consent_servicer import ConsentServicer
from services.catalog.entrypoints.deferral_servicer import DeferralServicer
from services.catalog.entrypoints.register_supervision_servicer import RegisterSupervisionServicer
from services.catalog.entrypoints.series_servicer import SeriesServicer
from services.catalog.settings import CatalogSettings
from services.common.foundation import Foundation
from services.common.mongo.files import BlobStore
from services.common.mongo.repeats import Repeats
from services.common.runner import Timer
from tongdang.catalog.v1 import consents_pb2_grpc, deferrals_pb2_grpc, series_pb2_grpc

_HOUR_S = 3600
_APPLY_S = 2
"""How long a batch's deferrals wait for the consent that two have checked."""


@dataclass(frozen=True)
class Registers:
    """What the catalog service takes over."""

    register: list[Callable[[grpc.Server], None]]
    timers: list[Timer]


def wire_registers(base: Foundation, settings: CatalogSettings, desk: ReviewDesk, repeats: Repeats) -> Registers:
    """Four servicers, and a timer that goes on with consents to whole batches."""
    database, transactions = base.database, base.transactions
    consents, reports = MongoConsents(database, transactions), MongoReports(database, transactions)
    series, region_id = MongoSeries(database, transactions), settings.region.id
    register = RegisterDesk(MongoRegister(database), series, consents, reports, report_file, desk.terms.rules)
    files = BlobStore(database, REGISTER_FILES)
    listing = DeferralServicer(register, desk, region_id, repeats)
    consenting = ConsentServicer(consents, desk, inspect, region_id, repeats)
    deferring = SeriesServicer(series, desk, region_id, settings.rules.re_evaluation_years, repeats)
    supervising = RegisterSupervisionServicer(register, desk, region_id)
    applying = ConsentApplication(database, transactions, settings.identity.principal, base.clock, base.ids)
    return Registers(
        register=[
            partial(deferrals_pb2_grpc.add_DeferralServiceServicer_to_server, listing),
            partial(deferrals_pb2_grpc.add_RegisterSupervisionServiceServicer_to_server, supervising),
            partial(consents_pb2_grpc.add_ConsentServiceServicer_to_server, consenting),
            partial(series_pb2_grpc.add_SeriesServiceServicer_to_server, deferring),
        ],
        timers=[
            Timer("apply-consents", _APPLY_S, applying),
            Timer("sweep-register-files", _HOUR_S, lambda: _sweep(files, consents, reports, base)),
        ],
    )


def _sweep(files: BlobStore, consents: MongoConsents, reports: MongoReports, base: Foundation) -> None:
    files.sweep([*consents.scans_in_use(), *reports.files_in_use()], base.clock.now())
