"""What a run has told in logs, metrics and traces: one whole trace, and nothing about anybody."""

import json
import tomllib
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence

from deploy.local.mongo import admin_client
from deploy.local.stack import Stack
from tests.collector import Collector, Span

_THROUGH = (
    ("portal", "tongdang.requests.v1.RequestService/SubmitRequest"),
    ("requests", "tongdang.requests.v1.RequestService/SubmitRequest"),
    ("requests", "send to Kafka"),
    ("audit", "events process"),
    ("requests", "deliver letter"),
    ("catalog-320000", "tongdang.fulfilment.v1.SupplyingAgencyService/Request"),
    ("catalog-320000", "send to Kafka"),
)
"""Where a request goes from the citizen's click: service and span."""


def whole_trace(collector: Collector) -> list[Span]:
    """The spans of one submitted request, if all of them have arrived."""
    for spans in collector.traces().values():
        found = {(span.service, span.name) for span in spans}
        if found.issuperset(_THROUGH):
            return spans
    return []


def roots(spans: Sequence[Span]) -> list[Span]:
    """Spans whose parent is none of the others."""
    ids = {span.id for span in spans}
    return [span for span in spans if span.parent not in ids]


def no_objects(stack: Stack) -> list[str]:
    """Lines of the services' logs that are no JSON object, or do not say which service wrote them."""
    found = []
    for name in stack.layout.processes:
        for number, line in enumerate((stack.layout.logs / f"{name}.log").read_bytes().splitlines(), 1):
            try:
                told = json.loads(line)
            except ValueError:
                told = None
            if not isinstance(told, dict) or told.get("service") != name:
                found.append(f"{name}.log:{number}: {line[:80]!r}")
    return found


def personal_words(stack: Stack) -> set[str]:
    """Names and password of the sample people, and titles that are not open."""
    people = tomllib.loads((stack.layout.etc / "people.toml").read_text(encoding="utf-8"))["people"]
    words = {person["name"] for person in people}
    words.add((stack.layout.etc / "secrets" / "people").read_text().strip())
    with admin_client(stack.layout) as admin:
        closed = admin["catalog_320000"]["records"].find({"access_status": "controlled"}, {"title": 1}).limit(200)
        words.update(row["title"] for row in closed)
    return words


def told(stack: Stack, collector: Collector) -> Iterator[tuple[str, bytes]]:
    """Every place where a run tells something, with all it holds: logs of services and engines, metrics, spans."""
    for path in sorted(stack.layout.logs.glob("*.log")):
        yield path.name, path.read_bytes()
    for name in stack.layout.processes:
        with urllib.request.urlopen(f"http://localhost:{stack.layout.metrics_port(name)}/metrics", timeout=10) as page:
            yield f"metrics of {name}", page.read()
    for span in collector.spans:
        yield f"span {span.name} of {span.service}", span.content


def betrayals(places: Iterator[tuple[str, bytes]], words: set[str]) -> list[str]:
    """Where one of the words stands, as it is or as JSON or a URL would write it; the word itself is not repeated."""
    forms = {form: number for number, word in enumerate(sorted(words)) for form in _forms(word)}
    return [f"{place}: word {number}" for place, content in places for form, number in forms.items() if form in content]


def _forms(word: str) -> set[bytes]:
    escaped = word.encode("unicode_escape")
    quoted = urllib.parse.quote(word).encode()
    return {word.encode(), escaped, escaped.upper().replace(b"\\U", b"\\u"), quoted, quoted.lower()}
