"""tongdang: the operator's command line."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from deploy.local.stack import Stack
from deploy.operate import running
from deploy.operate.status import health

app = typer.Typer(help="通档 Tongdang: what an operator does.", no_args_is_help=True, rich_markup_mode="markdown")
dead_letters = typer.Typer(help="What could not be delivered or read: 死信.", no_args_is_help=True)
app.add_typer(dead_letters, name="dead-letters")
console = Console(soft_wrap=True)

Service = Annotated[str, typer.Argument(help="e.g. catalog-320000, requests, audit")]
Id = Annotated[str, typer.Argument(help="as `dead-letters list` shows it")]


@app.command()
def status() -> None:
    """The whole stack at a glance; the exit code is 1 where something is not ready.

    Example: `tongdang status`
    """
    rows = health(running.layout())
    table = Table("", "service", "trouble", "figures", box=None)
    for one in rows:
        sign = "[green]●[/]" if one.ready else "[red]○[/]"
        troubles = [f"{name}: {code}" for name, code in one.troubles.items()] if one.up else ["does not answer"]
        table.add_row(sign, one.name, ", ".join(troubles), one.figures)
    console.print(table)
    raise typer.Exit(0 if all(one.ready for one in rows) else 1)


@app.command()
def verify(
    state: Annotated[str, typer.Option(help="file that remembers the last checkpoint between visits")] = "",
) -> None:
    """Checks the audit log from outside, as anybody can with `tongdang-verify`.

    Example: `tongdang verify --state ~/.tongdang-checkpoint`
    """
    layout = running.layout()
    command = [sys.executable, "-m", "services.audit.verifier", "--url", layout.log_url]
    command += ["--key", str(layout.etc / "audit-log.vkey"), "--witness", str(layout.etc / "witnesses")]
    command += ["--state", state] if state else []
    raise typer.Exit(subprocess.run(command, check=False).returncode)


@dead_letters.command("list")
def list_dead_letters() -> None:
    """Letters a peer refused for good, and published values that could not be read. Contents are not shown.

    Example: `tongdang dead-letters list`
    """
    table = Table("service", "id", "what", "problem", "since", box=None)
    found = 0
    for service in running.with_letters():
        for row in running.ask(service, "letters"):
            what = f"{row['method'].rpartition('/')[2]} to {row['lane']}, number {row['number']}"
            table.add_row(service, row["id"], what, row["problem"], row["created_at"])
            found += 1
    for row in running.ask("discovery", "dead-letters"):
        table.add_row("discovery", row["id"], f"{row['bytes']} bytes", "unreadable", "")
        found += 1
    console.print(table if found else "没有死信 · no dead letters")


@dead_letters.command()
def retry(service: Service, id_: Id) -> None:
    """Sends a letter again, once what refused it has been mended.

    What discovery could not read, a newer program reads with `tongdang reindex`.

    Example: `tongdang dead-letters retry requests 0197c0de-…`
    """
    running.ask(running.known(service, running.with_letters()), "letter-retry", id_)
    console.print(f"{id_} waits to be sent")


@dead_letters.command()
def discard(service: Service, id_: Id, yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False) -> None:
    """Gives a letter up for good; it stays stored, and the log says who gave it up.

    Example: `tongdang dead-letters discard discovery 'catalog.320000.records.v1/0/17#…' --yes`
    """
    running.known(service, (*running.with_letters(), "discovery"))
    if not yes:
        typer.confirm(f"discard {id_}?", abort=True)
    running.ask(service, "dead-letter-discard" if service == "discovery" else "letter-discard", id_)
    console.print(f"{id_} is discarded")


@app.command()
def reconcile(
    service: Annotated[str, typer.Argument(help="a province, requests, discovery, or nothing for all of them")] = "",
    repair: Annotated[bool, typer.Option("--repair", help="bring back what others still have")] = False,
) -> None:
    """Compares provinces with Kafka and the centre, the centre's requests with the provinces, the index with Kafka.

    The exit code is 1 where they differ.

    Example: `tongdang reconcile catalog-320000 --repair`
    """
    names = [running.known(service, running.compared())] if service else running.compared()
    total = 0
    for name in names:
        with console.status(f"{name} …"):
            *found, count = running.ask(name, "repair" if repair and name != "discovery" else "reconcile")
        total += count["differences"]
        console.print(f"{name}: {count['differences'] or 'no'} difference{'' if count['differences'] == 1 else 's'}")
        if found:
            table = Table("difference", "id", "here", "elsewhere", "can be brought back", box=None)
            for row in found:
                table.add_row(
                    row["difference"], row["id"], row["here"], row["there"], "yes" if row["repairable"] else "no"
                )
            console.print(table)
    raise typer.Exit(1 if total else 0)


@app.command("verify-publications")
def verify_publications(
    province: Annotated[str, typer.Argument(help="e.g. catalog-320000, or nothing for all of them")] = "",
) -> None:
    """Holds everything ever published against signatures, rules, manifests, catalogue and audit events.

    The exit code is 1 where anything disagrees.

    Example: `tongdang verify-publications catalog-320000`
    """
    total = 0
    catalogs = running.layout().catalogs
    for name in [running.known(province, catalogs)] if province else catalogs:
        with console.status(f"{name} …"):
            *found, count = running.ask(name, "check-publications", finds="disagreements")
        total += count["disagreements"]
        console.print(f"{name}: {count['records']} published values, {count['disagreements']} disagreements")
        for row in found:
            console.print(f"  {row['disagreement']} {row['id']} {row['detail']}: {row['meaning']}", highlight=False)
    raise typer.Exit(1 if total else 0)


@app.command()
def reindex() -> None:
    """Builds the union index anew from Kafka beside the one in use; searches go on meanwhile.

    Example: `tongdang reindex`
    """
    with console.status("reading everything that is published …"):
        [done] = running.ask("discovery", "reindex")
    console.print(f"{done['entries']} records; the service changes over by itself")


@app.command()
def backup(
    folder: Annotated[Path, typer.Argument(help="where the files go", file_okay=False)],
    service: Annotated[list[str] | None, typer.Option(help="only this one; may be given again")] = None,
) -> None:
    """Writes an encrypted backup of every database, each as of one moment, while everything runs.

    The key is the file `secrets/backup` of the stack: keep it elsewhere, without it no backup can be read.

    Example: `tongdang backup /mnt/backups --service catalog-320000`
    """
    folder.mkdir(parents=True, exist_ok=True)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    for name in service or running.with_database():
        file = (folder / f"{running.known(name, running.with_database())}-{stamp}.backup").absolute()
        with console.status(f"{name} …"):
            [done] = running.ask(name, "backup", str(file))
        console.print(f"{name}: {done['documents']} documents, {done['bytes']:,} bytes → {file}")


@app.command()
def restore(
    service: Service,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    replace: Annotated[bool, typer.Option("--replace", help="in the place of what is in the database")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
) -> None:
    """Puts a database back from a backup, compares it with what others know, and brings back what they have.

    The stack has to be stopped; engines start for the time of the restore.

    Example: `tongdang restore catalog-320000 /mnt/backups/catalog-320000-20261123T010000Z.backup`
    """
    running.known(service, running.with_database())
    running.require_stopped()
    if replace and not yes:
        typer.confirm(f"replace everything in the database of {service}?", abort=True)
    stack = Stack(running.layout())
    stack.prepare()
    try:
        with console.status("starting the engines …"):
            stack.start_engines(("mongo", "kafka"))
        with console.status("restoring …"):
            [done] = running.ask(service, "restore", str(file.absolute()), *(["replace"] if replace else []))
        console.print(f"{service}: {done['documents']} documents as of {done['taken_at']}")
        console.print(f"{service}: its audit stream goes on as {done['stream']}")
        if others := running.compared_with(service):
            with console.status(f"{', '.join(others)} start, to compare with …"):
                stack.start_engines(("keycloak",))
                stack.start_services(others)
            _compare_and_repair(service)
    finally:
        stack.close()


def _compare_and_repair(service: str) -> None:
    *missing, _ = running.ask(service, "reconcile")
    *left, _ = running.ask(service, "repair")
    for row in missing:
        back = "not to be had" if row in left else "brought back"
        console.print(f"  {row['difference']} {row['id']} {row['there']}: {back}", highlight=False)
    console.print(f"{service}: {len(missing)} missing, {len(missing) - len(left)} brought back")


if __name__ == "__main__":
    app(prog_name="tongdang")
