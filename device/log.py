"""How log lines look: readable on a terminal, JSON anywhere else. Owns no logger and no file."""

import logging
from typing import Final, TextIO

import structlog
from structlog.typing import Processor

LEVELS: Final = ("debug", "info", "warning", "error")


def setup(stream: TextIO, level: str = "info", *, readable: bool = False) -> None:
    """Send our log lines, and from warning on those of the libraries, to a stream; may be called again.

    On a terminal they are readable anyway, elsewhere only where asked for.
    """
    threshold = logging.getLevelNamesMapping()[level.upper()]
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    terminal = stream.isatty()
    structlog.configure(
        processors=[*shared, *_renderers(colours=terminal, readable=terminal or readable)],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.WriteLoggerFactory(file=stream),
        cache_logger_on_first_use=False,
    )
    _setup_libraries(stream, shared, readable=terminal or readable, level=max(threshold, logging.WARNING))


def _renderers(*, colours: bool, readable: bool) -> list[Processor]:
    if readable:
        return [structlog.dev.ConsoleRenderer(colors=colours)]
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]


def _setup_libraries(stream: TextIO, shared: list[Processor], *, readable: bool, level: int) -> None:
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_renderers(colours=stream.isatty(), readable=readable),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
