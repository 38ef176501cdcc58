"""The commands of a province's operator: those every service has, and the comparison with what others know."""

import sys
from itertools import chain

from services.catalog.adapters.batch_check import BatchCheck
from services.catalog.adapters.comparison import differences
from services.catalog.adapters.consent_store import REGISTER_FILES
from services.catalog.adapters.desk_documents import COPIES, VAULT
from services.catalog.adapters.dump_shelf import DumpState
from services.catalog.adapters.elsewhere import KafkaAndCentre
from services.catalog.adapters.import_store import IMPORT_FILES
from services.catalog.adapters.migrations import MIGRATIONS
from services.catalog.adapters.mongo_cases import MongoCases, MongoHoldings
from services.catalog.adapters.opinion_documents import LETTER_SCANS
from services.catalog.adapters.publication_check import PublicationCheck
from services.catalog.adapters.recovery import Receive, Recovery
from services.catalog.adapters.text_check import TextCheck
from services.catalog.application.issues import SENT_BACK, STARTED
from services.catalog.application.supplying import take_message, take_request
from services.catalog.domain.differences import TABLE, Difference
from services.catalog.domain.disagreements import MEANING
from services.catalog.entrypoints.access_desk import DESK_ACCESS
from services.catalog.entrypoints.access_dump import DUMP_ACCESS
from services.catalog.entrypoints.access_import import IMPORT_ACCESS
from services.catalog.entrypoints.access_issues import ISSUE_ACCESS
from services.catalog.entrypoints.access_provenance import PROVENANCE_ACCESS
from services.catalog.entrypoints.access_registers import REGISTER_ACCESS
from services.catalog.entrypoints.access_review import REVIEW_ACCESS
from services.catalog.entrypoints.access_rules import RULES_ACCESS
from services.catalog.settings import CatalogSettings
from services.common.backup.incarnations import RESTORES, RestoreState
from services.common.domain.access import Recording
from services.common.domain.caller import Caller
from services.common.foundation import Foundation
from services.common.grpc.channel import secure_channel
from services.common.mongo.files import BlobStore, FixityBroken
from services.common.operations import Command, Operations, operator, record, tell
from tongdang.fulfilment.v1 import fulfilment_pb2

ACCESS = {
    **IMPORT_ACCESS,
    **REVIEW_ACCESS,
    **REGISTER_ACCESS,
    **ISSUE_ACCESS,
    **RULES_ACCESS,
    **DESK_ACCESS,
    **PROVENANCE_ACCESS,
    **DUMP_ACCESS,
}
_BUCKETS = (VAULT, COPIES, IMPORT_FILES, LETTER_SCANS, REGISTER_FILES)
_OF_BATCHES = ("batch.list-chunk", "batch.apply-act", "batch.apply-chunk", "batch.published", "batch.release-chunk")
_BY_WORKERS = frozenset({"consent.apply", "import.apply", "rules.changed", *_OF_BATCHES, STARTED, SENT_BACK})
WRITES = frozenset(row.action for row in ACCESS.values() if row.recording is Recording.WRITE) | _BY_WORKERS


def commands() -> dict[str, Command]:
    """By the name they are called."""
    common = Operations(lambda: Foundation(CatalogSettings()), MIGRATIONS, RestoreState.LOADED)
    return {
        **common.commands(),
        "reconcile": reconcile,
        "repair": repair,
        "fixity": fixity,
        "check-publications": check_publications,
        "dump": dump,
    }


def reconcile() -> None:
    """Every difference, one JSON object a line, and a last one with their count."""
    base, settings = _base()
    record(base, "operator.reconcile")
    _tell(differences(base.database, _elsewhere(base, settings), WRITES))


def repair() -> None:
    """Brings back what others have, tells what is still missing, and lets a restored service start."""
    base, settings = _base()
    record(base, "operator.repair")
    elsewhere = _elsewhere(base, settings)
    found = differences(base.database, elsewhere, WRITES)
    by = operator(base, "case.bring-back")
    Recovery(base.database, base.transactions, elsewhere, _receiver(base, settings), by).repair(found)
    left = differences(base.database, elsewhere, WRITES)
    base.database.db[RESTORES].update_many({"state": RestoreState.LOADED}, {"$set": {"state": RestoreState.DONE}})
    _tell(left)


def fixity() -> None:
    """Reads every stored file anew; one whose bytes differ from their digests is told, and the exit code is 1.

    Raises: FixityBroken.
    """
    base, _ = _base()
    record(base, "operator.fixity")
    checked = broken = 0
    for bucket in _BUCKETS:
        for address, intact in BlobStore(base.database, bucket).verified():
            checked += 1
            if not intact:
                broken += 1
                tell({"difference": "fixity-broken", "bucket": bucket, "id": address})
    tell({"files": checked, "broken": broken})
    if broken:
        raise FixityBroken(f"{broken} of {checked} files differ from their digests")


def dump() -> None:
    """Has the running service write a dump of the open catalogue now, whatever the time is."""
    base, _ = _base()
    record(base, "operator.dump")
    DumpState(base.database).want(base.clock.now())


def check_publications() -> None:
    """Every disagreement of what was ever published with what allowed it, a JSON object a line; ends with 1 if any."""
    base, settings = _base()
    record(base, "operator.check-publications")
    began = base.clock.now()
    elsewhere = _elsewhere(base, settings)
    batches = BatchCheck(base.database, base.registry.region(settings.region.id).keys)
    batches.read(elsewhere.manifests(), elsewhere.stream())
    check = PublicationCheck(base.database, batches, began)
    texts, count = TextCheck(base.database, batches, began), 0
    every = chain(check.disagreements(elsewhere), texts.disagreements(elsewhere))
    for count, found in enumerate(every, 1):  # noqa: B007 - the last number counts
        tell({"disagreement": found.kind.value, "id": found.object_id, "detail": found.detail,
              "meaning": MEANING[found.kind]})  # fmt: skip
    tell({"disagreements": count, "records": check.records, "texts": texts.texts})
    sys.exit(1 if count else 0)


def _base() -> tuple[Foundation, CatalogSettings]:
    settings = CatalogSettings()
    return Foundation(settings), settings


def _elsewhere(base: Foundation, settings: CatalogSettings) -> KafkaAndCentre:
    centre = secure_channel(base.registry.services["requests"], settings.tls)
    return KafkaAndCentre(settings.kafka_connection(), settings.identity.principal, settings.region.id, centre)


def _receiver(base: Foundation, settings: CatalogSettings) -> Receive:
    cases = MongoCases(base.database, base.transactions)
    holdings = MongoHoldings(base.database)

    def receive(letter: fulfilment_pb2.SentLetter, by: Caller) -> None:
        if letter.HasField("request"):
            take_request(
                letter.request,
                by=by,
                cases=cases,
                holdings=holdings,
                registry=base.registry,
                region_id=settings.region.id,
            )
        else:
            take_message(letter.requesting_agency_message, by=by, cases=cases)

    return receive


def _tell(found: list[Difference]) -> None:
    for one in found:
        tell(
            {
                "difference": one.finding.value,
                "id": one.object_id,
                "here": one.here,
                "there": one.there,
                "repairable": one.repairable,
                "meaning": TABLE[one.finding].meaning,
            }
        )
    tell({"differences": len(found)})
