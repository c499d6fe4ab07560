"""Events of an engine as typed dicts; `event` says which. Times are ISO 8601 text in UTC."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypedDict

if TYPE_CHECKING:
    from dsm.records import JobStatus


class QueuedEvent(TypedDict):
    """A job was added."""

    event: Literal["queued"]
    at: str
    job_id: str
    job_type: str


class StartedEvent(TypedDict):
    """An attempt at a job began."""

    event: Literal["started"]
    at: str
    job_id: str
    job_type: str
    attempt: int


class ProgressEvent(TypedDict):
    """Counters moved; their keys are those of the job row's `details`."""

    event: Literal["progress"]
    at: str
    job_id: str
    details: dict[str, Any]


class ServerEvent(TypedDict):
    """A server was found or looked at."""

    event: Literal["server"]
    at: str
    job_id: str
    server_id: str
    ip: str
    change: Literal["new", "updated", "moved"]
    service_tag: str | None
    model: str | None


class InventoryEvent(TypedDict):
    """The inventory of a server was stored."""

    event: Literal["inventory"]
    at: str
    job_id: str
    server_id: str
    ip: str
    sections: int
    failures: int


class LogEvent(TypedDict):
    """A line for people."""

    event: Literal["log"]
    at: str
    job_id: str
    level: Literal["INFO", "WARN", "ERROR"]
    text: str


class EndedEvent(TypedDict):
    """A job ended, or went back to pending."""

    event: Literal["ended"]
    at: str
    job_id: str
    status: JobStatus
    error: str | None


class MissedEvent(TypedDict):
    """The listener was too slow and missed so many events."""

    event: Literal["missed"]
    at: str
    job_id: str
    count: int


Event: TypeAlias = (
    QueuedEvent | StartedEvent | ProgressEvent | ServerEvent | InventoryEvent | LogEvent | EndedEvent | MissedEvent
)
"""Something that happened; `event` says what."""
