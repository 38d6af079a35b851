"""The log: what may be written, where, and that nothing private gets into it.

Logging is by whitelist. Our own modules log facts without payloads (``log_http`` is the only way to
log a request); libraries are heard from WARNING on; every line, tracebacks included, passes the
``Redactor`` last. It must not know what is being logged.
"""

from __future__ import annotations

import faulthandler
import io
import logging
import os
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from brokerdesk.facts import dataclass
from brokerdesk.paths import forbid_core_dumps as forbid_core_dumps
from brokerdesk.paths import open_private, private_directory
from brokerdesk.redaction import Redactor

PRODUCT = "brokerdesk"
_FORMAT = "%(asctime)s %(levelname)s %(process)d %(threadName)s %(name)s: %(message)s"
_MAX_BYTES = 2 * 1024 * 1024
_FILES = 5

redactor = Redactor()
"""The process's own: secrets are a fact of the process, not of one log file."""

_http = logging.getLogger(f"{PRODUCT}.http")


def register_secret(text: str) -> None:
    """Never let ``text`` into a log line. Called by whoever brings a secret into memory."""
    redactor.register_secret(text)


def register_account(number: str) -> None:
    """Show this account number by its last four characters only."""
    redactor.register_account(number)


def log_http(method: str, host: str, path_template: str, status: int | str, ms: float) -> None:
    """The one way to log a request.

    ``path_template`` has placeholders where the wire had values (``/accounts/{hash}``); what
    follows a ``?`` is dropped. ``status`` may be a word such as ``timeout``.
    """
    path = path_template.partition("?")[0].partition("#")[0]
    _http.info("%s %s%s -> %s in %.0f ms", method, host, path, status, ms)


class RedactingFormatter(logging.Formatter):
    """Formats first and redacts last, so that arguments and tracebacks are covered as well."""

    def __init__(self, fmt: str | None = _FORMAT, *, hide: Redactor = redactor) -> None:
        super().__init__(fmt)
        self._hide = hide

    def format(self, record: logging.LogRecord) -> str:
        return self._hide.redact(super().format(record))


if TYPE_CHECKING:
    _StreamHandler = logging.StreamHandler[TextIO]
else:  # generic for type checkers alone on Python 3.11 and 3.12
    _StreamHandler = logging.StreamHandler


class _Quiet(logging.Handler):
    """Drops a line that cannot be written.

    The standard library would print the record with its raw arguments to stderr, past the redactor.
    """

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the library's name
        pass


class QuietStreamHandler(_Quiet, _StreamHandler):
    """Writes to a stream that may be gone."""


class PrivateRotatingFileHandler(_Quiet, RotatingFileHandler):
    """Rotates files that only this user can read, whatever the umask."""

    def _open(self) -> io.TextIOWrapper:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        return os.fdopen(open_private(Path(self.baseFilename), flags), "a", encoding="utf-8")


@dataclass(frozen=True, slots=True)
class LogHandle:
    """An open log. ``close`` detaches it from the process again."""

    file: Path
    faults: Path
    handlers: tuple[logging.Handler, ...]
    levels: tuple[tuple[str, int], ...]
    fault_stream: io.TextIOWrapper

    def close(self) -> None:
        for handler in self.handlers:
            logging.getLogger().removeHandler(handler)
            handler.close()
        for name, level in self.levels:
            logging.getLogger(name or None).setLevel(level)
        if not self.fault_stream.closed:
            faulthandler.disable()
            self.fault_stream.close()


def start_log(
    directory: Path, *, name: str = PRODUCT, debug: bool = False, to_stderr: bool = False
) -> LogHandle:
    """Open ``<name>.log`` and ``<name>-faults.log`` in ``directory``, both 0600.

    Processes that may run side by side need different names, because a log that two of them
    rotate loses lines. ``debug`` lowers our own modules to DEBUG; libraries stay at WARNING.

    Raises:
        OSError: the directory cannot be written.
    """
    private_directory(directory)
    file = directory / f"{name}.log"
    handlers: list[logging.Handler] = [
        PrivateRotatingFileHandler(file, maxBytes=_MAX_BYTES, backupCount=_FILES - 1)
    ]
    if to_stderr and sys.stderr is not None:  # a windowed program on Windows has none
        handlers.append(QuietStreamHandler(sys.stderr))
    root = logging.getLogger()
    ours = logging.getLogger(PRODUCT)
    levels = (("", root.level), (PRODUCT, ours.level))
    for handler in handlers:
        handler.setFormatter(RedactingFormatter())
        root.addHandler(handler)
    # Everybody who is not us inherits this: libraries log addresses and bodies below WARNING.
    root.setLevel(logging.WARNING)
    ours.setLevel(logging.DEBUG if debug else logging.INFO)
    faults = directory / f"{name}-faults.log"
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    stream = os.fdopen(open_private(faults, flags), "a", encoding="utf-8")
    faulthandler.enable(stream, all_threads=True)
    return LogHandle(
        file=file, faults=faults, handlers=tuple(handlers), levels=levels, fault_stream=stream
    )
