"""Handlers written in Python: what they are, what they return, and what they may touch."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, TypeVar, overload

from dsm._calling import Stopped
from dsm.exceptions import Error, HandlerError, InvalidInputError
from dsm.idrac import Idrac

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from dsm._dsm import ContextHandle, HeldLocks
    from dsm.records import JobRow, JobStatus, ServerRow, TaskRow
    from dsm.resolvers import Credential

__all__ = [
    "Backoff",
    "Context",
    "Done",
    "Failed",
    "Handler",
    "NeedsPerson",
    "Partly",
    "Result",
    "Snooze",
    "Stopped",
]

T = TypeVar("T")


@dataclass(frozen=True)
class Done:
    """Everything asked for was done. The details go into the job's row."""

    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Partly:
    """Some of it was done: completed, with `partial` and `error` in the job's details."""

    error: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Failed:
    """Nothing of it was done: failed, with `error` in the job's details."""

    error: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class NeedsPerson:
    """Only a person can settle it: failed, with `needs_person` and `error` in the job's details."""

    error: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Snooze:
    """What it waits for is not there yet: pending again until then, and the attempt is not held against it."""

    until: datetime | timedelta | float
    """A time with its zone, or how long from now: as a span, or in seconds."""


Result: TypeAlias = Done | Partly | Failed | NeedsPerson | Snooze | dict[str, Any] | None
"""What a handler returns. A dict is `Done` with it, nothing is `Done`."""


@dataclass(frozen=True)
class Backoff:
    """When a job is tried again after an error that may pass: pauses that double from `first_s` to `longest_s`.

    An error may pass if it is one of `dsm.exceptions` that may (a store or an iDRAC that was away or busy, a
    deadline, a lock that others had), a `TimeoutError` or a `ConnectionError`. Only for what does no harm twice, or
    keeps its steps.
    """

    attempts: int
    """In all, the first included."""
    first_s: float = 10.0
    """Pause before the second, in seconds."""
    longest_s: float = 600.0
    """Longest pause, in seconds."""


class Handler(Protocol):
    """What runs jobs of one type. Every method may be plain or `async`; only `job_type` and `run` must be there.

    Beside them it may have: `aliases`, other names that lead here; `backoff`, a `Backoff`; `timeout_s`, how long one
    attempt may take; `interactive`, true for what never waits for a slot; `waits_for_idracs`, false
    for what is to run while work on iDRACs is paused; `admit(job)`, which raises for input that could not run, before
    the job is stored and again before it runs; `lane(job)`, the lock it needs before it may run (`server:<id>` for a
    job that changes one server), or none; `decode(job)`, which makes the `args` of `run` of it, the job itself
    without it.

    Plain methods run on threads that may block. Coroutines run on the loop in which the engine was opened with
    `open_async`, else on a loop of the engine's own: nothing may block it, a blocking call of this package least of
    all.
    """

    job_type: str
    """The type's name: any."""

    def run(self, ctx: Context, args: Any, /) -> Result | Awaitable[Result]:  # noqa: ANN401 - what `decode` makes
        """Does the work. What it raises ends the attempt."""


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
        """Merges keys into the job's details and replaces the checkpoint, if given: both or nothing."""
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

    def lock(self, *, servers: Sequence[str] = (), keys: Sequence[str] = (), among: int | None = None) -> HeldLocks:
        """Takes locks while the job runs, in line behind those who came before; they end with the attempt.

        The job's own lane is there already. With `among` others who say so share them, so many in all.
        """
        return self._handle.lock(list(servers), list(keys), among)

    def lock_async(
        self, *, servers: Sequence[str] = (), keys: Sequence[str] = (), among: int | None = None
    ) -> asyncio.Future[HeldLocks]:
        """As `lock`, for asyncio: a future."""
        return self._handle.lock_async(list(servers), list(keys), among)

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


# ---- what the compiled half asks ----


