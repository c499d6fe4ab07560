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


class TaskEvent(TypedDict):
    """A task moved; None where that did not change."""

    event: Literal["task"]
    at: str
    job_id: str
    task_id: str
    server_id: str | None
    status: JobStatus | None
    progress: int | None


class StepEvent(TypedDict):
    """A step was begun or done."""

    event: Literal["step"]
    at: str
    job_id: str
    name: str
    state: Literal["begun", "done"]


class ActivityEvent(TypedDict):
    """An exchange with an iDRAC, as it is put on record, without its bodies.

    Outside jobs `job_id` is all zeros.
    """

    event: Literal["activity"]
    at: str
    job_id: str
    id: str
    server_id: str | None
    task_id: str | None
    command_type: str
    operation_type: str
    full_url: str
    status_code: int | None
    success: bool
    response_time_ms: int | None
    error_message: str | None


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


class AbandonedEvent(TypedDict):
    """A handler was told to stop for this reason, did not, and could not be stopped: its job waits for a person."""

    event: Literal["abandoned"]
    at: str
    job_id: str
    attempt: int
    reason: str


class RetriedEvent(TypedDict):
    """An ended job is to run once more; `run` counts from 1."""

    event: Literal["retried"]
    at: str
    job_id: str
    run: int


class RescheduledEvent(TypedDict):
    """A pending job was given another time or priority; None where that did not change."""

    event: Literal["rescheduled"]
    at: str
    job_id: str
    schedule_at: str | None
    priority: Literal["low", "normal", "high", "critical"] | None


class _Named(TypedDict, total=False):
    name: str
    """Of the type or lane; absent for the other scopes."""


class PausedEvent(_Named):
    """Jobs are held back from now on. `job_id` is all zeros: it is about more than one."""

    event: Literal["paused"]
    at: str
    job_id: str
    scope: Literal["all", "idracs", "job_type", "lane"]
    reason: str | None
    by: str | None
    since: str | None


class ResumedEvent(_Named):
    """They are held back no longer. `job_id` is all zeros."""

    event: Literal["resumed"]
    at: str
    job_id: str
    scope: Literal["all", "idracs", "job_type", "lane"]


class StandsBackEvent(TypedDict):
    """Executors beside this one claim without a condition: nothing is claimed here until they are guarded, or gone.

    `job_id` is all zeros.
    """

    event: Literal["stands_back"]
    at: str
    job_id: str
    executors: list[str]
    reason: str
    """What is the matter, and the way out."""


class ClaimsAgainEvent(TypedDict):
    """There are none of those any more. `job_id` is all zeros."""

    event: Literal["claims_again"]
    at: str
    job_id: str


class ScheduledEvent(TypedDict):
    """A job was made because its time had come; `due` is the time of the schedule that it is for."""

    event: Literal["scheduled"]
    at: str
    job_id: str
    schedule: str
    due: str


class ScheduleSkippedEvent(TypedDict):
    """A time of a schedule, or several in a row up to `until`, for which no job was made. `job_id` is all zeros.

    They were missed, the last job had not ended, as many wait as may, or the job was refused with `error`.
    """

    event: Literal["schedule_skipped"]
    at: str
    job_id: str
    schedule: str
    due: str
    until: str
    why: Literal["missed", "overlap", "full", "refused"]
    error: str | None


class MissedEvent(TypedDict):
    """The listener was too slow and missed so many events."""

    event: Literal["missed"]
    at: str
    job_id: str
    count: int


Event: TypeAlias = (
    QueuedEvent
    | StartedEvent
    | ProgressEvent
    | ServerEvent
    | InventoryEvent
    | TaskEvent
    | StepEvent
    | ActivityEvent
    | LogEvent
    | EndedEvent
    | AbandonedEvent
    | RetriedEvent
    | RescheduledEvent
    | PausedEvent
    | ResumedEvent
    | StandsBackEvent
    | ClaimsAgainEvent
    | ScheduledEvent
    | ScheduleSkippedEvent
    | MissedEvent
)
"""Something that happened; `event` says what."""
