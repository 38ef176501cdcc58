"""Keyset paging as AIP-158: opaque tokens bound to their filter, default 20, at most 100, no skip."""

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from services.common.domain.errors import InvalidArgument, InvalidPageToken

DEFAULT_SIZE = 20
MAX_SIZE = 100

T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some items, and the token of the next ones (empty at the end)."""

    items: Sequence[T]
    next_token: str


def page_size(asked: int) -> int:
    """The size to serve: the default for 0, the maximum for more.

    Raises: InvalidArgument: negative.
    """
    if asked < 0:
        raise InvalidArgument("page_size", f"0 to {MAX_SIZE}")
    return min(asked or DEFAULT_SIZE, MAX_SIZE)


def encode_token(filter_: dict[str, Any], keys: Sequence[str | int]) -> str:
    """A token for the items after `keys` (the sort key of the last item served) under this filter."""
    body = json.dumps([_digest(filter_), list(keys)], separators=(",", ":"))
    return base64.urlsafe_b64encode(body.encode()).decode().rstrip("=")


def decode_token(filter_: dict[str, Any], token: str) -> list[str | int] | None:
    """The sort key to continue after; None for the first page.

    Raises: InvalidPageToken: not ours, or of another filter.
    """
    if not token:
        return None
    try:
        digest, keys = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except ValueError:
        raise InvalidPageToken from None
    if digest != _digest(filter_) or not isinstance(keys, list):
        raise InvalidPageToken
    return keys


def _digest(filter_: dict[str, Any]) -> str:
    canonical = json.dumps(filter_, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]
