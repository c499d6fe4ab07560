"""What the host starts from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from dsm.idrac._area import Area

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence

    from dsm.results import BootConfig, OrderOutcome, OverrideOutcome, Plan


class Boot(Area):
    """What the host starts from. Nothing here restarts it: results say what waits for that."""

    __slots__ = ()

    def fetch(self) -> BootConfig:
        """Reads the override in force, the targets it can have, the persistent order, and the options in it."""
        return self._run("boot.fetch")

    def fetch_async(self) -> asyncio.Future[BootConfig]:
        """As `fetch`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("boot.fetch")

    def set_override(
        self,
        target: str,
        *,
        continuous: bool = False,
        mode: Literal["UEFI", "Legacy"] | None = None,
        uefi_path: str | None = None,
    ) -> OverrideOutcome:
        """Has the host start from something else, once, or `continuous` until that is disabled.

        `target` is DMTF's name: `Pxe`, `Cd`, `Hdd`, `BiosSetup`, … `fetch` says which there are. `uefi_path` goes
        with `UefiTarget`, and only with it. The override is read back whatever the iDRAC answers, and is not sent
        where it is so already.

        Raises `UnsupportedError` for a target or mode this server does not offer, `ConflictError` for a UEFI target
        in legacy mode, `ServerError` when it was accepted and does not show.
        """
        return self._run("boot.set_override", target=target, continuous=continuous, mode=mode, uefi_path=uefi_path)

    def set_override_async(
        self,
        target: str,
        *,
        continuous: bool = False,
        mode: Literal["UEFI", "Legacy"] | None = None,
        uefi_path: str | None = None,
    ) -> asyncio.Future[OverrideOutcome]:
        """As `set_override`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async(
            "boot.set_override", target=target, continuous=continuous, mode=mode, uefi_path=uefi_path
        )

    def plan_set_override(
        self,
        target: str,
        *,
        continuous: bool = False,
        mode: Literal["UEFI", "Legacy"] | None = None,
        uefi_path: str | None = None,
    ) -> Plan:
        """Says what `set_override` would change; sends nothing that changes anything."""
        return self._run("boot.plan_set_override", target=target, continuous=continuous, mode=mode, uefi_path=uefi_path)

    def plan_set_override_async(
        self,
        target: str,
        *,
        continuous: bool = False,
        mode: Literal["UEFI", "Legacy"] | None = None,
        uefi_path: str | None = None,
    ) -> asyncio.Future[Plan]:
        """As `plan_set_override`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async(
            "boot.plan_set_override", target=target, continuous=continuous, mode=mode, uefi_path=uefi_path
        )

    def disable_override(self) -> OverrideOutcome:
        """Has the host start from its boot order again. Raises as `set_override` does."""
        return self._run("boot.disable_override")

    def disable_override_async(self) -> asyncio.Future[OverrideOutcome]:
        """As `disable_override`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("boot.disable_override")

    def set_order(self, order: Sequence[str]) -> OrderOutcome:
        """Sets the persistent order; what is not named keeps its order behind what is.

        Each entry is a boot option's reference (`Boot0003`) or its name. Nothing is sent where the order is so already.
        It takes effect with the next restart where `applied` says `pending_restart`, by the `job` named.

        Raises `InvalidInputError` for an unknown, ambiguous or doubled entry, `ConflictError` while a job for these
        settings waits already, `ServerError` when it was accepted, no job was named, and it does not show.
        """
        return self._run("boot.set_order", order=list(order))

    def set_order_async(self, order: Sequence[str]) -> asyncio.Future[OrderOutcome]:
        """As `set_order`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("boot.set_order", order=list(order))

    def plan_set_order(self, order: Sequence[str]) -> Plan:
        """Says what `set_order` would change; sends nothing that changes anything."""
        return self._run("boot.plan_set_order", order=list(order))

    def plan_set_order_async(self, order: Sequence[str]) -> asyncio.Future[Plan]:
        """As `plan_set_order`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("boot.plan_set_order", order=list(order))
