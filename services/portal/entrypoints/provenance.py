"""How anybody checks a published entry: the page with its verdict, the file, and the public half of the registry."""

from dataclasses import dataclass
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, Response
from google.protobuf.json_format import MessageToDict

from services.common.domain.errors import Kind, TongdangError
from services.common.domain.publication import Provenance, Step
from services.portal.domain.proofs import bundle_of, failing_step, public_registry, retracted_bundle
from services.portal.entrypoints.visit import Visit, visit
from tongdang.audit.v1 import audit_pb2
from tongdang.catalog.v1 import provenance_pb2, record_pb2
from tongdang.discovery.v1 import discovery_pb2

router = APIRouter()
At = Annotated[Visit, Depends(visit)]


@dataclass(frozen=True)
class Shown:
    """An open entry as readers have it, its proof from the province, and where the log names it, if it was found."""

    entry: record_pb2.OpenEntry
    proof: Provenance
    leaf_index: int | None


@router.get("/records/{record_id}/check")
def check(at: At, record_id: str) -> Response:
    """Verdict first, then the steps, then raw data and the command, then what it does not prove."""
    shown = _shown(at, record_id)
    if isinstance(shown, record_pb2.Retraction):
        return at.page("retracted.html", at.t("retracted.title"), status=410, retraction=shown)
    registry = at.site.backends.registry
    failing = failing_step(shown.proof, registry.region(shown.entry.region_id).keys)
    return at.page(
        "check.html",
        at.t("check.title"),
        entry=shown.entry,
        archive=at.archive(shown.entry.archive_id),
        proof=shown.proof,
        leaf_index=shown.leaf_index,
        failing=failing,
        steps=list(Step),
        site_url=at.site.settings.site.public_url,
        log_url=at.site.settings.site.log_url,
    )


@router.get("/records/{record_id}/provenance.json")
def provenance_file(at: At, record_id: str) -> Response:
    """The same as a file for `tongdang-verify record`."""
    shown = _shown(at, record_id)
    if isinstance(shown, record_pb2.Retraction):
        return JSONResponse(retracted_bundle(record_id, _json(shown)), 410)
    name = f"provenance-{shown.entry.record_id}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-cache"}
    return JSONResponse(bundle_of(shown.proof, shown.entry.record_id, shown.leaf_index), headers=headers)


@router.get("/registry.json")
def registry(at: At) -> Response:
    """Regions, archives and public keys. Why to believe them, this page cannot say."""
    return JSONResponse(public_registry(at.site.backends.registry, at.t("registry.note")))


def _shown(at: Visit, record_id: str) -> Shown | record_pb2.Retraction:
    """What readers see comes from the index, its proof from the province: the proof must fit what is read."""
    backends = at.site.backends
    read = at.call(backends.discovery.GetEntry, discovery_pb2.GetEntryRequest(record_id=record_id))
    if read.WhichOneof("state") == "retraction":
        return cast(record_pb2.Retraction, read.retraction)
    entry = read.entry
    province = backends.province(entry.region_id)
    answer = at.call(province.provenance.GetProvenance, provenance_pb2.GetProvenanceRequest(record_id=record_id))
    if answer.WhichOneof("state") == "retraction":  # the index is a moment behind
        return cast(record_pb2.Retraction, answer.retraction)
    proof = answer.provenance
    return Shown(
        entry=entry,
        proof=Provenance(
            entry=_json(entry),
            salt=proof.salt,
            index=proof.index,
            count=proof.count,
            path=list(proof.path),
            manifest=proof.manifest,
            signature=proof.signature,
        ),
        leaf_index=_leaf_index(at, entry.batch_id),
    )


def _leaf_index(at: Visit, batch_id: str) -> int | None:
    """A help to whoever checks, who can search the log as well."""
    request = audit_pb2.LocatePublicationRequest(batch_id=batch_id)
    try:
        return int(at.call(at.site.backends.public_log.LocatePublication, request).leaf_index)
    except TongdangError as problem:
        if problem.kind not in (Kind.NOT_FOUND, Kind.UNAVAILABLE):
            raise
        return None


def _json(message: Any) -> dict[str, Any]:
    return dict(MessageToDict(message, preserving_proto_field_name=True))
