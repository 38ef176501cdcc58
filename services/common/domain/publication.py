"""What a published entry rests on, and how anybody checks it with public keys alone (ADR 15).

The catalog publishes by this; the portal, the province's check and `tongdang-verify record` check by it.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from services.common.domain.actor import Role
from services.common.domain.canonical import canonical_bytes
from services.common.domain.clock import legal_day
from services.common.domain.merkle import InvalidProof, leaf_hash, verify_inclusion
from services.common.domain.registry import PublicKey

MANIFEST_TYPE = "tongdang-publication-manifest-2"
FIRST_MANIFEST_TYPE = "tongdang-publication-manifest-1"
"""Its commitments cover a hash of fields that a reader does not see; only the province can check them."""
TEXT_MANIFEST_TYPE = "tongdang-text-manifest-1"
"""Of a list that published texts: its commitments cover the texts as they stand on the page."""
CORRECTION_MANIFEST_TYPE = "tongdang-correction-manifest-1"
"""Of a list that replaced open entries: each keeps its day of opening, and says on which day it was corrected."""
_COMMITTING = (MANIFEST_TYPE, TEXT_MANIFEST_TYPE, CORRECTION_MANIFEST_TYPE)
_MATTERS: Mapping[str, frozenset[str]] = {
    FIRST_MANIFEST_TYPE: frozenset({"opening"}),
    MANIFEST_TYPE: frozenset({"opening", "rereview"}),
    TEXT_MANIFEST_TYPE: frozenset({"text"}),
    CORRECTION_MANIFEST_TYPE: frozenset({"correction"}),
}
"""What the people signed about, by what the province makes of it; without any word of it, about opening."""
BUNDLE_TYPE = "tongdang-record-provenance-1"
"""Of `provenance.json`, the file that a reader takes along."""
STATEMENT_TYPE = "tongdang-batch-signature-2"
_FIRST_STATEMENT_TYPE = "tongdang-batch-signature-1"
"""Names no matter; every batch was an opening then."""
OPINION_TYPE = "tongdang-unit-opinion-1"
"""What stands for a creating unit that did not sign here: its transfer package's opinion, or its stamped letter."""
SALT_BYTES = 32
PUBLISHED = "batch.published"
"""Action of the audit event that ends a publication."""
MANIFEST_FACT = "manifest_sha256"
"""Its fact with the manifest's hash: the log holds every manifest to what it was."""

_ROLES = {"archive": Role.REVIEWER, "archive-second": Role.REVIEWER, "creating-unit": Role.UNIT_OFFICER}
"""Side of the joint review → the role that signs for it (Archives Law 30; Regulations 30)."""
_SIDES = {False: {"archive", "creating-unit"}, True: {"archive", "archive-second"}}
"""By whether the archive reviews alone (rule O5)."""
_SHARED = ("batch_id", "region_id", "archive_id")
"""Fields of an entry that its manifest has too."""


class Step(StrEnum):
    """What is checked, in its order."""

    COMMITMENT = "commitment"
    ENTRY = "entry"
    PROVINCE = "province"
    SIGNERS = "signers"
    LOG = "log"


class NotProven(Exception):
    """A step fails; what stands in its words is for people who know the format."""

    def __init__(self, step: Step, why: str) -> None:
        super().__init__(f"{step.value}: {why}")
        self.step = step
        self.why = why


@dataclass(frozen=True)
class Provenance:
    """An entry with what ties it to its manifest.

    `entry`: public fields under the contract's names, empty ones left out. `salt`: 32 bytes. `index`, `count`, `path`:
    its place among the manifest's commitments and the RFC 6962 inclusion path, 32 bytes each. `manifest`: the bytes
    that were signed. `signature`: the province's, Ed25519.
    """

    entry: Mapping[str, Any]
    salt: bytes
    index: int
    count: int
    path: Sequence[bytes]
    manifest: bytes
    signature: bytes


def entry_commitment(salt: bytes, entry: Mapping[str, Any]) -> bytes:
    """SHA-256 over salt and RFC 8785 bytes of the public entry; a bare hash of a title could be guessed."""
    return hashlib.sha256(salt + canonical_bytes(entry)).digest()


