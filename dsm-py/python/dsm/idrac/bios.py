"""BIOS settings: staged, applied by a job, compared after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsm.idrac._area import Area, applying, resetting

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Mapping

    from dsm.idrac.arguments import Progress, Reset, Wait, Window
    from dsm.models import Scalar
    from dsm.results import (
        AttributeSnapshot,
        BiosPassword,
        BiosReset,
        BiosState,
        PasswordOutcome,
        Plan,
        RegistryAttribute,
        ResetType,
        RestoreOutcome,
        RestorePlan,
        SettingsOutcome,
        SettingsPlan,
    )


class Bios(Area):
    """BIOS settings: staged, applied by a job when the host restarts, compared after it.

    Everything that stages has the same choice of what comes then: nothing (the job waits for whatever restart comes),
    `follow` (somebody else restarts the host, the job is followed to its end), or `restart` (the host is restarted by
    this, and the job followed). A `window` has the job wait for it. `wait` and `progress` are for a job that is
    followed.
    """

    __slots__ = ()

    def fetch(self) -> BiosState:
        """Reads the settings in force and those staged. Raises `UnsupportedError` without BIOS settings in Redfish."""
        return self._run("bios.fetch")

    def fetch_async(self) -> asyncio.Future[BiosState]:
        """As `fetch`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("bios.fetch")

    def set(
        self,
        attributes: Mapping[str, Scalar],
        *,
        restart: ResetType | Reset | None = None,
        follow: bool = False,
        window: Window | None = None,
        wait: Wait | None = None,
        progress: Progress | None = None,
    ) -> SettingsOutcome:
        """Checks settings against the iDRAC's own rules, stages those that differ, and makes their job.

        Restarts the host only with `restart`. A job that waits for these settings already is taken over. `results`
        says for each attribute what it is after the job.

        Raises `InvalidInputError` for settings the rules stand against (nothing is sent), `ConflictError` while a job
        for other changes waits, `StalledError` and `DeadlineError` when the job does not come to its end.
        """
        apply = applying(restart, follow=follow, window=window, wait=wait)
        return self._run("bios.set", progress, attributes=dict(attributes), apply=apply)

    def set_async(
        self,
        attributes: Mapping[str, Scalar],
        *,
        restart: ResetType | Reset | None = None,
        follow: bool = False,
        window: Window | None = None,
        wait: Wait | None = None,
        progress: Progress | None = None,
    ) -> asyncio.Future[SettingsOutcome]:
        """As `set`, for asyncio: a future, whose cancellation cancels the call."""
        apply = applying(restart, follow=follow, window=window, wait=wait)
        return self._run_async("bios.set", progress, attributes=dict(attributes), apply=apply)

    def plan_set(
        self,
        attributes: Mapping[str, Scalar],
        *,
        restart: ResetType | Reset | None = None,
        follow: bool = False,
        window: Window | None = None,
    ) -> SettingsPlan:
        """Says what `set` would change, what the system changes with it, and what stands against it.

        Sends nothing that changes anything.
        """
        apply = applying(restart, follow=follow, window=window)
        return self._run("bios.plan_set", attributes=dict(attributes), apply=apply)

    def plan_set_async(
        self,
        attributes: Mapping[str, Scalar],
        *,
        restart: ResetType | Reset | None = None,
        follow: bool = False,
        window: Window | None = None,
    ) -> asyncio.Future[SettingsPlan]:
        """As `plan_set`, for asyncio: a future, whose cancellation cancels the call."""
        apply = applying(restart, follow=follow, window=window)
        return self._run_async("bios.plan_set", attributes=dict(attributes), apply=apply)

    def clear_pending(self) -> dict[str, Scalar]:
        """Drops what is staged, and says what it was.

        Raises `ConflictError` while a job holds it (BIOS011): delete the job first. `UnsupportedError` on iDRAC7 and 8,
        where a deleted job is enough.
        """
        return self._run("bios.clear_pending")

    def clear_pending_async(self) -> asyncio.Future[dict[str, Scalar]]:
        """As `clear_pending`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("bios.clear_pending")

    def snapshot(self) -> AttributeSnapshot:
        """Takes down the settings in force, without secrets, for `restore`."""
        return self._run("bios.snapshot")

    def snapshot_async(self) -> asyncio.Future[AttributeSnapshot]:
        """As `snapshot`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("bios.snapshot")

    def restore(
        self,
        snapshot: AttributeSnapshot,
        *,
        restart: ResetType | Reset | None = None,
        follow: bool = False,
        window: Window | None = None,
        wait: Wait | None = None,
        progress: Progress | None = None,
    ) -> RestoreOutcome:
        """Goes back to a snapshot, in as many steps as the rules between attributes ask for.

        A step after the first needs the one before in force: without `restart` or `follow` only the first is taken.
        Each step with `restart` restarts the host. Raises as `set`; steps that were taken stay.
        """
        apply = applying(restart, follow=follow, window=window, wait=wait)
        return self._run("bios.restore", progress, snapshot=snapshot, apply=apply)

    def restore_async(
        self,
        snapshot: AttributeSnapshot,
        *,
        restart: ResetType | Reset | None = None,
        follow: bool = False,
        window: Window | None = None,
        wait: Wait | None = None,
        progress: Progress | None = None,
    ) -> asyncio.Future[RestoreOutcome]:
        """As `restore`, for asyncio: a future, whose cancellation cancels the call."""
        apply = applying(restart, follow=follow, window=window, wait=wait)
        return self._run_async("bios.restore", progress, snapshot=snapshot, apply=apply)

    def plan_restore(self, snapshot: AttributeSnapshot) -> RestorePlan:
        """Says which steps `restore` would take, and what cannot be undone; sends nothing that changes anything."""
        return self._run("bios.plan_restore", snapshot=snapshot)

    def plan_restore_async(self, snapshot: AttributeSnapshot) -> asyncio.Future[RestorePlan]:
        """As `plan_restore`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("bios.plan_restore", snapshot=snapshot)

    def change_password(
        self,
        which: BiosPassword,
        old: str,
        new: str,
        *,
        restart: ResetType | Reset | None = None,
        follow: bool = False,
        window: Window | None = None,
        wait: Wait | None = None,
        progress: Progress | None = None,
    ) -> PasswordOutcome:
        """Sets, changes or, with an empty new one, clears a password of the setup program; an empty old one is none.

        Raises `UnsupportedError` where the iDRAC does not offer it, what it says to a wrong old password (BIOS021), and
        as `set`.
        """
        apply = applying(restart, follow=follow, window=window, wait=wait)
        return self._run("bios.change_password", progress, which=which, old=old, new=new, apply=apply)

    def change_password_async(
        self,
        which: BiosPassword,
        old: str,
        new: str,
        *,
        restart: ResetType | Reset | None = None,
        follow: bool = False,
        window: Window | None = None,
        wait: Wait | None = None,
        progress: Progress | None = None,
    ) -> asyncio.Future[PasswordOutcome]:
        """As `change_password`, for asyncio: a future, whose cancellation cancels the call."""
        apply = applying(restart, follow=follow, window=window, wait=wait)
        return self._run_async("bios.change_password", progress, which=which, old=old, new=new, apply=apply)

    def reset(self, *, restart: ResetType | Reset | None = None) -> BiosReset:
        """Asks for the defaults at the next restart. Destroys the settings: take a `snapshot` first.

        The host is restarted only with `restart`. Raises `UnsupportedError` where the iDRAC does not offer it.
        """
        return self._run("bios.reset", restart=resetting(restart))

    def reset_async(self, *, restart: ResetType | Reset | None = None) -> asyncio.Future[BiosReset]:
        """As `reset`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("bios.reset", restart=resetting(restart))

    def registry(self) -> list[RegistryAttribute] | None:
        """What explains the settings: their types, values and bounds; none where the iDRAC has no registry."""
        return self._run("bios.registry")

    def registry_async(self) -> asyncio.Future[list[RegistryAttribute] | None]:
        """As `registry`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("bios.registry")

    def plan_reset(self, *, restart: ResetType | Reset | None = None) -> Plan:
        """Says what `reset` would do; sends nothing that changes anything."""
        return self._run("bios.plan_reset", restart=resetting(restart))

    def plan_reset_async(self, *, restart: ResetType | Reset | None = None) -> asyncio.Future[Plan]:
        """As `plan_reset`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("bios.plan_reset", restart=resetting(restart))
