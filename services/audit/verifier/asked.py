"""What the commands of the verifier share: the log's URL and key, whose word is wanted besides, fetching, telling."""

import argparse
import http.client
import urllib.error
import urllib.request
from pathlib import Path

from services.audit.domain.notes import COSIGNATURE, InvalidNote, parse_verifier_key
from services.audit.verifier.verify import NotServed, Witnesses

Sentence = tuple[str, str]
"""In Chinese and English."""
FROM_PORTAL = (
    "注意：登记册取自门户本身，其中的密钥是否属于各省须另行核实。",
    "Note: the registry came from the portal itself; whether its keys are the provinces' has to be known elsewhere.",
)


def add_log_arguments(parser: argparse.ArgumentParser) -> None:
    """`--url`, `--key`, `--witness`, `--quorum`."""
    parser.add_argument("--url", required=True, help="the log, e.g. https://example.org/log")
    parser.add_argument("--key", required=True, help="verifier key (name+hash+base64), or a file that holds it")
    parser.add_argument(
        "--witness",
        action="append",
        default=[],
        metavar="KEY",
        help="a witness's verifier key, or a file that holds one a line (its last word); may be given several times",
    )
    parser.add_argument("--quorum", type=int, help="so many of them must have cosigned (more than half)")


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


def fetched(url: str) -> str:
    """Raises: ValueError: no such scheme; OSError: not answered. A retracted record's answer is 410 and has a body."""
    if not url.startswith(("http://", "https://")):
        raise ValueError("the URL starts with http:// or https://")
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 - checked above
            return str(answer.read().decode())
    except urllib.error.HTTPError as problem:
        if problem.code == 410:
            return problem.read().decode()
        raise


def key_of(given: str) -> str:
    """A log's verifier key, given itself or by its file.

    Raises: ValueError: no verifier key; OSError: no such file.
    """
    key = given if given.count("+") >= 2 else Path(given).read_text(encoding="utf-8").strip()
    try:
        parse_verifier_key(key)
    except InvalidNote as problem:
        raise ValueError(str(problem)) from problem
    return key


def witnesses_of(given: list[str], quorum: int | None) -> Witnesses | None:
    """Whose word is wanted; None where nobody's is.

    Raises: ValueError: no witness's verifier key, or a quorum nobody can reach; OSError: no such file.
    """
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
