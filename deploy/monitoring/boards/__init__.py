"""Four dashboards, one a reader: `python -m deploy.monitoring.boards` writes them to `dashboards/`."""

import json
from pathlib import Path

from deploy.monitoring.boards.audit import AUDIT
from deploy.monitoring.boards.citizen import CITIZEN
from deploy.monitoring.boards.engines import ENGINES
from deploy.monitoring.boards.province import PROVINCE
from deploy.monitoring.panels import Dashboard

FOLDER = Path(__file__).resolve().parents[1] / "dashboards"
DASHBOARDS = (CITIZEN, PROVINCE, AUDIT, ENGINES)


def written(dashboard: Dashboard) -> str:
    """The file's text."""
    return json.dumps(dashboard.json(), ensure_ascii=False, indent=1) + "\n"
