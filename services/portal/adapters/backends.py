"""The other services, as the portal calls them: one stub each, the person's token with every call."""

from functools import cached_property
from typing import Any

import grpc

from services.common.domain.errors import TongdangError
from services.common.domain.registry import Registry
from services.common.grpc.call import CORRELATION_KEY
from services.common.grpc.channel import call, secure_channel
from services.common.settings import Tls
from tongdang.audit.v1 import audit_pb2_grpc
from tongdang.auth.v1 import auth_pb2, auth_pb2_grpc
from tongdang.catalog.v1 import (
    consents_pb2_grpc,
    correction_pb2_grpc,
    deferrals_pb2_grpc,
    delivery_pb2_grpc,
    desk_pb2_grpc,
    dump_pb2_grpc,
    fonds_pb2_grpc,
    import_pb2_grpc,
    issues_pb2_grpc,
    lines_pb2_grpc,
    plans_pb2_grpc,
    provenance_pb2_grpc,
    review_pb2_grpc,
    rules_pb2_grpc,
    series_pb2_grpc,
    text_pb2_grpc,
    unit_opinions_pb2_grpc,
)
from tongdang.discovery.v1 import discovery_pb2_grpc
from tongdang.requests.v1 import requests_pb2_grpc

# mypy: disable-error-code="no-untyped-call"


class Province:
    """One province's catalog service."""

    def __init__(self, channel: grpc.Channel) -> None:
        self.imports = import_pb2_grpc.ImportServiceStub(channel)
        self.review = review_pb2_grpc.ReviewServiceStub(channel)
        self.rules = rules_pb2_grpc.RulesServiceStub(channel)
        self.lines = lines_pb2_grpc.LineServiceStub(channel)
        self.issues = issues_pb2_grpc.IssueServiceStub(channel)
        self.opened = issues_pb2_grpc.OpenedServiceStub(channel)
        self.plans = plans_pb2_grpc.PlanServiceStub(channel)
        self.opinions = unit_opinions_pb2_grpc.UnitOpinionServiceStub(channel)
        self.texts = text_pb2_grpc.TextServiceStub(channel)
        self.corrections = correction_pb2_grpc.CorrectionServiceStub(channel)
        self.fonds = fonds_pb2_grpc.FondsServiceStub(channel)
        self.deferrals = deferrals_pb2_grpc.DeferralServiceStub(channel)
        self.consents = consents_pb2_grpc.ConsentServiceStub(channel)
        self.series = series_pb2_grpc.SeriesServiceStub(channel)
        self.supervised = deferrals_pb2_grpc.RegisterSupervisionServiceStub(channel)
        self.desk = desk_pb2_grpc.DeskServiceStub(channel)
        self.delivery = delivery_pb2_grpc.DeliveryServiceStub(channel)
        self.dumps = dump_pb2_grpc.DumpServiceStub(channel)
        self.provenance = provenance_pb2_grpc.ProvenanceServiceStub(channel)


class Backends:
    """All services behind the portal, found by the registry."""

    def __init__(self, registry: Registry, tls: Tls) -> None:
        self.registry = registry
        self._tls = tls
        self._provinces: dict[str, Province] = {}

    @cached_property
    def discovery(self) -> Any:
        """Union search."""
        return discovery_pb2_grpc.DiscoveryServiceStub(self._central("discovery"))

    @cached_property
    def requests(self) -> Any:
        """Cross-region requests."""
        return requests_pb2_grpc.RequestServiceStub(self._central("requests"))

    @cached_property
    def supervision(self) -> Any:
        """The audit log."""
        return audit_pb2_grpc.SupervisionServiceStub(self._central("audit"))

    @cached_property
    def public_log(self) -> Any:
        """What anybody may ask of the log."""
        return audit_pb2_grpc.PublicLogServiceStub(self._central("audit"))

    @cached_property
    def directory(self) -> Any:
        """Officers' names."""
        return auth_pb2_grpc.DirectoryServiceStub(self._central("auth"))

    def province(self, region_id: str) -> Province:
        """Raises: NotFound: no such region."""
        if region_id not in self._provinces:
            address = self.registry.region(region_id).grpc_address
            self._provinces[region_id] = Province(secure_channel(address, self._tls))
        return self._provinces[region_id]

    def names(self, pseudonyms: set[str], token: str, correlation: str) -> dict[str, str]:
        """Officers' names by pseudonym; without an answer pages show the role alone."""
        asked = sorted(one for one in pseudonyms if len(one) == 32)[:100]
        if not asked:
            return {}
        try:
            answer = self.call(
                self.directory.ResolveNames, auth_pb2.ResolveNamesRequest(pseudonyms=asked), token, correlation
            )
        except TongdangError:
            return {}
        return {one.pseudonym: one.name for one in answer.names}

    def call(self, method: Any, request: Any, token: str, correlation: str, timeout_s: float = 10.0) -> Any:
        """Calls with the person's token; without one, anonymously.

        Raises: TongdangError.
        """
        metadata = [(CORRELATION_KEY, correlation)]
        if token:
            metadata.append(("authorization", f"Bearer {token}"))
        return call(method, request, timeout_s=timeout_s, metadata=metadata)

    def _central(self, name: str) -> grpc.Channel:
        return secure_channel(self.registry.services[name], self._tls)
