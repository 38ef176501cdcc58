"""Reading ahead: order, errors, memory, and an end that ends the thread."""

import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from services.common.ahead import ahead


def makers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "ahead"]


def test_everything_comes_in_its_order() -> None:
    assert list(ahead(range(1000))) == list(range(1000))
    assert list(ahead([])) == []
    assert makers() == []


def test_the_next_item_is_made_while_one_is_worked_on_and_no_more_than_that() -> None:
    made: list[int] = []
    third = threading.Event()

    def source() -> Iterator[int]:
        for number in range(100):
            made.append(number)
            if number == 2:
                third.set()
            yield number

    with closing(ahead(source())) as items:
        assert next(items) == 0
        assert third.wait(10), "nobody asked for it yet"
        assert len(made) == 3


def test_an_error_comes_after_the_items_before_it() -> None:
    def source() -> Iterator[int]:
        yield 1
        raise LookupError("line 2")

    items = ahead(source())

    assert next(items) == 1
    with pytest.raises(LookupError, match="line 2"):
        next(items)
    assert makers() == []


def test_who_leaves_early_ends_the_thread() -> None:
    with closing(ahead(iter(int, 1))) as endless:
        next(endless)

    assert makers() == []