def _checked(handler: Any, nth: int) -> dict[str, Any]:  # noqa: ANN401 - whatever was handed over
    """A handler taken apart; an error names what is wrong with it."""
    where = f"handlers[{nth}]"
    if inspect.isclass(handler):
        try:
            handler = handler()
        except TypeError as error:
            raise InvalidInputError(
                f"{where}: the class {handler.__name__} cannot be made without arguments; hand over an object",
                subject=where,
                hint="hand over an object",
            ) from error
    names = [_text(handler, "job_type", where), *_texts(handler, "aliases", where)]
    waits = getattr(handler, "waits_for_idracs", True)
    if not isinstance(waits, bool):
        raise _wrong(f"{where}.waits_for_idracs", f"{waits!r} is no bool", "say True or False")
    interactive = getattr(handler, "interactive", False)
    if not isinstance(interactive, bool):
        raise _wrong(f"{where}.interactive", f"{interactive!r} is no bool", "say True or False")
    limit = getattr(handler, "timeout_s", None)
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, (int, float)) or not limit > 0):
        raise _wrong(f"{where}.timeout_s", f"{limit!r} is no span of time", "give seconds, for example 600")
    return {
        "job_types": names,
        "waits_for_idracs": waits,
        "interactive": interactive,
        "timeout_s": None if limit is None else float(limit),
        "backoff": _backoff(handler, where),
        "decode": _method(handler, "decode", 1, where),
        "admit": _method(handler, "admit", 1, where),
        "lane": _method(handler, "lane", 1, where),
        "run": _method(handler, "run", 2, where) or _method(handler, "execute", 2, where) or _missing(where),
    }


def _missing(where: str) -> Any:  # noqa: ANN401 - never returns
    raise _wrong(f"{where}.run", "there is no such method", "write `def run(self, ctx, args)`, plain or async")


def _text(handler: object, name: str, where: str) -> str:
    value = getattr(handler, name, None)
    if not isinstance(value, str) or not value.strip():
        raise _wrong(
            f"{where}.{name}", f"{value!r} is no name", 'give the type a name, as in job_type = "collect_logs"'
        )
    return value


def _texts(handler: object, name: str, where: str) -> list[str]:
    value = getattr(handler, name, ())
    if isinstance(value, str) or not all(isinstance(each, str) and each.strip() for each in value):
        raise _wrong(f"{where}.{name}", f"{value!r} is no list of names", "give a list or tuple of names")
    return list(value)


def _backoff(handler: object, where: str) -> tuple[int, float, float] | None:
    value = getattr(handler, "backoff", None)
    if value is None:
        return None
    if not isinstance(value, Backoff):
        raise _wrong(f"{where}.backoff", f"{value!r} is no dsm.Backoff", "write dsm.Backoff(attempts=3)")
    if value.attempts < 1 or value.first_s < 0 or value.longest_s < value.first_s:
        raise _wrong(f"{where}.backoff", f"{value!r} makes no sense", "use attempts >= 1 and first_s <= longest_s")
    return (value.attempts, value.first_s, value.longest_s)


def _method(handler: object, name: str, arguments: int, where: str) -> Any:  # noqa: ANN401 - the method, or none
    method = getattr(handler, name, None)
    if method is None:
        return None
    if not callable(method):
        raise _wrong(f"{where}.{name}", "it is no method", f"write `def {name}(…)`, plain or async")
    try:
        inspect.signature(method).bind(*range(arguments))
    except TypeError as error:
        takes = "ctx and args" if arguments > 1 else "the job"
        raise _wrong(f"{where}.{name}", f"it cannot be called with {takes}: {error}", f"let it take {takes}") from error
    except ValueError:
        # A callable that does not say what it takes.
        pass
    return method


def _wrong(subject: str, what: str, hint: str) -> InvalidInputError:
    return InvalidInputError(f"{subject}: {what}; {hint}", subject=subject, hint=hint)


def _verdict(value: object) -> tuple[str, Mapping[str, Any], str | None, str | None]:
    """A returned value as kind, details, error and time."""
    if value is None:
        return ("done", {}, None, None)
    if isinstance(value, dict):
        return ("done", value, None, None)
    if isinstance(value, Done):
        return ("done", value.details, None, None)
    if isinstance(value, Snooze):
        return ("snooze", {}, None, _moment(value.until))
    for kind, of in (("partly", Partly), ("failed", Failed), ("needs_person", NeedsPerson)):
        if isinstance(value, of):
            return (kind, value.details, str(value.error), None)
    raise HandlerError(
        f"the handler returned a value of type {type(value).__name__}; "
        "return a dict, nothing, or one of dsm.Done, Partly, Failed, NeedsPerson and Snooze"
    )


def _moment(until: datetime | timedelta | float) -> str:
    if isinstance(until, datetime):
        if until.tzinfo is None:
            raise HandlerError(f"Snooze.until: {until!r} has no time zone; give one, as in tzinfo=timezone.utc")
        return until.isoformat()
    span = until if isinstance(until, timedelta) else timedelta(seconds=until)
    return (datetime.now(tz=timezone.utc) + span).isoformat()


def _refused(error: BaseException) -> BaseException:
    """What `admit`, `decode` or `lane` raised, where it is about the input."""
    if isinstance(error, (ValueError, TypeError, LookupError)) and not isinstance(error, Error):
        return InvalidInputError(f"{type(error).__name__}: {error}")
    return error
