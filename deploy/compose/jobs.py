"""What is done once before services start, by the local stack's own code: keys, databases' users, topics and rights."""

from pathlib import Path

from deploy.compose.files import ENGINES, files_of
from deploy.compose.layout import ComposeLayout
from deploy.files import write_private
from deploy.local import kafka, keys, mongo, samples

VOLUMES = Path("/volumes")
"""Inside the job `keys`: a folder for each container, the volume it later has at /etc/tongdang."""


def make_keys(layout: ComposeLayout, volumes: Path = VOLUMES) -> None:
    """Makes what is missing, and gives each container its own files; what was made stays as it is."""
    keys.materialise(layout)
    mongo.write_uris(layout)
    kafka.write_configuration(layout)
    if not (cluster := layout.etc / "kafka-cluster-id").exists():
        write_private(cluster, kafka.new_cluster_id().encode())
    for name in (*layout.processes, *ENGINES):
        for file in files_of(layout, name):
            write_private(volumes / name / file, (layout.etc / file).read_bytes())


def set_up_mongo(layout: ComposeLayout) -> None:
    """In MongoDB's own network: its first user can only be made from there. Raises: TimeoutError."""
    mongo.initialise(layout, _as_long_as_it_takes)


def set_up_kafka(layout: ComposeLayout) -> None:
    """Topics and rights from the one table. Raises: TimeoutError."""
    kafka.initialise(layout, _as_long_as_it_takes)


def load_samples(layout: ComposeLayout) -> None:
    """Sample holdings, through the same use cases that staff use."""
    samples.fill(layout, layout.regions)


def tell_password(layout: ComposeLayout) -> None:
    """The one of all sample people."""
    print(keys.secret(layout, "people"))


def _as_long_as_it_takes() -> bool:
    """Whoever waits is started again by the engine's own health check."""
    return True


JOBS = {
    "keys": make_keys,
    "mongo": set_up_mongo,
    "kafka": set_up_kafka,
    "samples": load_samples,
    "password": tell_password,
}
