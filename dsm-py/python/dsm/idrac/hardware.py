"""What an iDRAC knows of the hardware beside an inventory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dsm.idrac._area import Area

if TYPE_CHECKING:
    import asyncio
    import builtins

    from dsm.models import Assembly, DellSwitchConnection, PcieSlots
    from dsm.results import DellViewKind


class Hardware(Area):
    """Field-replaceable units, slots, what ports are plugged into, and Dell's own views."""

    __slots__ = ()

    def assemblies(self) -> Assembly:
        """Reads all field-replaceable units with their part and serial numbers.

        Raises `UnsupportedError` on iDRAC7 and 8.
        """
        return self._run("hardware.assemblies")

    def assemblies_async(self) -> asyncio.Future[Assembly]:
        """As `assemblies`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("hardware.assemblies")

    def pcie_slots(self) -> PcieSlots:
        """Reads all PCIe slots, with what is in them. Raises `UnsupportedError` before 6.x."""
        return self._run("hardware.pcie_slots")

    def pcie_slots_async(self) -> asyncio.Future[PcieSlots]:
        """As `pcie_slots`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("hardware.pcie_slots")

    def switch_connections(self) -> builtins.list[DellSwitchConnection]:
        """Lists what the ports are plugged into. Raises `UnsupportedError` on iDRAC7 and 8."""
        return self._run("hardware.switch_connections")

    def switch_connections_async(self) -> asyncio.Future[builtins.list[DellSwitchConnection]]:
        """As `switch_connections`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("hardware.switch_connections")

    def dell_view(self, kind: DellViewKind) -> builtins.list[dict[str, Any]]:
        """Lists all members of one of Dell's own views, as `dell_view_kinds` names them.

        Each is the record of `dsm.models` that the view has there, `DellSlot` for `slots`.

        Raises `UnsupportedError` where this iDRAC links to no such view.
        """
        return self._run("hardware.dell_view", kind=kind)

    def dell_view_async(self, kind: DellViewKind) -> asyncio.Future[builtins.list[dict[str, Any]]]:
        """As `dell_view`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("hardware.dell_view", kind=kind)

    def dell_view_kinds(self) -> builtins.list[DellViewKind]:
        """Which views this iDRAC lists. Those of the parts of an inventory are inside its resources, too."""
        return self._run("hardware.dell_view_kinds")

    def dell_view_kinds_async(self) -> asyncio.Future[builtins.list[DellViewKind]]:
        """As `dell_view_kinds`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("hardware.dell_view_kinds")
