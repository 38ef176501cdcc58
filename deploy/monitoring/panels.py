"""Grafana's JSON from a few words a panel: a title, what it shows, and the queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_DATASOURCE = {"type": "prometheus", "uid": "${source}"}
_COLUMNS = 24
_RATE = "$__rate_interval"


@dataclass(frozen=True)
class Query:
    """PromQL, and how a line is named: `{{label}}`."""

    expr: str
    legend: str


@dataclass(frozen=True)
class Panel:
    """`unit`: Grafana's (`s`, `reqps`, `short`, `percentunit`, `bytes`). `stat`: one number instead of a curve."""

    title: str
    unit: str
    queries: Sequence[Query]
    note: str = ""
    stat: bool = False
    red_above: float | None = None

    @property
    def width(self) -> int:
        """In Grafana's 24 columns."""
        return 4 if self.stat else 12

    @property
    def height(self) -> int:
        """In Grafana's rows."""
        return 4 if self.stat else 8

    def json(self, number: int, x: int, y: int) -> dict[str, Any]:
        """As Grafana stores it."""
        steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
        if self.red_above is not None:
            steps.append({"color": "red", "value": self.red_above})
        return {
            "id": number,
            "type": "stat" if self.stat else "timeseries",
            "title": self.title,
            "description": self.note,
            "datasource": _DATASOURCE,
            "gridPos": {"x": x, "y": y, "w": self.width, "h": self.height},
            "fieldConfig": {
                "defaults": {"unit": self.unit, "thresholds": {"mode": "absolute", "steps": steps}},
                "overrides": [],
            },
            "targets": [
                {"refId": letter, "datasource": _DATASOURCE, "expr": one.expr, "legendFormat": one.legend}
                for letter, one in zip("ABCDEF", self.queries, strict=False)
            ],
        }


@dataclass(frozen=True)
class Row:
    """A heading and its panels."""

    title: str
    panels: Sequence[Panel]


@dataclass(frozen=True)
class Dashboard:
    """One reader's page. `regions`: whether it has a choice of provinces, as `$region`."""

    uid: str
    title: str
    about: str
    rows: Sequence[Row]
    regions: bool = False

    def json(self) -> dict[str, Any]:
        """As Grafana imports it."""
        variables: list[dict[str, Any]] = [{"name": "source", "type": "datasource", "query": "prometheus"}]
        if self.regions:
            variables.append(
                {
                    "name": "region",
                    "type": "query",
                    "datasource": _DATASOURCE,
                    "query": 'label_values(up{job="tongdang"}, region)',
                    "refresh": 2,
                    "includeAll": True,
                    "multi": True,
                    "current": {"text": "All", "value": "$__all"},
                }
            )
        return {
            "uid": f"tongdang-{self.uid}",
            "title": self.title,
            "description": self.about,
            "tags": ["tongdang"],
            "timezone": "Asia/Shanghai",
            "schemaVersion": 39,
            "refresh": "30s",
            "time": {"from": "now-6h", "to": "now"},
            "templating": {"list": variables},
            "panels": self._panels(),
        }

    def _panels(self) -> list[dict[str, Any]]:
        """Left to right, a new line where the next one does not fit."""
        placed: list[dict[str, Any]] = []
        y = 0
        for row in self.rows:
            grid = {"x": 0, "y": y, "w": _COLUMNS, "h": 1}
            placed.append({"id": len(placed) + 1, "type": "row", "title": row.title, "gridPos": grid, "panels": []})
            x, y, height = 0, y + 1, 0
            for panel in row.panels:
                if x + panel.width > _COLUMNS:
                    x, y, height = 0, y + height, 0
                placed.append(panel.json(len(placed) + 1, x, y))
                x, height = x + panel.width, max(height, panel.height)
            y += height
        return placed


def rate(metric: str, by: str, selector: str = "") -> str:
    """Events a second, over all replicas."""
    return f"sum by ({by}) (rate({metric}{{{selector}}}[{_RATE}]))"


def increase(counter: str, by: str, selector: str = "") -> str:
    """Events in each step of the curve, over all replicas."""
    return f"sum by ({by}) (increase({counter}{{{selector}}}[{_RATE}]))"


def quantile(share: float, histogram: str, by: str, selector: str = "") -> str:
    """`histogram` without its suffix; over all replicas."""
    labels = f"{by}, le" if by else "le"
    return f"histogram_quantile({share}, sum by ({labels}) (rate({histogram}_bucket{{{selector}}}[{_RATE}])))"


def percentiles(histogram: str, selector: str) -> list[Query]:
    """Median, 95th and 99th of everything selected."""
    return [Query(quantile(share, histogram, "", selector), f"p{share * 100:.0f}") for share in (0.5, 0.95, 0.99)]


def age(metric: str, by: str, selector: str = "") -> str:
    """Seconds since a moment; the newest of all replicas counts."""
    return f"time() - max by ({by}) ({metric}{{{selector}}})"