def manifest_content(manifest: bytes) -> Mapping[str, Any]:
    """What a manifest says. Raises: NotProven: it is none."""
    try:
        content = json.loads(manifest)
        canonical = canonical_bytes(content) == manifest
    except (ValueError, TypeError, RecursionError) as problem:
        raise NotProven(Step.COMMITMENT, "the manifest is no JSON object") from problem
    if not canonical:
        raise NotProven(Step.COMMITMENT, "the manifest is not in canonical form")
    if content.get("type") not in (*_COMMITTING, FIRST_MANIFEST_TYPE):
        raise NotProven(Step.COMMITMENT, "not a manifest of a publication")
    return dict(content)


def check_commitment(shown: Provenance, content: Mapping[str, Any]) -> None:
    """The entry as it is read stands among the manifest's commitments. Raises: NotProven."""
    if content["type"] not in _COMMITTING:
        raise NotProven(Step.COMMITMENT, "a manifest of the first kind commits to nothing that a reader sees")
    if len(shown.salt) != SALT_BYTES or content.get("count") != shown.count:
        raise NotProven(Step.COMMITMENT, "salt or count is not the manifest's")
    leaf = leaf_hash(entry_commitment(shown.salt, shown.entry))
    try:
        root = bytes.fromhex(str(content.get("commitments_root")))
        verify_inclusion(leaf, shown.index, shown.count, shown.path, root)
    except (InvalidProof, ValueError) as problem:
        raise NotProven(Step.COMMITMENT, f"the manifest does not commit to this entry ({problem})") from problem


def check_entry(entry: Mapping[str, Any], content: Mapping[str, Any]) -> None:
    """Entry and manifest say the same of batch, archive, day, and whether it is a text, a correction or neither.

    Raises: NotProven.
    """
    kind, matter = str(content.get("type")), content.get("matter", "opening")
    if matter not in _MATTERS[kind]:
        raise NotProven(Step.ENTRY, f"the list was signed as one of matter {matter!r}")
    corrects = kind == CORRECTION_MANIFEST_TYPE
    if ("corrected_on" in entry) != corrects:
        raise NotProven(Step.ENTRY, "a list of corrections publishes nothing else, and no other list corrects")
    if ("text" in entry) != (kind == TEXT_MANIFEST_TYPE):
        raise NotProven(Step.ENTRY, "a list of texts publishes no entries, and no other list publishes texts")
    day = {"corrected_on" if corrects else "opened_on": content.get("opened_on")}
    for field, said in ({name: content.get(name) for name in _SHARED} | day).items():
        if not entry.get(field) or entry[field] != said:
            raise NotProven(Step.ENTRY, f"{field} is {entry.get(field)!r}, in the manifest {said!r}")
    if bool(entry.get("reviewed_by_archive_alone")) != bool(content.get("archive_alone")):
        raise NotProven(Step.ENTRY, "whether the archive reviewed alone is told in two ways")
    if not entry.get("rule"):
        raise NotProven(Step.ENTRY, "it names no rule")


def check_province(
    manifest: bytes, signature: bytes, content: Mapping[str, Any], keys: Sequence[PublicKey]
) -> PublicKey:
    """The key that signed the manifest and was the region's on the day of publication.

    Raises: NotProven.
    """
    day = _decided(content, Step.PROVINCE)
    valid = [key for key in keys if key.use == "signing" and key.valid_from <= day <= key.valid_until]
    for key in valid:
        if _verifies(key.key, signature, manifest):
            return key
    raise NotProven(Step.PROVINCE, f"none of the region's {len(valid)} signing keys of {day} made this signature")


def check_signers(content: Mapping[str, Any]) -> None:
    """Both sides stood behind this list under this version of the rules, and another person decided.

    A side stands by its person's signature; the creating unit also by its opinion in the transfer package, or by a
    stamped letter that one person entered and another checked. Raises: NotProven.
    """
    decided = _decided_at(content, Step.SIGNERS)
    signers = content.get("signers")
    if not isinstance(signers, list) or not all(isinstance(one, dict) for one in signers):
        raise NotProven(Step.SIGNERS, "no list of signers")
    opinion = content.get("opinion")
    standing = [one.get("side") for one in signers] + (["creating-unit"] if opinion else [])
    if len(standing) != 2 or set(standing) != _SIDES[bool(content.get("archive_alone"))]:
        raise NotProven(Step.SIGNERS, "not the two sides that must sign")
    answering = _answering(opinion, content) if opinion else set()
    _check_people(signers, answering, content)
    for one in signers:
        _check_statement(one, content, decided)


