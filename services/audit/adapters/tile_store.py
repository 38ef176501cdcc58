"""Full tiles of all levels, written once."""

from collections.abc import Sequence

from pymongo.database import Database

from services.audit.adapters.immutable import insert_once
from services.audit.adapters.log_documents import TILES
from services.audit.adapters.published_log import PublishedLog
from services.audit.domain.errors import LogDiverged
from services.audit.domain.tiles import TILE_WIDTH
from services.common.domain.merkle import HASH_SIZE, root_of_hashes
from services.common.mongo.database import Document


def make_tiles(db: Database[Document], published: PublishedLog, first: int, fresh: Sequence[bytes]) -> None:
    """What becomes full when leaves with these hashes stand from index `first` on.

    Raises: LogDiverged: a tile holds something else, or lacks what should be there.
    """
    level, size, nodes_here = 0, first + len(fresh), list(fresh)
    made: list[Document] = []
    while (size // TILE_WIDTH) > (first // TILE_WIDTH):
        start = first // TILE_WIDTH * TILE_WIDTH
        older = published.hashes(level, first // TILE_WIDTH, first - start) if first > start else b""
        if len(older) != (first - start) * HASH_SIZE:
            raise LogDiverged(f"tile {level}/{first // TILE_WIDTH} lacks hashes")
        nodes = [older[at : at + HASH_SIZE] for at in range(0, len(older), HASH_SIZE)] + nodes_here
        roots = []
        for at in range(0, len(nodes) - TILE_WIDTH + 1, TILE_WIDTH):
            hashes = nodes[at : at + TILE_WIDTH]
            roots.append(root_of_hashes(hashes))
            made.append({"_id": f"{level}/{(start + at) // TILE_WIDTH}", "hashes": b"".join(hashes), "root": roots[-1]})
        level, first, size, nodes_here = level + 1, first // TILE_WIDTH, size // TILE_WIDTH, roots
    insert_once(db[TILES], made, "hashes")
