"""The job queue of the iDRAC."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsm.idrac._area import Area

if TYPE_CHECKING:
    import asyncio
    import builtins
    from collections.abc import Sequence

    from dsm.idrac.arguments import Progress, Wait
    from dsm.results import (
        Clearing,
        JobDeleted,
        JobOutcome,
        JobRef,
        JobsCleared,
        JobStatus,
        Plan,
        RebootJobType,
        StaleReport,
    )


class Jobs(Area):
    """The job queue of the iDRAC. A job is named as Dell names it: `JID_…`, or `RID_…` for a reboot."""

    __slots__ = ()

    def list(self) -> builtins.list[JobStatus]:
        """Reads the queue."""
        return self._run("jobs.list")

    def list_async(self) -> asyncio.Future[builtins.list[JobStatus]]:
        """As `list`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("jobs.list")

    def fetch(self, job: str) -> JobStatus:
        """Looks at a job once. Raises `NotFoundError` where the iDRAC does not know it (any more)."""
        return self._run("jobs.fetch", job=job)

    def fetch_async(self, job: str) -> asyncio.Future[JobStatus]:
        """As `fetch`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("jobs.fetch", job=job)

    def wait(
        self,
        job: str | None = None,
        *,
        task: str | None = None,
        parts: bool = False,
        wait: Wait | None = None,
        progress: Progress | None = None,
    ) -> JobOutcome:
        """Waits for a job to come to its true end, through restarts of the iDRAC, expired sessions and purged tasks.

        What became of the job is in `verdict`; an error means that the waiting ended, not the job. `parts` reads what
        became of each part also where all went well. Cancelling the wait leaves the job alone. `task` is the path of a
        Redfish task, for work of which no job was named.

        Raises `StalledError` for a job that stands still, `DeadlineError` when time is up, and what no waiting mends.
        """
        return self._run("jobs.wait", progress, job=job, task=task, parts=parts, wait=wait)

    def wait_async(
        self,
        job: str | None = None,
        *,
        task: str | None = None,
        parts: bool = False,
        wait: Wait | None = None,
        progress: Progress | None = None,
    ) -> asyncio.Future[JobOutcome]:
        """As `wait`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("jobs.wait", progress, job=job, task=task, parts=parts, wait=wait)

    def delete(self, job: str, *, wait: Wait | None = None, progress: Progress | None = None) -> JobDeleted:
        """Deletes a job; one that runs is waited for first.

        Raises `InvalidInputError` for a reboot job, which no iDRAC deletes, and as `wait`.
        """
        return self._run("jobs.delete", progress, job=job, wait=wait)

    def delete_async(
        self, job: str, *, wait: Wait | None = None, progress: Progress | None = None
    ) -> asyncio.Future[JobDeleted]:
        """As `delete`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("jobs.delete", progress, job=job, wait=wait)

    def clear(self, how: Clearing, *, timeout: float | None = None) -> JobsCleared:
        """Clears the whole queue. Destroys what jobs told; changes that were scheduled will not be made.

        `force` kills running jobs, too, and restarts the Lifecycle Controller's services, which are waited for,
        `timeout` seconds (900). A firmware update that is killed can leave a device unusable.

        Raises `UnsupportedError` for `force` on iDRAC7 and 8, `NotReadyError` when the iDRAC does not recover in time.
        """
        return self._run("jobs.clear", how=how, timeout=timeout)

    def clear_async(self, how: Clearing, *, timeout: float | None = None) -> asyncio.Future[JobsCleared]:
        """As `clear`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("jobs.clear", how=how, timeout=timeout)

    def plan_clear(self, how: Clearing) -> Plan:
        """Says what `clear` would do; sends nothing that changes anything."""
        return self._run("jobs.plan_clear", how=how)

    def plan_clear_async(self, how: Clearing) -> asyncio.Future[Plan]:
        """As `plan_clear`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("jobs.plan_clear", how=how)

    def clear_stale(
        self,
        *,
        failed: bool = True,
        completed_with_errors: bool = True,
        completed: bool = False,
        waiting_longer_than: float | None = None,
    ) -> StaleReport:
        """Deletes the jobs that are in nobody's interest any more; what is under way never is one of them.

        `waiting_longer_than`, in seconds, counts jobs that wait as stale, too, when they are older by the iDRAC's
        clock. One that cannot be deleted does not stop the others.
        """
        return self._run(
            "jobs.clear_stale",
            failed=failed,
            completed_with_errors=completed_with_errors,
            completed=completed,
            waiting_longer_than=waiting_longer_than,
        )

    def clear_stale_async(
        self,
        *,
        failed: bool = True,
        completed_with_errors: bool = True,
        completed: bool = False,
        waiting_longer_than: float | None = None,
    ) -> asyncio.Future[StaleReport]:
        """As `clear_stale`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async(
            "jobs.clear_stale",
            failed=failed,
            completed_with_errors=completed_with_errors,
            completed=completed,
            waiting_longer_than=waiting_longer_than,
        )

    def plan_clear_stale(
        self,
        *,
        failed: bool = True,
        completed_with_errors: bool = True,
        completed: bool = False,
        waiting_longer_than: float | None = None,
    ) -> Plan:
        """Says which jobs `clear_stale` would delete; sends nothing that changes anything."""
        return self._run(
            "jobs.plan_clear_stale",
            failed=failed,
            completed_with_errors=completed_with_errors,
            completed=completed,
            waiting_longer_than=waiting_longer_than,
        )

    def plan_clear_stale_async(
        self,
        *,
        failed: bool = True,
        completed_with_errors: bool = True,
        completed: bool = False,
        waiting_longer_than: float | None = None,
    ) -> asyncio.Future[Plan]:
        """As `plan_clear_stale`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async(
            "jobs.plan_clear_stale",
            failed=failed,
            completed_with_errors=completed_with_errors,
            completed=completed,
            waiting_longer_than=waiting_longer_than,
        )

    def reboot(self, kind: RebootJobType, *, wait: Wait | None = None, progress: Progress | None = None) -> JobOutcome:
        """Restarts the host by a job, and with it runs every job that waits for a restart. Disrupts.

        Raises `UnsupportedError` on iDRAC7 and 8, and as `wait`. A job that fails is an outcome.
        """
        return self._run("jobs.reboot", progress, kind=kind, wait=wait)

    def reboot_async(
        self, kind: RebootJobType, *, wait: Wait | None = None, progress: Progress | None = None
    ) -> asyncio.Future[JobOutcome]:
        """As `reboot`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("jobs.reboot", progress, kind=kind, wait=wait)

    def create_reboot(self, kind: RebootJobType) -> JobRef:
        """Makes a job that restarts the host now, and with it runs every job that waits for a restart. Disrupts.

        Does not wait for it, as `reboot` does. Raises `UnsupportedError` on iDRAC7 and 8.
        """
        return self._run("jobs.create_reboot", kind=kind)

    def create_reboot_async(self, kind: RebootJobType) -> asyncio.Future[JobRef]:
        """As `create_reboot`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("jobs.create_reboot", kind=kind)

    def plan_reboot(self, kind: RebootJobType) -> Plan:
        """Says what `reboot` would do; sends nothing that changes anything."""
        return self._run("jobs.plan_reboot", kind=kind)

    def plan_reboot_async(self, kind: RebootJobType) -> asyncio.Future[Plan]:
        """As `plan_reboot`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("jobs.plan_reboot", kind=kind)

    def create(self, settings: str, *, start: str | None = None) -> JobRef:
        """Makes a job for what waits in a settings resource, by its path; one that is there already is taken over.

        It begins at the next restart of the host, or from `start` on: `2024-08-06T13:46:42`, the iDRAC's local time.

        Raises `ConflictError` when a job of other settings is in the way.
        """
        return self._run("jobs.create", settings=settings, start=start)

    def create_async(self, settings: str, *, start: str | None = None) -> asyncio.Future[JobRef]:
        """As `create`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("jobs.create", settings=settings, start=start)

    def setup_queue(self, jobs: Sequence[str]) -> None:
        """Puts jobs that wait into this order and lets them begin at once; a reboot job goes last.

        Raises `UnsupportedError` on iDRAC7 and 8.
        """
        return self._run("jobs.setup_queue", jobs=[*jobs])

    def setup_queue_async(self, jobs: Sequence[str]) -> asyncio.Future[None]:
        """As `setup_queue`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("jobs.setup_queue", jobs=[*jobs])
