"""The archives of the sample provinces, from the template of the local registry."""

import re
from functools import cache
from pathlib import Path

from services.common.domain.registry import Archive, parse_registry

TEMPLATE = Path(__file__).parents[1] / "local" / "regions.toml"
_PLACE = re.compile(r"\{valid_\w+\}")
_NAMED = re.compile(r'"\{[^}"]*\}"')


@cache
def sample_archives() -> dict[str, Archive]:
    """By archive id. Keys and addresses, which only a running stack has, are left blank."""
    text = TEMPLATE.read_text(encoding="utf-8")
    registry = parse_registry(_NAMED.sub('""', _PLACE.sub("2000-01-01", text)))
    return {archive.archive_id: archive for region in registry.regions for archive in region.archives}
