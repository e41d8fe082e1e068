"""Logs: one JSON object a line on stderr, or plain lines for a person at a terminal.

Everything goes through here, also what libraries say through the standard logging module, warnings,
and exceptions that nobody caught. No plate and no secret gets out (bolo.redaction): of an exception
the kind and the places in the code are logged, its message only where its type never quotes data.
"""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any, TextIO

import structlog
from aiokafka.errors import KafkaError
from structlog.typing import Processor

from bolo.redaction import clean, hide, scrub
from domain.errors import CannotStart, Unavailable
from storage.postgres import AWAY

Event = MutableMapping[str, Any]

OPEN_MESSAGES = (
    *(OSError, ImportError, AttributeError, NameError, TypeError),
    *(Unavailable, CannotStart, KafkaError, *AWAY),
)
"""Exceptions whose message speaks of servers, files and code, and never quotes a row or a read."""

OWN_KEYS = frozenset({"event", "level", "logger", "timestamp", "role"})
PASSED = frozenset({"exception", "_record", "_from_structlog"})
"""Already described by `describe_exception`, and the formatter's own marks, which it removes."""

FRAMES = 12
NOISY = (
    *("aiokafka", "aiohttp.access", "alembic", "asyncssh"),
    *("faust", "httpcore", "httpx", "mode", "pgqueuer"),
)
"""Libraries of which only warnings are wanted, unless the level asked for is DEBUG."""


def redact(_logger: Any, _method: str, event: Event) -> Event:
    """The last processor before the renderer: nothing gets past it as it came."""
    return {
        key: value if key in PASSED else clean(value) if key in OWN_KEYS else hide(key, value)
        for key, value in event.items()
    }


def describe_exception(_logger: Any, _method: str, event: Event) -> Event:
    """Put ``exception`` (kinds, open messages, places in the code) in the place of exc_info."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    wrong = info[1] if isinstance(info, tuple) else info
    if isinstance(wrong, BaseException):
        event["exception"] = "\n".join(_describe(wrong))
    event.pop("stack_info", None)
    return event


def _describe(wrong: BaseException, depth: int = 5) -> list[str]:
    lines = []
    before = wrong.__cause__ or (None if wrong.__suppress_context__ else wrong.__context__)
    if before is not None and depth:
        lines = [*_describe(before, depth - 1), "which led to"]
    message = scrub(str(wrong)) if isinstance(wrong, OPEN_MESSAGES) else "(message withheld)"
    lines.append(f"{type(wrong).__module__}.{type(wrong).__qualname__}: {message}")
    frames = traceback.extract_tb(wrong.__traceback__)[-FRAMES:]
    lines += [f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
    for inner in getattr(wrong, "exceptions", ())[:3] if depth else ():
        lines += ["in the group:", *_describe(inner, depth - 1)]
    return lines


def configure(
    *,
    role: str = "bolo",
    level: str = "INFO",
    json: bool | None = None,
    stream: TextIO | None = None,
) -> None:
    """Set up logging for this process. `json` None: plain lines when `stream` is a terminal.

    Call it before a server library starts, and tell that library not to configure logging itself
    (uvicorn: log_config=None; Faust's Worker: override_logging=False).
    """
    out = stream if stream is not None else sys.stderr
    as_json = (not out.isatty()) if json is None else json
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _named(role),
        describe_exception,
        redact,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer()
                if as_json
                else structlog.dev.ConsoleRenderer(colors=out.isatty()),
            ],
        )
    )
    _take_over(handler, logging.getLevelNamesMapping().get(level.upper(), logging.INFO))


def _named(role: str) -> Processor:
    def name(_logger: Any, _method: str, event: Event) -> Event:
        event["role"] = role
        return event

    return name


def _take_over(handler: logging.Handler, level: int) -> None:
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    handler.setLevel(level)  # also for loggers that libraries gave a level of their own
    for known in list(logging.Logger.manager.loggerDict.values()):
        if isinstance(known, logging.Logger):
            known.handlers.clear()
            known.propagate = True
    for name in NOISY:
        logging.getLogger(name).setLevel(
            level if level <= logging.DEBUG else max(level, logging.WARNING)
        )
    logging.captureWarnings(True)
    sys.excepthook = _uncaught
    threading.excepthook = lambda args: _uncaught(
        args.exc_type, args.exc_value or args.exc_type(), args.exc_traceback
    )


def _uncaught(kind: type[BaseException], wrong: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    logging.getLogger("bolo").critical("not caught", exc_info=(kind, wrong, trace))
