"""A job type of the engine, called by itself."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, ClassVar

from dsm._dsm import Engine
from dsm.exceptions import Error, InvalidInputError
from dsm.records import JobRow, NewJob, TaskRow

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping
    from os import PathLike

    from typing_extensions import Unpack

    from dsm.options import EngineOptions

ROW_ALONE = JobRow.__annotations__.keys() - NewJob.__annotations__.keys()
"""What only a row has: where its job stands. It may be there, and means nothing to another run."""

NOT_HERE = {"component_order", "id", "parent_job_id", "schedule_at"}
"""Likewise what makes a job another one's part, or puts it off."""

GIVEN_UP = "the call was given up"


class Executed(JobRow):
    """The row of a job at its end, and what became of each target."""

    tasks: list[TaskRow]
    """Its tasks."""


class Builtin:
    """A job type of the engine, whose jobs are run one by one, as calls, with all that an engine does for them.

    Over an engine, over a store by its path, or over nothing, which is enough for a job that names all it needs. For
    the latter two an engine with these options is opened for each call, which also runs what else is due in its store.
    """

    job_type: ClassVar[str]
    """Its name."""
    aliases: ClassVar[tuple[str, ...]] = ()
    """Its other names."""

    def __init__(self, engine: Engine | str | PathLike[str] | None = None, **options: Unpack[EngineOptions]) -> None:
        """Keeps what it is given; nothing is opened yet."""
        if isinstance(engine, Engine) and options:
            raise _wrong("options", "the engine has its own", "give them when it is opened")
        self._engine = engine
        self._options = options

    def execute(self, job: Mapping[str, Any], *, timeout: float | None = None) -> Executed:
        """Runs a job and gives its row with its tasks, however it ended.

        `job` has the keys of `dsm.records.NewJob`; a whole row of `jobs` does as well: its id, its time and where it
        stands are not taken over. Input that could not run is raised. Whatever interrupts the call cancels the job,
        `timeout` seconds among them, after which `dsm.exceptions.DeadlineError` is raised.
        """
        given = self._given(job)
        with self._opened() as engine:
            known = engine.enqueue(**given)
            try:
                row = engine.wait(known, timeout)
            except BaseException:
                with contextlib.suppress(Error):
                    engine.cancel(known, GIVEN_UP)
                raise
            return {**row, "tasks": engine.tasks(known)}

    async def execute_async(self, job: Mapping[str, Any], *, timeout: float | None = None) -> Executed:
        """As `execute`, for asyncio."""
        given = self._given(job)
        async with self._opened_async() as engine:
            known = await engine.enqueue_async(**given)
            try:
                row = await engine.wait_async(known, timeout)
            except BaseException:
                with contextlib.suppress(Error):
                    await engine.cancel_async(known, GIVEN_UP)
                raise
            return {**row, "tasks": await engine.tasks_async(known)}

    def _given(self, job: Mapping[str, Any]) -> dict[str, Any]:
        passed_over = ROW_ALONE | NOT_HERE
        given = {key: value for key, value in job.items() if key not in passed_over and value is not None}
        if unknown := given.keys() - NewJob.__annotations__.keys():
            name = min(unknown)
            raise _wrong(f"job.{name}", "a job has no such key", "put what its type needs into `details`")
        name = given.setdefault("job_type", self.job_type)
        if name not in (self.job_type, *self.aliases):
            raise _wrong("job.job_type", f"`{name}` is not run by {type(self).__name__}", "leave it out")
        return given

    @contextlib.contextmanager
    def _opened(self) -> Iterator[Engine]:
        if isinstance(self._engine, Engine):
            yield self._engine
            return
        at = self._engine
        opened = Engine.in_memory(**self._options) if at is None else Engine.open(at, **self._options)
        with opened as engine:
            yield engine

    @contextlib.asynccontextmanager
    async def _opened_async(self) -> AsyncIterator[Engine]:
        if isinstance(self._engine, Engine):
            yield self._engine
            return
        at = self._engine
        opening = Engine.in_memory_async(**self._options) if at is None else Engine.open_async(at, **self._options)
        async with await opening as engine:
            yield engine


def _wrong(subject: str, what: str, hint: str) -> InvalidInputError:
    return InvalidInputError(f"{subject}: {what}; {hint}", subject=subject, hint=hint)
