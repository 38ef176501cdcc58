"""Runs a service's own commands with its own environment, and shows what they answer.

The operator's command line holds no rights of its own: whatever it asks of a service, that service does and records.
"""

import json
from typing import Any

import typer

from deploy.local.layout import Layout
from deploy.local.lock import holder
from deploy.local.services import command

Answer = dict[str, Any]


def layout() -> Layout:
    """The stack that `TONGDANG_LOCAL_DIR` names, or the default one."""
    found = Layout.from_environment()
    if not found.etc.exists():
        raise typer.BadParameter(f"no stack in {found.folder}: start one with `make run`")
    return found


def with_database() -> tuple[str, ...]:
    """Services that are backed up: the portal's sessions are not."""
    return tuple(name for name in layout().services if name != "portal")


def with_letters() -> tuple[str, ...]:
    """Services that write to a peer."""
    return (*layout().catalogs, "requests")


def compared() -> tuple[str, ...]:
    """Services that can be compared with what others know."""
    return (*layout().catalogs, "requests", "discovery")


def ask(service: str, *arguments: str, finds: str = "") -> list[Answer]:
    """The JSON lines a service's command answers. `finds`: what its last line counts; then an exit code of 1 is one.

    Raises: typer.Exit: it failed; its last words are shown.
    """
    done = command(layout(), service, *arguments)
    answers = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    counted = bool(finds and answers and finds in answers[-1])
    if done.returncode != 0 and not counted:
        words = [line for line in done.stderr.strip().splitlines() if not line.startswith("{")]
        typer.secho(f"{service} {arguments[0]}: {words[-1] if words else 'failed'}", err=True, fg="red")
        raise typer.Exit(1)
    return answers


def compared_with(service: str) -> tuple[str, ...]:
    """Who has to run before a restored database can be compared: the other side of its letters."""
    provinces = layout().catalogs
    if service in provinces:
        return ("requests",)
    return provinces if service == "requests" else ()


def known(service: str, among: tuple[str, ...]) -> str:
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
