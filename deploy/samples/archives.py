"""The sample archives of all provinces, and the words that their catalogues are made of."""

from deploy.provinces.catalogue import codes, load
from deploy.samples.vocabulary import District
from services.common.domain.registry import Archive


def sample_archives() -> dict[str, Archive]:
    """By archive id."""
    return {archive.archive_id: archive for code in codes() for archive in load(code).archives}


def sample_districts() -> dict[str, District]:
    """By district code (GB/T 2260)."""
    return {code: district for province in codes() for code, district in load(province).districts.items()}
