"""How anybody checks a published entry or text: page with verdict, file, and the public half of the registry."""

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
from tongdang.catalog.v1 import provenance_pb2, record_pb2, text_pb2
from tongdang.discovery.v1 import discovery_pb2

router = APIRouter()
At = Annotated[Visit, Depends(visit)]


@dataclass(frozen=True)
class Shown:
    """An open entry as readers have it, what is proven of it, the proof, and where the log names it, if it was found.

    `subject`: the entry itself, or its text.
    """

    entry: record_pb2.OpenEntry
    subject: record_pb2.OpenEntry | text_pb2.OpenText
    proof: Provenance
    leaf_index: int | None

    @property
    def of_text(self) -> bool:
        return isinstance(self.subject, text_pb2.OpenText)

    @property
    def day(self) -> str:
        """On which it became public as it is."""
        return str(getattr(self.subject, "corrected_on", "") or self.subject.opened_on)

    @property
    def path(self) -> str:
        """Of the page on which it is read."""
        return f"/records/{self.entry.record_id}" + ("/text" if self.of_text else "")

    @property
    def file_name(self) -> str:
        """Under which its proof is taken along."""
        return f"provenance-{'text-' if self.of_text else ''}{self.entry.record_id}.json"


@router.get("/records/{record_id}/check")
def check(at: At, record_id: str) -> Response:
    """Verdict first, then the steps, then raw data and the command, then what it does not prove."""
    return _check(at, _entry(at, record_id))


@router.get("/records/{record_id}/text/check")
def check_text(at: At, record_id: str) -> Response:
    """The same of its text."""
    return _check(at, _text(at, record_id))


def _check(at: Visit, shown: Shown | record_pb2.Retraction) -> Response:
    if isinstance(shown, record_pb2.Retraction):
        return at.page("retracted.html", at.t("retracted.title"), status=410, retraction=shown)
    registry = at.site.backends.registry
    failing = failing_step(shown.proof, registry.region(shown.entry.region_id).keys)
    return at.page(
        "check.html",
        at.t("check.title"),
        shown=shown,
        archive=at.archive(shown.entry.archive_id),
        failing=failing,
        steps=list(Step),
        site_url=at.site.settings.site.public_url,
        log_url=at.site.settings.site.log_url,
    )


@router.get("/records/{record_id}/provenance.json")
def provenance_file(at: At, record_id: str) -> Response:
    """The same as a file for `tongdang-verify record`."""
    return _file(record_id, _entry(at, record_id))


@router.get("/records/{record_id}/text/provenance.json")
def provenance_file_of_text(at: At, record_id: str) -> Response:
    """The same of its text."""
    return _file(record_id, _text(at, record_id))


def _file(record_id: str, shown: Shown | record_pb2.Retraction) -> Response:
    if isinstance(shown, record_pb2.Retraction):
        return JSONResponse(retracted_bundle(record_id, _json(shown)), 410)
    headers = {"Content-Disposition": f'attachment; filename="{shown.file_name}"', "Cache-Control": "no-cache"}
    return JSONResponse(bundle_of(shown.proof, record_id, shown.leaf_index), headers=headers)


@router.get("/registry.json")
def registry(at: At) -> Response:
    """Regions, archives and public keys. Why to believe them, this page cannot say."""
    return JSONResponse(public_registry(at.site.backends.registry, at.t("registry.note")))


def _entry(at: Visit, record_id: str) -> Shown | record_pb2.Retraction:
    """What readers see comes from the index, its proof from the province: the proof must fit what is read."""
    backends = at.site.backends
    read = at.call(backends.discovery.GetEntry, discovery_pb2.GetEntryRequest(record_id=record_id))
    if read.WhichOneof("state") == "retraction":
        return cast(record_pb2.Retraction, read.retraction)
    return _proven(at, read.entry, read.entry)


def _text(at: Visit, record_id: str) -> Shown | record_pb2.Retraction:
    """The same of its public text."""
    read = at.call(at.site.backends.discovery.GetText, discovery_pb2.GetTextRequest(record_id=record_id))
    return _proven(at, read.entry, read.text)


def _proven(
    at: Visit, entry: record_pb2.OpenEntry, subject: record_pb2.OpenEntry | text_pb2.OpenText
) -> Shown | record_pb2.Retraction:
    province = at.site.backends.province(entry.region_id)
    of_text = isinstance(subject, text_pb2.OpenText)
    asked = provenance_pb2.GetProvenanceRequest(record_id=entry.record_id, text=of_text)
    answer = at.call(province.provenance.GetProvenance, asked)
    if answer.WhichOneof("state") == "retraction":  # the index is a moment behind
        return cast(record_pb2.Retraction, answer.retraction)
    proof = answer.provenance
    return Shown(
        entry=entry,
        subject=subject,
        proof=Provenance(
            entry=_json(subject),
            salt=proof.salt,
            index=proof.index,
            count=proof.count,
            path=list(proof.path),
            manifest=proof.manifest,
            signature=proof.signature,
        ),
        leaf_index=_leaf_index(at, subject.batch_id),
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
