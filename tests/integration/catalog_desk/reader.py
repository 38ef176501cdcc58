"""Ten phones that download one copy over connections of their own, until somebody stops this process."""

import os
import sys
import threading
from pathlib import Path

import grpc

from services.common.grpc.channel import channel_credentials
from services.common.settings import Tls
from tongdang.catalog.v1 import delivery_pb2, delivery_pb2_grpc


def main(address: str, certificate: str, key: str, authority: str, ticket: str, bearer: str) -> None:
    credentials = channel_credentials(
        Tls(certificate_file=Path(certificate), key_file=Path(key), ca_file=Path(authority))
    )

    def read() -> None:
        options = [("grpc.use_local_subchannel_pool", 1)]
        delivery = delivery_pb2_grpc.DeliveryServiceStub(grpc.secure_channel(address, credentials, options))
        asked = delivery_pb2.ReadChunkRequest(ticket=ticket, offset=0, length=1 << 20)
        first = True
        while True:
            delivery.ReadChunk(asked, metadata=[("authorization", bearer)])
            if first:
                os.write(1, b"reading\n")  # in one piece; the test counts the lines
                first = False

    for _ in range(10):
        threading.Thread(target=read).start()


if __name__ == "__main__":
    main(*sys.argv[1:])
