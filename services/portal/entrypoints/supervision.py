"""The regulator's door: the log's state, events, trails and proofs."""

import base64
import csv
import io
import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from services.common.domain.errors import Kind, TongdangError
from services.common.domain.merkle import InvalidProof, leaf_hash, verify_inclusion
from services.portal.entrypoints.visit import Visit, visit
from tongdang.audit.v1 import audit_pb2

router = APIRouter(prefix="/supervision")
At = Annotated[Visit, Depends(visit)]
_FILTERS = ("action", "outcome", "region_id", "archive_id", "object_id", "actor")


def _regulator(at: Visit) -> None:
    at.require(lambda person: person.is_regulator)


@router.get("")
def overview(at: At, page: str = "") -> Response:
    """The log's state and its newest events; all filters stand in the URL."""
    _regulator(at)
    filters = {name: at.request.query_params.get(name, "").strip() for name in _FILTERS}
    supervision = at.site.backends.supervision
    asked = audit_pb2.SearchEventsRequest(page_token=page, **filters)  # type: ignore[arg-type]
    found = at.call(supervision.SearchEvents, asked)
    try:
        status = at.call(supervision.GetLogStatus, audit_pb2.GetLogStatusRequest())
    except TongdangError as problem:
        if problem.kind is not Kind.NOT_FOUND:
            raise
        status = None
    names = at.names({event.actor for event in found.events})
    log_url = at.site.settings.site.log_url
    return at.page(
        "supervision.html",
        at.t("supervision.title"),
        found=found,
        log=status,
        filters=filters,
        names=names,
        log_url=log_url,
    )


@router.get("/trail")
def trail(at: At, request: str = "", purpose: str = "") -> Response:
    """The reason first, then the whole trail in order."""
    _regulator(at)
    errors: dict[str, str] = {}
    found = None
    if request or purpose:
        try:
            asked = audit_pb2.GetTrailRequest(correlation=request.strip(), purpose=purpose)
            found = at.call(at.site.backends.supervision.GetTrail, asked)
        except TongdangError as problem:
            if problem.kind is Kind.NOT_FOUND:
                errors = {"request": at.t("trail.none")}
            elif problem.kind is Kind.INVALID:
                field = problem.violations[0].field
                errors = {"purpose" if field == "purpose" else "request": at.t(f"trail.error.{field}")}
            else:
                raise
    if found is not None and at.request.query_params.get("format") == "csv":
        return _csv(at, found.events)
    names = at.names({event.actor for event in found.events}) if found else {}
    return at.page(
        "trail.html",
        (at.t("error.prefix") if errors else "") + at.t("trail.title"),
        status=422 if errors else 200,
        found=found,
        number=request,
        purpose=purpose,
        names=names,
        errors=errors,
    )


@router.get("/events/{leaf_index}")
def event(at: At, leaf_index: int) -> Response:
    """One event and its proof, checked here and now by the portal itself."""
    _regulator(at)
    asked = audit_pb2.GetProofRequest(leaf_index=leaf_index)
    proof = at.call(at.site.backends.supervision.GetProof, asked)
    lines = proof.checkpoint.split("\n")
    leaf = leaf_hash(proof.event.leaf)
    verdict = _included(proof, leaf)
    pretty = json.dumps(json.loads(proof.event.leaf), ensure_ascii=False, indent=2)
    return at.page(
        "event.html",
        at.t("event.title", index=leaf_index),
        proof=proof,
        event=proof.event,
        verified=verdict,
        leaf=leaf.hex(),
        root=lines[2] if len(lines) > 2 else "",
        pretty=pretty,
        names=at.names({proof.event.actor}),
        log_url=at.site.settings.site.log_url,
    )


def _included(proof: Any, leaf: bytes) -> bool:
    """Whether the proof leads from the leaf to the root in the checkpoint."""
    try:
        root = base64.b64decode(proof.checkpoint.split("\n")[2], validate=True)
        verify_inclusion(leaf, proof.event.leaf_index, proof.tree_size, list(proof.inclusion_proof), root)
    except (InvalidProof, ValueError, IndexError):
        return False
    return True


def _csv(at: Visit, events: Any) -> Response:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(
        [
            "leaf_index",
            "time",
            "action",
            "outcome",
            "reason",
            "actor",
            "role",
            "via",
            "region",
            "archive",
            "object_type",
            "object_id",
        ]
    )
    for one in events:
        moment = one.time.ToJsonString() if one.HasField("time") else ""
        writer.writerow(
            [
                one.leaf_index,
                moment,
                one.action,
                one.outcome,
                one.reason,
                one.actor,
                one.actor_role,
                one.via,
                one.region_id,
                one.archive_id,
                one.object_type,
                one.object_id,
            ]
        )
    headers = {"Content-Disposition": 'attachment; filename="trail.csv"', "Cache-Control": "no-store"}
    return Response("\ufeff" + out.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)
