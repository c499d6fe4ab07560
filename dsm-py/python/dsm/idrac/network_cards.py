"""Settings of network cards: staged, applied by a job, compared after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsm.idrac._area import Area, applying

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Mapping

    from dsm.idrac.arguments import Progress, Reset, Wait, Window
    from dsm.models import Scalar
    from dsm.results import NetworkCardState, RegistryAttribute, ResetType, SettingsOutcome, SettingsPlan


class NetworkCards(Area):
    """Settings of a function of a network card (`NIC.Slot.2`, `NIC.Slot.2-1-1`), on iDRAC9 and later.

    What stages has the same choices as in `dsm.idrac.Bios`.
    """

    __slots__ = ()

    def fetch(self, adapter: str, function: str) -> NetworkCardState:
        """Reads the settings in force and those staged. Raises `UnsupportedError` where there are none."""
        return self._run("network_cards.fetch", adapter=adapter, function=function)

    def fetch_async(self, adapter: str, function: str) -> asyncio.Future[NetworkCardState]:
        """As `fetch`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("network_cards.fetch", adapter=adapter, function=function)

    def registry(self, adapter: str, function: str) -> list[RegistryAttribute] | None:
        """What explains the settings; none where the iDRAC has no registry for them."""
        return self._run("network_cards.registry", adapter=adapter, function=function)

    def registry_async(self, adapter: str, function: str) -> asyncio.Future[list[RegistryAttribute] | None]:
        """As `registry`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("network_cards.registry", adapter=adapter, function=function)

    def set(
        self,
        adapter: str,
        function: str,
        attributes: Mapping[str, Scalar],
        *,
        restart: ResetType | Reset | None = None,
        follow: bool = False,
        window: Window | None = None,
        wait: Wait | None = None,
        progress: Progress | None = None,
    ) -> SettingsOutcome:
        """Checks settings against the iDRAC's own rules, stages those that differ, and makes their job.

        Raises `InvalidInputError` for settings the rules stand against (nothing is sent), `ConflictError` while other
        changes stand in the way, `StalledError` and `DeadlineError` when the job does not come to its end.
        """
        apply = applying(restart, follow=follow, window=window, wait=wait)
        return self._run(
            "network_cards.set",
            progress,
            adapter=adapter,
            function=function,
            attributes=dict(attributes),
            apply=apply,
        )

    def set_async(
        self,
        adapter: str,
        function: str,
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
        return self._run_async(
            "network_cards.set",
            progress,
            adapter=adapter,
            function=function,
            attributes=dict(attributes),
            apply=apply,
        )

    def plan_set(
        self,
        adapter: str,
        function: str,
        attributes: Mapping[str, Scalar],
        *,
        restart: ResetType | Reset | None = None,
        follow: bool = False,
        window: Window | None = None,
    ) -> SettingsPlan:
        """Says what `set` would change, and what stands against it; sends nothing that changes anything."""
        apply = applying(restart, follow=follow, window=window)
        return self._run(
            "network_cards.plan_set", adapter=adapter, function=function, attributes=dict(attributes), apply=apply
        )

    def plan_set_async(
        self,
        adapter: str,
        function: str,
        attributes: Mapping[str, Scalar],
        *,
        restart: ResetType | Reset | None = None,
        follow: bool = False,
        window: Window | None = None,
    ) -> asyncio.Future[SettingsPlan]:
        """As `plan_set`, for asyncio: a future, whose cancellation cancels the call."""
        apply = applying(restart, follow=follow, window=window)
        return self._run_async(
            "network_cards.plan_set", adapter=adapter, function=function, attributes=dict(attributes), apply=apply
        )

    def clear_pending(self, adapter: str, function: str) -> dict[str, Scalar]:
        """Drops what is staged, and says what it was.

        Raises `ConflictError` while a job holds it: delete that first.
        """
        return self._run("network_cards.clear_pending", adapter=adapter, function=function)

    def clear_pending_async(self, adapter: str, function: str) -> asyncio.Future[dict[str, Scalar]]:
        """As `clear_pending`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("network_cards.clear_pending", adapter=adapter, function=function)
