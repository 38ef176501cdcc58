"""Checks the provenance of a record, or of its text: from the words as read to the audit log, by public keys alone."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from services.audit.domain.notes import Checkpoint
from services.audit.verifier.asked import Sentence
from services.audit.verifier.registry import KnownRegion
from services.common.domain.publication import (
    BUNDLE_TYPE,
    NotProven,
    Provenance,
    Step,
    check_commitment,
    check_entry,
    check_province,
    check_signers,
    manifest_content,
)

Logged = Callable[[bytes, str, int | None], tuple[int, Checkpoint]]
"""(manifest, batch id, leaf index where one is told) → where the log has it, and under which checkpoint."""


class Retracted(Exception):
    """The bundle says that the entry was taken back: nothing is left to prove."""


def verify_record(bundle: str, registry: Mapping[str, KnownRegion], logged: Logged) -> Iterator[Sentence]:
    """Tells each step as soon as it has passed.

    Raises: NotProven: a step fails; Retracted; ValueError: not a bundle; OSError: the log is out of reach.
    """
    shown, leaf_index = read_bundle(bundle)
    entry = shown.entry
    region = registry.get(str(entry.get("region_id")))
    if region is None:
        raise NotProven(Step.PROVINCE, f"the registry names no region {entry.get('region_id')!r}")
    if entry.get("archive_id") not in region.archives:
        raise NotProven(Step.ENTRY, f"{entry.get('archive_id')!r} is no archive of {region.name}")
    archive = region.archives[entry["archive_id"]]
    yield (
        _read_as_text(entry, archive)
        if "text" in entry
        else (
            f"条目：{entry.get('title')}，档号 {entry.get('reference_code')}，{archive}。请与您看到的页面逐字比较。",
            f"The entry: {entry.get('title')}, {entry.get('reference_code')}. Compare it with the page you read.",
        )
    )
    content = manifest_content(shown.manifest)
    check_commitment(shown, content)
    yield (
        f"条目加盐取哈希，就是公布清单所承诺的 {shown.count} 条中的第 {shown.index + 1} 条。",
        f"Entry and salt hash to commitment {shown.index + 1} of the {shown.count} in the publication's manifest.",
    )
    check_entry(entry, content)
    yield (
        f"条目与清单的批次、档案馆、开放日期（{content['opened_on']}）一致；依据规则 {entry['rule']}。",
        f"Entry and manifest agree on batch, archive and day ({content['opened_on']}); the rule is {entry['rule']}.",
    )
    check_province(shown.manifest, shown.signature, content, region.keys)
    yield (
        f"清单由{region.name}当日有效的密钥签名。",
        f"The manifest is signed by a key of {region.name} that was valid on that day.",
    )
    check_signers(content)
    people = ", ".join(f"{one['side']} {one['pseudonym'][:8]}" for one in content["signers"])
    yield (
        f"两个不同的人按规则表 {content['rule_version']} 签过同一份名单（{people}），由第三人决定公布。",
        f"Two different people signed one list under rule table {content['rule_version']} ({people}); a third decided.",
    )
    index, checkpoint = logged(shown.manifest, str(content["batch_id"]), leaf_index)
    yield (
        f"审计日志第 {index} 条记有这份清单的哈希，在 {checkpoint.size} 条的签名检查点之下。",
        f"Entry {index} of the audit log names the manifest's hash, under a signed checkpoint of {checkpoint.size}.",
    )


def _read_as_text(text: Mapping[str, Any], archive: str) -> Sentence:
    first, length = str(text["text"]).split("\n")[0][:40], len(str(text["text"]))
    return (
        f"文本：{length} 字，开头为“{first}”，{archive}，条目 {text.get('record_id')}。请与您看到的页面逐字比较。",
        f"The text: {length} characters, of record {text.get('record_id')}. Compare it with the page you read.",
    )


def read_bundle(text: str) -> tuple[Provenance, int | None]:
    """A downloaded `provenance.json`, and where its event is said to stand in the log.

    Raises: ValueError, Retracted.
    """
    try:
        bundle: Any = json.loads(text)
        if bundle["type"] != BUNDLE_TYPE:
            raise ValueError("a bundle of another type")
        if "retraction" in bundle:
            raise Retracted(str(bundle["retraction"].get("retracted_on", "")))
        shown = Provenance(
            entry=dict(bundle["entry"]),
            salt=bytes.fromhex(bundle["salt"]),
            index=int(bundle["index"]),
            count=int(bundle["count"]),
            path=[bytes.fromhex(one) for one in bundle["path"]],
            manifest=bundle["manifest"].encode(),
            signature=bytes.fromhex(bundle["signature"]),
        )
        leaf_index = bundle.get("leaf_index")
        return shown, None if leaf_index is None else int(leaf_index)
    except (KeyError, TypeError, AttributeError, RecursionError) as problem:
        raise ValueError("not a provenance bundle") from problem
