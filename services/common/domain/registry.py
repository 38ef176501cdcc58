"""The registry of regions: the only way anyone finds a province, its archives, addresses and keys."""

import base64
import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from services.common.domain.errors import NotFound


@dataclass(frozen=True)
class Fonds:
    """全宗 of an archive; `unit_id` empty where neither creating unit nor successor exists (rule O5)."""

    code: str
    name: str
    unit_id: str = ""


@dataclass(frozen=True)
class Unit:
    """形成单位: a body that creates or transfers records."""

    unit_id: str
    name: str


@dataclass(frozen=True)
class Archive:
    """A county archive. `code` is the DA/T archive code (an attribute, not the key)."""

    archive_id: str
    region_id: str
    name: str
    name_en: str
    code: str
    district_code: str
    address: str
    phone: str
    sample: bool
    units: tuple[Unit, ...]
    fonds: tuple[Fonds, ...]


@dataclass(frozen=True)
class PublicKey:
    """A key with its validity, both days inclusive. `use`: `signing` (Ed25519) or `sealing` (X25519); 32 bytes."""

    use: str
    key: bytes
    valid_from: date
    valid_until: date


@dataclass(frozen=True)
class Region:
    """A provincial deployment. `region_id` is the GB/T 2260 code at joining and never changes."""

    region_id: str
    name: str
    name_en: str
    principal: str
    grpc_address: str
    keys: tuple[PublicKey, ...]
    archives: tuple[Archive, ...]

    def key(self, use: str, on: date) -> bytes:
        """The newest key of a use that is valid on a day.

        Raises: NotFound.
        """
        valid = [key for key in self.keys if key.use == use and key.valid_from <= on <= key.valid_until]
        if not valid:
            raise NotFound(f"no {use} key of region {self.region_id} is valid on {on}")
        return max(valid, key=lambda key: key.valid_from).key


@dataclass(frozen=True)
class Registry:
    """All regions of one registry version, and the central services' addresses."""

    version: int
    regions: tuple[Region, ...]
    services: dict[str, str]
    """Central service → gRPC address, e.g. {"requests": "127.0.0.1:8093"}."""

    @cached_property
    def _regions(self) -> dict[str, Region]:
        return {region.region_id: region for region in self.regions}

    @cached_property
    def _archives(self) -> dict[str, Archive]:
        return {archive.archive_id: archive for region in self.regions for archive in region.archives}

    def region(self, region_id: str) -> Region:
        """Raises: NotFound."""
        try:
            return self._regions[region_id]
        except KeyError:
            raise NotFound(f"region {region_id}") from None

    def archive(self, archive_id: str) -> Archive:
        """Raises: NotFound."""
        try:
            return self._archives[archive_id]
        except KeyError:
            raise NotFound(f"archive {archive_id}") from None


def load_registry(path: Path) -> Registry:
    """Reads `regions.toml`; `deploy/provinces` writes it."""
    return parse_registry(path.read_text(encoding="utf-8"))


def parse_registry(text: str) -> Registry:
    """Builds the registry from TOML text."""
    table = tomllib.loads(text)
    regions = tuple(_region(row) for row in table["regions"])
    return Registry(int(table["version"]), regions, dict(table["services"]))


def _region(row: dict[str, Any]) -> Region:
    region_id = row["region_id"]
    return Region(
        region_id=region_id,
        name=row["name"],
        name_en=row["name_en"],
        principal=row["principal"],
        grpc_address=row["grpc_address"],
        keys=tuple(
            PublicKey(key["use"], base64.b64decode(key["key"]), key["valid_from"], key["valid_until"])
            for key in row.get("keys", ())
        ),
        archives=tuple(archive_of(region_id, archive) for archive in row["archives"]),
    )


def archive_of(region_id: str, row: dict[str, Any]) -> Archive:
    """One archive of a region, from its table in the registry."""
    return Archive(
        archive_id=row["archive_id"],
        region_id=region_id,
        name=row["name"],
        name_en=row["name_en"],
        code=row["code"],
        district_code=row["district_code"],
        address=row["address"],
        phone=row["phone"],
        sample=bool(row.get("sample", False)),
        units=tuple(Unit(unit["unit_id"], unit["name"]) for unit in row.get("units", ())),
        fonds=tuple(Fonds(fonds["code"], fonds["name"], fonds.get("unit_id", "")) for fonds in row["fonds"]),
    )
