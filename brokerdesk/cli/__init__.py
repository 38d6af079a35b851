"""The program's face in a terminal. docs/cli.md fixes it; names, keys and exit codes stay stable.

Each group of commands is a module, loaded when it is asked for: the window's way to its first paint
passes through here and carries none of them.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence

from brokerdesk.cli.codes import INTERRUPTED, PIPE_CLOSED, exit_code


def main(arguments: Sequence[str]) -> int:
    """Run one command; its exit code. Known failures are told in words, never as a traceback."""
    from brokerdesk.cli.parser import parse
    from brokerdesk.errors import BrokerDeskError, UserCancelled

    _speak_utf8()
    options = parse(arguments)
    try:
        code = _run(options)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except UserCancelled:
        return INTERRUPTED
    except BrokenPipeError:
        _forget_stdout()
        return PIPE_CLOSED
    except BrokerDeskError as error:
        from brokerdesk.cli.output import tell_error

        tell_error(error, as_json=options.json)
        return exit_code(error)
    return code


def _run(options: object) -> int:
    from brokerdesk.cli import dispatch

    return dispatch.run(options)  # type: ignore[arg-type]


def _speak_utf8() -> None:
    """A terminal or pipe that cannot show a character must not end the program."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            with contextlib.suppress(OSError, ValueError):
                reconfigure(errors="replace")


def _forget_stdout() -> None:
    """Nobody reads any more; without this the interpreter complains once again at its end."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
