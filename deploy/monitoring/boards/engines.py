"""For the operator: MongoDB, Kafka and Keycloak as the services that use them see them."""

from deploy.monitoring.boards.names import ASKED, FAILED
from deploy.monitoring.panels import Dashboard, Panel, Query, Row, increase, quantile, rate

_KEYCLOAK = 'job="keycloak"'

ENGINES = Dashboard(
    "engines",
    "Tongdang 通档 · 引擎 Engines",
    "MongoDB and Kafka as the services that use them see them (no exporter of theirs runs), and Keycloak itself.",
    [
        Row(
            "进程 Processes",
            [
                Panel("在线 Up", "short", [Query('max by (service) (up{job="tongdang"})', "{{service}}")]),
                Panel(
                    "内存 Resident memory",
                    "bytes",
                    [Query('process_resident_memory_bytes{job="tongdang"}', "{{service}}")],
                ),
                Panel(
                    "处理器 CPU",
                    "percentunit",
                    [Query('rate(process_cpu_seconds_total{job="tongdang"}[$__rate_interval])', "{{service}}")],
                ),
                Panel(
                    "中断 Workers interrupted",
                    "short",
                    [
                        Query(
                            increase("tongdang_worker_interrupted_total", "service, worker, problem"),
                            "{{service}} {{worker}} {{problem}}",
                        )
                    ],
                ),
            ],
        ),
        Row(
            "MongoDB",
            [
                Panel(
                    "命令 Commands",
                    "ops",
                    [Query(rate("tongdang_mongo_command_duration_seconds_count", "command"), "{{command}}")],
                ),
                Panel(
                    "时间 p99 by command",
                    "s",
                    [Query(quantile(0.99, "tongdang_mongo_command_duration_seconds", "command"), "{{command}}")],
                ),
                Panel(
                    "失败 Failed commands",
                    "ops",
                    [Query(rate("tongdang_mongo_command_failed_total", "service, command"), "{{service}} {{command}}")],
                    note="Write conflicts are among them; some are normal under load.",
                ),
                Panel(
                    "读不到 State not readable",
                    "short",
                    [
                        Query(
                            increase("tongdang_observation_failures_total", "service, observation"),
                            "{{service}} {{observation}}",
                        )
                    ],
                ),
            ],
        ),
        Row(
            "Kafka",
            [
                Panel(
                    "事务 p99 of a transaction",
                    "s",
                    [Query(quantile(0.99, "tongdang_kafka_transaction_duration_seconds", "service"), "{{service}}")],
                ),
                Panel(
                    "待送 Documents not sent",
                    "short",
                    [Query("max by (service) (tongdang_relay_lag_documents)", "{{service}}")],
                ),
                Panel(
                    "消费滞后 Consumer lag",
                    "short",
                    [Query("max by (service, consumer) (tongdang_consumer_lag_messages)", "{{service}} {{consumer}}")],
                ),
                Panel(
                    "死信 Dead letters",
                    "short",
                    [Query("sum by (service) (increase(tongdang_dead_letters_total[1h]))", "{{service}}")],
                ),
            ],
        ),
        Row(
            "Keycloak",
            [
                Panel(
                    "时间 p95 by call",
                    "s",
                    [
                        Query(
                            quantile(0.95, "tongdang_keycloak_call_duration_seconds", "service, call"),
                            "{{service}} {{call}}",
                        )
                    ],
                ),
                Panel(
                    "失败 Failed calls",
                    "ops",
                    [Query(rate("tongdang_keycloak_call_failed_total", "service, call"), "{{service}} {{call}}")],
                ),
                Panel(
                    "应答 Its own answers",
                    "reqps",
                    [
                        Query(
                            rate("http_server_requests_seconds_count", "status", _KEYCLOAK),
                            "{{status}}",
                        )
                    ],
                ),
                Panel(
                    "自身时间 Mean of its own answers",
                    "s",
                    [
                        Query(
                            f"{rate('http_server_requests_seconds_sum', 'job', _KEYCLOAK)}"
                            f" / {rate('http_server_requests_seconds_count', 'job', _KEYCLOAK)}",
                            "mean",
                        )
                    ],
                ),
                Panel(
                    "内存 Heap in use",
                    "bytes",
                    [Query('sum(jvm_memory_used_bytes{job="keycloak", area="heap"})', "heap")],
                ),
                Panel(
                    "数据库连接 Database connections",
                    "short",
                    [
                        Query('sum(agroal_active_count{job="keycloak"})', "in use"),
                        Query('sum(agroal_awaiting_count{job="keycloak"})', "waited for"),
                    ],
                ),
            ],
        ),
        Row(
            "服务之间 Between services",
            [
                Panel(
                    "调用失败 Failed calls, as the caller saw them",
                    "ops",
                    [
                        Query(
                            rate(f"{ASKED}_handled_total", "service, method, code", FAILED),
                            "{{service}} → {{method}} {{code}}",
                        )
                    ],
                ),
                Panel(
                    "时间 p95, as the caller saw it",
                    "s",
                    [Query(quantile(0.95, f"{ASKED}_duration_seconds", "service, method"), "{{service}} → {{method}}")],
                ),
                Panel(
                    "租约 Lease epochs",
                    "short",
                    [Query("max by (service, lease) (tongdang_lease_epoch)", "{{service}} {{lease}}")],
                    note="A step is a new term: a restart, or another replica.",
                ),
                Panel(
                    "租约剩余 Lease ends in",
                    "s",
                    [
                        Query(
                            'max by (service, lease) (tongdang_lease_expiry_timestamp_seconds{lease!="log"}) - time()',
                            "{{service}} {{lease}}",
                        )
                    ],
                ),
            ],
        ),
    ],
)
