"""The open catalogue is harvested whole by another's client; what is retracted comes as deleted and leaves the feed."""

import urllib.parse
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from typing import Any

import pytest
from oaipmh_scythe import Scythe
from oaipmh_scythe.exceptions import BadArgument, IdDoesNotExist, NoRecordsMatch

from deploy.local.client import LocalClient
from deploy.local.mongo import admin_client
from deploy.local.stack import Stack
from tests.integration.publication.ground import Province, Site, until

pytestmark = pytest.mark.integration

SET = "130000:a130123"
TITLE = "关于<甲>与“乙”&丙村界址的复函"
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(scope="module")
def site(stack: Stack) -> Site:
    return Site(stack)


@pytest.fixture(scope="module")
def harvester(site: Site) -> Iterator[Scythe]:
    with Scythe(f"{site.layout.portal_url}/oai") as harvester:
        yield harvester


@pytest.fixture(scope="module")
def province(stack: Stack) -> Province:
    return Province(LocalClient(stack.layout, "portal"), "130000", "a130123", "hb")


@pytest.fixture(scope="module")
def published(site: Site, province: Province) -> list[str]:
    """Two records with a title that XML has to mind, once the index has them."""
    common = {"题名": TITLE, "责任者": "正定县农业局", "日期": "19490305", "保管期限": "永久", "页数": "2"}
    province.take_in([{**common, "档号": f"A002-WS·1949-Y-NYJ-9{number:04d}"} for number in range(2)])
    ids = province.records(province.publish("u130123-ny", "hb-unit2", 2))
    for record_id in ids:
        until(lambda record_id=record_id: site.get(f"/api/v1/records/{record_id}")[0] == 200)
    return ids


def feed(site: Site, **asked: str) -> list[tuple[str, str]]:
    """Id and title of each entry."""
    root = ElementTree.fromstring(site.get(f"/feed.atom?{urllib.parse.urlencode(asked)}")[1])
    return [
        (str(one.findtext(f"{ATOM}id")).removeprefix("urn:uuid:"), str(one.findtext(f"{ATOM}title")))
        for one in root.iter(f"{ATOM}entry")
    ]


def harvested(harvester: Scythe, **asked: str) -> dict[str, Any]:
    """Records by the id behind the repository's name."""
    records = list(harvester.list_records(**asked))
    found = {record.header.identifier.rpartition(":")[2]: record for record in records}
    assert len(found) == len(records), "each record once"
    return found


def test_a_harvest_holds_every_open_record_of_the_set_once(
    stack: Stack, harvester: Scythe, published: list[str]
) -> None:
    found = harvested(harvester, set_=SET)
    with admin_client(stack.layout) as admin:
        here = {row["_id"] for row in admin["catalog_130000"]["records"].find({"access_status": "open"}, {"_id": 1})}
    assert {record_id for record_id, record in found.items() if not record.header.deleted} == here
    assert len(here) > 100, "more than a page"
    metadata = found[published[0]].metadata
    assert metadata["title"] == [TITLE]
    assert metadata["date"] == ["1949-03-05"]


def test_the_repository_says_what_it_is(site: Site, harvester: Scythe) -> None:
    identity = harvester.identify()
    assert (identity.deletedRecord, identity.granularity) == ("persistent", "YYYY-MM-DDThh:mm:ssZ")
    assert identity.baseURL == f"{site.layout.portal_url}/oai"
    assert {"320000", "520000", "130000", SET} <= {one.setSpec for one in harvester.list_sets()}
    assert [one.metadataPrefix for one in harvester.list_metadata_formats()] == ["oai_dc"]


def test_what_cannot_be_answered_is_refused_as_the_protocol_says(site: Site, harvester: Scythe) -> None:
    with pytest.raises(IdDoesNotExist):
        harvester.get_record(identifier="oai:localhost:00000000-0000-5000-8000-000000000000")
    with pytest.raises(IdDoesNotExist):
        harvester.get_record(identifier="nonsense")
    with pytest.raises(NoRecordsMatch):
        list(harvester.list_records(until="2020-01-02"))
    with pytest.raises(BadArgument):
        list(harvester.list_records(from_="yesterday"))
    assert b'code="badResumptionToken"' in site.get("/oai?verb=ListRecords&resumptionToken=nonsense")[1]
    status, body = site.get("/oai?verb=%3Cscript%3E")
    assert status == 200 and b"badVerb" in body and b"<script" not in body


def test_a_retracted_record_comes_as_deleted_and_leaves_the_feed(
    site: Site, harvester: Scythe, province: Province, published: list[str]
) -> None:
    gone, stays = published
    identifier = f"oai:localhost:{gone}"
    before = harvester.get_record(identifier=identifier)
    assert not before.header.deleted and before.metadata["title"] == [TITLE]
    assert (gone, TITLE) in feed(site, archive="a130123") and (gone, TITLE) in feed(site)

    province.retract(gone)
    until(lambda: site.get(f"/records/{gone}")[0] == 410)
    assert harvester.get_record(identifier=identifier).header.deleted
    assert TITLE not in site.get(f"/oai?verb=GetRecord&metadataPrefix=oai_dc&identifier={identifier}")[1].decode()
    since = harvested(harvester, from_=before.header.datestamp, set_=SET)
    assert since[gone].header.deleted and not since[stays].header.deleted
    assert gone not in dict(feed(site, archive="a130123")) and stays in dict(feed(site, archive="a130123"))
    assert harvested(harvester, set_="130000")[gone].header.deleted


def test_a_feed_is_of_its_region_and_its_newest_come_first(site: Site, published: list[str]) -> None:
    assert published[1] in dict(feed(site, region="130000"))
    assert not set(published) & set(dict(feed(site, region="520000")))
    assert len(feed(site)) == 50
    assert feed(site, region="999999") == []
