"""Writes the dashboards' files."""

from deploy.monitoring.boards import DASHBOARDS, FOLDER, written

FOLDER.mkdir(exist_ok=True)
for one in DASHBOARDS:
    (FOLDER / f"{one.uid}.json").write_text(written(one), encoding="utf-8")
