"""The rows of DESIGN §8 in one table: what runs, against which limit, at which sizes."""

from dataclasses import dataclass

_K = 1_000
_M = 1_000_000


@dataclass(frozen=True)
class Row:
    """`module.measure(setting)` yields the row's figures; `short` and `long` are the sizes of the two runs.

    No sizes: not part of that run. `engines` are started for it beforehand. `patience_s` ends a row that hangs.
    """

    name: str
    module: str
    work: str
    limit: str
    short: tuple[int, ...]
    long: tuple[int, ...]
    engines: bool = True
    patience_s: int = 900


ROWS = (
    Row(
        "publish",
        "bench.publish",
        "publish reviewed records, signed, audited, durable",
        "kafka-python alone, the same messages, TLS and settings",
        short=(10 * _K, 50 * _K),
        long=(250 * _K,),  # five lists; more come by --sizes
        patience_s=3_600,
    ),
    Row(
        "index",
        "bench.index",
        "build the union index from Kafka; its size",
        "tantivy alone, same schema, threads and heap",
        short=(10 * _K, 100 * _K),
        long=(_M,),
        patience_s=7_200,
    ),
    Row(
        "search",
        "bench.search",
        "search over gRPC through all interceptors",
        "tantivy + one call that does nothing through the same interceptors",
        short=(10 * _K, 100 * _K),
        long=(_M, 10 * _M),
        patience_s=7_200,
    ),
    Row(
        "search-lucene",
        "bench.search_lucene",
        "index and search within one process",
        "Lucene with ICU folding and bigrams, same titles, threads and buffer",
        short=(10 * _K, 100 * _K),
        long=(_M,),
        engines=False,
        patience_s=3_600,
    ),
    Row(
        "recorder",
        "bench.recorder",
        "recorder, an event durable",
        "one group commit of as many events",
        short=(6_400,),
        long=(64_000,),
    ),
    Row(
        "place-request",
        "bench.place_request",
        "place a request, durable, audited",
        "one MongoDB transaction",
        short=(1,),
        long=(1,),
    ),
    Row(
        "import",
        "bench.import_csv",
        "import CSV: screen, read, check, write, audit",
        "csv.reader + one bulk insert",
        short=(10 * _K, 100 * _K),
        long=(100 * _K, _M),
        patience_s=3_600,
    ),
    Row(
        "suggest",
        "bench.suggest",
        "suggest what the opening review may do with a record, with reasons",
        "reading the same fields and one search by a regular expression",
        short=(10 * _K, 100 * _K),
        long=(_M,),
        engines=False,
    ),
    Row(
        "audit",
        "bench.audit_append",
        "audit, Kafka to signed checkpoint",
        "the same leaves read and inserted, no log",
        short=(10 * _K, 100 * _K),
        long=(100 * _K, _M),
        patience_s=3_600,
    ),
    Row(
        "audit-tessera",
        "bench.audit_tessera",
        "audit, Kafka to signed checkpoint, beside Tessera",
        "Tessera, POSIX driver",
        short=(10 * _K, 100 * _K),
        long=(100 * _K, _M),
        patience_s=3_600,
    ),
    Row(
        "to-hit",
        "bench.commit_to_hit",
        "publication to searchable, on a whole stack",
        "",
        short=(),
        long=(200,),
        engines=False,
        patience_s=3_600,
    ),
    Row(
        "whole-stack",
        "bench.whole_stack",
        "`make run`, all cached; the stack at rest",
        "processor seconds of the engines' own start",
        short=(),
        long=(1,),
        engines=False,
        patience_s=3_600,
    ),
)

BY_NAME = {row.name: row for row in ROWS}
