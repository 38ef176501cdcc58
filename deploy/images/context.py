"""What a build may see of the repository, as `.dockerignore` says (its syntax: docs.docker.com, "build context")."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from deploy.local.layout import ROOT


class Context:
    """A folder seen through its ignore file: the last pattern that matches decides, a folder's holds for all below."""

    def __init__(self, root: Path, patterns: Sequence[str]) -> None:
        self._root = root
        self._rules = [(not line.startswith("!"), _compiled(line.removeprefix("!"))) for line in patterns]

    @classmethod
    def of_repository(cls, root: Path = ROOT) -> "Context":
        """With the rules of `.dockerignore`."""
        lines = (line.strip() for line in (root / ".dockerignore").read_text(encoding="utf-8").splitlines())
        return cls(root, [line for line in lines if line and not line.startswith("#")])

    def sees(self, path: PurePosixPath) -> bool:
        """Whether a file, named from the root, is part of the context."""
        names = [str(path), *(str(parent) for parent in path.parents)]
        hidden = False
        for hides, pattern in self._rules:
            if any(pattern.fullmatch(name) for name in names):
                hidden = hides
        return not hidden

    def files(self, source: str) -> Iterator[PurePosixPath]:
        """Every file a COPY of `source` takes, from the root.

        Raises: FileNotFoundError: it takes none.
        """
        start = self._root / source
        found = sorted(path for path in ([start] if start.is_file() else start.rglob("*")) if path.is_file())
        names = [PurePosixPath(path.relative_to(self._root).as_posix()) for path in found]
        seen = [name for name in names if self.sees(name)]
        if not seen:
            raise FileNotFoundError(f"COPY {source}: nothing of it is in the build's context")
        yield from seen

    def path(self, name: PurePosixPath) -> Path:
        """Where a file lies."""
        return self._root / name


def _compiled(pattern: str) -> re.Pattern[str]:
    """`**` any folders, `*` and `?` within a name."""
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", pattern.strip("/"))
    meaning = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(meaning.get(part) or re.escape(part) for part in parts))
