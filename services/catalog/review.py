"""Puts the opening review together, for `__main__`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, cast

import grpc
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.catalog.adapters.auth_signer import AuthSigner
from services.catalog.adapters.batch_store import MongoBatches
from services.catalog.adapters.batch_worker import BatchWorker, WorkerTerms
from services.catalog.adapters.correction_store import MongoCorrections
from services.catalog.adapters.fonds_store import MongoFonds, MongoLoans
from services.catalog.adapters.gathering import Suggest
from services.catalog.adapters.line_store import MongoLines
from services.catalog.adapters.opened_lists import MongoOpened
from services.catalog.adapters.opinion_documents import LETTER_SCANS
from services.catalog.adapters.opinion_store import MongoOpinions
from services.catalog.adapters.plan_store import MongoPlans
from services.catalog.adapters.review_records import MongoRecords
from services.catalog.adapters.rhythm_store import MongoRhythms
from services.catalog.adapters.rule_store import MongoWords
from services.catalog.adapters.scans import inspect
from services.catalog.adapters.text_store import MongoTexts
from services.catalog.adapters.waiting import MongoWaiting
from services.catalog.application.issues import come_due
from services.catalog.application.review import ReviewDesk
from services.catalog.application.review_ports import ReviewTerms
from services.catalog.domain.rules import RuleSettings, rule_version
from services.catalog.domain.suggestions import Suggestion, suggest, suggest_text
from services.catalog.entrypoints.correction_servicer import CorrectionServicer
from services.catalog.entrypoints.fonds_servicer import FondsServicer
from services.catalog.entrypoints.issue_servicer import IssueServicer, IssueStores, OpenedServicer
from services.catalog.entrypoints.line_servicer import LineServicer
from services.catalog.entrypoints.opinion_servicer import OpinionServicer
from services.catalog.entrypoints.plan_servicer import PlanServicer
from services.catalog.entrypoints.review_servicer import ReviewServicer
from services.catalog.entrypoints.text_servicer import TextServicer
from services.catalog.settings import CatalogSettings
from services.common.components import Component
from services.common.domain.caller import Caller
from services.common.foundation import Foundation
from services.common.grpc.channel import secure_channel
from services.common.mongo.files import BlobStore
from services.common.mongo.lease import LeaseHolder, replica
from services.common.mongo.repeats import Repeats
from services.common.mongo.wakeups import Wakeup
from services.common.runner import Timer
from tongdang.catalog.v1 import (
    correction_pb2_grpc,
    fonds_pb2_grpc,
    issues_pb2_grpc,
    lines_pb2_grpc,
    plans_pb2_grpc,
    review_pb2_grpc,
    text_pb2_grpc,
    unit_opinions_pb2_grpc,
)

_HOUR_S = 3600


@dataclass(frozen=True)
class Review:
    """What the catalog service takes over. `desk`: for what stands beside the review."""

    desk: ReviewDesk
    register: list[Callable[[grpc.Server], None]]
    components: list[Component]
    timers: list[Timer]


def wire_review(base: Foundation, settings: CatalogSettings, words: MongoWords, repeats: Repeats) -> Review:
    """Nine servicers, and the worker that gathers, goes on with long acts and carries publications out."""
    queued, rules = Wakeup(), settings.rules
    database, transactions = base.database, base.transactions
    desk = ReviewDesk(
        batches=MongoBatches(database, transactions, queued),
        records=MongoRecords(database, transactions, rules.re_evaluation_years),
        fonds=MongoFonds(database, transactions),
        plans=MongoPlans(database, transactions),
        loans=MongoLoans(database, transactions),
        signer=AuthSigner(secure_channel(base.registry.services["auth"], settings.tls)),
        registry=base.registry,
        terms=ReviewTerms(rule_version(rules), rules.separate_confirmer),
    )
    lines, opinions = MongoLines(database), MongoOpinions(database, transactions)
    scans = BlobStore(database, LETTER_SCANS)
    region_id = settings.region.id
    reviewing = ReviewServicer(desk, region_id, repeats)
    deciding = LineServicer(desk, lines, repeats)
    hearing = OpinionServicer(desk, opinions, inspect, repeats)
    planning = PlanServicer(desk, region_id, repeats)
    settings.issues.require_sound()
    rhythms, waiting = MongoRhythms(database, transactions, settings.issues), MongoWaiting(database)
    opened = MongoOpened(database, [archive.archive_id for archive in base.registry.region(region_id).archives])
    issuing = IssueServicer(desk, IssueStores(rhythms, waiting, opened), region_id, repeats)
    keeping = FondsServicer(desk, region_id, repeats)
    reading = TextServicer(desk.records, MongoTexts(database, transactions), repeats)
    correcting = CorrectionServicer(desk.records, MongoCorrections(database, transactions), repeats)
    return Review(
        desk=desk,
        register=[
            partial(review_pb2_grpc.add_ReviewServiceServicer_to_server, reviewing),
            partial(lines_pb2_grpc.add_LineServiceServicer_to_server, deciding),
            partial(unit_opinions_pb2_grpc.add_UnitOpinionServiceServicer_to_server, hearing),
            partial(plans_pb2_grpc.add_PlanServiceServicer_to_server, planning),
            partial(text_pb2_grpc.add_TextServiceServicer_to_server, reading),
            partial(correction_pb2_grpc.add_CorrectionServiceServicer_to_server, correcting),
            partial(issues_pb2_grpc.add_IssueServiceServicer_to_server, issuing),
            partial(issues_pb2_grpc.add_OpenedServiceServicer_to_server, OpenedServicer(opened)),
            partial(fonds_pb2_grpc.add_FondsServiceServicer_to_server, keeping),
        ],
        components=[_worker(base, settings, words, queued, desk)],
        timers=[Timer("sweep-letters", _HOUR_S, lambda: _sweep(scans, opinions, base))],
    )


def suggesting(words: MongoWords, settings: RuleSettings) -> Callable[[str], Suggest]:
    """What is suggested by an archive's words, as they are when it is asked."""

    def for_archive(archive_id: str) -> Suggest:
        vocabulary = words.get(archive_id).vocabulary

        def suggest_for(fields: Mapping[str, Any], on: date) -> Suggestion:
            if "text" in fields:  # on a list of texts
                return suggest_text(fields, fields["text"], vocabulary=vocabulary)
            return suggest(fields, on=on, vocabulary=vocabulary, settings=settings)

        return suggest_for

    return for_archive


def _worker(
    base: Foundation, settings: CatalogSettings, words: MongoWords, queued: Wakeup, desk: ReviewDesk
) -> BatchWorker:
    principal = settings.identity.principal
    pem = settings.signing.key_file.read_bytes()
    rules = settings.rules
    return BatchWorker(
        base.database,
        base.transactions,
        LeaseHolder(base.database, "batches", replica(principal)),
        base.registry,
        cast(Ed25519PrivateKey, serialization.load_pem_private_key(pem, None)),
        principal,
        base.clock,
        base.ids,
        queued,
        WorkerTerms(suggesting(words, rules), rule_version(rules), rules.re_evaluation_years, coming_due(desk)),
    )


def coming_due(desk: ReviewDesk) -> Callable[[str, Caller], object]:
    """What the worker does with a batch whose day has come."""
    return lambda batch_id, by: come_due(batch_id=batch_id, by=by, desk=desk)


def _sweep(scans: BlobStore, opinions: MongoOpinions, base: Foundation) -> None:
    scans.sweep(opinions.scans_in_use(), base.clock.now())
