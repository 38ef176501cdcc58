"""The rule table and the sensitive words at the archive's door."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from services.common.domain.errors import Kind, TongdangError
from services.portal.entrypoints.archive import staff
from services.portal.entrypoints.visit import Visit, form, visit
from tongdang.catalog.v1 import rules_pb2

router = APIRouter(prefix="/archive/rules")
At = Annotated[Visit, Depends(visit)]
Form = Annotated[dict[str, Any], Depends(form)]
_PAGE = 100


@router.get("")
def rules(at: At, version: str = "", page: str = "") -> Response:
    """A table in words, the one in use or a former one; and which there were."""
    _, province = staff(at)
    table = at.call(province.rules.GetRuleTable, rules_pb2.GetRuleTableRequest(version=version))
    former = at.call(province.rules.ListRuleVersions, rules_pb2.ListRuleVersionsRequest(page_token=page))
    settings = {one.name: json.loads(one.value) for one in table.settings}
    return at.page("rules.html", at.t("rules.title"), table=table, settings=settings, former=former)


@router.get("/table.json")
def canonical(at: At, version: str = "") -> Response:
    """The bytes that the version's hash is of."""
    _, province = staff(at)
    table = at.call(province.rules.GetRuleTable, rules_pb2.GetRuleTableRequest(version=version))
    headers = {
        "Content-Disposition": f'attachment; filename="rules-{table.version.name}.json"',
        "Cache-Control": "no-store",
    }
    return Response(table.canonical, media_type="application/json", headers=headers)


@router.get("/words")
def words(at: At, page: str = "") -> Response:
    """The archive's sensitive words; its director may change them."""
    return _words(at, page, {}, {})


@router.post("/words/add")
def add(at: At, fields: Form) -> Response:
    """Takes a word into use."""
    person, province = staff(at)
    asked = rules_pb2.AddSensitiveWordRequest(
        request_id=str(fields.get("key", "")),
        archive_id=person.archive_id,
        word=str(fields.get("word", "")),
        ground=str(fields.get("ground", "")),
        reason=str(fields.get("reason", "")),
    )
    return _act(at, fields, province.rules.AddSensitiveWord, asked)


@router.post("/words/retire")
def retire(at: At, fields: Form) -> Response:
    """Takes the ticked word out of use."""
    person, province = staff(at)
    asked = rules_pb2.RetireSensitiveWordRequest(
        request_id=str(fields.get("key", "")),
        archive_id=person.archive_id,
        word=str(fields.get("retired", "")),
        reason=str(fields.get("retire-reason", "")),
    )
    return _act(at, fields, province.rules.RetireSensitiveWord, asked, prefix="retire-")


def _act(at: Visit, fields: dict[str, Any], method: Any, asked: Any, prefix: str = "") -> Response:
    """What the person can put right stands beside its field, with what they wrote."""
    at.check_form(fields)
    try:
        at.call(method, asked)
    except TongdangError as problem:
        if problem.kind not in (Kind.PRECONDITION, Kind.INVALID):
            raise
        where = problem.violations[0].field if problem.violations else "word"
        key = f"words.{where}.error" if problem.violations else f"error.{problem.code}"
        message = at.t(key) if at.t.has(key) else at.t("error.INVALID_ARGUMENT")
        return _words(at, "", {prefix + where: message}, fields)
    return at.to("/archive/rules/words")


def _words(at: Visit, page: str, errors: dict[str, str], given: dict[str, Any]) -> Response:
    person, province = staff(at)
    asked = rules_pb2.ListSensitiveWordsRequest(archive_id=person.archive_id, page_size=_PAGE, page_token=page)
    found = at.call(province.rules.ListSensitiveWords, asked)
    return at.page(
        "words.html",
        (at.t("error.prefix") if errors else "") + at.t("words.title"),
        status=422 if errors else 200,
        found=found,
        names=at.names({one.changed_by for one in found.words}),
        keys=[at.site.ids.new() for _ in range(2)],
        given=given,
        errors=errors,
    )
