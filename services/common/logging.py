"""JSON logs, one object a line, with the correlation id of the call and, while it is traced, its trace id.

Never personal data, tokens or bodies.
"""

import logging
import sys
import threading
from types import TracebackType
from typing import Any

import structlog
from structlog.typing import EventDict, ExcInfo, WrappedLogger

from services.common.tracing import current_trace_id

_LINES = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
_QUOTING = ("exc_value", "exc_notes", "syntax_error")

log = structlog.get_logger()


def _without_values(exc_info: ExcInfo) -> list[dict[str, Any]]:
    """A traceback's lines and its errors' types. Local variables hold titles, names and tokens, and so does the text
    of an error: a duplicate key is told with its value, a refused field with what was sent."""
    return [_quoting_nobody(one) for one in _LINES(exc_info)]


def _quoting_nobody(told: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in told.items() if key not in _QUOTING}
    grouped = [[_quoting_nobody(one) for one in chain] for chain in told.get("exceptions", ())]
    return {**kept, "exceptions": grouped}


def _with_trace(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    trace_id = current_trace_id()
    if trace_id:
        event["trace_id"] = trace_id
    return event


def _tell_uncaught(kind: type[BaseException], problem: BaseException, lines: TracebackType | None) -> None:
    """In place of the interpreter's own words, which quote the error and are no JSON."""
    log.critical("uncaught", exc_info=(kind, problem, lines))


def _tell_uncaught_in_thread(uncaught: threading.ExceptHookArgs) -> None:
    problem = uncaught.exc_value or uncaught.exc_type()
    _tell_uncaught(uncaught.exc_type, problem, uncaught.exc_traceback)


def configure_logging(principal: str, level: str) -> None:
    """To standard error; libraries' own records come along from WARNING up, and so does what nobody caught."""

    def with_service(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        event["service"] = principal
        return event

    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        with_service,
        _with_trace,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.ExceptionRenderer(_without_values),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("services").setLevel(level)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        cache_logger_on_first_use=True,
    )
    logging.getLogger("services").propagate = True
    logging.captureWarnings(True)
    sys.excepthook = _tell_uncaught
    threading.excepthook = _tell_uncaught_in_thread
