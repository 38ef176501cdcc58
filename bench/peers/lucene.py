"""Lucene with ICU folding and bigrams: the peer of the union index. Same titles, threads and buffer for the writer."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.figures import Skipped
from bench.peers import built


@dataclass(frozen=True)
class Indexed:
    """How fast records came into a committed index, and how large it is after its merges."""

    documents: int
    seconds: float
    docs_per_second: float
    index_bytes: int
    threads: int
    heap_mb: int
    version: str


@dataclass(frozen=True)
class Searched:
    """Queries one after another in one thread: the best hits with what is stored of them, and the exact count."""

    documents: int
    queries: int
    hits: int
    p50_us: float
    p99_us: float
    version: str


def program() -> Path:
    """The built program; its libraries lie beside it. Raises: Skipped: no JDK or Maven, or no way to its libraries."""
    if shutil.which("javac") is None:
        raise Skipped("lucene: a JDK (17 or later) not found")
    return built("lucene", "lucene-peer.jar", ["mvn", "-q", "-B", "-Dpeer.build={out}", "package"], ["Maven"])


def index(program_: Path, records: Path, folder: Path, *, threads: int = 1, heap_mb: int = 64) -> Indexed:
    """Indexes JSON lines with `id`, `title`, `fonds` and `region`, all texts, into an empty folder.

    Args: heap_mb: the writer's buffer; the machine's own heap is larger by 512 MB.
    """
    arguments = ["index", "-records", records, "-dir", folder, "-threads", threads, "-heap", heap_mb]
    return indexed(_line(program_, heap_mb + 512, arguments))


def search(program_: Path, queries: Path, folder: Path, *, limit: int = 10, rounds: int = 5) -> Searched:
    """Runs a file of queries, one a line, `rounds` times over an index; a first round more is not counted."""
    arguments = ["search", "-queries", queries, "-dir", folder, "-limit", limit, "-rounds", rounds]
    return searched(_line(program_, 512, arguments))


def indexed(line: str) -> Indexed:
    """What `index` printed. Raises: ValueError, TypeError: it is something else."""
    return Indexed(**json.loads(line))


def searched(line: str) -> Searched:
    """What `search` printed. Raises: ValueError, TypeError: it is something else."""
    return Searched(**json.loads(line))


def _line(program_: Path, heap_mb: int, arguments: list[Any]) -> str:
    classes = f"{program_}:{program_.parent / 'lib'}/*"
    command = ["java", f"-Xmx{heap_mb}m", "-cp", classes, "tongdang.peers.Peer", *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
