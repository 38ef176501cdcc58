"""ConsentService over gRPC: the authority's consent, entered by one and checked by another."""

# ruff: noqa: N802 - methods are named by the contract

from collections.abc import Callable

import grpc

from services.catalog.application import consents as use_cases
from services.catalog.application.consents import Consents, Paper
from services.catalog.application.desk_ports import ScanKind
from services.catalog.application.review import ReviewDesk
from services.catalog.domain.consents import Consent, Coverage
from services.catalog.entrypoints.register_messages import consent_message
from services.catalog.entrypoints.review_messages import day_of
from services.catalog.entrypoints.review_servicer import archive_here
from services.common.grpc.call import current_call
from services.common.mongo.idempotency import idempotency_key
from services.common.mongo.repeats import Repeats
from tongdang.catalog.v1 import consents_pb2, consents_pb2_grpc


class ConsentServicer(consents_pb2_grpc.ConsentServiceServicer):
    """Thin."""

    def __init__(
        self,
        consents: Consents,
        desk: ReviewDesk,
        inspect: Callable[[bytes], ScanKind],
        region_id: str,
        repeats: Repeats,
    ) -> None:
        self._consents = consents
        self._desk = desk
        self._inspect = inspect
        self._region_id = region_id
        self._repeats = repeats

    def EnterConsent(
        self, request: consents_pb2.EnterConsentRequest, context: grpc.ServicerContext
    ) -> consents_pb2.EnterConsentResponse:
        by = current_call()
        archive = archive_here(self._desk, request.archive_id, self._region_id)

        def work() -> Consent:
            paper = Paper(
                request.document_number.strip(),
                day_of(request.given_on, "given_on"),
                request.authority.strip(),
                request.scan,
                Coverage(request.batch_id, request.series_id, tuple(request.record_ids)),
                request.covers,
            )
            return use_cases.enter_consent(
                consent_id=request.request_id,
                archive=archive,
                paper=paper,
                inspect=self._inspect,
                by=by,
                consents=self._consents,
                batches=self._desk.batches,
            )

        def again() -> Consent:
            return self._consents.get(request.request_id)

        consent = self._repeats.run(idempotency_key(by, request), work, again)
        return consents_pb2.EnterConsentResponse(consent=consent_message(consent))

    def CheckConsent(
        self, request: consents_pb2.CheckConsentRequest, context: grpc.ServicerContext
    ) -> consents_pb2.CheckConsentResponse:
        by, consents = current_call(), self._consents

        def work() -> Consent:
            return use_cases.check_consent(
                consent_id=request.consent_id,
                confirmed=request.confirmed,
                note=request.note,
                by=by,
                consents=consents,
            )

        consent = self._repeats.run(idempotency_key(by, request), work, lambda: consents.get(request.consent_id))
        return consents_pb2.CheckConsentResponse(consent=consent_message(consent))

    def ListConsents(
        self, request: consents_pb2.ListConsentsRequest, context: grpc.ServicerContext
    ) -> consents_pb2.ListConsentsResponse:
        current_call().actor.require_archive(request.archive_id)
        page = self._consents.list(request.archive_id, size=request.page_size, token=request.page_token)
        return consents_pb2.ListConsentsResponse(
            consents=map(consent_message, page.items), next_page_token=page.next_token
        )

    def ReadConsent(
        self, request: consents_pb2.ReadConsentRequest, context: grpc.ServicerContext
    ) -> consents_pb2.ReadConsentResponse:
        consent = self._consents.get(request.consent_id)
        current_call().actor.require_archive(consent.archive_id)
        scan = self._consents.scan(consent.sha256)
        return consents_pb2.ReadConsentResponse(scan=scan, media_type=consent.media_type)
