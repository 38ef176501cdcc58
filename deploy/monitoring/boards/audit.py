"""For the regulator's and security's desks: is all recorded, signed and whole, who is turned away."""

from deploy.monitoring.boards.names import CAUGHT_UP, GRPC
from deploy.monitoring.panels import Dashboard, Panel, Query, Row, age, increase, quantile, rate

AUDIT = Dashboard(
    "audit",
    "Tongdang 通档 · 审计 Audit",
    "Is every access recorded, is the log signed and whole, who is turned away. For regulator and security.",
    [
        Row(
            "日志 The log",
            [
                Panel("条目 Leaves", "short", [Query("max(tongdang_log_leaves)", "")], stat=True),
                Panel(
                    "未签名 Unsigned",
                    "short",
                    [Query("max(tongdang_log_leaves - tongdang_checkpoint_leaves)", "")],
                    stat=True,
                    red_above=1,
                ),
                Panel(
                    "最近签名 Last signed",
                    "s",
                    [Query(age("tongdang_checkpoint_signed_timestamp_seconds", "service"), "")],
                    note="An idle log signs nothing; what counts is whether anything is unsigned.",
                    stat=True,
                ),
                Panel(
                    "待联署 Not cosigned",
                    "s",
                    [
                        Query(
                            "max(tongdang_checkpoint_signed_timestamp_seconds)"
                            " - max(tongdang_checkpoint_cosigned_timestamp_seconds)",
                            "",
                        )
                    ],
                    note="Between the newest signature and the newest one that a quorum of witnesses cosigned.",
                    stat=True,
                    red_above=10,
                ),
                Panel(
                    "见证人 Witnesses",
                    "reqps",
                    [Query(rate("tongdang_witness_requests_total", "witness, outcome"), "{{witness}} {{outcome}}")],
                ),
                Panel(
                    "入日志滞后 Intake behind",
                    "s",
                    [Query(age(CAUGHT_UP, "service", 'consumer="events"'), "")],
                    stat=True,
                    red_above=60,
                ),
                Panel(
                    "待检索 Not searchable yet",
                    "short",
                    [Query("max(tongdang_log_unsearchable_leaves)", "")],
                    stat=True,
                    red_above=1000,
                ),
                Panel(
                    "滞留 Held events", "short", [Query("max(tongdang_log_held_events)", "")], stat=True, red_above=1
                ),
                Panel(
                    "证据 Evidence",
                    "short",
                    [Query("max by (finding) (tongdang_log_evidence_documents)", "{{finding}}")],
                    stat=True,
                    red_above=1,
                ),
                Panel("增长 Leaves a second", "short", [Query("max(deriv(tongdang_log_leaves[5m]))", "leaves/s")]),
                Panel(
                    "各方未送 Audit and other documents not sent",
                    "s",
                    [Query("max by (service) (tongdang_outbox_oldest_age_seconds)", "{{service}}")],
                    note="Durable at the producer, not in the log yet.",
                ),
            ],
        ),
        Row(
            "拒绝 Turned away",
            [
                Panel("按原因 By reason", "reqps", [Query(rate("tongdang_access_refused_total", "code"), "{{code}}")]),
                Panel(
                    "按行为 By action",
                    "reqps",
                    [Query(rate("tongdang_access_refused_total", "service, action"), "{{service}} {{action}}")],
                ),
                Panel(
                    "无法记录 Refused because not recorded",
                    "short",
                    [
                        Query(
                            increase("tongdang_access_refused_total", "service", 'code="AUDIT_UNAVAILABLE"'),
                            "{{service}}",
                        )
                    ],
                    note="No audit, no access.",
                ),
                Panel(
                    "无权的服务 Services that may not",
                    "short",
                    [
                        Query(
                            increase("tongdang_access_refused_total", "service", 'code="CALLER_NOT_ALLOWED"'),
                            "{{service}}",
                        )
                    ],
                ),
            ],
        ),
        Row(
            "监督查询 Supervision",
            [
                Panel(
                    "查询 Looks at the trail",
                    "reqps",
                    [
                        Query(
                            rate("tongdang_grpc_handled_total", "method, code", 'service="audit"'),
                            "{{method}} {{code}}",
                        )
                    ],
                ),
                Panel("时间 p95", "s", [Query(quantile(0.95, GRPC, "method", 'service="audit"'), "{{method}}")]),
            ],
        ),
    ],
)
