"""tongdang-verify record against provinces that lie in every way we could think of."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.audit.verifier import record_command
from services.audit.verifier.logged import check_logged
from services.audit.verifier.record import Retracted, verify_record
from services.audit.verifier.registry import read_registry
from services.common.domain.publication import FIRST_MANIFEST_TYPE, TEXT_MANIFEST_TYPE, NotProven, Provenance, Step
from services.common.domain.registry import Region, Registry
from services.portal.domain.proofs import failing_step, public_registry, retracted_bundle
from tests.builders.publications import ARCHIVE, BATCH, REGION, Published, bundle, event_leaf, public_key
from tests.unit.audit.test_verifier import VKEY, LogHere, leaves


def log_of(manifest: bytes, at: int = 300) -> LogHere:
    """A log of other entries with this publication's event among them."""
    logged = leaves()
    logged[at] = event_leaf(BATCH, {"manifest_sha256": hashlib.sha256(manifest).hexdigest()})
    return LogHere(logged)


def verified(text: str, published: Published, log: LogHere | None = None, **registry: Any) -> list[tuple[str, str]]:
    log = log or log_of(published.manifest())

    def logged(manifest: bytes, batch_id: str, at: int | None) -> Any:
        return check_logged(log, VKEY, manifest, batch_id, at, None)

    return list(verify_record(text, published.registry(**registry), logged))


def failing(text: str, published: Published, **more: Any) -> Step:
    with pytest.raises(NotProven) as failure:
        verified(text, published, **more)
    return failure.value.step


