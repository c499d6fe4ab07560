"""The iDRAC itself: what server it is in, whether it is ready, its restart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsm.idrac._area import Area

if TYPE_CHECKING:
    import asyncio

    from dsm.idrac.arguments import Share
    from dsm.inventories import Inventory
    from dsm.models import RemoteServicesStatus
    from dsm.results import HostState, IdracRestart, Plan, ShareTest


class Controller(Area):
    """Operations of the iDRAC itself, which `dsm.Idrac` has as its own."""

    __slots__ = ()

    def inventory(self) -> Inventory:
        """Takes the full inventory of the server. A part that cannot be read is told in `failures`."""
        return self._run("idrac.inventory")

    def inventory_async(self) -> asyncio.Future[Inventory]:
        """As `inventory`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("idrac.inventory")

    def lc_status(self) -> RemoteServicesStatus:
        """Asks once how Lifecycle Controller and host stand.

        Raises `UnsupportedError` where it cannot be asked: on iDRAC7 and 8, and on iDRAC9 below 3.30.
        """
        return self._run("idrac.lc_status")

    def lc_status_async(self) -> asyncio.Future[RemoteServicesStatus]:
        """As `lc_status`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("idrac.lc_status")

    def wait_until_ready(
        self, *, host: HostState = "any", timeout: float | None = None, interval: float | None = None
    ) -> RemoteServicesStatus:
        """Waits until the Lifecycle Controller is ready and the host stands as wanted, three looks in a row.

        An iDRAC that is away is waited for. `timeout` is seconds in all (900), `interval` between two looks (10).

        Raises `UnsupportedError` as `lc_status`, `NotReadyError` when time is up.
        """
        return self._run("idrac.wait_until_ready", host=host, timeout=timeout, interval=interval)

    def wait_until_ready_async(
        self, *, host: HostState = "any", timeout: float | None = None, interval: float | None = None
    ) -> asyncio.Future[RemoteServicesStatus]:
        """As `wait_until_ready`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("idrac.wait_until_ready", host=host, timeout=timeout, interval=interval)

    def lockdown(self) -> bool | None:
        """Whether lockdown mode is on, in which every change is refused; none where the iDRAC has no such mode."""
        return self._run("idrac.lockdown")

    def lockdown_async(self) -> asyncio.Future[bool | None]:
        """As `lockdown`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("idrac.lockdown")

    def restart(
        self, *, host: HostState = "any", timeout: float | None = None, interval: float | None = None
    ) -> IdracRestart:
        """Restarts the iDRAC and waits until it is ready again. The host goes on; sessions and consoles end.

        `timeout` is seconds for it to be back and ready (900), `interval` between two looks (10), `host` how the host
        must stand then.

        Raises `UnsupportedError` where it is not offered, `StalledError` when the iDRAC does not go away,
        `NotReadyError` when it does not come back in time.
        """
        return self._run("idrac.restart", host=host, timeout=timeout, interval=interval)

    def restart_async(
        self, *, host: HostState = "any", timeout: float | None = None, interval: float | None = None
    ) -> asyncio.Future[IdracRestart]:
        """As `restart`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("idrac.restart", host=host, timeout=timeout, interval=interval)

    def plan_restart(self) -> Plan:
        """Says what `restart` would do; sends nothing that changes anything."""
        return self._run("idrac.plan_restart")

    def plan_restart_async(self) -> asyncio.Future[Plan]:
        """As `plan_restart`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("idrac.plan_restart")

    def test_share(self, share: Share) -> ShareTest:
        """Has the iDRAC look at a share, before anything is read from it or written to it.

        A share that cannot be reached is an answer. Raises `UnsupportedError` where it cannot be asked (iDRAC7 and 8).
        """
        return self._run("idrac.test_share", share=share)

    def test_share_async(self, share: Share) -> asyncio.Future[ShareTest]:
        """As `test_share`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("idrac.test_share", share=share)

    def wait_until_back(self, *, timeout: float | None = None, interval: float | None = None) -> None:
        """Waits until the iDRAC answers again, without asking whether anything is ready.

        `timeout` is seconds in all (900), `interval` between two looks (10). Raises `NotReadyError` when time is up.
        """
        return self._run("idrac.wait_until_back", timeout=timeout, interval=interval)

    def wait_until_back_async(
        self, *, timeout: float | None = None, interval: float | None = None
    ) -> asyncio.Future[None]:
        """As `wait_until_back`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("idrac.wait_until_back", timeout=timeout, interval=interval)

    def set_asset_tag(self, tag: str) -> bool:
        """Sets the operator's own name for the server; says whether it was another one.

        Raises `InvalidInputError` for one that is too long, `ServerError` when it does not stick.
        """
        return self._run("idrac.set_asset_tag", tag=tag)

    def set_asset_tag_async(self, tag: str) -> asyncio.Future[bool]:
        """As `set_asset_tag`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("idrac.set_asset_tag", tag=tag)

    def fetch_time(self) -> str:
        """Reads the iDRAC's clock: `2026-01-31T09:00:00-06:00`. Raises `UnsupportedError` where it is not told."""
        return self._run("idrac.fetch_time")

    def fetch_time_async(self) -> asyncio.Future[str]:
        """As `fetch_time`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("idrac.fetch_time")

    def set_time(self, time: str) -> None:
        """Sets the iDRAC's clock. With time servers in use the iDRAC sets it right back.

        Raises `InvalidInputError` for what is no time with an offset.
        """
        return self._run("idrac.set_time", time=time)

    def set_time_async(self, time: str) -> asyncio.Future[None]:
        """As `set_time`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("idrac.set_time", time=time)
