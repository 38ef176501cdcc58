"""Where a test run's stacks listen."""

import os

_PORTS_A_WORKER = 500


def base_port() -> int:
    """`TONGDANG_TEST_BASE_PORT`, 18080 unless told; each of a run's workers has a stack, and so ports, of its own."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    return int(os.environ.get("TONGDANG_TEST_BASE_PORT", "18080")) + worker * _PORTS_A_WORKER
