"""Asking a witness to cosign (C2SP tlog-witness)."""

import base64
import http.client
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from services.audit.domain.cosignatures import Cosignature, cosignature_of
from services.audit.domain.notes import COSIGNATURE, InvalidNote, parse_verifier_key, split_note

_SIZE_TYPE = "text/x.tlog.size"
_LONGEST_ANSWER = 64 * 1024


class WitnessRefused(Exception):
    """It answered, and did not cosign. `outcome`: a short word for metrics."""

    def __init__(self, outcome: str) -> None:
        super().__init__(outcome)
        self.outcome = outcome


class WitnessHasSeen(Exception):
    """Its last checkpoint has another size than the one we took as old."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.size = size


@dataclass(frozen=True)
class WitnessAddress:
    """Where a witness is, and its verifier key."""

    url: str
    key: str

    @property
    def name(self) -> str:
        """As it signs."""
        return parse_verifier_key(self.key, COSIGNATURE)[0]


def read_witnesses(file: Path) -> list[WitnessAddress]:
    """A line for each: URL and verifier key, apart by a space; lines that begin with # are comments.

    Raises: ValueError: says which line.
    """
    found: list[WitnessAddress] = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if len(words) != 2 or urlsplit(words[0]).scheme not in ("http", "https"):
            raise ValueError(f"{file.name}, line {number}: expected a URL and a verifier key")
        try:
            parse_verifier_key(words[1], COSIGNATURE)
        except InvalidNote as problem:
            raise ValueError(f"{file.name}, line {number}: {problem}") from problem
        found.append(WitnessAddress(*words))
    if len({one.name for one in found}) != len(found):
        raise ValueError(f"{file.name}: two witnesses of one name")
    return found


class WitnessClient:
    """One witness over HTTP; one question at a time. `timeout_s`: of connecting and of each read."""

    def __init__(self, address: WitnessAddress, timeout_s: float = 5) -> None:
        self._address = address
        self._timeout_s = timeout_s
        self.name = address.name

    def add_checkpoint(self, note: str, old: int, proof: Sequence[bytes]) -> Cosignature:
        """Its verified cosignature.

        Raises: WitnessHasSeen, WitnessRefused; OSError: it does not answer.
        """
        lines = [f"old {old}", *(base64.b64encode(one).decode() for one in proof)]
        status, media_type, answer = self._post("\n".join(lines) + f"\n\n{note}")
        if status == 409 and media_type == _SIZE_TYPE:
            size = _size(answer)
            if size == old:
                raise WitnessRefused("forked")
            raise WitnessHasSeen(size)
        if status != 200:
            raise WitnessRefused({403: "unsigned", 404: "unknown-log", 422: "inconsistent"}.get(status, "error"))
        signed, _ = split_note(note)
        found = cosignature_of(self._address.key, signed, answer.splitlines())
        if found is None:
            raise WitnessRefused("wrong-signature")
        return found

    def _post(self, body: str) -> tuple[int, str, str]:
        parts = urlsplit(self._address.url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=self._timeout_s)
        try:
            connection.request("POST", f"{parts.path.rstrip('/')}/add-checkpoint", body.encode())
            answer = connection.getresponse()
            content = answer.read(_LONGEST_ANSWER).decode(errors="replace")
            return answer.status, answer.headers.get_content_type(), content
        except http.client.HTTPException as problem:
            raise OSError(f"no HTTP answer: {type(problem).__name__}") from problem
        finally:
            connection.close()


def _size(answer: str) -> int:
    """Raises: WitnessRefused."""
    text = answer.strip()
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise WitnessRefused("error")
    return int(text)
