"""The opening review at the archive's door: one module a page, one router for all."""

from fastapi import APIRouter

from services.portal.entrypoints.review import (
    batches,
    bulk,
    deciding,
    disagreements,
    fonds,
    issues,
    letters,
    lines,
    loans,
    plans,
    signing,
    waiting,
)

router = APIRouter(prefix="/archive")
for _module in (batches, lines, deciding, bulk, signing, letters, disagreements, plans, fonds, loans, issues, waiting):
    router.include_router(_module.router)
