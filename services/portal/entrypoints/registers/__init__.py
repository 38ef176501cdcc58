"""The deferral register at the archive's door: register and reports, consents, personal series."""

from fastapi import APIRouter

from services.portal.entrypoints.registers import consents, deferrals, series

router = APIRouter(prefix="/archive")
for _module in (deferrals, consents, series):
    router.include_router(_module.router)
