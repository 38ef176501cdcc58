"""Fills provinces with sample holdings, through the same use cases that staff use.

`python -m deploy.local.samples 440000` for one, without a code for every province that runs.

Request ids are made from names, so a seeding that broke off goes on where it was.
"""

import io
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from deploy.local.client import LocalClient
from deploy.local.layout import Layout
from deploy.local.reviewing import People, Reviewing
from deploy.local.services import command
from deploy.provinces.catalogue import Sample, load
from deploy.samples.archives import sample_archives
from deploy.samples.generator import csv_file
from tongdang.catalog.v1 import import_pb2, import_pb2_grpc, review_pb2

_NAMESPACE = uuid.UUID("0e9a3c2e-6f65-5d7e-8b52-7a51f2a4a001")
_SEED = 7
_PART = 512 * 1024
_PATIENCE_S = 180


def main() -> None:
    """Imports, reviews and publishes the samples of the provinces named, or of all that run."""
    layout = Layout.from_environment()
    fill(layout, sys.argv[1:] or [code for code in layout.regions if code not in layout.members.left_out])


def fill(layout: Layout, provinces: Sequence[str]) -> None:
    """The samples of these provinces, into a stack that runs; each province by itself, as it works with its own."""
    client = LocalClient(layout)
    samples = [sample for sample in (load(code).sample for code in provinces) if sample]
    with ThreadPoolExecutor() as pool:
        for filled in [pool.submit(_fill, layout, client, sample) for sample in samples]:
            filled.result()


def _fill(layout: Layout, client: LocalClient, sample: Sample) -> None:
    _import(client, sample)
    for unit_id, officer in sample.unit_officers.items():
        _review(client, sample, unit_id, officer)
    _review(client, sample, "", f"{sample.people}-reviewer2")
    if command(layout, f"catalog-{sample.region_id}", "dump").returncode:
        sys.exit(f"the dump of {sample.archive_id} was not asked for")


def _import(client: LocalClient, sample: Sample) -> None:
    stub = import_pb2_grpc.ImportServiceStub(client.channel(f"catalog-{sample.region_id}"))  # type: ignore[no-untyped-call]
    text = io.StringIO()
    csv_file(sample_archives()[sample.archive_id], sample.rows, _SEED, text)
    clerk = f"{sample.people}-clerk"
    job = client.call(stub.UploadCatalogue, _parts(sample, text.getvalue().encode()), clerk).job
    started = time.monotonic()
    while job.state in (import_pb2.IMPORT_STATE_QUEUED, import_pb2.IMPORT_STATE_RUNNING):
        if time.monotonic() - started > _PATIENCE_S:
            sys.exit(f"import of {sample.archive_id} did not end")
        time.sleep(0.3)
        job = client.call(stub.GetImport, import_pb2.GetImportRequest(import_id=job.import_id), clerk).job
    _say(sample, f"imported {job.rows_created} of {job.rows_total} rows, {job.rows_rejected} rejected")


def _parts(sample: Sample, content: bytes) -> Iterator[import_pb2.UploadCatalogueRequest]:
    header = import_pb2.UploadHeader(
        request_id=_key(sample, "import"), archive_id=sample.archive_id, file_name=f"样例目录-{sample.archive_id}.csv"
    )
    yield import_pb2.UploadCatalogueRequest(header=header)
    for at in range(0, len(content), _PART):
        yield import_pb2.UploadCatalogueRequest(content=content[at : at + _PART])


def _review(client: LocalClient, sample: Sample, unit_id: str, second: str) -> None:
    """One batch: gathered, reviewed, signed by both sides, published by the director."""
    people = People(f"{sample.people}-reviewer", second, f"{sample.people}-director")

    def keys(step: str) -> str:
        return _key(sample, f"{unit_id} {step}")

    channel = client.channel(f"catalog-{sample.region_id}")
    desk = Reviewing(client.call, channel, sample.archive_id, people, keys)
    if not unit_id:
        desk.attest_no_unit()
    batch = desk.gather(unit_id)
    if batch is None:
        return
    batch = desk.ready(batch)
    if batch.state == review_pb2.BATCH_STATE_SIGNED:
        batch = desk.publish(batch.batch_id)
    batch = desk.settled(batch.batch_id)
    _say(sample, f"published {batch.records_applied} records{' (archive alone)' if batch.archive_alone else ''}")


def _key(sample: Sample, step: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, f"{sample.archive_id} {step}"))


def _say(sample: Sample, text: str) -> None:
    print(f"samples {sample.archive_id}: {text}", flush=True)


if __name__ == "__main__":
    main()
