"""What stops the log until a person has looked."""

from services.common.domain.errors import Internal


class LogDiverged(Internal):
    """What is stored differs from what the log says; nothing more is appended or signed."""

    code = "LOG_DIVERGED"
