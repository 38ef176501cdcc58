"""What nobody measured: how much there is, how unevenly it comes, how much is kept free."""

from dataclasses import dataclass

REGIONS, ARCHIVES = 31, 3_300


@dataclass(frozen=True)
class Assumption:
    """`name` stands in the arithmetic; `why`: where the value is from, or what it stands for."""

    name: str
    value: float
    unit: str
    why: str


TABLE = (
    Assumption("open", 176_590_000, "records", "open records of the nation: the plan (DESIGN §1)"),
    Assumption("visits", 27_559_000, "in four years", "2016–2019: the plan (DESIGN §1); each counts as a request"),
    Assumption("share", 0.10, "of the nation", "of a large province; an even share would be 1/31 = 0.03"),
    Assumption("held", 10, "records", "in a province's catalogue for each that is open"),
    Assumption("hours", 2_000, "a year", "in which people work: 250 days of eight"),
    Assumption("peak", 10, "× the mean of those hours", "a Monday after a holiday, a campaign, a newspaper"),
    Assumption("searches", 20, "for one request", "most who search ask for nothing"),
    Assumption("events", 30, "for one request", "submission, letters, desk, delivery, looks at its state, signing in"),
    Assumption("changes", 0.05, "of the open records a year", "opened, corrected or retracted"),
    Assumption("request_bytes", 20_000, "bytes", "a request, its case, letters and outbox, with indexes; not measured"),
    Assumption("copy_bytes", 2_000_000, "bytes", "a delivered copy of a few scanned pages"),
    Assumption("years", 5, "years", "kept before disks are added: events and requests stay for ever"),
    Assumption("copies", 3, "of every byte", "Kafka's replication factor, MongoDB's members"),
    Assumption("headroom", 2, "× what is needed", "half of all is free at the peak; a new index beside the old one"),
    Assumption("disk", 4_000_000_000_000, "bytes", "of one broker or database member"),
    Assumption("index_entries", 200_000_000, "entries", "in one index at most; measured to ten million"),
    Assumption("cached", 0.25, "of an index", "in memory, so that common words are read from there"),
    Assumption("database_cached", 0.05, "of a database", "in memory: what is worked on this month"),
    Assumption("cores", 8, "cores", "of one machine for searches; a figure of the benchmarks is of two"),
)  # fmt: skip


def values() -> dict[str, float]:
    """Name → value."""
    return {row.name: row.value for row in TABLE}
