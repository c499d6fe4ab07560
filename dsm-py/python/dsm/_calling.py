"""How the engine calls objects of the program: where coroutines run, and what their exceptions are to the engine."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import inspect
import threading
import traceback
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsm.exceptions import Error

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

FRAMES = 12
"""Most frames of a traceback that are kept, the innermost."""


class Stopped(BaseException):
    """Raised inside a plain handler that goes on although its attempt is over. Nothing it does counts any more."""


class Home:
    """Where coroutines run: on the loop the object was handed over in, or on one of our own, begun when needed."""

    def __init__(self, event_loop: asyncio.AbstractEventLoop | None) -> None:
        """On this loop; without one, on a thread of its own."""
        self._theirs = event_loop
        self._own: asyncio.AbstractEventLoop | None = None
        self._lock = threading.Lock()
        self._closed = False

    def begin(self, work: Awaitable[object], settle: Callable[[object, BaseException | None], None]) -> Call:
        """Runs it; `settle` is told the value or the exception, once."""
        call = Call(work, settle, is_ours=self._theirs is None)
        # Held until it is begun: the loop does not end in between.
        with self._lock:
            try:
                call.begin(self._theirs or self._ours())
            except RuntimeError as error:
                _unused(work)
                text = "the event loop in which the engine was opened is closed; close the engine before its loop ends"
                raise RuntimeError(text) from error
        return call

    def finish(self, work: Awaitable[object]) -> object:
        """Runs it to its end, from a thread that may block; gives or raises what it does."""
        ended: Future[object] = Future()

        def settle(value: object, error: BaseException | None) -> None:
            if error is None:
                ended.set_result(value)
            else:
                ended.set_exception(error)

        # Only the loop holds the call: one that ends before it came to it lets go of it, and that is told.
        self.begin(work, settle)
        return ended.result()

    def _ours(self) -> asyncio.AbstractEventLoop:
        if self._closed:
            raise RuntimeError("the engine is closed")
        if self._own is None:
            self._own = asyncio.new_event_loop()
            threading.Thread(target=self._run, args=(self._own,), name="dsm-loop", daemon=True).start()
        return self._own

    @staticmethod
    def _run(event_loop: asyncio.AbstractEventLoop) -> None:
        asyncio.set_event_loop(event_loop)
        try:
            event_loop.run_forever()
        finally:
            event_loop.close()

    def close(self) -> None:
        """Ends the engine's own loop; what still runs on it is cancelled."""
        with self._lock:
            self._closed = True
            own, self._own = self._own, None
            if own is not None:
                own.call_soon_threadsafe(_end, own)


def _unused(work: Awaitable[object]) -> None:
    if inspect.iscoroutine(work):
        work.close()


def _end(event_loop: asyncio.AbstractEventLoop) -> None:
    left = asyncio.all_tasks(event_loop)
    for task in left:
        task.cancel()
    if not left:
        event_loop.stop()
        return
    # A coroutine that ignores its cancellation does not keep the loop.
    gathered = asyncio.ensure_future(asyncio.wait(left, timeout=1))
    gathered.add_done_callback(lambda _: event_loop.stop())


class Call:
    """One coroutine under way."""

    def __init__(
        self, work: Awaitable[object], settle: Callable[[object, BaseException | None], None], *, is_ours: bool
    ) -> None:
        """Not begun yet."""
        self._work = work
        self._is_ours = is_ours
        self._settle = settle
        self._has_told = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None

    def begin(self, event_loop: asyncio.AbstractEventLoop) -> None:
        """From any thread. Raises `RuntimeError` if the loop is closed."""
        self._loop = event_loop
        event_loop.call_soon_threadsafe(self._start)

    def cancel(self) -> None:
        """From any thread; one that has ended already is left alone."""
        with contextlib.suppress(RuntimeError):
            # A loop that is closed runs nothing any more.
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._cancel)

    def __del__(self) -> None:
        """A loop that ended before it came to this never will."""
        _unused(self._work)
        self._tell(None, RuntimeError("the event loop ended before it came to the end of this"))

    def _start(self) -> None:
        self._task = asyncio.ensure_future(self._drive())
        self._task.add_done_callback(self._over)

    def _over(self, _: asyncio.Task[None]) -> None:
        # One that is cancelled before its first line never comes to the work.
        _unused(self._work)
        self._tell(None, asyncio.CancelledError())

    def _tell(self, value: object, error: BaseException | None) -> None:
        if not self._has_told:
            self._has_told = True
            self._settle(value, error)

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _drive(self) -> None:
        try:
            value = await self._work
        except KeyboardInterrupt as error:
            self._tell(None, error)
            # Ctrl-C on the program's own loop is the program's.
            if not self._is_ours:
                raise
        except asyncio.CancelledError as error:
            self._tell(None, error)
            raise
        except BaseException as error:  # noqa: BLE001 - whatever it raises ends the attempt, not the loop
            self._tell(None, error)
        else:
            self._tell(value, None)


def interrupt(thread: int) -> None:
    """Raises `Stopped` in a thread, at the next line of Python it comes to."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(Stopped))


def explain(error: BaseException) -> dict[str, Any]:
    """What an exception is to the engine: a kind, a line, where it was raised, and the facts of one of ours."""
    if isinstance(error, (asyncio.CancelledError, Stopped)):
        return {"kind": "cancelled", "text": "the handler was stopped", "where": ""}
    said: dict[str, Any] = {"where": _where(error)}
    if isinstance(error, Error):
        return {**said, "kind": error.kind, "text": str(error), "subject": error.subject, "hint": error.hint}
    if isinstance(error, (TimeoutError, asyncio.TimeoutError)):
        kind = "timeout"
    elif isinstance(error, (ConnectionError, BlockingIOError, InterruptedError)):
        kind = "system"
    else:
        kind = "handler"
    return {**said, "kind": kind, "text": _line(error)}


def _line(error: BaseException) -> str:
    text = str(error)
    name = type(error).__name__
    return f"{name}: {text}" if text else name


def _where(error: BaseException) -> str:
    frames = [
        f"{frame.name} ({Path(frame.filename).name}:{frame.lineno})"
        for frame in traceback.extract_tb(error.__traceback__, limit=-FRAMES)
        if Path(frame.filename) != Path(__file__)
    ]
    text = "raised at " + " > ".join(frames) if frames else ""
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return f"{text}; after {_line(cause)}" if cause is not None else text
