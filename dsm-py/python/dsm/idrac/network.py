"""The iDRAC's own network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsm.idrac._area import Area

if TYPE_CHECKING:
    import asyncio

    from dsm.results import AttributesSet, NetworkSettings, Plan


class Network(Area):
    """The iDRAC's own address, interface and time servers."""

    __slots__ = ()

    def fetch(self) -> NetworkSettings:
        """Reads the settings; none where this iDRAC does not say. Raises as `Attributes.fetch`."""
        return self._run("network.fetch")

    def fetch_async(self) -> asyncio.Future[NetworkSettings]:
        """As `fetch`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("network.fetch")

    def set(self, settings: NetworkSettings) -> AttributesSet:
        """Writes what is named and differs. A change of the address takes the iDRAC away: `has_moved` says so.

        Raises as `Attributes.set`.
        """
        return self._run("network.set", settings=settings)

    def set_async(self, settings: NetworkSettings) -> asyncio.Future[AttributesSet]:
        """As `set`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("network.set", settings=settings)

    def plan_set(self, settings: NetworkSettings) -> Plan:
        """Says what `set` would write, and whether the iDRAC moves; sends nothing that changes anything."""
        return self._run("network.plan_set", settings=settings)

    def plan_set_async(self, settings: NetworkSettings) -> asyncio.Future[Plan]:
        """As `plan_set`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("network.plan_set", settings=settings)
