"""Kustomize itself: the machine's own, or built from its pinned Go module into `.local/tools`."""

import os
import shutil
import subprocess
from pathlib import Path

import yaml

from deploy.kubernetes.document import Document
from deploy.kubernetes.site import TREE
from deploy.local.layout import ROOT

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
OVERLAYS = ("trial", "national")
MODULE = ROOT / "deploy" / "tools" / "kustomize"
_BUILT = ROOT / ".local" / "tools" / "kustomize"


class NoTool(RuntimeError):
    """Neither kustomize nor what builds it is here."""


def kustomize() -> str:
    """The program; the first time on a machine it is built, in a minute or two.

    Raises: NoTool.
    """
    if program := shutil.which("kustomize"):
        return program
    pinned = (MODULE / "go.sum").stat().st_mtime
    if _BUILT.exists() and _BUILT.stat().st_mtime >= pinned:
        return str(_BUILT)
    go = shutil.which("go")
    if go is None:
        raise NoTool("neither kustomize nor go is here")
    building = _BUILT.with_name(f"kustomize.{os.getpid()}")
    command = [go, "build", "-o", str(building), "sigs.k8s.io/kustomize/kustomize/v5"]
    try:
        subprocess.run(command, cwd=MODULE, check=True, capture_output=True, text=True)
    except subprocess.CalledProcessError as failed:
        raise NoTool(f"kustomize could not be built: {failed.stderr.strip()[-200:]}") from failed
    building.replace(_BUILT)
    _BUILT.touch()
    return str(_BUILT)


def render(overlay: str, tree: Path = TREE) -> list[Document]:
    """Every object of an overlay.

    Raises: NoTool; CalledProcessError: kustomize refuses; its words are in `stderr`.
    """
    command = [kustomize(), "build", str(tree / "overlays" / overlay)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return [document for document in yaml.load_all(done.stdout, Loader=_Loader) if document]
