"""Every metric of the product, named once; `docs/metrics.md` is the same as a table.

No label ever holds a person, a title, a query or a path: each has few values, known from the code or the registry.
What a process counts itself is a counter or a histogram and starts at zero with it. What the database knows is a
`StateGauge`: the same in every replica and right after a restart, and without a sample while nobody can read it.
"""

from prometheus_client import Counter, Gauge, Histogram

from services.common.state_gauge import StateGauge

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

# Calls
GRPC_HANDLED = Counter("tongdang_grpc_handled_total", "gRPC calls answered", ["method", "code"])
GRPC_SECONDS = Histogram(
    "tongdang_grpc_duration_seconds", "Time to answer a gRPC call, recording included", ["method"], buckets=_BUCKETS
)
GRPC_ASKED = Counter("tongdang_grpc_client_handled_total", "gRPC calls made to other services", ["method", "code"])
GRPC_CLIENT_SECONDS = Histogram(
    "tongdang_grpc_client_duration_seconds", "Time another service took, as its caller saw it", ["method"],
    buckets=_BUCKETS,
)  # fmt: skip
HTTP_HANDLED = Counter(
    "tongdang_http_handled_total", "HTTP requests answered, by the route's template", ["method", "route", "status"]
)
HTTP_SECONDS = Histogram(
    "tongdang_http_duration_seconds", "Time to answer an HTTP request", ["method", "route"], buckets=_BUCKETS
)
ACCESS_REFUSED = Counter(
    "tongdang_access_refused_total", "Accesses refused: action of the access table, error code", ["action", "code"]
)

# Engines, as the services that use them see them
MONGO_SECONDS = Histogram(
    "tongdang_mongo_command_duration_seconds", "Time MongoDB took for a command", ["command"], buckets=_BUCKETS
)
MONGO_FAILED = Counter("tongdang_mongo_command_failed_total", "Commands that failed at MongoDB", ["command"])
KAFKA_SECONDS = Histogram(
    "tongdang_kafka_transaction_duration_seconds", "Time to send and commit one Kafka transaction", buckets=_BUCKETS
)
KEYCLOAK_SECONDS = Histogram(
    "tongdang_keycloak_call_duration_seconds", "Time Keycloak took: keys, tokens for a sign-in", ["call"],
    buckets=_BUCKETS,
)  # fmt: skip
KEYCLOAK_FAILED = Counter("tongdang_keycloak_call_failed_total", "Calls to Keycloak without a usable answer", ["call"])
WORK_INTERRUPTED = Counter(
    "tongdang_worker_interrupted_total", "Times a background worker had to start anew, by error type",
    ["worker", "problem"],
)  # fmt: skip

# From commit to Kafka to whoever reads it
RELAY_LAG = StateGauge("tongdang_relay_lag_documents", "Committed outbox documents that are not in Kafka yet")
OUTBOX_OLDEST = StateGauge(
    "tongdang_outbox_oldest_age_seconds", "Age of the oldest outbox document not in Kafka yet; 0 with none"
)
CONSUMER_LAG = Gauge(
    "tongdang_consumer_lag_messages", "Messages between a consumer and its topics' ends, as last seen", ["consumer"]
)
CAUGHT_UP = Gauge(
    "tongdang_consumer_caught_up_timestamp_seconds",
    "Everything that was in the topics at this moment has been handled; for `records`: can be searched", ["consumer"],
)  # fmt: skip
DEAD_LETTERS = Counter("tongdang_dead_letters_total", "Values nobody could read, put aside", ["consumer"])
LETTERS = StateGauge("tongdang_letters", "Letters to another service by lane: waiting, or parked", ["lane", "state"])
LETTER_OLDEST = StateGauge("tongdang_letter_oldest_age_seconds", "Age of the oldest letter waiting on a lane", ["lane"])
LEASE_EPOCH = StateGauge("tongdang_lease_epoch", "Newest epoch of a lease", ["lease"])
LEASE_EXPIRES = StateGauge(
    "tongdang_lease_expiry_timestamp_seconds", "When the present term of a lease ends; past: nobody holds it", ["lease"]
)

# Upkeep
CERTIFICATE_EXPIRES = StateGauge(
    "tongdang_certificate_expiry_timestamp_seconds", "End of a TLS certificate this process has loaded", ["certificate"]
)
BACKUP_AT = StateGauge(
    "tongdang_backup_last_success_timestamp_seconds", "When the last backup of this database finished; 0: never"
)
OBSERVATION_FAILED = Counter(
    "tongdang_observation_failures_total", "Times the state behind a gauge could not be read", ["observation"]
)

# Audit
LOG_SIZE = StateGauge("tongdang_log_leaves", "Leaves in the audit log")
CHECKPOINT_SIZE = StateGauge("tongdang_checkpoint_leaves", "Leaves under the newest signed checkpoint")
CHECKPOINT_SIGNED_AT = StateGauge(
    "tongdang_checkpoint_signed_timestamp_seconds", "When the newest checkpoint was signed; an idle log signs nothing"
)
LOG_UNSEARCHABLE = StateGauge(
    "tongdang_log_unsearchable_leaves", "Leaves in the log that supervision's search does not find yet"
)
LOG_HELD = StateGauge("tongdang_log_held_events", "Audit events held back because one before them is missing")
LOG_EVIDENCE = StateGauge(
    "tongdang_log_evidence_documents", "Bytes put aside as evidence: equivocations, unreadable events", ["finding"]
)
COSIGNED_SIZE = StateGauge(
    "tongdang_checkpoint_cosigned_leaves",
    "Leaves under the newest checkpoint that a quorum of witnesses cosigned; no sample where none are configured",
)
COSIGNED_AT = StateGauge(
    "tongdang_checkpoint_cosigned_timestamp_seconds",
    "When the newest cosigned checkpoint was signed; equals the signed one's where nothing is left to cosign; 0: never",
)
WITNESS_ASKED = Counter(
    "tongdang_witness_requests_total", "Checkpoints shown to a witness, by what came of it", ["witness", "outcome"]
)

# A witness, which somebody else runs
WITNESS_ANSWERED = Counter("tongdang_witness_handled_total", "Checkpoints this witness was shown", ["outcome"])
WITNESS_COSIGNED = StateGauge(
    "tongdang_witness_cosigned_leaves", "Leaves under the checkpoint this witness cosigned last"
)

# Discovery, requests, the provinces' desks
INDEX_DOCUMENTS = StateGauge("tongdang_index_documents", "Documents in the union index, retracted ones included")
REQUESTS = StateGauge("tongdang_requests_open", "Open requests by state", ["state"])
REQUEST_OLDEST = StateGauge("tongdang_request_oldest_age_seconds", "Age of the oldest open request by state", ["state"])
REQUESTS_OVERDUE = StateGauge("tongdang_requests_overdue", "Open requests past their day")
CASES = StateGauge("tongdang_cases_open", "Open cases at a province's desk by state", ["state"])
CASE_OLDEST = StateGauge("tongdang_case_oldest_age_seconds", "Age of the oldest open case by state", ["state"])
CASES_OVERDUE = StateGauge("tongdang_cases_overdue", "Open cases past their day")
REREVIEWS_DUE = StateGauge("tongdang_rereviews_due", "Deferrals whose re-evaluation is due and that are on no list")
REREVIEW_OLDEST = StateGauge(
    "tongdang_rereview_oldest_age_seconds", "Time since the first of them was due; 0 where none is"
)
