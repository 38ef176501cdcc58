"""Where a test run's stacks listen."""

import os
import socket
from itertools import count

_PORTS_A_WORKER = 500
_FIRST_FREE = 300
_handed = count()


def base_port() -> int:
    """`TONGDANG_TEST_BASE_PORT`, 18080 unless told; each of a run's workers has a stack, and so ports, of its own."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    return int(os.environ.get("TONGDANG_TEST_BASE_PORT", "18080")) + worker * _PORTS_A_WORKER


def free_port() -> int:
    """Another one of this worker's, that nobody listens on.

    Not one of those the system hands out: whoever listens there and is restarted would find a client on it.
    """
    while True:
        port = base_port() + _FIRST_FREE + next(_handed) % (_PORTS_A_WORKER - _FIRST_FREE)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
