"""The registry of a deployment: the provinces' entries, joined with its own addresses and keys."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import tomli_w

from deploy.provinces.catalogue import Province, load_all
from services.common.domain.registry import PublicKey
from services.common.kafka.topics import catalog_principal


def registry_text(
    codes: Sequence[str],
    *,
    version: int,
    addresses: Mapping[str, str],
    keys: Mapping[str, Sequence[PublicKey]],
) -> str:
    """`regions.toml`.

    Args: addresses: principal → gRPC address, of every central service and every province; keys: code → public keys.
    Raises: UnknownProvince, InvalidProvince.
    """
    provinces = load_all(codes)
    principals = [catalog_principal(code) for code in codes]
    central = {name: address for name, address in addresses.items() if name not in principals}
    regions = [_region(one, addresses[catalog_principal(one.code)], keys[one.code]) for one in provinces]
    return tomli_w.dumps({"version": version, "services": central, "regions": regions})


def _region(province: Province, address: str, keys: Sequence[PublicKey]) -> dict[str, Any]:
    entry = province.entry
    own = {"principal": catalog_principal(province.code), "grpc_address": address, "keys": [_key(key) for key in keys]}
    return {
        **{name: value for name, value in entry.items() if name != "archives"},
        **own,
        "archives": entry["archives"],
    }


def _key(key: PublicKey) -> dict[str, Any]:
    return {
        "use": key.use,
        "key": base64.b64encode(key.key).decode(),
        "valid_from": key.valid_from,
        "valid_until": key.valid_until,
    }
