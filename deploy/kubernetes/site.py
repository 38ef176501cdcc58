"""What one installation is called outside; `deploy/k8s/site.toml`, the one file to edit before anything else."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from deploy.local.layout import ROOT

_LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"({_LABEL}\.)+{_LABEL}")
TREE = ROOT / "deploy" / "k8s"


@dataclass(frozen=True)
class Site:
    """`domain`: of the portal; people sign in at `id.<domain>`, the audit log is at `log.<domain>`."""

    domain: str

    @property
    def portal_url(self) -> str:
        """Where citizens, staff and regulators come."""
        return f"https://{self.domain}"

    @property
    def identity_host(self) -> str:
        """Keycloak, as browsers name it."""
        return f"id.{self.domain}"

    @property
    def log_host(self) -> str:
        """The verifiable log's public reads."""
        return f"log.{self.domain}"

    @property
    def log_origin(self) -> str:
        """First line of each checkpoint: never changes once the log has an entry."""
        return f"{self.domain}/audit"


def read_site(tree: Path = TREE) -> Site:
    """Raises: OSError; ValueError: no name of a host, in lower case and without a scheme."""
    domain = tomllib.loads((tree / "site.toml").read_text(encoding="utf-8")).get("domain", "")
    if not _HOST.fullmatch(str(domain)):
        raise ValueError(f"{tree / 'site.toml'}: domain is {domain!r}, expected a name such as archives.example")
    return Site(domain)
