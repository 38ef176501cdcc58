"""Forms that outlive their session: what is kept, and for whom."""

from types import SimpleNamespace
from typing import Any

from cryptography.fernet import Fernet

from services.common.domain.clock import SystemClock
from services.portal.adapters.sessions import DRAFTS, SESSIONS, Store
from services.portal.domain.kept import MAX_KEPT, KeptForm


def _store(key: bytes) -> Store:
    database: Any = SimpleNamespace(db={SESSIONS: None, DRAFTS: None})
    return Store(database, key.decode(), SystemClock())


def test_a_forms_secret_says_whose_it_is_to_this_portal_alone() -> None:
    key = Fernet.generate_key()
    secret = _store(key).form_secret("a" * 32)
    assert _store(key).form_owner(secret) == "a" * 32
    assert _store(Fernet.generate_key()).form_owner(secret) == ""
    assert _store(key).form_owner("x") == _store(key).form_owner("") == _store(key).form_owner("密") == ""
    assert _store(key).form_secret("a" * 32) != secret, "no two sessions share one"


def test_what_was_typed_is_kept_in_its_order_and_the_secret_and_files_are_not() -> None:
    posted = [
        ("csrf", "s"),
        ("key", "k"),
        ("record_id", "a"),
        ("record_id", "b"),
        ("scan", object()),
        ("reason", "隐私"),
    ]
    form = KeptForm.of("/archive/batches/b/lines/decide", posted)
    assert form is not None
    assert form.fields == (("key", "k"), ("record_id", "a"), ("record_id", "b"), ("reason", "隐私"))
    assert KeptForm.from_answers(form.answers()) == form


def test_a_person_reads_again_what_they_filled_in_and_not_the_machinery() -> None:
    form = KeptForm(
        "/x", (("key", "k"), ("version", "3"), ("decision", "defer"), ("reason", "隐私"), ("masked_title", ""))
    )
    assert list(form.readable()) == [("decision", "defer", True), ("reason", "隐私", False)]


def test_a_form_too_long_is_not_kept() -> None:
    assert KeptForm.of("/x", [("reason", "字" * MAX_KEPT)]) is None
