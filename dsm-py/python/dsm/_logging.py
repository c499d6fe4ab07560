"""The Python end of the log bridge."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_logger = logging.getLogger("dsm")
# A library says nothing on the terminal of a program that has not set up logging.
_logger.addHandler(logging.NullHandler())


def level() -> int:
    """The lowest level that reaches a handler now."""
    return max(_logger.getEffectiveLevel(), _logger.manager.disable + 1)


def deliver(lines: Sequence[tuple[int, float, str, str | None, int, str]], missed: int) -> None:
    """Hands lines of the library to the logger: level, time, target, file, line number, text."""
    for number, created, target, file, line, text in lines:
        if _logger.isEnabledFor(number):
            record = _logger.makeRecord(
                _logger.name, number, file or target, line, text, (), None, target, {"target": target}
            )
            record.created = created
            record.msecs = int(created % 1 * 1000)
            _logger.handle(record)
    if missed:
        _logger.warning("%d log lines were dropped: the handlers are slower than the library", missed)
