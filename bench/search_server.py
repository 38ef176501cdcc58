"""`python -m bench.search_server FOLDER PORT MONGODB_URI DATABASE`: discovery's gRPC server on a ready index.

On the next port the same chain of interceptors around a servicer that answers at once: the price of a call.
"""

import signal
import sys
from functools import partial
from pathlib import Path

import grpc

from bench.setting import CLOCK, IDS
from deploy.local.client import tls_of
from deploy.local.layout import Layout
from services.common.audit.recorder import Recorder
from services.common.grpc.interceptors import AccessControl
from services.common.grpc.server import GrpcServer
from services.common.mongo.database import MongoDatabase
from services.common.security.tokens import TokenVerifier
from services.common.settings import Grpc
from services.discovery.adapters.tantivy_index import TantivyIndex
from services.discovery.entrypoints.access import ACCESS
from services.discovery.entrypoints.discovery_servicer import DiscoveryServicer
from tongdang.discovery.v1 import discovery_pb2, discovery_pb2_grpc

_ADD = discovery_pb2_grpc.add_DiscoveryServiceServicer_to_server


class NothingFound(discovery_pb2_grpc.DiscoveryServiceServicer):
    """Answers every search with an empty page."""

    def Search(  # noqa: N802 - named by the contract
        self, request: discovery_pb2.SearchRequest, context: grpc.ServicerContext
    ) -> discovery_pb2.SearchResponse:
        return discovery_pb2.SearchResponse()


def main() -> None:
    """Serves until told to stop."""
    folder, port, uri, name = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
    recorder = Recorder(MongoDatabase(uri, name), IDS, CLOCK)
    recorder.start()
    tokens = TokenVerifier("", "", "")  # anonymous readers bring none
    control = AccessControl(ACCESS, tokens, recorder, CLOCK, IDS)
    tls = tls_of(Layout.from_environment(), "discovery")
    servers = [
        GrpcServer(Grpc(port=port + number), tls, control, [partial(_ADD, servicer)])
        for number, servicer in enumerate((DiscoveryServicer(TantivyIndex(folder)), NothingFound()))
    ]
    for server in servers:
        server.start()
    print("ready", flush=True)
    signal.sigwait({signal.SIGTERM})
    for server in servers:
        server.stop()
    recorder.stop()


if __name__ == "__main__":
    main()
