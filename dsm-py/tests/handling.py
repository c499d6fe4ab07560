"""The least of a handler, for tests of what it does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dsm

if TYPE_CHECKING:
    from collections.abc import Callable

TYPE = "collect_logs"


class Simple:
    """A handler of this function."""

    job_type = TYPE

    def __init__(self, work: Callable[[dsm.Context, Any], Any]) -> None:
        self.work = work

    def run(self, ctx: dsm.Context, args: Any) -> Any:
        return self.work(ctx, args)


def ran(work: Callable[[dsm.Context, Any], Any], **job: Any) -> dsm.JobRow:
    """The row of a job that this function did."""
    with dsm.Engine.in_memory(handlers=[Simple(work)], poll_interval=0.05) as engine:
        return engine.run(TYPE, timeout=30, **job)
