"""Sessions, sign-ins under way and drafts: encrypted, with an end, and nothing else rests here (DESIGN §11)."""

import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from pymongo.database import Database

from services.common.domain.clock import Clock
from services.common.mongo.database import Document, MongoDatabase
from services.common.mongo.migrations import DATA_PLANE, Migration

SESSIONS, DRAFTS = "sessions", "drafts"
SESSION_TERM = timedelta(hours=10)
SIGN_IN_TERM = timedelta(minutes=15)
DRAFT_TERM = timedelta(days=30)
FORM_TERM = timedelta(hours=24)
"""How long a form may lie open, its session ended or not, and still be kept for the person who filled it in."""


def _collections(db: Database[Document]) -> None:
    present = set(db.list_collection_names())
    for name in (SESSIONS, DRAFTS):
        if name not in present:
            db.create_collection(name)
        db[name].create_index("expires_at", expireAfterSeconds=0)


MIGRATIONS = [*DATA_PLANE, Migration(100, "sessions, drafts", _collections)]


@dataclass(frozen=True)
class Draft:
    """What a person has begun and not sent; the id becomes that of what is sent."""

    draft_id: str
    owner: str
    answers: dict[str, str]


class Store:
    """The portal's whole memory."""

    def __init__(self, database: MongoDatabase, key: str, clock: Clock) -> None:
        self._sessions = database.db[SESSIONS]
        self._drafts = database.db[DRAFTS]
        self._fernet = Fernet(key)
        self._clock = clock

    def open_session(self, content: dict[str, Any], term: timedelta = SESSION_TERM) -> str:
        """Stores a session; the answer is the opaque cookie, of which only a hash is kept."""
        cookie = secrets.token_urlsafe(32)
        self._sessions.insert_one(
            {"_id": _hash(cookie), "content": self._seal(content), "expires_at": self._clock.now() + term}
        )
        return cookie

    def session(self, cookie: str) -> dict[str, Any] | None:
        """The session of a cookie, unless it ended."""
        found = self._sessions.find_one({"_id": _hash(cookie), "expires_at": {"$gt": self._clock.now()}})
        return self._open(found["content"]) if found else None

    def update_session(self, cookie: str, content: dict[str, Any]) -> None:
        """New tokens in an open session."""
        self._sessions.update_one({"_id": _hash(cookie)}, {"$set": {"content": self._seal(content)}})

    def close_session(self, cookie: str) -> None:
        """Forgets it at once."""
        self._sessions.delete_one({"_id": _hash(cookie)})

    def form_secret(self, pseudonym: str) -> str:
        """What every form of a session carries against forgery; sealed in it, whose form it is."""
        return self._seal({"pseudonym": pseudonym}).decode()

    def form_owner(self, secret: str) -> str:
        """Whose form carried a secret of ours; empty for any other text and after `FORM_TERM`."""
        try:
            opened = self._fernet.decrypt(secret.encode(), ttl=int(FORM_TERM.total_seconds()))
        except InvalidToken:
            return ""
        return str(json.loads(opened).get("pseudonym", ""))

    def save_draft(self, draft: Draft, term: timedelta = DRAFT_TERM) -> None:
        """Stores answers; `term` without a change ends a draft."""
        self._drafts.replace_one(
            {"_id": draft.draft_id, "owner": draft.owner},
            {
                "_id": draft.draft_id,
                "owner": draft.owner,
                "content": self._seal(draft.answers),
                "expires_at": self._clock.now() + term,
            },
            upsert=True,
        )

    def draft(self, draft_id: str, owner: str) -> Draft | None:
        """The person's own draft."""
        found = self._drafts.find_one({"_id": draft_id, "owner": owner, "expires_at": {"$gt": self._clock.now()}})
        return Draft(draft_id, owner, self._open(found["content"])) if found else None

    def drop_draft(self, draft_id: str, owner: str) -> None:
        """It was sent, or given up."""
        self._drafts.delete_one({"_id": draft_id, "owner": owner})

    def _seal(self, content: dict[str, Any]) -> bytes:
        return self._fernet.encrypt(json.dumps(content).encode())

    def _open(self, sealed: bytes) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self._fernet.decrypt(bytes(sealed)))
        return content


def _hash(cookie: str) -> str:
    return hashlib.sha256(cookie.encode()).hexdigest()
