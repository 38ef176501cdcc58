"""`docs/capacity.md`."""

from collections.abc import Sequence

from deploy.capacity import measured, sizes
from deploy.capacity.assumptions import TABLE, values
from deploy.capacity.plan import Line, Scale, figure, work_out
from deploy.local.layout import ROOT

FILE = ROOT / "docs" / "capacity.md"
SCALES = (
    Scale("One large province", values()["share"], 1),
    Scale("The nation", 1, 31),
    Scale("A hundred times that", 100, 31),
)
_HEAD = """\
# Capacity

Written by `make capacity`: every number is arithmetic over costs measured in [benchmarks.md](benchmarks.md) (on two
shared cores), sizes measured on a local stack with its samples, and the assumptions below, which nobody measured. A
test holds the page to them. Costs are as the tables have them, each of the day and commit that its row names, also
where they are under their floor.

What is not built: an index divided into shards, several databases for requests, several logs. Where a line says more
than one of these, that size needs it. Provinces, brokers, database members and replicas of the index can be added
as they are.
"""
_BYTES = ((1e15, "PB"), (1e12, "TB"), (1e9, "GB"), (1e6, "MB"))
_NAMES = {"import": "import_"}


def text(benchmarks: str) -> str:
    """The page, from the text of the benchmarks.

    Raises: NotMeasured.
    """
    costs = {_NAMES.get(name, name): value for name, value in measured.read(benchmarks).items()}
    costs["growth"] = measured.growth(benchmarks)
    given = {**costs, **sizes.read(), **values()}
    parts = [_HEAD, "## Assumptions\n", _assumptions(), "\n## Measured\n", _measured(costs)]
    for scale in SCALES:
        parts += [f"\n## {scale.name}\n", _table(("what", "arithmetic", "result"), _rows(scale, given))]
    return "\n".join(parts)


def _rows(scale: Scale, given: dict[str, float]) -> list[tuple[str, str, str]]:
    return [
        (
            line.what + (f" (*{line.name}*)" if line.name else ""),
            f"`{line.formula}` = {numbers}",
            f"**{_told(line, value)}**",
        )
        for line, numbers, value in work_out(scale, given)
    ]


def _assumptions() -> str:
    return _table(
        ("name", "value", "what it is"), [(row.name, f"{figure(row.value)} {row.unit}", row.why) for row in TABLE]
    )


def _measured(costs: dict[str, float]) -> str:
    rows = [(_NAMES.get(one.name, one.name), f"{figure(costs[_NAMES.get(one.name, one.name)])} {one.unit}",
             f"{one.work} …, {one.case}") for one in measured.WANTED]  # fmt: skip
    told = f"exponent of a search's time over the entries, at ten million; {measured.LEAST_GROWTH} at least"
    rows.append(("growth", figure(costs["growth"]), told))
    rows += [
        (name, f"{value} B", f"`deploy/capacity/{sizes.FILE.name}`, a local stack with its samples")
        for name, value in sizes.read().items()
    ]
    return _table(("name", "value", "from"), rows)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _told(line: Line, value: float) -> str:
    if line.unit == "B":
        for size, unit in _BYTES:
            if value >= size:
                return f"{value / size:.3g} {unit}"
    return f"{figure(value)} {line.unit}".strip()
