"""Rule S1 on the whole stack: a graded row is stopped before any byte of it reaches disk, database, log or Kafka."""

import csv
import io
import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient

from deploy.local.client import LocalClient
from deploy.local.keys import secret
from deploy.local.stack import Stack
from deploy.samples.archives import sample_archives
from deploy.samples.generator import HEADER, catalogue
from services.common.domain.errors import TongdangError
from services.common.domain.ids import RandomIds
from tests.live_files import bytes_of, files_below
from tongdang.catalog.v1 import import_pb2 as pb
from tongdang.catalog.v1 import import_pb2_grpc as rpc

pytestmark = pytest.mark.integration

ARCHIVE = sample_archives()["a320583"]
ROWS = 1_500


def _file(title: str, classification: str) -> bytes:
    """A generated catalogue of an archive without samples, whose last row but one is ours."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(HEADER)
    for number, cells in enumerate(catalogue(ARCHIVE, ROWS, 5)):
        ours = {"题名": title, "密级": classification} if number == ROWS - 2 else {}
        writer.writerow((dict(zip(HEADER, cells, strict=True)) | ours).values())
    return out.getvalue().encode()


def _upload(client: LocalClient, content: bytes, request_id: str) -> pb.UploadCatalogueResponse:
    def parts() -> Iterator[pb.UploadCatalogueRequest]:
        header = pb.UploadHeader(request_id=request_id, archive_id=ARCHIVE.archive_id, file_name="目录.csv")
        yield pb.UploadCatalogueRequest(header=header)
        for at in range(0, len(content), 500_000):
            yield pb.UploadCatalogueRequest(content=content[at : at + 500_000])

    stub = rpc.ImportServiceStub(client.channel("catalog-320000"))  # type: ignore[no-untyped-call]
    answer: pb.UploadCatalogueResponse = client.call(stub.UploadCatalogue, parts(), "ks-clerk")
    return answer


def _files_with(stack: Stack, marker: bytes) -> list[Path]:
    """Files of engines and services, and their logs, that hold the bytes."""
    return [path for path in files_below(stack.layout.folder) if marker in bytes_of(path)]


def _collections_with(stack: Stack, marker: bytes) -> list[str]:
    """Collections of all databases, the oplog among them, that hold the bytes in a document."""
    uri = f"mongodb://admin:{secret(stack.layout, 'mongo-admin')}@localhost:{stack.layout.port('mongo')}/"
    raw: CodecOptions[Any] = CodecOptions(document_class=RawBSONDocument)
    with MongoClient[Any](uri, authSource="admin", directConnection=True) as mongo:
        names = [("local", "oplog.rs")] + [
            (database, collection)
            for database in mongo.list_database_names()
            if database not in ("admin", "config", "local")
            for collection in mongo[database].list_collection_names()
        ]
        return [
            f"{database}.{collection}"
            for database, collection in names
            if any(marker in bytes(one.raw) for one in mongo[database].get_collection(collection, raw).find())
        ]


def _refusals(stack: Stack) -> list[dict[str, Any]]:
    uri = f"mongodb://admin:{secret(stack.layout, 'mongo-admin')}@localhost:{stack.layout.port('mongo')}/"
    with MongoClient[Any](uri, authSource="admin", directConnection=True) as mongo:
        leaves = [json.loads(leaf) for row in mongo["catalog_320000"]["outbox"].find() for leaf in row["leaves"]]
    return [leaf for leaf in leaves if leaf["status_detail"] == "STATE_SECRET_SUSPECTED"]


def test_the_title_of_a_graded_row_is_nowhere_afterwards(stack: Stack, client: LocalClient) -> None:
    graded, plain = secrets.token_urlsafe(30), secrets.token_urlsafe(30)
    refused_before = len(_refusals(stack))
    with pytest.raises(TongdangError) as refusal:
        _upload(client, _file(f"关于{graded}的报告", "机密★10年"), RandomIds().new())
    assert refusal.value.code == "STATE_SECRET_SUSPECTED"
    assert refusal.value.metadata["count"] == "1" and refusal.value.metadata["lines"] == str(ROWS)

    _upload(client, _file(f"关于{plain}的报告", ""), RandomIds().new())
    assert _files_with(stack, plain.encode()), "the search would not even find what was stored"
    assert "local.oplog.rs" in _collections_with(stack, plain.encode())

    assert _files_with(stack, graded.encode()) == []
    assert _collections_with(stack, graded.encode()) == []
    (event,) = _refusals(stack)[refused_before:]
    assert (event["activity_name"], event["status"]) == ("import.upload", "refused")
    assert event["unmapped"] == {}
