"""tongdang-verify: checks the log from outside, by its URL and public key; `record` an entry, `dump` a catalogue."""

import argparse
import json
import sys
from pathlib import Path

from services.audit.domain.notes import Checkpoint, InvalidNote
from services.audit.verifier import dump_command, record_command
from services.audit.verifier.asked import HttpLog, add_log_arguments, key_of, witnesses_of
from services.audit.verifier.verify import Verdict, VerificationFailed, verify

OK, FAILED, NOT_CHECKED = 0, 1, 2
COMMANDS = {"record": record_command.main, "dump": dump_command.main}
"""Besides checking the log itself."""


def main() -> int:
    """Exit code: 0 verified, 1 the log is not what it says, 2 it could not be checked."""
    arguments = _arguments()
    state = Path(arguments.state) if arguments.state else None
    try:
        log, key, last = HttpLog(arguments.url), key_of(arguments.key), _remembered(state)
        verdict = verify(log, key, last, witnesses_of(arguments.witness, arguments.quorum))
        if state is not None:
            _remember(state, verdict.checkpoint)
    except (VerificationFailed, InvalidNote) as failure:
        return _say(arguments.json, False, f"验证失败：{failure}", f"FAILED: {failure}")
    except (OSError, ValueError) as problem:
        print(f"无法验证：{problem}\nCould not check: {problem}", file=sys.stderr)  # noqa: T201 - a command's answer
        return NOT_CHECKED
    return _say(arguments.json, True, *_sentences(verdict))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tongdang-verify", description=__doc__)
    add_log_arguments(parser)
    parser.add_argument("--state", help="file that remembers the last checkpoint, for consistency between visits")
    parser.add_argument("--json", action="store_true", help="answer as JSON")
    return parser.parse_args()


def _remembered(state: Path | None) -> Checkpoint | None:
    """Raises: ValueError: the file holds no checkpoint."""
    if state is None or not state.exists():
        return None
    try:
        row = json.loads(state.read_text(encoding="utf-8"))
        return Checkpoint(row["origin"], int(row["size"]), bytes.fromhex(row["root"]))
    except (ValueError, KeyError, TypeError) as problem:
        raise ValueError(f"{state} holds no checkpoint") from problem


def _remember(state: Path, checkpoint: Checkpoint) -> None:
    row = {"origin": checkpoint.origin, "size": checkpoint.size, "root": checkpoint.root.hex()}
    part = state.with_name(state.name + ".part")
    part.write_text(json.dumps(row), encoding="utf-8")
    part.replace(state)


def _sentences(verdict: Verdict) -> tuple[str, str]:
    size, root = verdict.checkpoint.size, verdict.checkpoint.root.hex()
    if verdict.earlier is None:
        visit = ("首次查验，尚无可比对的旧检查点", "first visit: no earlier checkpoint to compare with")
    else:
        visit = (
            f"与上次的 {verdict.earlier} 条一致",
            f"consistent with the last visit's {verdict.earlier} entries",
        )
    seen = ("", "")
    if verdict.cosigned is not None:
        seen = (
            f"；见证人已联署至 {verdict.cosigned.size} 条",
            f"; witnesses have cosigned its first {verdict.cosigned.size}",
        )
    return (
        f"验证通过：{size} 条记录逐条重算，根哈希 {root} 与签名检查点相符；{visit[0]}{seen[0]}。",
        f"Verified: {size} entries re-hashed, root {root} equals the signed checkpoint; {visit[1]}{seen[1]}.",
    )


def _say(as_json: bool, verified: bool, chinese: str, english: str) -> int:
    if as_json:
        print(json.dumps({"verified": verified, "zh": chinese, "en": english}, ensure_ascii=False))  # noqa: T201
    else:
        print(f"{chinese}\n{english}")  # noqa: T201 - a command's answer
    return OK if verified else FAILED


if __name__ == "__main__":
    command = COMMANDS.get(" ".join(sys.argv[1:2]))
    sys.exit(command(sys.argv[2:]) if command else main())
