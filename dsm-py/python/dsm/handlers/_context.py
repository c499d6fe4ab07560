"""What a handler may touch."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from dsm.exceptions import HandlerError
from dsm.idrac import Idrac

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from dsm._dsm import ContextHandle, HeldLocks
    from dsm.records import JobRow, JobStatus, ServerRow, TaskRow
    from dsm.resolvers import Credential

T = TypeVar("T")


class Context:
    """One attempt at one job, as its handler sees it: all that a handler may touch.

    Once the job has to stop (it was cancelled, the engine closes, the lease is lost) every call raises
    `dsm.exceptions.CancelledError`, calls under way among them; let it through. Only `log`, `write` and what ends a
    step still do their work, so that what was done is on record. A handler that goes on for most of a second after
    that is left behind: a coroutine is cancelled, in a plain handler `Stopped` is raised, and nothing it does counts
    any more.
    """

    __slots__ = ("_handle",)

    def __init__(self, handle: ContextHandle) -> None:
        """Made by the engine."""
        self._handle = handle

    @property
    def job(self) -> JobRow:
        """The job's row as it was claimed."""
        return self._handle.job

    @property
    def tasks(self) -> list[TaskRow]:
        """Its tasks as they were claimed."""
        return self._handle.tasks

    @property
    def attempt(self) -> int:
        """1 for the first attempt of its run."""
        return self._handle.attempt

    @property
    def run(self) -> int:
        """1, and one more for each explicit retry of the job."""
        return self._handle.run

    @property
    def checkpoint(self) -> Any:  # noqa: ANN401 - what an attempt stored
        """What `write` stored last, in this attempt or an earlier one; none before."""
        return self._handle.checkpoint

    @property
    def stop_reason(self) -> str | None:
        """Why the job has to stop; none as long as it need not."""
        return self._handle.stop_reason

    @property
    def is_stopped(self) -> bool:
        """Whether the job has to stop."""
        return self._handle.stop_reason is not None

    @property
    def is_watched(self) -> bool:
        """Whether anybody listens to the engine's events: what is only told may be left out otherwise."""
        return self._handle.is_watched

    def secret(self, pointer: str) -> str | None:
        """Opens a password in the job's details, by its JSON pointer, as in `/share/password`; none if there is none.

        In `job` there is a sealed text in its place, which goes when the job ends. What is given here appears in no
        log line and in no error of this attempt.
        """
        return self._handle.secret(pointer)

    def expires(self, *keys: str) -> None:
        """Says which keys of the result are secrets that the ended job may show for a while.

        They are given to the first who reads the job through `Engine.job` or `Engine.wait`, and to others who read the
        row, until the engine's `secret_lifetime` is over. To be said before the handler returns, of keys at the top
        that no `write` stored before. A store that cannot take them out again never gets them.
        """
        self._handle.expires(list(keys))

    def stopped(self, timeout: float | None = None) -> str | None:
        """Waits until the job has to stop and gives the reason; none if `timeout` seconds pass before."""
        return self._handle.stopped(timeout)

    def stopped_async(self, timeout: float | None = None) -> asyncio.Future[str | None]:
        """As `stopped`, for asyncio: a future."""
        return self._handle.stopped_async(timeout)

    def sleep(self, seconds: float) -> None:
        """Waits so long. Raises `dsm.exceptions.CancelledError` as soon as the job has to stop."""
        if self._handle.stopped(seconds) is not None:
            self._handle.check()

    async def sleep_async(self, seconds: float) -> None:
        """As `sleep`, for asyncio."""
        if await self._handle.stopped_async(seconds) is not None:
            self._handle.check()

    def check(self) -> None:
        """Raises `dsm.exceptions.CancelledError` once the job has to stop: for loops that call nothing else."""
        self._handle.check()

    def log(self, text: str, level: Literal["INFO", "WARN", "ERROR"] = "INFO") -> None:
        """Adds a line to the job's `console_log`, stored with the next write, and to the events."""
        self._handle.log(text, level)

    def progress(self, details: Mapping[str, Any]) -> None:
        """Merges keys into the job's details and tells whoever listens."""
        self._handle.progress(details)

    def progress_async(self, details: Mapping[str, Any]) -> asyncio.Future[None]:
        """As `progress`, for asyncio: a future."""
        return self._handle.progress_async(details)

    def write(self, details: Mapping[str, Any] | None = None, *, checkpoint: object = None) -> None:
        """Merges keys into the job's details and replaces the checkpoint, if given: both or nothing.

        While the store is out of reach it is tried again, for some seconds.
        """
        self._handle.write(details, checkpoint)

    def write_async(
        self, details: Mapping[str, Any] | None = None, *, checkpoint: object = None
    ) -> asyncio.Future[None]:
        """As `write`, for asyncio: a future."""
        return self._handle.write_async(details, checkpoint)

    def task(
        self,
        task: str | None = None,
        *,
        server: str | None = None,
        status: JobStatus | None = None,
        log: str | None = None,
        progress: int | None = None,
    ) -> str:
        """Moves a task of the job, or adds one that is about `server`, and gives its id. Progress only rises."""
        return self._handle.task(task, server=server, status=status, log=log, progress=progress)

    def task_async(
        self,
        task: str | None = None,
        *,
        server: str | None = None,
        status: JobStatus | None = None,
        log: str | None = None,
        progress: int | None = None,
    ) -> asyncio.Future[str]:
        """As `task`, for asyncio: a future."""
        return self._handle.task_async(task, server=server, status=status, log=log, progress=progress)

    def step(
        self,
        name: str,
        work: Callable[[], T],
        *,
        note: object = None,
        look_up: Callable[[Any], T | None] | None = None,
        repeatable: bool = False,
    ) -> T:
        """Does something once over all attempts at the job, and gives what came of it, as JSON keeps it.

        The step is on record, with `note`, before `work` is called, and again with its result. An attempt that finds
        it begun asks `look_up(note)` for what the earlier one did, and does it itself only if that gives None.
        Without `look_up` it raises, unless it is `repeatable`: then doing it twice does no harm. No secret belongs
        into notes and results.
        """
        state, value = self._handle.step_state(name)
        if state == "done":
            return value  # type: ignore[no-any-return]
        found = None
        if state == "new":
            self._handle.step_begin(name, note)
        elif look_up is not None:
            found = look_up(value)
        elif not repeatable:
            raise _begun(name)
        return self._handle.step_done(name, work() if found is None else found)  # type: ignore[no-any-return]

    @overload
    async def step_async(
        self,
        name: str,
        work: Callable[[], Awaitable[T]],
        *,
        note: object = None,
        look_up: Callable[[Any], Any] | None = None,
        repeatable: bool = False,
    ) -> T: ...

    @overload
    async def step_async(
        self,
        name: str,
        work: Callable[[], T],
        *,
        note: object = None,
        look_up: Callable[[Any], Any] | None = None,
        repeatable: bool = False,
    ) -> T: ...

    async def step_async(
        self,
        name: str,
        work: Callable[[], Any],
        *,
        note: object = None,
        look_up: Callable[[Any], Any] | None = None,
        repeatable: bool = False,
    ) -> Any:
        """As `step`, for asyncio; `work` and `look_up` may be plain or `async`."""
        state, value = self._handle.step_state(name)
        if state == "done":
            return value
        found = None
        if state == "new":
            await self._handle.step_begin_async(name, note)
        elif look_up is not None:
            found = await _awaited(look_up(value))
        elif not repeatable:
            raise _begun(name)
        result = await _awaited(work()) if found is None else found
        return await self._handle.step_done_async(name, result)

    def lock(
        self, *, servers: Sequence[str] = (), keys: Sequence[str] = (), among: int | None = None, wait: bool = True
    ) -> HeldLocks:
        """Takes locks while the job runs, in line behind those who came before; they end with the attempt.

        The job's own lane is there already. With `among` others who say so share them, so many in all. Without `wait`
        they are had now or not at all: `dsm.exceptions.BusyError` names who has them.
        """
        return self._handle.lock(list(servers), list(keys), among, wait)

    def lock_async(
        self, *, servers: Sequence[str] = (), keys: Sequence[str] = (), among: int | None = None, wait: bool = True
    ) -> asyncio.Future[HeldLocks]:
        """As `lock`, for asyncio: a future."""
        return self._handle.lock_async(list(servers), list(keys), among, wait)

    def enter_subnet(self, address: str) -> HeldLocks:
        """Takes a share of the limit of the subnet of an address, for jobs that work at many; none where there is none.

        Use it in a `with` block. A job whose lane is one server's has its share already.
        """
        return self._handle.enter_subnet(address)

    def enter_subnet_async(self, address: str) -> asyncio.Future[HeldLocks]:
        """As `enter_subnet`, for asyncio: a future."""
        return self._handle.enter_subnet_async(address)

    def targets(self) -> list[ServerRow]:
        """The servers the job is about, each once: `server_ids` of its `target_scope`, then those of its tasks.

        Raises `dsm.exceptions.NotFoundError` for one that is not known.
        """
        return self._handle.targets()

    def targets_async(self) -> asyncio.Future[list[ServerRow]]:
        """As `targets`, for asyncio: a future."""
        return self._handle.targets_async()

    def servers(self, *, ids: Sequence[str] | None = None, addresses: Sequence[str] | None = None) -> list[ServerRow]:
        """Servers, ordered by address: of these ids, at these addresses."""
        return self._handle.servers(ids, addresses)

    def servers_async(
        self, *, ids: Sequence[str] | None = None, addresses: Sequence[str] | None = None
    ) -> asyncio.Future[list[ServerRow]]:
        """As `servers`, for asyncio: a future."""
        return self._handle.servers_async(ids, addresses)

    def credentials(self, server: str) -> Credential:
        """The credentials of a server, by the engine's resolver. `report` what the device makes of them."""
        return self._handle.credentials(server)

    def credentials_async(self, server: str) -> asyncio.Future[Credential]:
        """As `credentials`, for asyncio: a future."""
        return self._handle.credentials_async(server)

    def report(self, server: str, *, accepted: bool) -> None:
        """Says what a device made of the `credentials` given for it: what it refused twice is not sent to it again."""
        self._handle.report(server, accepted)

    def report_async(self, server: str, *, accepted: bool) -> asyncio.Future[None]:
        """As `report`, for asyncio: a future."""
        return self._handle.report_async(server, accepted)

    def idrac(self, server: str, *, task: str | None = None) -> Idrac:
        """The iDRAC of a known server, through the engine: its network policy, its certificates, its credentials.

        Every exchange is on record for this job, and for this task of it. It is closed with the attempt.
        """
        return Idrac._of(self._handle.idrac(server, task))  # noqa: SLF001 - of this package

    async def idrac_async(self, server: str, *, task: str | None = None) -> Idrac:
        """As `idrac`, for asyncio."""
        return Idrac._of(await self._handle.idrac_async(server, task))  # noqa: SLF001 - of this package


async def _awaited(value: Any) -> Any:  # noqa: ANN401 - of a plain or an async function
    return await value if inspect.isawaitable(value) else value


def _begun(name: str) -> HandlerError:
    hint = "give `look_up`, or `repeatable=True` where doing it twice does no harm"
    text = f"{name}: an earlier attempt began this step and did not say what came of it; {hint}"
    return HandlerError(text, subject=name, hint=hint)
