"""`python -m deploy.kubernetes COMMAND`: the tree, its checks, and an installation's own keys."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from deploy.kubernetes import province as provinces
from deploy.kubernetes import tree
from deploy.kubernetes.checks import CHECKS
from deploy.kubernetes.checks.crds import NoSchemas
from deploy.kubernetes.document import derived
from deploy.kubernetes.installation import manifests
from deploy.kubernetes.keys import place
from deploy.kubernetes.render import OVERLAYS, NoTool, render
from deploy.kubernetes.site import read_site
from deploy.local.layout import ROOT
from deploy.provinces.catalogue import UnknownProvince

app = typer.Typer(help="deploy/k8s from the tables.", no_args_is_help=True)


@app.command()
def write() -> None:
    """Brings every derived file to the tables and to deploy/k8s/site.toml."""
    for path in tree.write():
        typer.echo(path.relative_to(ROOT))


@app.command()
def province(code: str) -> None:
    """Writes the folder of a province that `make province` has made, and puts it on the list.

    Example: `python -m deploy.kubernetes province 440000`
    """
    try:
        typer.echo(provinces.write(code).relative_to(ROOT))
    except UnknownProvince as unknown:
        raise typer.BadParameter(str(unknown)) from unknown


@app.command()
def check(overlay: Annotated[str, typer.Argument(help=f"one of {', '.join(OVERLAYS)}")]) -> None:
    """Renders an overlay and tells everything that is wrong with it; the exit code is 1 where anything is."""
    if overlay not in OVERLAYS:
        raise typer.BadParameter(f"one of {', '.join(OVERLAYS)}")
    try:
        objects = render(overlay)
        problems = [f"{name}: {problem}" for name, find in CHECKS.items() for problem in find(objects)]
    except (NoTool, NoSchemas) as missing:
        raise typer.BadParameter(str(missing)) from missing
    except subprocess.CalledProcessError as failed:
        raise typer.BadParameter(str(failed.stderr).strip()) from failed
    for problem in problems:
        typer.echo(problem)
    typer.echo(f"{overlay}: {len(objects)} objects, {len(problems) or 'no'} problems")
    raise typer.Exit(1 if problems else 0)


@app.command()
def secrets(
    folder: Annotated[Path, typer.Argument(help="where the keys are kept; outside of the repository")],
) -> None:
    """Makes missing keys and writes FOLDER/apply.yaml: Secrets, the registry, the witnesses' list.

    Example: `python -m deploy.kubernetes secrets /secure/tongdang`, then `kubectl apply -f /secure/tongdang/apply.yaml`
    """
    listed = tree.provinces_of()
    documents = manifests(folder, listed, read_site(), datetime.now(UTC).date())
    file = folder / "apply.yaml"
    place(file, derived(documents, "the files beside it").encode(), over=True)
    typer.echo(f"{len(documents)} objects in {file}; keep the folder in a second place")


if __name__ == "__main__":
    app(prog_name="python -m deploy.kubernetes")
