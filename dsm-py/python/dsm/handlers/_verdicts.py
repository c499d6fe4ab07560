"""How a handler's work ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, TypeAlias

from dsm.exceptions import HandlerError

if TYPE_CHECKING:
    from collections.abc import Mapping


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


def verdict(value: object) -> tuple[str, Mapping[str, Any], str | None, str | None]:
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