def _check_people(signers: Sequence[Mapping[str, Any]], answering: set[Any], content: Mapping[str, Any]) -> None:
    """Each signer is another person with another key, and who decided is none of them unless the manifest says so."""
    people, publisher = [one.get("pseudonym") for one in signers], content.get("published_by")
    if len({*people}) != len(people) or len({one.get("public_key") for one in signers}) != len(signers):
        raise NotProven(Step.SIGNERS, "one person signed for both sides")
    apart = publisher not in {*people, *answering}
    if not publisher or apart != bool(content.get("separate_confirmer", True)):
        raise NotProven(Step.SIGNERS, "signers and publisher are not three different people")
    if len({*people, *answering, publisher}) < 2:
        raise NotProven(Step.SIGNERS, "one person alone opened it")


def _answering(opinion: Mapping[str, Any], content: Mapping[str, Any]) -> set[Any]:
    """Who answers for the unit's opinion, which must be about this list. Raises: NotProven."""
    try:
        document = str(opinion["document"]).encode()
        says = json.loads(document)
        same = hashlib.sha256(document).hexdigest() == opinion["sha256"] and isinstance(says, dict)
    except (ValueError, KeyError, TypeError, RecursionError) as problem:
        raise NotProven(Step.SIGNERS, "the unit's opinion cannot be read") from problem
    if not same:
        raise NotProven(Step.SIGNERS, "the unit's opinion is not the one that was hashed")
    expected = {"type": OPINION_TYPE, "way": opinion.get("way"), **_about(content), "unit_id": content.get("unit_id")}
    for field, value in expected.items():
        if not value or says.get(field) != value:
            raise NotProven(Step.SIGNERS, f"the unit's opinion is about another {field}")
    if says["way"] == "package":
        return set()
    people = [opinion.get("entered_by"), opinion.get("checked_by")]
    if people != [says.get("entered_by"), says.get("checked_by")] or len({*people, None, ""}) != 4:
        raise NotProven(Step.SIGNERS, "the unit's letter was not entered by one and checked by another")
    return set(people)


def _about(content: Mapping[str, Any]) -> dict[str, Any]:
    """What a signature or an opinion speaks of."""
    return {
        "archive_id": content.get("archive_id"),
        "batch_id": content.get("batch_id"),
        "batch_root": content.get("list_root"),
        "rule_version": content.get("rule_version"),
        **({"matter": content["matter"]} if "matter" in content else {}),
    }


def _check_statement(signer: Mapping[str, Any], content: Mapping[str, Any], decided: datetime) -> None:
    side = str(signer.get("side"))
    try:
        statement = str(signer["statement"]).encode()
        key, signature = bytes.fromhex(signer["public_key"]), bytes.fromhex(signer["signature"])
        says = json.loads(statement)
        signed = datetime.fromisoformat(says["time"])
        early = signed <= decided
    except (ValueError, KeyError, TypeError, RecursionError) as problem:
        raise NotProven(Step.SIGNERS, f"the statement of {side} cannot be read") from problem
    if not _verifies(key, signature, statement):
        raise NotProven(Step.SIGNERS, f"the signature of {side} does not verify")
    expected = {
        "type": STATEMENT_TYPE if "matter" in content else _FIRST_STATEMENT_TYPE,
        "pseudonym": signer.get("pseudonym"),
        "side": side,
        "role": _ROLES[side].value,
        **_about(content),
    }
    if side == "creating-unit":
        expected["unit_id"] = content.get("unit_id")
    for field, value in expected.items():
        if not value or says.get(field) != value:
            raise NotProven(Step.SIGNERS, f"{side} signed another {field}")
    if not early:
        raise NotProven(Step.SIGNERS, f"{side} signed after the publication was decided")


def _decided(content: Mapping[str, Any], step: Step) -> date:
    """The legal day of the decision, which is the day on which the batch's entries became public as they are."""
    day = legal_day(_decided_at(content, step))
    if content.get("opened_on") != day.isoformat():
        raise NotProven(step, "day of opening and moment of the decision differ")
    return day


def _decided_at(content: Mapping[str, Any], step: Step) -> datetime:
    try:
        moment = datetime.fromisoformat(content["decided_at"])
    except (ValueError, KeyError, TypeError) as problem:
        raise NotProven(step, "no moment of decision") from problem
    if moment.tzinfo is None:
        raise NotProven(step, "a moment without its zone")
    return moment


def _verifies(key: bytes, signature: bytes, content: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, content)
    except (InvalidSignature, ValueError):
        return False
    return True
