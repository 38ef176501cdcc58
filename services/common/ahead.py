"""Reads ahead: the next items are made while the last one is worked on."""

import threading
from collections.abc import Generator, Iterable
from contextvars import copy_context
from dataclasses import dataclass
from queue import Full, Queue
from typing import Generic, TypeVar

T = TypeVar("T")

_NAP_S = 0.1


@dataclass(frozen=True)
class _Item(Generic[T]):
    value: T


@dataclass(frozen=True)
class _End:
    problem: BaseException | None = None


def ahead(source: Iterable[T], depth: int = 1) -> Generator[T, None, None]:
    """The items of `source` in their order, made by a thread of their own that is at most `depth` + 1 items ahead.

    Worth it where each item is computed here and then waited for elsewhere (a database's write). Close the iterator
    when leaving early (`contextlib.closing`): the thread ends with it.

    Raises: whatever `source` raises, after the items before it.
    """
    made: Queue[_Item[T] | _End] = Queue(depth)
    closed = threading.Event()

    def put(one: "_Item[T] | _End") -> bool:
        while not closed.is_set():
            try:
                made.put(one, timeout=_NAP_S)
            except Full:
                continue
            return True
        return False

    def make() -> None:
        try:
            for value in source:
                if not put(_Item(value)):
                    return
        except BaseException as problem:  # raised again where the items are taken
            put(_End(problem))
        else:
            put(_End())

    maker = threading.Thread(target=copy_context().run, args=(make,), name="ahead", daemon=True)
    maker.start()
    try:
        while isinstance(one := made.get(), _Item):
            yield one.value
        if one.problem is not None:
            raise one.problem
    finally:
        closed.set()
        maker.join()
