"""Handlers of the program: what they are, and whether they are it."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from dsm.exceptions import Error, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from dsm.handlers._context import Context
    from dsm.handlers._verdicts import Result


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
    job that changes one server), or none; `reads`, true for what changes nothing and shares its lane with others like
    it; `waits`, true or false or `waits(job)`, whether it stands in line for its lane or fails at once, naming who has
    it; `changes_servers`, true or false or `changes_servers(job)`, whether it would do harm twice or beside another job
    (one with a lane that is not shared would, unless it is said here), which is refused on a store without fences;
    `decode(job)`, which makes the `args` of `run` of it, the job itself without it.

    Plain methods run on threads that may block. Coroutines run on the loop in which the engine was opened with
    `open_async`, else on a loop of the engine's own: nothing may block it, a blocking call of this package least of
    all.
    """

    job_type: str
    """The type's name: any."""

    def run(self, ctx: Context, args: Any, /) -> Result | Awaitable[Result]:  # noqa: ANN401 - what `decode` makes
        """Does the work. What it raises ends the attempt."""


def checked(handler: Any, nth: int) -> dict[str, Any]:  # noqa: ANN401 - whatever was handed over
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
    limit = getattr(handler, "timeout_s", None)
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, (int, float)) or not limit > 0):
        raise _wrong(f"{where}.timeout_s", f"{limit!r} is no span of time", "give seconds, for example 600")
    return {
        "job_types": names,
        "waits_for_idracs": _flag(handler, "waits_for_idracs", where, default=True),
        "interactive": _flag(handler, "interactive", where, default=False),
        "reads": _flag(handler, "reads", where, default=False),
        "timeout_s": None if limit is None else float(limit),
        "backoff": _backoff(handler, where),
        "decode": _method(handler, "decode", 1, where),
        "admit": _method(handler, "admit", 1, where),
        "lane": _method(handler, "lane", 1, where),
        "waits": _told(handler, "waits", where, default=True),
        "changes_servers": _told(handler, "changes_servers", where, default=None),
        "run": _method(handler, "run", 2, where) or _method(handler, "execute", 2, where) or _missing(where),
    }


def _missing(where: str) -> Any:  # noqa: ANN401 - never returns
    raise _wrong(f"{where}.run", "there is no such method", "write `def run(self, ctx, args)`, plain or async")


def _flag(handler: object, name: str, where: str, *, default: bool) -> bool:
    value = getattr(handler, name, default)
    if not isinstance(value, bool):
        raise _wrong(f"{where}.{name}", f"{value!r} is no bool", "say True or False")
    return value


def _told(handler: object, name: str, where: str, *, default: bool | None) -> Any:  # noqa: ANN401 - a method, or a bool
    value = getattr(handler, name, None)
    if value is None:
        return default
    return _method(handler, name, 1, where) if callable(value) else _flag(handler, name, where, default=False)


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


def refused(error: BaseException) -> BaseException:
    """What `admit`, `decode` or `lane` raised, where it is about the input."""
    if isinstance(error, (ValueError, TypeError, LookupError)) and not isinstance(error, Error):
        return InvalidInputError(f"{type(error).__name__}: {error}")
    return error
