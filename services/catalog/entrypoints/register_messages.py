"""Between the registers and their contract."""

from collections.abc import Mapping
from datetime import date

from services.catalog.application.deferrals import Entry
from services.catalog.domain.consents import Consent, ConsentState
from services.catalog.domain.deferrals import RegisterCounts, Report, SecretsOutside, Standing
from services.catalog.domain.rules import RULES
from services.catalog.domain.series import Series, SeriesState
from services.catalog.entrypoints.review_messages import record_message, signature_message, timestamp
from tongdang.catalog.v1 import consents_pb2, deferrals_pb2, series_pb2

STANDINGS: Mapping[Standing, int] = {
    Standing.ALL: deferrals_pb2.DEFERRAL_STANDING_UNSPECIFIED,
    Standing.DUE: deferrals_pb2.DEFERRAL_STANDING_DUE,
    Standing.OVERDUE: deferrals_pb2.DEFERRAL_STANDING_OVERDUE,
}
CONSENT_STATES = {
    ConsentState.ENTERED: consents_pb2.CONSENT_STATE_ENTERED,
    ConsentState.CONFIRMED: consents_pb2.CONSENT_STATE_CONFIRMED,
    ConsentState.REJECTED: consents_pb2.CONSENT_STATE_REJECTED,
}
SERIES_STATES = {
    SeriesState.PROPOSED: series_pb2.SERIES_STATE_PROPOSED,
    SeriesState.PARTLY_SIGNED: series_pb2.SERIES_STATE_PARTLY_SIGNED,
    SeriesState.STANDING: series_pb2.SERIES_STATE_STANDING,
    SeriesState.ENDED: series_pb2.SERIES_STATE_ENDED,
}


def deferral_message(entry: Entry, on: date) -> deferrals_pb2.Deferral:
    """An entry of the register as it stands on a legal day."""
    one = entry.deferral
    return deferrals_pb2.Deferral(
        record=record_message(entry.record),
        ground=one.ground,
        article=article_of(one.ground),
        reason=one.reason,
        decided_on=one.decided_on,
        batch_id=one.batch_id,
        signers=entry.signers,
        eligible_on=one.eligible_on,
        term_passed=one.term_passed(on),
        reevaluate_on=one.reevaluate_on,
        due=one.due(on),
        overdue=one.overdue(on),
        consent_id=one.consent_id,
    )


def counts_message(counts: RegisterCounts) -> deferrals_pb2.RegisterCounts:
    """How many stand how."""
    return deferrals_pb2.RegisterCounts(**vars(counts))


def secrets_message(counted: SecretsOutside) -> deferrals_pb2.SecretsOutside:
    """What is kept outside."""
    return deferrals_pb2.SecretsOutside(
        count=counted.count,
        counted_on=counted.counted_on.isoformat(),
        entered_by=counted.entered_by,
        entered_at=timestamp(counted.entered_at),
    )


def report_message(report: Report) -> deferrals_pb2.DeferralReport:
    """A frozen report, without its file."""
    return deferrals_pb2.DeferralReport(
        report_id=report.report_id,
        archive_id=report.archive_id,
        counts=counts_message(report.counts),
        secrets=secrets_message(report.secrets),
        rule_version=report.rule_version,
        sha256=report.sha256,
        size=report.size,
        made_by=report.made_by,
        made_at=timestamp(report.made_at),
    )


def consent_message(consent: Consent) -> consents_pb2.Consent:
    """A consent as pages show it."""
    return consents_pb2.Consent(
        consent_id=consent.consent_id,
        archive_id=consent.archive_id,
        state=CONSENT_STATES[consent.state],
        document_number=consent.number,
        given_on=consent.given_on.isoformat(),
        authority=consent.authority,
        sha256=consent.sha256,
        media_type=consent.media_type,
        batch_id=consent.coverage.batch_id,
        series_id=consent.coverage.series_id,
        record_ids=consent.coverage.record_ids,
        covers=consent.covers,
        applied=consent.applied,
        entered_by=consent.entered_by,
        entered_at=timestamp(consent.entered_at),
        checked_by=consent.checked_by,
        checked_at=timestamp(consent.checked_at),
        note=consent.note,
    )


def series_message(series: Series, records: int, on: date) -> series_pb2.Series:
    """A series as it stands on a legal day, with its records as of now."""
    return series_pb2.Series(
        series_id=series.series_id,
        archive_id=series.archive_id,
        unit_id=series.unit_id,
        fonds=series.fonds,
        category=series.category,
        year_from=series.year_from,
        year_to=series.year_to,
        ground=series.ground,
        article=article_of(series.ground),
        reason=series.reason,
        state=SERIES_STATES[series.state],
        root=series.root,
        rule_version=series.rule_version,
        signatures=map(signature_message, series.signatures),
        decided_on=series.decided_on,
        reevaluate_on=series.reevaluate_on,
        due=series.due(on),
        overdue=series.overdue,
        consent_id=series.consent_id,
        records=records,
        proposed_by=series.proposed_by,
        proposed_at=timestamp(series.proposed_at),
        ended_by=series.ended_by,
        ended_at=timestamp(series.ended_at),
        end_reason=series.end_reason,
    )


def article_of(ground: str) -> str:
    """E.g. M8(3) for D2; empty where no ground is stated."""
    return RULES[ground].citation if ground in RULES else ""
