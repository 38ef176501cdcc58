"""What Kafka and the centre hold of this province."""

from collections.abc import Iterator
from typing import Any

import grpc

from services.catalog.adapters.text_messages import topic_of
from services.common.grpc.channel import call
from services.common.kafka.connection import KafkaConnection
from services.common.kafka.reading import read_all, read_stream
from tongdang.audit.v1 import audit_pb2
from tongdang.catalog.v1 import record_pb2, text_pb2
from tongdang.fulfilment.v1 import fulfilment_pb2, fulfilment_pb2_grpc

_PAGE = 100


class KafkaAndCentre:
    """Port `Elsewhere`. `centre`: channel to the requests service."""

    def __init__(self, kafka: KafkaConnection, principal: str, region_id: str, centre: grpc.Channel) -> None:
        self._kafka = kafka
        self._principal = principal
        self._region_id = region_id
        self._centre: Any = fulfilment_pb2_grpc.ReconciliationServiceStub(centre)  # type: ignore[no-untyped-call]

    def published_values(self) -> Iterator[tuple[bytes, bytes]]:
        """Whatever lies on the records topic, also what compaction has yet to take away."""
        yield from read_all(self._kafka, f"catalog.{self._region_id}.records.v1")

    def published(self) -> dict[str, record_pb2.RecordPublished]:
        newest: dict[str, record_pb2.RecordPublished] = {}
        for key, value in self.published_values():
            state = record_pb2.RecordPublished.FromString(value)
            known = newest.get(key.decode())
            if known is None or known.event.version <= state.event.version:
                newest[key.decode()] = state
        return newest

    def published_texts(self) -> Iterator[tuple[bytes, bytes]]:
        """The same of the topic of texts."""
        yield from read_all(self._kafka, topic_of(self._region_id))

    def texts(self) -> dict[str, text_pb2.TextPublished]:
        newest: dict[str, text_pb2.TextPublished] = {}
        for key, value in self.published_texts():
            state = text_pb2.TextPublished.FromString(value)
            known = newest.get(key.decode())
            if known is None or known.event.version <= state.event.version:
                newest[key.decode()] = state
        return newest

    def manifests(self) -> Iterator[record_pb2.PublicationManifest]:
        for _, value in read_all(self._kafka, f"catalog.{self._region_id}.publications.v1"):
            yield record_pb2.PublicationManifest.FromString(value)

    def legs(self) -> Iterator[fulfilment_pb2.Leg]:
        token = ""
        while True:
            page = call(self._centre.ListLegs, fulfilment_pb2.ListLegsRequest(page_size=_PAGE, page_token=token))
            yield from page.legs
            token = page.next_page_token
            if not token:
                return

    def letters(self, leg_id: str, after: int) -> list[fulfilment_pb2.SentLetter]:
        """What the centre wrote on a leg and had confirmed, by number."""
        asked = fulfilment_pb2.ListLettersRequest(leg_id=leg_id, after=after)
        return list(call(self._centre.ListLetters, asked).letters)

    def stream(self) -> Iterator[audit_pb2.StreamedLeaf]:
        return read_stream(self._kafka, self._principal)
