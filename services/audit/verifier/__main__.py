"""tongdang-verify: checks the audit log from outside, with nothing but its URL and public key."""

import argparse
import http.client
import json
import sys
import urllib.error
import urllib.request
from pathlib import Path

from services.audit.domain.notes import COSIGNATURE, Checkpoint, InvalidNote, parse_verifier_key
from services.audit.verifier.verify import NotServed, Verdict, VerificationFailed, Witnesses, verify

OK, FAILED, NOT_CHECKED = 0, 1, 2


class HttpLog:
    """`LogReader` over HTTP."""

    def __init__(self, url: str) -> None:
        if not url.startswith(("http://", "https://")):
            raise ValueError("the URL starts with http:// or https://")
        self._url = url.rstrip("/")

    def read(self, path: str) -> bytes:
        """Raises: NotServed; OSError: out of reach."""
        try:
            with urllib.request.urlopen(f"{self._url}/{path}", timeout=30) as answer:  # noqa: S310 - checked above
                return bytes(answer.read())
        except urllib.error.HTTPError as problem:
            if problem.code in (404, 410):
                raise NotServed(path) from problem
            raise
        except http.client.HTTPException as problem:
            raise OSError(f"{path}: {type(problem).__name__}") from problem


def main() -> int:
    """Exit code: 0 verified, 1 the log is not what it says, 2 it could not be checked."""
    arguments = _arguments()
    state = Path(arguments.state) if arguments.state else None
    try:
        log, key, last = HttpLog(arguments.url), _key(arguments.key), _remembered(state)
        verdict = verify(log, key, last, _witnesses(arguments.witness, arguments.quorum))
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
    parser.add_argument("--url", required=True, help="the log, e.g. https://example.org/log")
    parser.add_argument("--key", required=True, help="verifier key (name+hash+base64), or a file that holds it")
    parser.add_argument("--state", help="file that remembers the last checkpoint, for consistency between visits")
    parser.add_argument(
        "--witness",
        action="append",
        default=[],
        metavar="KEY",
        help="a witness's verifier key, or a file that holds one a line (its last word); may be given several times",
    )
    parser.add_argument("--quorum", type=int, help="so many of them must have cosigned (more than half)")
    parser.add_argument("--json", action="store_true", help="answer as JSON")
    return parser.parse_args()


def _key(given: str) -> str:
    """Raises: ValueError: no verifier key; OSError: no such file."""
    key = given if given.count("+") >= 2 else Path(given).read_text(encoding="utf-8").strip()
    try:
        parse_verifier_key(key)
    except InvalidNote as problem:
        raise ValueError(str(problem)) from problem
    return key


def _witnesses(given: list[str], quorum: int | None) -> Witnesses | None:
    """Raises: ValueError: no witness's verifier key, or a quorum nobody can reach; OSError: no such file."""
    keys: dict[str, str] = {}
    for one in given:
        lines = [one] if one.count("+") >= 2 else Path(one).read_text(encoding="utf-8").splitlines()
        for key in (line.split()[-1] for line in lines if line.strip() and not line.startswith("#")):
            try:
                keys[parse_verifier_key(key, COSIGNATURE)[0]] = key
            except InvalidNote as problem:
                raise ValueError(str(problem)) from problem
    if not keys:
        if quorum is not None:
            raise ValueError("--quorum needs the keys of witnesses")
        return None
    wanted = quorum if quorum is not None else len(keys) // 2 + 1
    if not 0 < wanted <= len(keys):
        raise ValueError(f"a quorum of 1 to {len(keys)}")
    return Witnesses(list(keys.values()), wanted)


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
    sys.exit(main())
