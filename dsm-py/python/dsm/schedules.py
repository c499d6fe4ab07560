"""Schedules, maintenance windows and settings as typed dicts. Times are ISO 8601 text in UTC, ids are UUID text."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias, TypedDict

CatchUp: TypeAlias = Literal["none", "one", "all"]
"""What becomes of times that went by unseen: nothing, one run for all of them, or a run each for the last hundred."""

Overlap: TypeAlias = Literal["allow", "skip", "queue"]
"""What becomes of a time at which the last job has not ended: a job, none, or one once that has ended."""


class ScheduleRow(TypedDict):
    """A schedule, and where it stands."""

    id: str
    """Its id, which no other schedule of the same name ever has."""
    revision: int
    """One more with each edit; an edit names the one it goes by."""
    name: str
    """What it is called; no other is."""
    job: dict[str, Any]
    """What comes again, as `Engine.enqueue()` takes it."""
    cron: str
    """When."""
    time_zone: str
    """Whose clock that is by, as `Europe/Berlin`."""
    jitter: float
    """A run is put off by a part of so many seconds."""
    catch_up: CatchUp
    """What becomes of times that went by unseen."""
    overlap: Overlap
    """What becomes of a time at which the last job has not ended."""
    window: str | None
    """The maintenance window its jobs wait for."""
    enabled: bool
    """Whether it makes jobs at all."""
    next_due: str | None
    """When it is due next, its jitter left out; none while it is not enabled."""
    last_due: str | None
    """The last of its times for which a job was made."""
    last_job: str | None
    """That job."""
    queued: int
    """Times that wait for that job to end."""


class Span(TypedDict):
    """From one time to another, the latter left out."""

    opens: str
    """Its beginning."""
    closes: str
    """Its end."""


class RecurringOpening(TypedDict):
    """A window that opens again and again."""

    cron: str
    """When it opens."""
    time_zone: str
    """Whose clock that is by."""
    duration: float
    """For how many seconds."""


class OpeningTimes(TypedDict):
    """A window that opens at certain times."""

    times: list[Span]
    """The times."""


class WindowScope(TypedDict):
    """Which jobs may name a window; an empty list stands for all."""

    job_types: list[str]
    """Of these types."""
    servers: list[str]
    """On none but these servers."""


class WindowRow(TypedDict):
    """A maintenance window, and how it stands."""

    revision: int
    """One more with each edit; an edit names the one it goes by."""
    name: str
    """What it is called; no other is."""
    opening: RecurringOpening | OpeningTimes
    """When it is open."""
    scope: WindowScope
    """Which jobs may name it."""
    is_open: bool
    """Whether it is open now."""
    opens_at: str | None
    """When it opens next, or did if it is open; none: never again."""


class Settings(TypedDict):
    """How long things are kept, as `activity_settings` says."""

    log_retention_days: int
    """Days for which activity is kept."""
    auto_cleanup_enabled: bool
    """Whether older activity goes by itself."""
    last_cleanup_at: str | None
    """When it last did."""
    job_retention_days: int
    """Days for which jobs, and the health of servers, are kept."""
    job_auto_cleanup_enabled: bool
    """Whether older ones go by themselves."""
    job_last_cleanup_at: str | None
    """When they last did."""
    stale_pending_hours: int
    """Hours after which the existing system takes a pending job for forgotten. The engine cancels none for its age."""
    stale_running_hours: int
    """Hours after which the existing system takes a running job for dead. The engine goes by leases."""
    auto_cancel_stale_jobs: bool
    """Whether the existing system cancels such jobs."""
