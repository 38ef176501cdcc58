"""The zones of the design as namespaces: public, government, each province's inner zone, the exchange between them."""

PUBLIC = "tongdang-public"
GOVERNMENT = "tongdang-government"
EXCHANGE = "tongdang-exchange"
"""Kafka, which belongs to no zone: every zone reaches it, and it reaches none."""
WITNESSES = "tongdang-witnesses"
ZONE = "tongdang/zone"
"""Label of a namespace; `inner` for every province, so that a new one needs no change in the others' policies."""
ROLE = "tongdang/role"
"""Label the operator gives to namespaces that are not ours: `gateway`, `monitoring`, `operator`."""


def inner(code: str) -> str:
    """Namespace of a province."""
    return f"tongdang-inner-{code}"
