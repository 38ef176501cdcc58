"""What was opened when, for anybody: days of publication, the list of each, and what opened before its term."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from services.common.domain.errors import NotFound
from services.common.domain.registry import Archive
from services.portal.adapters.backends import Province
from services.portal.entrypoints.visit import Visit, visit
from tongdang.catalog.v1 import issues_pb2

router = APIRouter(prefix="/issues")
At = Annotated[Visit, Depends(visit)]


@router.get("")
def issues(at: At, region: str = "", page: str = "") -> Response:
    """Of a region's archives, newest first; without one, the regions."""
    found = None
    if region:
        province = at.site.backends.province(region)
        found = at.call(province.opened.ListIssues, issues_pb2.ListIssuesRequest(page_token=page))
    return at.page("issues.html", at.t("issues.title"), region=region, archive=None, found=found)


@router.get("/{archive_id}")
def of_archive(at: At, archive_id: str, page: str = "") -> Response:
    """Of one archive."""
    archive, province = _archive(at, archive_id)
    asked = issues_pb2.ListIssuesRequest(archive_id=archive_id, page_token=page)
    found = at.call(province.opened.ListIssues, asked)
    return at.page("issues.html", at.t("issues.title"), region=archive.region_id, archive=archive, found=found)


@router.get("/{archive_id}/early")
def early(at: At, archive_id: str, page: str = "") -> Response:
    """What an archive opened before its term."""
    return _opened(at, archive_id, early_only=True, page_token=page)


@router.get("/{archive_id}/{day}")
def issue(at: At, archive_id: str, day: str, page: str = "") -> Response:
    """What an archive opened on a day."""
    return _opened(at, archive_id, opened_on=day, page_token=page)


def _opened(at: Visit, archive_id: str, **asked: Any) -> Response:
    archive, province = _archive(at, archive_id)
    request = issues_pb2.ListOpenedRequest(archive_id=archive_id, **asked)
    found = at.call(province.opened.ListOpened, request)
    title = at.t("issue.title", day=at.t.day(request.opened_on)) if request.opened_on else at.t("early.opened")
    return at.page("issue.html", title, heading=title, archive=archive, found=found)


def _archive(at: Visit, archive_id: str) -> tuple[Archive, Province]:
    """Raises: NotFound."""
    archive = at.archive(archive_id)
    if archive is None:
        raise NotFound("archive")
    return archive, at.site.backends.province(archive.region_id)
