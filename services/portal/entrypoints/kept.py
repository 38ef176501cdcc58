"""A form sent after the session had ended is kept for the person who filled it in, and for nobody else (UX 33).

Whose form it is, its secret says (`Store.form_secret`), so no stranger can leave one for another person. After signing
in the person reads it again and sends it; its key goes with it, so that an act that did happen does not happen twice.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from services.common.domain.errors import NotFound
from services.portal.adapters.sessions import FORM_TERM, Draft
from services.portal.domain.kept import KeptForm
from services.portal.entrypoints.visit import COOKIE, Site, Visit, visit

router = APIRouter(prefix="/kept")
At = Annotated[Visit, Depends(visit)]


def keep(site: Site, request: Request, signed_in: str) -> Response | None:
    """Keeps the posted form, if it is of our making and nobody else is signed in, and leads to it.

    Args: signed_in: pseudonym of the session the browser shows, empty for none.
    """
    posted = getattr(request.state, "form", None)
    if request.method != "POST" or posted is None:
        return None
    owner = site.store.form_owner(str(posted.get("csrf", "")))
    form = KeptForm.of(request.url.path, posted.multi_items())
    if not owner or signed_in not in ("", owner) or form is None:
        return None
    draft = Draft(site.ids.new(), owner, form.answers())
    site.store.save_draft(draft, FORM_TERM)
    path = f"/kept/{draft.draft_id}"
    answer = RedirectResponse(path if signed_in else f"/signin?next={path}", 303)
    if not signed_in:
        answer.delete_cookie(COOKIE)
    return answer


@router.get("/{kept_id}")
def show(at: At, kept_id: str) -> Response:
    """What was filled in, to be sent as it is or given up."""
    person = at.require(lambda _: True)
    draft = at.site.store.draft(kept_id, person.pseudonym)
    if draft is None or "path" not in draft.answers:
        raise NotFound("kept form")
    form = KeptForm.from_answers(draft.answers)
    return at.page("kept.html", at.t("kept.title"), form=form)
