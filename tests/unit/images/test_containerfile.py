"""The Containerfile: linted, read into stages, and held to the project's own rules."""

import re
import shutil
import subprocess
import sys
from pathlib import Path, PurePosixPath

import pytest

from deploy.images.containerfile import FILE, Stage, Step, Unknown, containerfile, expand, needed, read
from deploy.images.context import Context
from deploy.images.debian import Source, parse_sources, release_of, sources_list
from deploy.local.layout import ROOT

STAGES = {stage.name: stage for stage in containerfile()}
KEPT = ("runtime", "setup", "service")
"""Stages of which something is in an image."""


def runs(stage: str) -> str:
    return " ".join(step.value for step in STAGES[stage].steps if step.instruction == "RUN")


def copied(stage: Stage) -> list[str]:
    copies = [step.words()[:-1] for step in stage.steps if step.instruction == "COPY"]
    return [word for words in copies if not words[0].startswith("--from=") for word in words]


def test_the_linter_has_nothing_to_say() -> None:
    program = shutil.which("hadolint", path=str(Path(sys.executable).parent))
    assert program is not None

    done = subprocess.run(
        [program, "--config", str(ROOT / ".hadolint.yaml"), str(FILE)], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_every_stage_comes_from_the_one_base_and_that_has_a_dated_tag() -> None:
    bases = {stage.base for stage in STAGES.values() if stage.base not in STAGES}

    assert len(bases) == 1
    assert re.fullmatch(r"debian:[a-z]+-\d{8}-slim", bases.pop())


def test_a_base_by_digest_takes_its_place() -> None:
    stages = read(FILE.read_text(encoding="utf-8"), {"DEBIAN": "debian@sha256:00"})

    assert {stage.base for stage in stages if stage.base not in STAGES} == {"debian@sha256:00"}


def test_what_is_installed_is_hash_locked_and_comes_as_wheels() -> None:
    installs = re.findall(r"pip(?: --python \S+)?\s+install ([^&]+)", runs("build"))

    assert len(installs) == 2
    for install in installs:
        assert "--require-hashes" in install and "--only-binary :all:" in install


def test_no_compiler_no_pip_and_no_tests_are_in_the_image() -> None:
    for name in KEPT:
        assert not re.search(r"\b(gcc|g\+\+|make|build-essential|python3-(venv|dev|pip)|cargo)\b", runs(name)), name
        assert not {"tests", "bench", "requirements"} & set(copied(STAGES[name]))
    assert "--without-pip /opt/tongdang/venv" in runs("build")


def test_it_runs_as_nobody_special_and_is_labelled() -> None:
    assert [step.value for step in STAGES["runtime"].steps if step.instruction == "USER"] == ["10001:10001"]
    assert not any(step.instruction == "USER" for name in ("setup", "service") for step in STAGES[name].steps)
    labels = {key for step in STAGES["service"].steps if step.instruction == "LABEL" for key in step.pairs()}
    assert {f"org.opencontainers.image.{name}" for name in ("title", "description", "version", "revision")} <= labels


def test_no_secret_is_a_build_argument_or_a_variable() -> None:
    pairs = [
        key
        for one in STAGES.values()
        for step in one.steps
        if step.instruction in ("ARG", "ENV")
        for key in step.pairs()
    ]

    assert not [key for key in pairs if re.search(r"PASS|SECRET|KEY|TOKEN", key)]


def test_the_context_holds_what_is_copied_and_nothing_that_was_built_here() -> None:
    context = Context.of_repository()
    names = [name for stage in STAGES.values() for source in copied(stage) for name in context.files(source)]

    assert PurePosixPath("services/portal/templates/home.html") in names
    assert not [name for name in names if "__pycache__" in name.parts]
    for hidden in (".local/state/etc/secrets/kek", ".venv/bin/python", "tests/conftest.py", ".git/config"):
        assert not context.sees(PurePosixPath(hidden)), hidden


@pytest.mark.parametrize(
    ("patterns", "path", "seen"),
    [
        (["*", "!services"], "services/a/b.py", True),
        (["*", "!services"], "tests/a.py", False),
        (["*", "!services", "**/__pycache__"], "services/a/__pycache__/b.pyc", False),
        (["**/*.md"], "docs/a/b.md", False),
        (["**/*.md"], "b.md", False),
        (["*.md"], "docs/b.md", True),
        (["docs/?.md", "!docs/a.md"], "docs/a.md", True),
        (["docs/?.md", "!docs/a.md"], "docs/b.md", False),
    ],
)
def test_an_ignore_file_is_read_as_builders_read_it(patterns: list[str], path: str, seen: bool) -> None:
    assert Context(Path(), patterns).sees(PurePosixPath(path)) is seen


def test_a_copy_of_nothing_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("")

    with pytest.raises(FileNotFoundError, match="secret"):
        list(Context(tmp_path, ["*"]).files("secret"))


def test_steps_are_one_line_each_and_comments_are_gone() -> None:
    [stage] = read("ARG B=debian:x\nFROM ${B} AS one\nRUN a \\\n # why\n && b\nENV A=1 B='2 3'\n")

    assert stage == Stage("one", "debian:x", (Step("RUN", "a  && b"), Step("ENV", "A=1 B='2 3'")))
    assert stage.steps[1].pairs() == {"A": "1", "B": "2 3"}


def test_only_what_leads_to_the_target_is_built() -> None:
    stages = read("FROM d AS a\nFROM d AS b\nFROM d AS c\nCOPY --from=a /x /x\nFROM c AS e\n")

    assert [stage.name for stage in needed(stages, "e")] == ["a", "c", "e"]
    with pytest.raises(Unknown, match="there are a, b, c, e"):
        needed(stages, "f")


@pytest.mark.parametrize("text", ["RUN true\n", "FROM debian\n"])
def test_what_cannot_be_followed_is_refused(text: str) -> None:
    with pytest.raises(Unknown):
        read(text)


def test_variables_are_replaced() -> None:
    assert expand("${A}-$B-$C", {"A": "1", "B": "2"}) == "1-2-"


def test_only_debians_own_image_can_be_put_together() -> None:
    assert release_of("debian:bookworm-20251229-slim") == "bookworm"
    assert release_of("registry.example/library/debian:trixie") == "trixie"
    for other in ("python:3.11-slim", "debian"):
        with pytest.raises(Unknown):
            release_of(other)


def test_this_machines_archives_of_a_release_are_used_with_its_updates() -> None:
    listed = "http://a/debian/ bookworm\nhttp://a/debian/ bookworm\nhttp://s/ bookworm-security\nhttp://x/ trixie\n\n"
    found = [Source("http://a/debian/", "bookworm"), Source("http://s/", "bookworm-security")]

    assert parse_sources(listed, "bookworm") == found
    assert sources_list(found) == "deb http://a/debian/ bookworm main\ndeb http://s/ bookworm-security main\n"
