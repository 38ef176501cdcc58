"""Work that a person only starts: its spans belong to the trace of what the person did."""

import pytest

from deploy.local.stack import Stack
from tests.collector import Collector
from tests.integration.dataplane.ground import until

pytestmark = pytest.mark.integration

CATALOG = "catalog-320000"
IMPORT = (
    (CATALOG, "tongdang.catalog.v1.ImportService/UploadCatalogue"),
    (CATALOG, "import catalogue"),
    (CATALOG, "send to Kafka"),
    ("audit", "events process"),
)
PUBLICATION = (
    (CATALOG, "tongdang.catalog.v1.ReviewService/PublishBatch"),
    (CATALOG, "publish chunk"),
    (CATALOG, "send to Kafka"),
    ("discovery", "records process"),
    ("audit", "events process"),
)


@pytest.mark.parametrize("through", [IMPORT, PUBLICATION])
def test_a_worker_goes_on_with_the_trace_of_who_started_it(
    stack: Stack, collector: Collector, through: tuple[tuple[str, str], ...]
) -> None:
    """Of the samples, which the stack imported and published."""

    def whole() -> bool:
        return any(
            {(span.service, span.name) for span in spans}.issuperset(through) for spans in collector.traces().values()
        )

    until(whole)
