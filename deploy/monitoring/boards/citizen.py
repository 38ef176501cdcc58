"""For whoever answers for the service: what a person at the site notices."""

from deploy.monitoring.boards.names import CAUGHT_UP, GRPC, HTTP
from deploy.monitoring.panels import Dashboard, Panel, Query, Row, age, percentiles, quantile, rate

_PAGES = 'service="portal", route!~"/readyz|/healthz|/static"'
_BROKEN = 'status=~"5.."'
_SEARCH = 'method=~".*DiscoveryService/Search"'
_RECORDS = 'consumer="records"'


def _call(service: str, method: str) -> str:
    return f'service=~"{service}", method=~".*/{method}"'


CITIZEN = Dashboard(
    "citizen",
    "Tongdang 通档 · 利用者体验 Citizen experience",
    "What a person at the site notices: is it there, is it quick, does a request move. For the service desk.",
    [
        Row(
            "现在 Now",
            [
                Panel(
                    "失败页面 Pages failed",
                    "percentunit",
                    [
                        Query(
                            f"(sum(rate(tongdang_http_handled_total{{{_PAGES}, {_BROKEN}}}[5m])) or vector(0))"
                            f" / (sum(rate(tongdang_http_handled_total{{{_PAGES}}}[5m])) > 0)",
                            "5xx",
                        )
                    ],
                    stat=True,
                    red_above=0.02,
                ),
                Panel(
                    "页面 95% Pages p95", "s", [Query(quantile(0.95, HTTP, "", _PAGES), "p95")], stat=True, red_above=2
                ),
                Panel(
                    "检索 99% Search p99",
                    "s",
                    [Query(quantile(0.99, GRPC, "", _SEARCH), "p99")],
                    stat=True,
                    red_above=0.25,
                ),
                Panel(
                    "检索滞后 Search behind",
                    "s",
                    [Query(f"max({age(CAUGHT_UP, 'instance', _RECORDS)})", "")],
                    note="What was published longer ago than this can be found.",
                    stat=True,
                    red_above=120,
                ),
                Panel(
                    "逾期申请 Overdue", "short", [Query("max(tongdang_requests_overdue)", "")], stat=True, red_above=1
                ),
                Panel(
                    "在办申请 Open requests",
                    "short",
                    [Query("sum(max by (state) (tongdang_requests_open))", "")],
                    stat=True,
                ),
            ],
        ),
        Row(
            "网站 The site",
            [
                Panel(
                    "页面次数 Pages by answer",
                    "reqps",
                    [Query(rate("tongdang_http_handled_total", "status", _PAGES), "{{status}}")],
                ),
                Panel("页面时间 Page durations", "s", percentiles(HTTP, _PAGES)),
                Panel(
                    "最慢的页面 p95 by route",
                    "s",
                    [Query(f"topk(8, {quantile(0.95, HTTP, 'route', _PAGES)})", "{{route}}")],
                ),
                Panel(
                    "登录 Keycloak, as the portal sees it",
                    "s",
                    [
                        Query(quantile(0.95, "tongdang_keycloak_call_duration_seconds", "call"), "p95 {{call}}"),
                        Query(rate("tongdang_keycloak_call_failed_total", "call"), "failed/s {{call}}"),
                    ],
                ),
            ],
        ),
        Row(
            "检索与申请 Search and request",
            [
                Panel(
                    "检索 Searches", "reqps", [Query(rate("tongdang_grpc_handled_total", "code", _SEARCH), "{{code}}")]
                ),
                Panel("检索时间 Search durations", "s", percentiles(GRPC, _SEARCH)),
                Panel(
                    "提交与取件 Submitted, delivered",
                    "reqps",
                    [
                        Query(
                            rate("tongdang_grpc_handled_total", "code", _call("requests", "SubmitRequest")),
                            "submit {{code}}",
                        ),
                        Query(
                            rate("tongdang_grpc_handled_total", "code", _call("catalog-.*", "OpenDelivery")),
                            "open delivery {{code}}",
                        ),
                    ],
                ),
                Panel(
                    "在办最久 Oldest request by state",
                    "s",
                    [Query("max by (state) (tongdang_request_oldest_age_seconds)", "{{state}}")],
                    note="submitted: the platform acts; received, accepted: the archive.",
                ),
            ],
        ),
    ],
)
