"""The iDRAC itself: what server it is in, whether it is ready, its restart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from dsm.idrac._area import Area

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence

    from dsm._dsm import SessionHandle
    from dsm.idrac.arguments import Share
    from dsm.inventories import Inventory
    from dsm.models import RemoteServicesStatus
    from dsm.results import Conditional, HostState, IdracRestart, Plan, Section, ShareTest


class Controller(Area):
    """Operations of the iDRAC itself, which `dsm.Idrac` has as its own."""

    __slots__ = ()

    def inventory(self, *, sections: Sequence[Section | Literal["full", "all"]] | None = None) -> Inventory:
        """Takes the inventory of the server. A part that cannot be read is told in `failures`.

        `sections` are those to be read: `["full", "switch_connections"]`; `full` unless said. `all` has beside that
        what costs requests of its own or is asked for by few: PCIe devices and slots, field-replaceable units, switch
        connections, interfaces. The server itself and the iDRAC are always read.
        """
        return self._run("idrac.inventory", sections=sections)

    def inventory_async(
        self, *, sections: Sequence[Section | Literal["full", "all"]] | None = None
    ) -> asyncio.Future[Inventory]:
        """As `inventory`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("idrac.inventory", sections=sections)

    def if_changed(self, path: str, tag: str | None = None) -> Conditional:
        """Reads one resource by its path, unless it is still the one that was read with `tag`. One request.

        What an iDRAC's tags cover is its own word: Dell promises them for accounts and the firmware inventory. Where
        it gives none, the resource always counts as changed. Raises `InvalidInputError` for a path that is none, or a
        tag that was not given with a resource.
        """
        return self._run("idrac.if_changed", path=path, tag=tag)

    def if_changed_async(self, path: str, tag: str | None = None) -> asyncio.Future[Conditional]:
        """As `if_changed`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("idrac.if_changed", path=path, tag=tag)

    def share_session(self) -> SessionHandle:
        """Lends our session to another `dsm.Idrac`, here or in another process, which goes on without a login.

        It ends with this object, and borrowers then have none any more. Raises `UnsupportedError` where requests go
        out with Basic.
        """
        return self._run("idrac.share_session")

    def share_session_async(self) -> asyncio.Future[SessionHandle]:
        """As `share_session`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("idrac.share_session")

    def detach_session(self) -> SessionHandle:
        """Gives our session away: it belongs to the handle, and the next call of this object logs in anew.

        Raises `InvalidInputError` where it is only borrowed, and as `share_session`.
        """
        return self._run("idrac.detach_session")

    def detach_session_async(self) -> asyncio.Future[SessionHandle]:
        """As `detach_session`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("idrac.detach_session")

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
