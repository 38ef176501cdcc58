"""The stack on one machine: engines and services as processes."""

import os

# Children exec at once. gRPC's own handlers around a fork sometimes abort the child before that (a failed check in its
# mutex, seen when a process was started while calls were under way), so they are off in whatever starts processes.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
