"""Every metric of the product, named once. No label ever holds a person, a title or a query."""

from prometheus_client import Counter, Gauge, Histogram

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

GRPC_HANDLED = Counter("tongdang_grpc_handled_total", "gRPC calls answered, by status code", ["method", "code"])
GRPC_SECONDS = Histogram("tongdang_grpc_seconds", "Duration of gRPC calls", ["method"], buckets=_BUCKETS)
HTTP_HANDLED = Counter("tongdang_http_handled_total", "HTTP requests answered", ["route", "status"])
HTTP_SECONDS = Histogram("tongdang_http_seconds", "Duration of HTTP requests", ["route"], buckets=_BUCKETS)
ACCESS_REFUSED = Counter("tongdang_access_refused_total", "Accesses refused, by action and code", ["action", "code"])

OUTBOX_OLDEST_SECONDS = Gauge("tongdang_outbox_oldest_seconds", "Age of the oldest outbox document not yet sent")
RELAY_LAG = Gauge("tongdang_relay_lag_documents", "Numbered outbox documents not yet sent")
CONSUMER_LAG = Gauge("tongdang_consumer_lag_messages", "Messages behind the topics' ends", ["consumer"])
LETTERS_PARKED = Counter("tongdang_letters_parked_total", "Letters a peer refused for good", ["lane"])
LEASE_EPOCH = Gauge("tongdang_lease_epoch", "Epoch of the lease this process holds", ["lease"])

LOG_SIZE = Gauge("tongdang_log_leaves", "Leaves in the audit log")
LOG_HELD = Gauge("tongdang_log_held_events", "Audit events held back because of a gap")
CHECKPOINT_SIGNED_AT = Gauge("tongdang_checkpoint_signed_timestamp_seconds", "When the newest checkpoint was signed")
INDEX_DOCUMENTS = Gauge("tongdang_index_documents", "Documents in the union index")
REQUESTS_OVERDUE = Gauge("tongdang_requests_overdue", "Open requests past their day")