@pytest.mark.parametrize("count", [1, 2, 5, 500])
def test_a_published_record_is_proven_wherever_it_stands_on_the_list(count: int) -> None:
    published = Published(count)
    for index in {0, count // 2, count - 1}:
        assert len(verified(bundle(published.proof(index), at=300), published)) == 6


@pytest.mark.parametrize("at", [None, 0, 7, 551, 10_000, -1])
def test_the_log_is_searched_where_the_told_place_is_not_the_events(at: int | None) -> None:
    published = Published()
    told = verified(bundle(published.proof(), at=at), published)
    assert "Entry 300 of the audit log" in told[-1][1]


def test_a_text_is_proven_as_its_entry_is_and_under_no_list_of_another_matter() -> None:
    words = {"text": "经研究，同意。\n此复。", "rule": "P1"}
    published = Published(kind=TEXT_MANIFEST_TYPE, matter="text", fields=words)
    told = verified(bundle(published.proof(), at=300), published)
    assert told[0][1].startswith("The text: 11 characters")
    for matter in ("opening", "correction", ""):
        as_text = Published(kind=TEXT_MANIFEST_TYPE, matter=matter, fields=words)
        assert failing(bundle(as_text.proof(), at=300), as_text) is Step.ENTRY
        assert failing_step(as_text.proof(), [public_key(as_text.province)]) is Step.ENTRY


def test_an_entry_of_a_list_that_was_signed_about_something_else_is_not_proven() -> None:
    for matter in ("text", "correction", "series"):
        published = Published(matter=matter)
        assert failing(bundle(published.proof(), at=300), published) is Step.ENTRY
    deferred_before = Published(matter="rereview")
    assert len(verified(bundle(deferred_before.proof(), at=300), deferred_before)) == 6


CHANGED: dict[str, tuple[Callable[[dict[str, Any]], Any], Step]] = {
    "title": (lambda one: one["entry"].update(title="另一个题名"), Step.COMMITMENT),
    "rule": (lambda one: one["entry"].update(rule="O2"), Step.COMMITMENT),
    "day": (lambda one: one["entry"].update(opened_on="2026-03-03"), Step.COMMITMENT),
    "a field more": (lambda one: one["entry"].update(pages=7), Step.COMMITMENT),
    "a field less": (lambda one: one["entry"].pop("date"), Step.COMMITMENT),
    "another's place": (lambda one: one.update(index=3), Step.COMMITMENT),
    "another count": (lambda one: one.update(count=6), Step.COMMITMENT),
    "another salt": (lambda one: one.update(salt="00" * 32), Step.COMMITMENT),
    "a short salt": (lambda one: one.update(salt=""), Step.COMMITMENT),
    "a shorter path": (lambda one: one["path"].pop(), Step.COMMITMENT),
    "another signature": (lambda one: one.update(signature="00" * 64), Step.PROVINCE),
    "a byte of the manifest": (
        lambda one: one.update(manifest=one["manifest"].replace('"skipped":[]', '"skipped":[""]')),
        Step.PROVINCE,
    ),
    "blanks in the manifest": (lambda one: one.update(manifest=one["manifest"] + " "), Step.COMMITMENT),
    "no manifest": (lambda one: one.update(manifest="[]"), Step.COMMITMENT),
}


@pytest.mark.parametrize("name", CHANGED)
def test_whatever_is_changed_in_the_file_fails_at_its_step(name: str) -> None:
    published = Published()
    change, step = CHANGED[name]
    assert failing(bundle(published.proof(), change), published) is step


def resigned(published: Published, **changes: Any) -> Provenance:
    """A province that signs a manifest it should not."""
    return published.proof(manifest=published.manifest(**changes))


def test_a_manifest_with_signers_that_did_not_sign_this_fails_although_the_province_signed_it() -> None:
    published = Published()
    stranger = Ed25519PrivateKey.generate()
    archive, unit = published.signer(0), published.signer(1)
    forged = {**unit, "public_key": stranger.public_key().public_bytes_raw().hex()}
    lies: list[Any] = [
        [archive],
        [archive, archive],
        [archive, unit, unit],
        [archive, forged],
        [archive, {**unit, "pseudonym": "9" * 32}],
        [archive, published.signer(1, pseudonym="1" * 32)],
        [archive, published.signer(1, pseudonym="3" * 32)],
        [archive, published.signer(1, role="reviewer")],
        [archive, published.signer(1, unit_id="u320581-ny")],
        [archive, published.signer(1, batch_root="cd" * 32)],
        [archive, published.signer(1, batch_id="another")],
        [archive, published.signer(1, rule_version="rules-2")],
        [archive, published.signer(1, archive_id="a522601")],
        [archive, published.signer(1, time="2026-03-02T03:04:06.000Z")],
        [archive, published.signer(1, time="2026-03-02T03:00:00")],
        [archive, published.signer(1, time=7)],
        [archive, {**unit, "statement": "{}"}],
        [archive, {**unit, "signature": "zz"}],
        [archive, "unit"],
        "nobody",
        None,
    ]
    for signers in lies:
        assert failing(bundle(resigned(published, signers=signers)), published) is Step.SIGNERS, signers


def test_one_person_with_one_key_under_two_names_is_one_person() -> None:
    published = Published()
    published.people = (published.people[0], published.people[0])
    assert failing(bundle(published.proof()), published) is Step.SIGNERS


def test_an_archive_alone_needs_two_of_its_own_and_says_so_in_the_entry() -> None:
    published = Published()
    second = published.signer(1, side="archive-second", role="reviewer", unit_id="")
    changes: dict[str, Any] = {"archive_alone": True, "signers": [published.signer(0), second]}
    assert failing(bundle(resigned(published, **changes)), published) is Step.ENTRY
    told = Published(fields={"reviewed_by_archive_alone": True})
    assert failing(bundle(told.proof()), told) is Step.ENTRY, "the manifest does not say so"
    second = told.signer(1, side="archive-second", role="reviewer", unit_id="")
    manifest = told.manifest(archive_alone=True, signers=[told.signer(0), second])
    assert len(verified(bundle(told.proof(manifest=manifest)), told, log=log_of(manifest))) == 6


def test_another_batchs_manifest_proves_nothing_about_this_entry() -> None:
    published, other = Published(), Published()
    swapped = replace(published.proof(), manifest=other.manifest(), signature=other.province.sign(other.manifest()))
    assert failing(bundle(swapped), other) is Step.COMMITMENT
    renamed = resigned(published, batch_id="0192f0c4-0000-7000-8000-000000000002")
    assert failing(bundle(renamed), published) is Step.ENTRY


def test_another_provinces_key_or_a_key_of_another_day_or_use_does_not_do() -> None:
    published = Published()
    text = bundle(published.proof())
    other = public_key(Ed25519PrivateKey.generate()).key
    assert failing(text, published, key=other) is Step.PROVINCE
    assert failing(text, published, use="sealing") is Step.PROVINCE
    assert failing(text, published, valid_from=date(2026, 3, 3)) is Step.PROVINCE
    assert failing(text, published, valid_until=date(2026, 3, 1)) is Step.PROVINCE
    assert verified(text, published, valid_from=date(2026, 3, 2), valid_until=date(2026, 3, 2))


def test_a_region_or_archive_that_the_registry_does_not_name_fails() -> None:
    published = Published()
    elsewhere = bundle(published.proof(), lambda one: one["entry"].update(region_id="999999"))
    assert failing(elsewhere, published) is Step.PROVINCE
    strange = bundle(published.proof(), lambda one: one["entry"].update(archive_id="a522601"))
    assert failing(strange, published) is Step.ENTRY


def test_a_publication_that_the_log_does_not_hold_or_holds_otherwise_fails() -> None:
    published = Published()
    text = bundle(published.proof(), at=300)
    assert failing(text, published, log=LogHere(leaves())) is Step.LOG
    assert failing(text, published, log=log_of(b"another manifest")) is Step.LOG
    forked = log_of(published.manifest())
    forked.leaves[300] = event_leaf(BATCH, {"manifest_sha256": "0" * 64})
    assert failing(text, published, log=forked) is Step.LOG
    other = log_of(published.manifest())
    other.key = Ed25519PrivateKey.generate()
    assert failing(text, published, log=other) is Step.LOG
    short = log_of(published.manifest())
    short.lie = lambda path, content: content[:-1] if path.startswith("tile/entries") else content
    assert failing(text, published, log=short) is Step.LOG
    grafted = LogHere(leaves())
    grafted.leaves[300] = log_of(published.manifest()).leaves[300]
    assert failing(text, published, log=grafted) is Step.LOG, "an entry that the signed root does not cover"


def test_a_manifest_of_the_first_kind_is_read_and_said_to_prove_nothing_to_a_reader() -> None:
    published = Published()
    assert failing(bundle(resigned(published, type=FIRST_MANIFEST_TYPE)), published) is Step.COMMITMENT


def test_the_page_fails_at_the_same_step_as_the_command() -> None:
    published = Published()
    keys = [public_key(published.province)]
    proof = published.proof()
    assert failing_step(proof, keys) is None
    assert failing_step(replace(proof, entry={**proof.entry, "title": "另一个"}), keys) is Step.COMMITMENT
    assert failing_step(proof, []) is Step.PROVINCE


def test_the_portals_registry_is_read_back_with_keys_and_archives() -> None:
    key = public_key(Ed25519PrivateKey.generate())
    region = Region(REGION, "江苏省", "Jiangsu", "catalog-320000", "inside:1", (key,), ())
    served = public_registry(Registry(3, (region,), {"audit": "inside:2"}), "note")
    assert "inside" not in json.dumps(served)
    [(region_id, known)] = read_registry(json.dumps(served)).items()
    assert (region_id, known.keys) == (REGION, (key,))
    with pytest.raises(ValueError, match="not a registry"):
        read_registry('{"regions": [{}]}')


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., int]:
    """The command on a file, with a log in memory behind its URL."""

    def run(text: str, published: Published, *more: str) -> int:
        log = log_of(published.manifest())
        monkeypatch.setattr(record_command, "HttpLog", lambda _: log)
        (tmp_path / "provenance.json").write_text(text, encoding="utf-8")
        region = Region(REGION, "江苏省", "Jiangsu", "p", "a", (public_key(published.province),), ())
        registry = public_registry(Registry(1, (region,), {}), "")
        registry["regions"][0]["archives"] = [{"archive_id": ARCHIVE, "name": "常熟市档案馆"}]
        (tmp_path / "registry.json").write_text(json.dumps(registry), encoding="utf-8")
        files = [str(tmp_path / "provenance.json"), "--registry", str(tmp_path / "registry.json")]
        return record_command.main([*files, "--url", "http://log", "--key", VKEY, *more])

    return run


def test_the_command_tells_each_step_it_passed_and_the_one_that_fails(
    run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    published = Published()
    assert run(bundle(published.proof()), published) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "Verified."
    forged = bundle(published.proof(), lambda one: one.update(signature="00" * 64))
    assert run(forged, published) == 1
    told = capsys.readouterr().out
    assert "Entry and manifest agree" in told and "FAILED: province" in told
    assert run(forged, published, "--json") == 1
    assert json.loads(capsys.readouterr().out)["verified"] is False


def test_a_retracted_entry_is_neither_proven_nor_disproven(
    run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    published = Published()
    gone = json.dumps(retracted_bundle("r1", {"record_id": "r1", "retracted_on": "2026-04-01"}))
    assert "salt" not in gone
    assert run(gone, published) == 3
    assert "2026-04-01" in capsys.readouterr().out
    with pytest.raises(Retracted):
        verified(gone, published)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"type":"other"}', '{"type":"tongdang-record-provenance-1"}', "{" * 9]
)
def test_what_is_no_bundle_is_not_checked(run: Callable[..., int], text: str) -> None:
    assert run(text, Published()) == 2
