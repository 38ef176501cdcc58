"""Collections and indexes of a province's catalog database."""

from services.catalog.adapters.batch_documents import create_batch_collections
from services.catalog.adapters.correction_store import create_correction_collections
from services.catalog.adapters.desk_documents import create_desk_collections
from services.catalog.adapters.documents import create_record_collections, index_reviewable_records
from services.catalog.adapters.dump_shelf import create_dump_collections
from services.catalog.adapters.line_facets import facet_lines, index_lines
from services.catalog.adapters.opened_lists import count_early, index_early
from services.catalog.adapters.publication_documents import create_publication_collections
from services.catalog.adapters.register_migration import registers
from services.catalog.adapters.retractions import create_retractions
from services.catalog.adapters.review_migration import review_lists
from services.catalog.adapters.rhythm_store import create_rhythms
from services.catalog.adapters.rule_store import create_rule_collections
from services.catalog.adapters.text_store import create_text_collections
from services.common.mongo.migrations import DATA_PLANE, Migration

MIGRATIONS = [
    *DATA_PLANE,
    Migration(100, "records, imports", create_record_collections),
    Migration(101, "batches", create_batch_collections),
    Migration(102, "fulfilment desk", create_desk_collections),
    Migration(103, "index of reviewable records", index_reviewable_records),
    Migration(110, "rule versions, sensitive words", create_rule_collections),
    Migration(120, "commitments and manifests of publications", create_publication_collections),
    Migration(121, "retractions, to be repeated", create_retractions),
    Migration(130, "lists in review, opinions, histories of fonds, plans", review_lists),
    Migration(140, "texts of records", create_text_collections),
    Migration(150, "deferral register, consents, series, reports", registers),
    Migration(160, "issue days of archives", create_rhythms),
    Migration(161, "early openings of a list are counted", count_early),
    Migration(170, "dumps of the open catalogue", create_dump_collections),
    Migration(180, "lines by fonds, year, reason, proposal and group", index_lines),
    Migration(190, "corrections of open entries", create_correction_collections),
    Migration(200, "indexes in which what waits is counted", index_reviewable_records),
    Migration(201, "index of early openings", index_early),
    Migration(210, "lines by one index of facets", facet_lines),
]
