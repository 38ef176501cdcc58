"""The Containerfile as data: stages, each with its steps in order."""

import io
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dockerfile_parse import DockerfileParser

from deploy.local.layout import ROOT

FILE = ROOT / "deploy" / "images" / "Containerfile"
TARGET, SETUP = "service", "setup"
_VARIABLE = re.compile(r"\$\{(\w+)\}|\$(\w+)")


@dataclass(frozen=True)
class Step:
    """One instruction; `value` in one line, as written."""

    instruction: str
    value: str

    def words(self) -> list[str]:
        """`value` split as a shell would, quotes taken off."""
        return shlex.split(self.value)

    def pairs(self) -> dict[str, str]:
        """What ENV, LABEL and ARG set; an ARG without a default is empty."""
        return {name: value for name, _, value in (word.partition("=") for word in self.words())}


@dataclass(frozen=True)
class Stage:
    """`base`: an earlier stage's name, or an image's."""

    name: str
    base: str
    steps: tuple[Step, ...]


class Unknown(ValueError):
    """An instruction or stage nobody here knows."""


def read(text: str, arguments: Mapping[str, str] | None = None) -> list[Stage]:
    """The stages in order; `arguments` as `--build-arg` gives them.

    Raises: Unknown: a step before the first FROM that is no ARG, or a FROM that names no stage.
    """
    stages: list[Stage] = []
    given: dict[str, str] = {}
    for row in DockerfileParser(fileobj=io.BytesIO(text.encode())).structure:
        step = Step(row["instruction"], row["value"])
        match step.instruction:
            case "COMMENT":
                continue
            case "FROM":
                stages.append(_stage(step, given))
            case "ARG" if not stages:
                given |= step.pairs() | dict(arguments or {})
            case _ if not stages:
                raise Unknown(f"{step.instruction} before the first FROM")
            case _:
                last = stages[-1]
                stages[-1] = Stage(last.name, last.base, (*last.steps, step))
    return stages


def needed(stages: Sequence[Stage], target: str) -> list[Stage]:
    """The stages that lead to one, in the order they are built.

    Raises: Unknown.
    """
    known = {stage.name: stage for stage in stages}
    if target not in known:
        raise Unknown(f"no stage {target}; there are {', '.join(known)}")
    wanted, waiting = set[str](), [target]
    while waiting:
        stage = known[waiting.pop()]
        wanted.add(stage.name)
        waiting += [name for name in (stage.base, *copied_from(stage)) if name in known]
    return [stage for stage in stages if stage.name in wanted]


def copied_from(stage: Stage) -> list[str]:
    """Stages whose files it takes."""
    copies = [step.words() for step in stage.steps if step.instruction == "COPY"]
    return [words[0].removeprefix("--from=") for words in copies if words[0].startswith("--from=")]


def expand(text: str, variables: Mapping[str, str]) -> str:
    """`$NAME` and `${NAME}` replaced; an unknown name by nothing, as builders do."""
    return _VARIABLE.sub(lambda found: variables.get(found[1] or found[2], ""), text)


def containerfile(path: Path = FILE) -> list[Stage]:
    """The stages of the repository's own."""
    return read(path.read_text(encoding="utf-8"))


def _stage(step: Step, given: Mapping[str, str]) -> Stage:
    match expand(step.value, given).split():
        case [base, word, name] if word.upper() == "AS":
            return Stage(name, base, ())
    raise Unknown(f"FROM without AS: {step.value}")
