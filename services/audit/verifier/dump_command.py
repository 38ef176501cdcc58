"""`tongdang-verify dump`: checks a downloaded dump of an open catalogue, its manifest, signature and every file."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from services.audit.verifier.asked import FROM_PORTAL, Sentence, fetched
from services.audit.verifier.dump import verify_dump
from services.audit.verifier.registry import read_registry
from services.common.domain.open_dump import NotAuthentic

OK, FAILED, NOT_CHECKED = 0, 1, 2


def main(arguments: Sequence[str]) -> int:
    """Exit code: 0 authentic, 1 a file is not what was signed, 2 it could not be checked."""
    asked = _parser().parse_args(arguments)
    told: list[Sentence] = []
    failing = ""
    try:
        for sentence in verify_dump(Path(asked.folder), read_registry(_registry(asked.registry))):
            _tell(asked.json, told, sentence)
        if asked.registry.startswith(("http://", "https://")):
            _tell(asked.json, told, FROM_PORTAL)
        _tell(asked.json, told, ("验证通过。", "Verified."))
    except NotAuthentic as failure:
        failing = failure.file
        _tell(asked.json, told, (f"验证失败：{failure}", f"FAILED: {failure}"))
    except (OSError, ValueError) as problem:
        print(f"无法验证：{problem}\nCould not check: {problem}", file=sys.stderr)  # noqa: T201 - a command's answer
        return NOT_CHECKED
    if asked.json:
        steps = [{"zh": chinese, "en": english} for chinese, english in told]
        answer = {"verified": not failing, "failing": failing, "steps": steps}
        print(json.dumps(answer, ensure_ascii=False))  # noqa: T201
    return FAILED if failing else OK


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tongdang-verify dump", description=__doc__)
    parser.add_argument("folder", help="where datapackage.json, its signature and the files lie")
    parser.add_argument("--registry", required=True, help="regions.toml or registry.json that you trust, or its URL")
    parser.add_argument("--json", action="store_true", help="answer as JSON")
    return parser


def _registry(given: str) -> str:
    """Raises: ValueError, OSError."""
    return fetched(given) if "://" in given else Path(given).read_text(encoding="utf-8")


def _tell(as_json: bool, told: list[Sentence], sentence: Sentence) -> None:
    told.append(sentence)
    if not as_json:
        print("\n".join(sentence), flush=True)  # noqa: T201 - a command's answer
