"""Fresh identifiers are version 7, in the order they were given, and never the same in two processes."""

import os
import time
import uuid

from services.common.domain.ids import RandomIds, is_uuid


def test_fresh_ids_are_of_version_7_and_tell_their_time() -> None:
    before = time.time_ns() // 1_000_000
    one = RandomIds().new()
    after = time.time_ns() // 1_000_000
    told = uuid.UUID(one)
    assert is_uuid(one) and (told.version, told.variant) == (7, uuid.RFC_4122)
    assert before <= told.int >> 80 <= after


def test_many_at_once_all_differ() -> None:
    ids = RandomIds()
    assert len({ids.new() for _ in range(20_000)}) == 20_000


def test_a_forked_process_draws_randomness_of_its_own() -> None:
    ids = RandomIds()
    ids.new()
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write_end, ids.new()[-12:].encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(read_end, 12).decode() != ids.new()[-12:]
    os.close(read_end)
    os.close(write_end)
