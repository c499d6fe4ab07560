"""Attributes of the iDRAC, the system board and the Lifecycle Controller."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsm.idrac._area import Area

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Mapping

    from dsm.models import Scalar
    from dsm.results import AttributeGroup, AttributesSet, Plan, RegistryAttribute


class Attributes(Area):
    """Attributes of the iDRAC, the system board and the Lifecycle Controller. They take effect at once."""

    __slots__ = ()

    def fetch(self, group: AttributeGroup) -> dict[str, Scalar]:
        """Reads the attributes of a group by name, as `NIC.1.DNSRacName`.

        Raises `UnsupportedError` on an iDRAC without attributes in Redfish.
        """
        return self._run("attributes.fetch", group=group)

    def fetch_async(self, group: AttributeGroup) -> asyncio.Future[dict[str, Scalar]]:
        """As `fetch`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("attributes.fetch", group=group)

    def set(self, group: AttributeGroup, attributes: Mapping[str, Scalar]) -> AttributesSet:
        """Writes what differs, and reads it back. The host goes on; a change of the network may move the iDRAC.

        A write that moves the iDRAC says so in `has_moved`, and is not read back. What shows no value, as a password,
        stays in `unconfirmed`.

        Raises `InvalidInputError` for a name this iDRAC does not have, `BadRequestError` for a value it does not take,
        `PreconditionError` when somebody else wrote in between, `LockdownError` in lockdown mode.
        """
        return self._run("attributes.set", group=group, attributes=dict(attributes))

    def set_async(self, group: AttributeGroup, attributes: Mapping[str, Scalar]) -> asyncio.Future[AttributesSet]:
        """As `set`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("attributes.set", group=group, attributes=dict(attributes))

    def plan_set(self, group: AttributeGroup, attributes: Mapping[str, Scalar]) -> Plan:
        """Says what `set` would write, and whether the iDRAC moves; sends nothing that changes anything."""
        return self._run("attributes.plan_set", group=group, attributes=dict(attributes))

    def plan_set_async(self, group: AttributeGroup, attributes: Mapping[str, Scalar]) -> asyncio.Future[Plan]:
        """As `plan_set`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("attributes.plan_set", group=group, attributes=dict(attributes))

    def registry(self, group: AttributeGroup) -> list[RegistryAttribute] | None:
        """What explains the attributes of a group; none where the iDRAC has no registry for them."""
        return self._run("attributes.registry", group=group)

    def registry_async(self, group: AttributeGroup) -> asyncio.Future[list[RegistryAttribute] | None]:
        """As `registry`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("attributes.registry", group=group)
