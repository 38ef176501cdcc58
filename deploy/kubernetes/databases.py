"""MongoDB's users: a service's certificate is its user, with rights on its own database alone."""

from collections.abc import Sequence
from urllib.parse import quote

from deploy.kubernetes.document import Document
from deploy.kubernetes.workloads import Workload

API = "mongodbcommunity.mongodb.com/v1"


def users(rows: Sequence[Workload]) -> Document:
    """A patch of the namespace's MongoDB."""
    return {
        "apiVersion": API,
        "kind": "MongoDBCommunity",
        "metadata": {"name": "mongodb"},
        "spec": {"users": [_user(row) for row in rows]},
    }


def uri(namespace: str) -> str:
    """Connection string of every service there; holds no secret."""
    options = f"replicaSet=mongodb&authSource={quote('$external')}&authMechanism=MONGODB-X509"
    return f"mongodb://mongodb-svc.{namespace}.svc:27017/?{options}"


def _user(workload: Workload) -> Document:
    roles = [{"name": "readWrite", "db": workload.database}]
    return {"name": f"CN={workload.principal}", "db": "$external", "roles": roles}
