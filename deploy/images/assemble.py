"""Runs a Containerfile's own steps in a changed root: what is checked is what is built."""

import hashlib
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePosixPath

from deploy.images import debian, machine
from deploy.images.containerfile import Stage, Step, Unknown, needed
from deploy.images.context import Context
from deploy.images.image import Image
from deploy.images.mounts import KERNEL, Mount, mounted

_NOTHING = ("LABEL", "ARG")


class Builder:
    """Stages by name, each in a folder of its own; one that nothing changed for is left as it is."""

    def __init__(self, folder: Path, context: Context, say: Callable[[str], None]) -> None:
        self._folder = folder
        self._context = context
        self._say = say
        self._images: dict[str, Image] = {}
        self._digests: dict[str, str] = {}
        self._release = ""

    def build(self, stages: Sequence[Stage], target: str) -> Image:
        """The target's image.

        Raises: RuntimeError: a step failed, with the end of what it said; Unknown.
        """
        wanted = needed(stages, target)
        self._release = debian.release_of(wanted[0].base)
        for stage in wanted:
            if stage.name not in self._images:
                self._build(stage)
        return self._images[target]

    def _build(self, stage: Stage) -> None:
        image, digest = self._begin(stage)
        stamp = self._folder / f"{stage.name}.sha256"
        made = image.root.exists() and stamp.exists() and stamp.read_text() == digest
        if not made:
            stamp.unlink(missing_ok=True)
            self._empty(image.root, stage)
        for step in stage.steps:
            self._configure(image, step)
            if not made:
                self._say(f"{stage.name}: {step.instruction} {step.value[:80]}")
                self._change(image, step)
        stamp.write_text(digest)
        self._images[stage.name], self._digests[stage.name] = image, digest

    def _begin(self, stage: Stage) -> tuple[Image, str]:
        """The image before its first step, and what it will be made of."""
        before = self._images.get(stage.base)
        root = self._folder / stage.name
        parts: list[object] = [self._digests.get(stage.base, stage.base)]
        parts += [[step.instruction, step.value, self._content(step)] for step in stage.steps]
        digest = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
        if before is None:
            return Image(root, {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}), digest
        return Image(root, dict(before.environment), before.folder, before.user, list(before.entrypoint)), digest

    def _content(self, step: Step) -> list[list[str]]:
        """What a COPY takes, by name and SHA-256."""
        if step.instruction != "COPY":
            return []
        *sources, _ = step.words()
        if sources[0].startswith("--from="):
            return [[self._digests[sources[0].removeprefix("--from=")]]]
        return [
            [str(name), hashlib.sha256(self._context.path(name).read_bytes()).hexdigest()]
            for source in sources
            for name in self._context.files(source)
        ]

    def _empty(self, root: Path, stage: Stage) -> None:
        before = self._images.get(stage.base)
        start = before.root if before else debian.base(stage.base, self._folder, self._say)
        shutil.rmtree(root, ignore_errors=True)
        subprocess.run(["cp", "-a", "--one-file-system", "--reflink=auto", str(start), str(root)], check=True)

    def _configure(self, image: Image, step: Step) -> None:
        match step.instruction:
            case "ENV":
                image.environment |= step.pairs()
            case "USER":
                image.user = step.value
            case "WORKDIR":
                image.folder = str(PurePosixPath(image.folder) / step.value)
            case "ENTRYPOINT":
                image.entrypoint = json.loads(step.value)

    def _change(self, image: Image, step: Step) -> None:
        match step.instruction:
            case "RUN":
                self._run(image, step.value)
            case "COPY":
                self._copy(image, step)
            case "WORKDIR":
                _inside(image.root, image.folder).mkdir(parents=True, exist_ok=True)
            case name if name not in ("ENV", "USER", "ENTRYPOINT", *_NOTHING):
                raise Unknown(f"{name}: this check does not know the instruction")

    def _run(self, image: Image, command: str) -> None:
        settings, files = machine.package_index()
        variables = {**settings, **image.environment, "DEBIAN_FRONTEND": "noninteractive"}
        mounts = [*KERNEL, *machine.network(), *files, self._package_sources()]
        words = ["chroot", str(image.root), "env", "-C", image.folder, "/bin/sh", "-c", command]
        with mounted(image.root, mounts):
            done = subprocess.run(words, env=variables, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"RUN {command[:100]} failed:\n{(done.stdout + done.stderr)[-3000:]}")

    def _copy(self, image: Image, step: Step) -> None:
        *sources, target = step.words()
        if sources[0].startswith("--from="):
            start = self._images[sources[0].removeprefix("--from=")].root
            for source in sources[1:]:
                subprocess.run(["cp", "-aT", str(_inside(start, source)), str(_inside(image.root, target))], check=True)
            return
        for file, place in placements(self._context, sources, target, image.folder):
            goal = _inside(image.root, place)
            goal.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, goal)

    def _package_sources(self) -> Mount:
        """This machine's, for the time of a step; the root keeps no address."""
        listed = self._folder / "sources.list"
        listed.write_text(debian.sources_list(debian.sources(self._release)))
        return Mount("/etc/apt/sources.list", listed)


def placements(context: Context, sources: Sequence[str], target: str, folder: str) -> Iterator[tuple[Path, str]]:
    """Where COPY puts each file: a folder's content into the target, a file into it or, without a slash, as it."""
    goal = PurePosixPath(folder) / target
    for source in sources:
        for name in context.files(source):
            path = context.path(name)
            if str(name) != str(PurePosixPath(source)):
                yield path, str(goal / name.relative_to(source))
            else:
                yield path, str(goal / name.name if target.endswith("/") else goal)


def _inside(root: Path, path: str) -> Path:
    return root / path.lstrip("/")
