"""What a person sees while the scan runs: two bars and what is under way; plain lines where there is no terminal."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

    from dsm import Event

WIDTH = 40
BESIDE = 45
"""Columns that a bar's line needs beside the bar."""
LINES = 3
REDRAW_S = 0.05
PLAIN_S = 1.0
UP = f"\x1b[{LINES}F"
CLEAR = "\x1b[K"
CYAN, GREEN, DIM, RESET = "\x1b[36m", "\x1b[32m", "\x1b[2m", "\x1b[0m"


class Live:
    """Shows events as they come."""

    def __init__(self, out: TextIO, total: int) -> None:
        """Draws on `out`, for `total` addresses."""
        self._out = out
        self._total = total
        self._fancy = out.isatty()
        self._width = max(1, min(WIDTH, shutil.get_terminal_size().columns - BESIDE))
        self._started = time.monotonic()
        self._drawn_at = 0.0
        self._drawn = False
        self._details: dict[str, Any] = {}

    def show(self, event: Event) -> None:
        """Shows an event."""
        if event["event"] == "progress":
            self._details = event["details"]
            now = time.monotonic()
            if now - self._drawn_at >= (REDRAW_S if self._fancy else PLAIN_S):
                self._drawn_at = now
                self._draw()
        elif event["event"] == "log" and event["level"] != "INFO":
            self._line(f"  {event['level']}: {event['text']}")

    def __enter__(self) -> Self:
        """Begins."""
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Leaves the last state on the screen."""
        if self._details:
            self._draw()
        self._out.write("\n")

    def _number(self, key: str) -> int:
        return int(self._details.get(key) or 0)

    def _draw(self) -> None:
        elapsed = max(time.monotonic() - self._started, 0.001)
        probed, found = self._number("ips_processed"), self._number("discovered_count")
        read = self._number("servers_refreshed") + self._number("servers_failed")
        if not self._fancy:
            self._out.write(
                f"  {elapsed:5.1f} s  {probed}/{self._total} addresses, {found} iDRACs, {read} inventories\n"
            )
            self._out.flush()
            return
        lines = (
            f"  addresses  {self._bar(CYAN, probed, self._total)} {probed / elapsed:.0f}/s, {found} iDRACs",
            f"  inventory  {self._bar(GREEN, read, found)} {read / elapsed:.0f}/s",
            f"  now: {self._number('in_port_check')} at the port, {self._number('in_detecting')} detecting, "
            f"{self._number('in_authenticating')} logging in, {self._number('in_syncing')} reading",
        )
        self._out.write((UP if self._drawn else "") + "".join(f"{line}{CLEAR}\n" for line in lines))
        self._out.flush()
        self._drawn = True

    def _line(self, text: str) -> None:
        """A line above the bars."""
        if self._drawn:
            self._out.write(f"{UP}{text}{CLEAR}\n" + "\n" * LINES)
            self._draw()
        else:
            self._out.write(f"{text}\n")

    def _bar(self, colour: str, done: int, total: int) -> str:
        filled = self._width * done // total if total else 0
        return f"{colour}{'━' * filled}{RESET}{DIM}{'━' * (self._width - filled)}{RESET} {done:>4}/{total:<4}"
