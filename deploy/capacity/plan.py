"""The arithmetic: a line a number, each an expression over named figures, the lines before it among them."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.common.kafka.topics import topics

Value = float
_FUNCTIONS: Mapping[str, Any] = {"ceil": math.ceil, "max": max}
_NAME = re.compile(r"\b[A-Za-z_]\w*")


@dataclass(frozen=True)
class Line:
    """`name` for the lines below; `formula`: Python over names; `unit` decides how the number is written."""

    name: str
    what: str
    formula: str
    unit: str


@dataclass(frozen=True)
class Scale:
    """`part` of the nation's records and requests, in `provinces` databases."""

    name: str
    part: float
    provinces: int


LINES: Sequence[Line] = (
    Line("R", "open records", "open * part", "records"),
    Line("V", "requests a year", "visits / 4 * part", "requests"),
    Line("rps", "requests a second at the peak", "V / (hours * 3600) * peak", "/s"),
    Line("sps", "searches a second at the peak", "rps * searches", "/s"),
    Line("eps", "audit events a second at the peak", "rps * events", "/s"),
    Line("E", "audit events a year", "V * events + R * changes", "events"),
    Line("", "delivered a second at the peak", "rps * copy_bytes", "B"),
    Line("shards", "shards: indexes the entries are divided among", "ceil(R / index_entries)", ""),
    Line("ms", "a search in one of them, ms", "search * (R / shards / 1e7) ** growth", "ms"),
    Line("busy", "cores that search at the peak", "sps * shards * ms / 1000 * headroom", "cores"),
    Line("replicas", "replicas of each shard: two, or what the cores ask", "max(2, ceil(busy / cores / shards))", ""),
    Line("I", "disk of one replica of a shard, the next index beside it", "R / shards * index_bytes * headroom", "B"),
    Line("", "memory of one replica of a shard", "R / shards * index_bytes * cached", "B"),
    Line("", "hours to build all indexes anew, shards side by side", "R / shards / index / 3600", "h"),
    Line("places", "databases for requests: shards of them", "ceil(rps * headroom / place)", ""),
    Line("Q", "disk of the requests, one member", "V * years * request_bytes * headroom", "B"),
    Line("logs", "logs (one writer each)", "ceil(eps * headroom / audit)", ""),
    Line("L", "disk of the logs, one member", "E * years * event_in_log * headroom", "B"),
    Line("K", "disk of Kafka, all copies",
         "(R * record_in_kafka + E * years * event_in_kafka) * copies * headroom", "B"),
    Line("brokers", "brokers: three, or what the disks ask", "max(3, ceil(K / disk))", ""),
    Line("", "partitions, all copies", "partitions * copies", ""),
    Line("C", "disk of the provinces' catalogues, one member of each",
         "R * held * record_in_mongo / provinces * headroom", "B"),
    Line("", "shards of a province's catalogue", "ceil(C / disk)", ""),
    Line("", "memory for the cache of one member", "C / headroom * database_cached", "B"),
    Line("", "hours to import a province's catalogue", "R * held / provinces / import_ / 3600", "h"),
    Line("", "hours to publish a province's open records", "R / provinces / publish / 3600", "h"),
)  # fmt: skip


def partitions(provinces: int) -> int:
    """Of every topic, from the one table."""
    return sum(topic.partitions for topic in topics([str(number) for number in range(provinces)]))


def work_out(scale: Scale, given: Mapping[str, Value]) -> list[tuple[Line, str, Value]]:
    """Each line with its formula in numbers and its result.

    Raises: NameError: a formula names what nobody gives.
    """
    known = {**given, "part": scale.part, "provinces": scale.provinces, "partitions": partitions(scale.provinces)}
    done = []
    for line in LINES:
        code = compile(line.formula, line.what, "eval")
        result = float(eval(code, {"__builtins__": {}}, {**_FUNCTIONS, **known}))  # noqa: S307 - our own table
        done.append((line, _in_numbers(line.formula, known), result))
        if line.name:
            known[line.name] = result
    return done


def _in_numbers(formula: str, known: Mapping[str, Value]) -> str:
    """The formula with a figure for each name, in signs that people write."""
    numbers = _NAME.sub(lambda found: figure(known[found[0]]) if found[0] in known else found[0], formula)
    return numbers.replace("**", "^").replace("*", "×").replace("/", "÷")


def figure(value: Value) -> str:
    """As people read it: 176,590,000 · 9.57 · 0.05."""
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.3g}"
