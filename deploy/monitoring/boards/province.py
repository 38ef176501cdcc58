"""For the head of an archive and its IT: a province's own deployment."""

from deploy.monitoring.boards.names import FAILED, GRPC
from deploy.monitoring.panels import Dashboard, Panel, Query, Row, age, quantile, rate

_PROVINCE = 'region=~"$region"'
_PARKED, _WAITING = 'state="parked"', 'state="waiting"'

PROVINCE = Dashboard(
    "province",
    "Tongdang 通档 · 省级 Province",
    "A province's own deployment: its desk, its publications, its letters. For the head of an archive and its IT.",
    [
        Row(
            "办理 The desk",
            [
                Panel(
                    "逾期 Overdue",
                    "short",
                    [Query(f"max by (region) (tongdang_cases_overdue{{{_PROVINCE}}})", "{{region}}")],
                    stat=True,
                    red_above=1,
                ),
                Panel(
                    "在办 Open",
                    "short",
                    [
                        Query(
                            f"sum by (region) (max by (region, state) (tongdang_cases_open{{{_PROVINCE}}}))",
                            "{{region}}",
                        )
                    ],
                    stat=True,
                ),
                Panel(
                    "到期复核 Re-evaluations due",
                    "short",
                    [Query(f"max by (region) (tongdang_rereviews_due{{{_PROVINCE}}})", "{{region}}")],
                    stat=True,
                ),
                Panel(
                    "未送出 Not sent",
                    "s",
                    [Query(f"max by (region) (tongdang_outbox_oldest_age_seconds{{{_PROVINCE}}})", "{{region}}")],
                    stat=True,
                    red_above=60,
                ),
                Panel(
                    "拒收函件 Parked letters",
                    "short",
                    [
                        Query(
                            f"sum by (region) (max by (region, lane) (tongdang_letters{{{_PROVINCE}, {_PARKED}}}))",
                            "{{region}}",
                        )
                    ],
                    stat=True,
                    red_above=1,
                ),
                Panel(
                    "备份 Backup age",
                    "s",
                    [Query(age("tongdang_backup_last_success_timestamp_seconds", "region", _PROVINCE), "{{region}}")],
                    stat=True,
                    red_above=26 * 3600,
                ),
                Panel(
                    "证书 Certificate ends in",
                    "s",
                    [
                        Query(
                            f"min by (region) (tongdang_certificate_expiry_timestamp_seconds{{{_PROVINCE}}}) - time()",
                            "{{region}}",
                        )
                    ],
                    stat=True,
                ),
                Panel(
                    "各状态件数 Cases by state",
                    "short",
                    [Query(f"max by (region, state) (tongdang_cases_open{{{_PROVINCE}}})", "{{region}} {{state}}")],
                ),
                Panel(
                    "最久 Oldest case by state",
                    "s",
                    [
                        Query(
                            f"max by (region, state) (tongdang_case_oldest_age_seconds{{{_PROVINCE}}})",
                            "{{region}} {{state}}",
                        )
                    ],
                ),
            ],
        ),
        Row(
            "业务 The work",
            [
                Panel(
                    "调用 Calls by method",
                    "reqps",
                    [Query(rate("tongdang_grpc_handled_total", "region, method", _PROVINCE), "{{region}} {{method}}")],
                ),
                Panel(
                    "失败 Failed calls",
                    "reqps",
                    [
                        Query(
                            rate("tongdang_grpc_handled_total", "region, method, code", f"{_PROVINCE}, {FAILED}"),
                            "{{region}} {{method}} {{code}}",
                        )
                    ],
                ),
                Panel(
                    "时间 p95 by method",
                    "s",
                    [Query(quantile(0.95, GRPC, "region, method", _PROVINCE), "{{region}} {{method}}")],
                ),
                Panel(
                    "拒绝 Refused",
                    "reqps",
                    [
                        Query(
                            rate("tongdang_access_refused_total", "region, action, code", _PROVINCE),
                            "{{region}} {{action}} {{code}}",
                        )
                    ],
                ),
            ],
        ),
        Row(
            "往来 To and from others",
            [
                Panel(
                    "待送 Outbox not in Kafka",
                    "short",
                    [Query(f"max by (region) (tongdang_relay_lag_documents{{{_PROVINCE}}})", "{{region}}")],
                ),
                Panel(
                    "待发函件 Letters waiting",
                    "short",
                    [
                        Query(
                            f"max by (region, lane) (tongdang_letters{{{_PROVINCE}, {_WAITING}}})",
                            "{{region}} → {{lane}}",
                        ),
                        Query('max by (lane) (tongdang_letters{service="requests", state="waiting"})', "→ {{lane}}"),
                    ],
                ),
            ],
        ),
    ],
    regions=True,
)
