"""Runs a service's own commands with its own environment, and shows what they answer.

The operator's command line holds no rights of its own: whatever it asks of a service, that service does and records.
"""

import json
from typing import Any

import typer

from deploy.local.layout import CATALOGS, Layout
from deploy.local.lock import holder
from deploy.local.services import command

WITH_DATABASE = (*CATALOGS, "requests", "auth", "discovery", "audit")
WITH_LETTERS = (*CATALOGS, "requests")
COMPARED = (*CATALOGS, "requests", "discovery")

Answer = dict[str, Any]


def layout() -> Layout:
    """The stack that `TONGDANG_LOCAL_DIR` names, or the default one."""
    found = Layout.from_environment()
    if not found.etc.exists():
        raise typer.BadParameter(f"no stack in {found.folder}: start one with `make run`")
    return found


def ask(service: str, *arguments: str) -> list[Answer]:
    """The JSON lines a service's command answers.

    Raises: typer.Exit: it failed; its last words are shown.
    """
    done = command(layout(), service, *arguments)
    answers = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode != 0:
        words = [line for line in done.stderr.strip().splitlines() if not line.startswith("{")]
        typer.secho(f"{service} {arguments[0]}: {words[-1] if words else 'failed'}", err=True, fg="red")
        raise typer.Exit(1)
    return answers


def compared_with(service: str) -> tuple[str, ...]:
    """Who has to run before a restored database can be compared: the other side of its letters."""
    if service in CATALOGS:
        return ("requests",)
    return CATALOGS if service == "requests" else ()


def known(service: str, among: tuple[str, ...] = WITH_DATABASE) -> str:
    """Raises: typer.BadParameter."""
    if service not in among:
        raise typer.BadParameter(f"{service}: expected one of {', '.join(among)}")
    return service


def require_stopped() -> None:
    """A restore works on a database nobody else writes to. Raises: typer.Exit."""
    pid = holder(layout().folder)
    if pid is not None:
        typer.secho(f"the stack runs, process {pid}; `make stop` first", err=True, fg="red")
        raise typer.Exit(1)
