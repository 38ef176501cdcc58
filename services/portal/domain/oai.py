"""What a harvester may ask by OAI-PMH 2.0, read into one selection of changes; its errors have the protocol's codes."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

PREFIX = "oai_dc"
_SECONDS, _DAYS = "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d"


class OaiError(Exception):
    """§3.6 of the protocol: `code` is one of its own."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code
        self.words = words


@dataclass(frozen=True)
class Verb:
    """Names of arguments; `resumable`: a resumption token may stand alone instead."""

    required: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    resumable: bool = False


_LIST = Verb(frozenset({"metadataPrefix"}), frozenset({"from", "until", "set"}), resumable=True)
VERBS: Mapping[str, Verb] = {
    "Identify": Verb(),
    "ListMetadataFormats": Verb(optional=frozenset({"identifier"})),
    "ListSets": Verb(resumable=True),
    "ListIdentifiers": _LIST,
    "ListRecords": _LIST,
    "GetRecord": Verb(frozenset({"identifier", "metadataPrefix"})),
}


@dataclass(frozen=True)
class Selection:
    """Which changes a list holds. `set_`: `320000` or `320000:a320581`; `token`: where the last answer ended."""

    first: datetime | None = None
    last: datetime | None = None
    set_: str = ""
    token: str = ""

    @property
    def region_id(self) -> str:
        """Empty for all."""
        return self.set_.partition(":")[0]

    @property
    def archive_id(self) -> str:
        """Empty for all."""
        return self.set_.partition(":")[2]

    def resumption(self, token: str) -> str:
        """Everything the next call needs; nothing is kept here."""
        moments = [one.strftime(_SECONDS) if one else "" for one in (self.first, self.last)]
        body = json.dumps([*moments, self.set_, token], separators=(",", ":"))
        return base64.urlsafe_b64encode(body.encode()).decode().rstrip("=")


def read_verb(pairs: Sequence[tuple[str, str]]) -> tuple[str, dict[str, str]]:
    """The verb and its other arguments.

    Raises: OaiError: badVerb, badArgument, cannotDisseminateFormat.
    """
    arguments = dict(pairs)
    verb = arguments.pop("verb", "")
    rules = VERBS.get(verb)
    if rules is None:
        raise OaiError("badVerb", "the verb is missing or unknown")
    if len(pairs) != len(arguments) + 1:
        raise OaiError("badArgument", "an argument is given twice")
    if rules.resumable and set(arguments) == {"resumptionToken"}:
        return verb, arguments
    missing, unknown = rules.required - set(arguments), set(arguments) - rules.required - rules.optional
    if missing or unknown:
        raise OaiError("badArgument", f"missing: {sorted(missing)}, not expected: {sorted(unknown)}")
    if arguments.get("metadataPrefix", PREFIX) != PREFIX:
        raise OaiError("cannotDisseminateFormat", f"only {PREFIX}")
    return verb, arguments


def read_selection(arguments: Mapping[str, str]) -> Selection:
    """What a list was asked for, afresh or by its token.

    Raises: OaiError: badArgument, badResumptionToken.
    """
    if "resumptionToken" in arguments:
        return _resumed(arguments["resumptionToken"])
    first, last = arguments.get("from", ""), arguments.get("until", "")
    if first and last and len(first) != len(last):
        raise OaiError("badArgument", "from and until are of two granularities")
    selection = Selection(_moment(first), _moment(last, ends_day=True), arguments.get("set", ""))
    if selection.first and selection.last and selection.first > selection.last:
        raise OaiError("badArgument", "from is after until")
    return selection


def datestamp(moment: datetime) -> str:
    """UTC to the second."""
    return moment.strftime(_SECONDS)


def _resumed(token: str) -> Selection:
    try:
        first, last, set_, behind = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        if not (isinstance(set_, str) and isinstance(behind, str) and behind):
            raise ValueError
        return Selection(_moment(first), _moment(last), set_, behind)
    except (ValueError, TypeError, OaiError):
        raise OaiError("badResumptionToken", "not a token of this repository") from None


def _moment(text: str, *, ends_day: bool = False) -> datetime | None:
    """Raises: OaiError: badArgument."""
    if not text:
        return None
    for form, ends in ((_SECONDS, timedelta()), (_DAYS, timedelta(hours=23, minutes=59, seconds=59))):
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC) + (ends if ends_day else timedelta())
        except (ValueError, OverflowError):
            continue
    raise OaiError("badArgument", "a date is YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ")
