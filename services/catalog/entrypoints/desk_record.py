"""The stored record as a message, for the desk's case page."""

from typing import Any

from tongdang.catalog.v1 import record_pb2 as pb
from tongdang.common.v1 import common_pb2

_STATUS = {
    "unreviewed": pb.ACCESS_STATUS_UNREVIEWED,
    "open": pb.ACCESS_STATUS_OPEN,
    "controlled": pb.ACCESS_STATUS_CONTROLLED,
    "deferred": pb.ACCESS_STATUS_DEFERRED,
}
_LEVEL = {"item": pb.LEVEL_ITEM, "file": pb.LEVEL_FILE}
_PRECISION = {
    "day": common_pb2.DATE_PRECISION_DAY,
    "month": common_pb2.DATE_PRECISION_MONTH,
    "year": common_pb2.DATE_PRECISION_YEAR,
    "range": common_pb2.DATE_PRECISION_RANGE,
    "unknown": common_pb2.DATE_PRECISION_UNKNOWN,
}


def record_message(row: dict[str, Any]) -> pb.Record:
    """All that staff of the holding archive may see."""
    date = row["date"]
    return pb.Record(
        record_id=row["_id"],
        region_id=row["region_id"],
        archive_id=row["archive_id"],
        reference_code=row["reference_code"],
        fonds=row["fonds"],
        level=_LEVEL.get(row["level"], pb.LEVEL_UNSPECIFIED),
        title=row["title"],
        creator=row["creator"],
        date=common_pb2.RecordDate(
            raw=date["raw"],
            earliest=date["earliest"] or "",
            latest=date["latest"] or "",
            precision=_PRECISION.get(date["precision"], common_pb2.DATE_PRECISION_UNSPECIFIED),
            attested=date["attested"],
        ),
        retention_period=row["retention_period"],
        access_status=_STATUS[row["access_status"]],
        security_classification=row.get("security_classification") or "",
        disclosure=row.get("disclosure") or "",
        pages=row["pages"],
        version=row["version"],
        eligible_on=row.get("eligible_on") or "",
        batch_id=row.get("batch_id") or "",
    )
