"""What becomes of what is asked of jobs, and why one does not run.

Times are ISO 8601 text in UTC, ids are UUID text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, TypedDict

if TYPE_CHECKING:
    from dsm.records import JobStatus, LockHolder


class PauseRow(TypedDict):
    """Something that is held back."""

    scope: Literal["all", "idracs", "job_type", "lane"]
    """Every job, those that work on iDRACs, those of a type, or those that need a lane."""
    name: str | None
    """Of the type or lane."""
    reason: str | None
    """Why."""
    by: str | None
    """Who wants it so."""
    since: str | None
    """Since when; none where another program set it and no engine has met it yet."""


class RetryAnswer(TypedDict):
    """What became of a request to run an ended job once more."""

    answer: Literal["queued", "already_pending", "still_running", "complete", "parent_ended", "not_found"]
    """`complete` did all that was asked of it; `parent_ended`: the job it is part of has to be tried again first."""
    run: int | None
    """Which run it will be, if it is `queued`."""
    parent_job_id: str | None
    """The job it is part of, if that is in the way."""
    parent_status: JobStatus | None
    """How that one ended."""


class RescheduleAnswer(TypedDict):
    """What became of a change of when a job runs."""

    answer: Literal["applied", "not_pending", "not_found"]
    """Whether it is in the row."""
    status: JobStatus | None
    """Where the job stands; none if there is no such job."""


class PruneCounts(TypedDict):
    """How many rows went."""

    jobs: int
    """Jobs."""
    tasks: int
    """Their tasks."""
    attempts: int
    """Their attempts."""
    steps: int
    """Their steps."""
    keys: int
    """Their idempotency keys: the same key enqueues a new job from now on."""
    activity: int
    """Rows of activity."""
    health: int
    """Rows of health."""


class LimitsRow(TypedDict):
    """The limits in force."""

    all: int | None
    """In all."""
    per_type: dict[str, int]
    """Of these types."""
    per_subnet: int | None
    """In each subnet."""
    ipv4_prefix: int
    """How much of an IPv4 address names its subnet, in bits."""
    ipv6_prefix: int
    """How much of an IPv6 address names its subnet, in bits."""
    readers_per_server: int
    """At each server, of jobs that only read."""


class EndedReason(TypedDict):
    """It has ended."""

    reason: Literal["ended"]
    text: str
    status: JobStatus
    at: str | None


class RunningReason(TypedDict):
    """It is running; `executor` is none if another program says so."""

    reason: Literal["running"]
    text: str
    executor: str | None
    since: str | None
    attempt: int


class PartReason(TypedDict):
    """It is part of another job, which runs it."""

    reason: Literal["part"]
    text: str
    parent_job_id: str
    status: JobStatus


class UnguardedReason(TypedDict):
    """The engine that was asked claims nothing: these others claim without a condition."""

    reason: Literal["unguarded"]
    text: str
    executors: list[str]


class PartsReason(TypedDict):
    """It runs by its parts, so many of which have not ended."""

    reason: Literal["parts"]
    text: str
    open: int


class WindowReason(TypedDict):
    """The maintenance window it waits for is closed; `opens_at` is none if it never opens again, or is gone."""

    reason: Literal["window"]
    text: str
    name: str
    opens_at: str | None


class ScheduleReason(TypedDict):
    """A schedule made it, for this time of its: no reason by itself, but where it comes from."""

    reason: Literal["schedule"]
    text: str
    name: str
    due: str | None


class LimitReason(TypedDict):
    """As many are at work as may be; `key` is `all`, `type:<job_type>` or `subnet:<network>`."""

    reason: Literal["limit"]
    text: str
    key: str
    used: int
    most: int


class DueReason(TypedDict):
    """Its time has not come."""

    reason: Literal["due"]
    text: str
    at: str


class PausedReason(TypedDict):
    """It is held back."""

    reason: Literal["paused"]
    text: str
    pause: PauseRow


class LaneReason(TypedDict):
    """Others are before it in its lane: so many, the first of them named."""

    reason: Literal["lane"]
    text: str
    key: str
    first: LockHolder
    before: int


class NoExecutorReason(TypedDict):
    """No engine that is alive runs its type."""

    reason: Literal["no_executor"]
    text: str
    job_type: str


class SlotReason(TypedDict):
    """Nothing is in its way: it gets the next free slot after those due before it, counted up to 1000."""

    reason: Literal["slot"]
    text: str
    before: int


Reason: TypeAlias = (
    EndedReason
    | RunningReason
    | PartReason
    | UnguardedReason
    | PartsReason
    | DueReason
    | WindowReason
    | ScheduleReason
    | PausedReason
    | LaneReason
    | LimitReason
    | NoExecutorReason
    | SlotReason
)
"""One thing that keeps a job from running now; `reason` says which, `text` says it to people."""


@dataclass(frozen=True)
class WhyNot:
    """Everything that keeps a job from running now; `str()` is one sentence."""

    job_id: str
    """The job."""
    reasons: list[Reason]
    """All that would have to change, at least one."""
    text: str
    """The sentence."""

    def __str__(self) -> str:
        """The sentence."""
        return self.text
