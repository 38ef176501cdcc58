"""Others' programs for the same work, built from source once and run beside ours in the same run."""

import hashlib
import subprocess
from collections.abc import Sequence
from pathlib import Path

from bench.figures import Skipped
from deploy.local.layout import ROOT

_BUILT = ROOT / ".local" / "peers"


def built(name: str, program: str, command: Sequence[str], tools: Sequence[str]) -> Path:
    """The program that `command`, run in the peer's folder with `{out}` replaced, builds; again only where it changed.

    Raises: Skipped: a tool is missing, or the build failed (no way to the module proxy, say).
    """
    folder = Path(__file__).parent / name
    digest = hashlib.sha256()
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        digest.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    out = _BUILT / f"{name}-{digest.hexdigest()[:16]}"
    if (out / program).exists():
        return out / program
    out.mkdir(parents=True, exist_ok=True)
    try:
        line = [part.format(out=out) for part in command]
        subprocess.run(line, cwd=folder, check=True, capture_output=True, text=True)
    except FileNotFoundError as missing:
        raise Skipped(f"{name}: {', '.join(tools)} not found ({missing.filename})") from missing
    except subprocess.CalledProcessError as failed:
        words = (failed.stderr or failed.stdout).strip().splitlines()[-1:]
        raise Skipped(f"{name} could not be built: {''.join(words)[:200]}") from failed
    return out / program
