"""`python -m services.x COMMAND [ARGUMENT …]`."""

import inspect
import sys
from collections.abc import Callable, Mapping

from services.common.domain.errors import TongdangError


def run_command(commands: Mapping[str, Callable[..., None]], expected: tuple[type[Exception], ...] = ()) -> None:
    """Runs the command that the first argument names; what is expected to fail ends it with a line, not a traceback."""
    name, arguments = (sys.argv[1], sys.argv[2:]) if len(sys.argv) > 1 else ("", [])
    command = commands.get(name)
    if command is None:
        sys.exit(f"expected one of: {', '.join(commands)}")
    try:
        bound = inspect.signature(command).bind(*arguments)
    except TypeError:
        sys.exit(f"expected: {name}{inspect.signature(command)}")
    try:
        command(*bound.args)
    except TongdangError as error:
        sys.exit(f"{error.code}: {error.detail}")
    except Exception as problem:
        if not isinstance(problem, (OSError, *expected)):
            raise
        sys.exit(f"{type(problem).__name__}: {problem}"[:300])
