"""What the local stack writes: ports, settings, keys, rights."""

import base64
from pathlib import Path

import pytest
from cryptography import x509

from deploy.local import keys, services
from deploy.local.layout import Layout
from deploy.local.lock import Held, hold, holder
from deploy.local.provision import read_lock, verify
from deploy.local.stack import Stack
from deploy.local.system import Need, install_command, parse_java_version
from deploy.provinces.catalogue import DEFAULT
from services.common.domain.registry import load_registry
from services.common.kafka.topics import grants, producers, topics


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    made = Layout(19000, tmp_path_factory.mktemp("stack"), Path("engines"))
    Stack(made).prepare()
    return made


def test_no_two_things_share_a_port(layout: Layout) -> None:
    ports = list(layout.ports().values())

    assert len(set(ports)) == len(ports)
    assert layout.http_port("portal") == 19000


def test_the_rendered_registry_names_every_province_with_its_keys(layout: Layout) -> None:
    registry = load_registry(layout.etc / "regions.toml")

    assert [region.region_id for region in registry.regions] == list(DEFAULT)
    for region in registry.regions:
        assert {key.use for key in region.keys} == {"signing", "sealing"}
        assert region.grpc_address == f"localhost:{layout.grpc_port(region.principal)}"


def test_a_second_start_changes_no_secret(layout: Layout) -> None:
    before = {path: path.read_bytes() for path in (layout.etc / "secrets").iterdir()}

    keys.materialise(layout)

    assert {path: path.read_bytes() for path in (layout.etc / "secrets").iterdir()} == before


def test_only_the_owner_may_read_a_secret(layout: Layout) -> None:
    files = [*(layout.etc / "secrets").iterdir(), *(layout.etc / "tls").glob("*.key")]

    assert {path.stat().st_mode & 0o077 for path in files} == {0}


def test_a_certificate_is_named_after_its_principal(layout: Layout) -> None:
    for principal in (*layout.services, "operator", "kafka"):
        certificate = x509.load_pem_x509_certificate((layout.etc / "tls" / f"{principal}.pem").read_bytes())
        assert certificate.subject.rfc4514_string() == f"CN={principal}"


@pytest.mark.parametrize("service", producers(DEFAULT))
def test_every_setting_that_names_a_file_names_one_that_exists(layout: Layout, service: str) -> None:
    settings = services.environment(layout, service)

    missing = [name for name, value in settings.items() if name.endswith("_FILE") and not Path(value).exists()]

    assert missing == []


def test_a_service_sees_its_own_database_only(layout: Layout) -> None:
    uris = {service: (layout.etc / "secrets" / f"mongo-uri-{service}").read_text() for service in layout.services}

    assert uris["catalog-320000"].startswith("mongodb://catalog-320000:")
    assert "/catalog_320000?" in uris["catalog-320000"]
    assert len(set(uris.values())) == len(layout.services)


def test_a_principal_may_write_its_own_topics_only() -> None:
    names = [topic.name for topic in topics(DEFAULT)]
    writers = {
        name: {
            grant.principal
            for grant in grants(DEFAULT)
            if grant.kind == "topic" and "WRITE" in grant.operations and name.startswith(grant.name)
        }
        for name in names
    }

    assert {len(found) for found in writers.values()} == {1}
    assert writers["catalog.320000.records.v1"] == {"catalog-320000"}
    assert writers["audit.portal.events.v1"] == {"portal"}
    assert writers["audit.log.order.v1"] == writers["audit.logged.v1"] == {"audit"}


def test_a_file_that_differs_from_the_lock_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "kafka.jar"
    file.write_bytes(b"other")

    with pytest.raises(SystemExit, match=r"kafka\.jar"):
        verify([file], read_lock("00ff  kafka.jar\n"))
    with pytest.raises(SystemExit, match="nothing"):
        verify([file], {})


@pytest.mark.parametrize(
    ("told", "release"),
    [('openjdk version "17.0.15" 2025-04-15', 17), ('java version "1.8.0_402"', 8), ("no such thing", 0)],
)
def test_the_release_of_a_java_runtime_is_read(told: str, release: int) -> None:
    assert parse_java_version(told) == release


def test_one_command_installs_all_that_is_missing() -> None:
    missing = [Need("Maven", lambda: False, ("maven",)), Need("a font", lambda: False, ("fontconfig", "fonts"))]

    assert install_command(missing).endswith("--no-install-recommends maven fontconfig fonts")


def test_a_folder_has_one_supervisor(tmp_path: Path) -> None:
    with hold(tmp_path):
        with pytest.raises(Held), hold(tmp_path):
            pass
        assert holder(tmp_path) is not None
    assert holder(tmp_path) is None


def test_a_logs_key_is_written_as_signed_notes_write_it() -> None:
    published = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"  # Go's sumdb/note package
    public_key = base64.b64decode(published.rpartition("+")[2])[1:]

    assert keys.verifier_key("PeterNeumann", public_key) == published
