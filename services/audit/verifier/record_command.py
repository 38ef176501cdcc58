"""`tongdang-verify record`: checks a published entry from outside, by a saved bundle or straight from a portal."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from services.audit.domain.notes import Checkpoint
from services.audit.verifier.asked import (
    FROM_PORTAL,
    HttpLog,
    Sentence,
    add_log_arguments,
    fetched,
    key_of,
    witnesses_of,
)
from services.audit.verifier.logged import check_logged
from services.audit.verifier.record import Retracted, verify_record
from services.audit.verifier.registry import read_registry
from services.common.domain.publication import NotProven, Step

OK, FAILED, NOT_CHECKED, RETRACTED = 0, 1, 2, 3


def main(arguments: Sequence[str]) -> int:
    """Exit code: 0 proven, 1 a step fails, 2 it could not be checked, 3 the entry was retracted."""
    asked = _parser().parse_args(arguments)
    told: list[Sentence] = []
    try:
        log, key, witnesses = HttpLog(asked.url), key_of(asked.key), witnesses_of(asked.witness, asked.quorum)

        def logged(manifest: bytes, batch_id: str, at: int | None) -> tuple[int, Checkpoint]:
            return check_logged(log, key, manifest, batch_id, at, witnesses)

        bundle, registry = _bundle(asked), _registry(asked)
        for sentence in verify_record(bundle, read_registry(registry), logged):
            _tell(asked.json, told, sentence)
        if not asked.registry:
            _tell(asked.json, told, FROM_PORTAL)
        _tell(asked.json, told, ("验证通过。", "Verified."))
        code = OK
    except NotProven as failure:
        _tell(asked.json, told, (f"验证失败：{failure}", f"FAILED: {failure}"))
        code = FAILED
    except Retracted as retracted:
        _tell(asked.json, told, (f"条目已于 {retracted} 撤回。", f"The entry was retracted on {retracted}."))
        code = RETRACTED
    except (OSError, ValueError) as problem:
        print(f"无法验证：{problem}\nCould not check: {problem}", file=sys.stderr)  # noqa: T201 - a command's answer
        return NOT_CHECKED
    if asked.json:
        steps = [{"zh": chinese, "en": english} for chinese, english in told]
        print(json.dumps({"verified": code == OK, "steps": steps}, ensure_ascii=False))  # noqa: T201
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tongdang-verify record", description=__doc__)
    parser.add_argument("file", nargs="?", help="a downloaded provenance.json")
    parser.add_argument("--portal", nargs=2, metavar=("URL", "RECORD_ID"), help="or a portal, and the record's id")
    parser.add_argument("--text", action="store_true", help="with --portal: the record's public text, not its entry")
    parser.add_argument("--registry", help="regions.toml or registry.json that you trust; else the portal's own")
    add_log_arguments(parser)
    parser.add_argument("--json", action="store_true", help="answer as JSON")
    return parser


def _bundle(asked: argparse.Namespace) -> str:
    """Raises: NotProven: the portal shows readers another entry; ValueError, OSError."""
    if (asked.file is None) == (asked.portal is None):
        raise ValueError("a file, or --portal URL RECORD_ID")
    if asked.file is not None:
        return Path(asked.file).read_text(encoding="utf-8")
    url, record_id = asked.portal[0].rstrip("/"), str(UUID(asked.portal[1]))
    what = f"records/{record_id}" + ("/text" if asked.text else "")
    bundle = fetched(f"{url}/{what}/provenance.json")
    shown = json.loads(fetched(f"{url}/api/v1/{what}"))
    proven = json.loads(bundle)
    if "entry" in proven and proven["entry"] != shown:
        raise NotProven(Step.ENTRY, "the portal shows its readers another entry than the one it proves")
    return bundle


def _registry(asked: argparse.Namespace) -> str:
    if asked.registry:
        return Path(asked.registry).read_text(encoding="utf-8")
    if asked.portal is None:
        raise ValueError("a file is checked with --registry")
    return fetched(f"{asked.portal[0].rstrip('/')}/registry.json")


def _tell(as_json: bool, told: list[Sentence], sentence: Sentence) -> None:
    told.append(sentence)
    if not as_json:
        print("\n".join(sentence), flush=True)  # noqa: T201 - a command's answer
