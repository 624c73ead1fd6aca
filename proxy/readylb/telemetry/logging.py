"""Set-up of the standard library's logging for the program: lines for people, or JSON for machines.

Only `app` calls this; an embedder keeps the logging of its own program. Diagnostics go to stderr,
so that stdout stays what the user asked for.
"""

from __future__ import annotations

import json
import logging
import sys
from typing import Any, Literal, TextIO

from readylb.model.serialization import format_time

LogFormat = Literal["text", "json"]

#: What every LogRecord has; anything else came in through `extra=` and is shown in JSON.
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, error and whatever `extra` brought."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without its newline."""
        line: dict[str, Any] = {
            "time": format_time(record.created),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: value for name, value in vars(record).items() if name not in _OWN}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


def setup(
    log_format: LogFormat = "text",
    *,
    level: int = logging.INFO,
    stream: TextIO | None = None,
    plain: bool = False,
) -> None:
    """Send the `readylb` loggers to `stream` (stderr); a second call replaces the first.

    `plain` is without colour even on a terminal: a worker does not load what colours.
    """
    logger = logging.getLogger("readylb")
    for old in logger.handlers[:]:
        logger.removeHandler(old)
    logger.addHandler(_handler(log_format, stream or sys.stderr, plain=plain))
    logger.setLevel(level)
    logger.propagate = False


def _handler(log_format: LogFormat, stream: TextIO, *, plain: bool) -> logging.Handler:
    if log_format == "text" and stream.isatty() and not plain:
        return _coloured(stream)
    handler = logging.StreamHandler(stream)
    lines = logging.Formatter("%(asctime)s %(levelname)s %(message)s", datefmt="%H:%M:%S")
    handler.setFormatter(JsonFormatter() if log_format == "json" else lines)
    return handler


def _coloured(stream: TextIO) -> logging.Handler:
    # Imported here: workers load this file and never rich.
    from rich.console import Console  # noqa: PLC0415
    from rich.highlighter import NullHighlighter  # noqa: PLC0415
    from rich.logging import RichHandler  # noqa: PLC0415

    return RichHandler(
        console=Console(file=stream),
        show_path=False,
        log_time_format="%H:%M:%S",
        highlighter=NullHighlighter(),
    )
