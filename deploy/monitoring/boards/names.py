"""Names that several dashboards use."""

HTTP, GRPC, ASKED = "tongdang_http_duration_seconds", "tongdang_grpc_duration_seconds", "tongdang_grpc_client"
CAUGHT_UP = "tongdang_consumer_caught_up_timestamp_seconds"
FAILED = 'code=~"INTERNAL|UNKNOWN|UNAVAILABLE|DEADLINE_EXCEEDED"'
