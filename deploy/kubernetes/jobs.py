"""What runs to its end: migrations, the realm, backups. Each with its service's own certificate, keys and settings."""

from collections.abc import Sequence

from deploy.kubernetes.document import Document, object_
from deploy.kubernetes.environment import KEYCLOAK
from deploy.kubernetes.workloads import Workload

_PART = "app.kubernetes.io/part-of"
_MOUNTED = ({"name": "tls", "mountPath": "/etc/tongdang/tls", "readOnly": True},)
_KEEP_DAYS = 30
_BACKUP = (
    "set -e; name=/backup/{principal}; "
    "python3 -m {module} backup $name-$(date -u +%Y%m%dT%H%M%SZ).backup; "
    "find /backup -name '{principal}-*.backup' -mtime +{days} -delete"
)
RESOURCES = {
    "requests": {"cpu": "100m", "memory": "128Mi", "ephemeral-storage": "64Mi"},
    "limits": {"cpu": "1", "memory": "512Mi", "ephemeral-storage": "256Mi"},
}
"""A migration needs what its service does before it serves, 60 to 100 MB; a backup streams."""


def migration(workload: Workload) -> Document:
    """Brings the database to the program's schema; a service of another schema does not start."""
    return _job(workload, "migrate", [workload.module, "migrate"])


def realm(workload: Workload) -> Document:
    """Brings Keycloak's realm to what the code says."""
    job = _job(workload, "realm", [workload.module, "realm"])
    pod = job["spec"]["template"]["spec"]
    pod["volumes"].append({"name": "keycloak", "secret": {"secretName": "keycloak-admin", "defaultMode": 0o440}})
    pod["containers"][0]["volumeMounts"].append({"name": "keycloak", "mountPath": KEYCLOAK, "readOnly": True})
    return job


def backups(rows: Sequence[Workload]) -> list[Document]:
    """Nightly, a quarter of an hour apart: they write to one volume."""
    return [_backup(row, minute=number * 15 % 60, hour=1 + number // 4) for number, row in enumerate(rows)]


def fixity(workload: Workload) -> Document:
    """Weekly, every stored file is read anew; a job that failed says that one is damaged."""
    return _scheduled(workload, "fixity", "30 3 * * 0", {"args": [workload.module, "fixity"]})


def _job(workload: Workload, what: str, arguments: list[str]) -> Document:
    template = {"metadata": {"labels": _labels(workload)}, "spec": _pod(workload, "OnFailure", {"args": arguments})}
    spec = {"backoffLimit": 20, "ttlSecondsAfterFinished": 86_400, "template": template}
    return object_("batch/v1", "Job", f"{workload.name}-{what}", workload.namespace,
                   labels={**_labels(workload), "tongdang/step": what}, spec=spec)  # fmt: skip


def _backup(workload: Workload, *, minute: int, hour: int) -> Document:
    script = _BACKUP.format(principal=workload.principal, module=workload.module, days=_KEEP_DAYS)
    command = {"command": ["/usr/bin/tini", "--", "sh", "-c", script]}
    document = _scheduled(workload, "backup", f"{minute} {hour} * * *", command)
    pod = document["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    pod["volumes"].append({"name": "backup", "persistentVolumeClaim": {"claimName": "backup"}})
    pod["containers"][0]["volumeMounts"].append({"name": "backup", "mountPath": "/backup"})
    return document


def _scheduled(workload: Workload, what: str, schedule: str, start: Document) -> Document:
    pod = {"metadata": {"labels": _labels(workload)}, "spec": _pod(workload, "Never", start)}
    spec = {
        "schedule": schedule,
        "timeZone": "Asia/Shanghai",
        "concurrencyPolicy": "Forbid",
        "startingDeadlineSeconds": 3600,
        "jobTemplate": {"spec": {"backoffLimit": 2, "template": pod}},
    }
    name, labels = f"{workload.name}-{what}", _labels(workload)
    return object_("batch/v1", "CronJob", name, workload.namespace, labels=labels, spec=spec)


def _pod(workload: Workload, restart: str, start: Document) -> Document:
    keys = f"{workload.name}-keys"
    container = {
        "name": "service",
        "image": "tongdang",
        **start,
        "envFrom": [{"configMapRef": {"name": f"{workload.name}-settings"}}],
        "resources": RESOURCES,
        "volumeMounts": [*_MOUNTED, {"name": "keys", "mountPath": "/etc/tongdang/keys", "readOnly": True}],
    }
    return {
        "serviceAccountName": workload.name,
        "restartPolicy": restart,
        "containers": [container],
        "volumes": [
            {"name": "tls", "secret": {"secretName": f"{workload.name}-tls", "defaultMode": 0o440}},
            {"name": "keys", "secret": {"secretName": keys, "defaultMode": 0o440}},
        ],
    }


def _labels(workload: Workload) -> dict[str, str]:
    """Its service's, so that its service's network edges are its own."""
    return {"app.kubernetes.io/name": workload.name, _PART: "tongdang"}
