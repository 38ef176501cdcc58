"""A root file system with what its Containerfile says of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Image:
    """A root file system, and how a program is started in it."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)
    folder: str = "/"
    user: str = "0:0"
    entrypoint: list[str] = field(default_factory=list)


def run_command(image: Image, program: Sequence[str], environment: Mapping[str, str]) -> list[str]:
    """What starts a program in the image: its user, nothing inherited, no way to more rights, and gone with us."""
    user, _, group = image.user.partition(":")
    variables = [f"{name}={value}" for name, value in {**image.environment, **environment}.items()]
    rights = ["--clear-groups", "--no-new-privs", "--inh-caps=-all", "--bounding-set=-all", "--pdeathsig=KILL"]
    return [
        *("chroot", str(image.root), "/usr/bin/env", "-i", "-C", image.folder, *variables),
        *("/usr/bin/setpriv", f"--reuid={user}", f"--regid={group}", *rights, "--", *program),
    ]
