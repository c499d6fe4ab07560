"""The iDRAC back to defaults."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsm.idrac._area import Area

if TYPE_CHECKING:
    import asyncio

    from dsm.results import Accepted, ExtendedInfo, IdracDefaults, Plan


class Defaults(Area):
    """The iDRAC back to the settings it was delivered with, or to the operator's own."""

    __slots__ = ()

    def reset(self, defaults: IdracDefaults) -> list[ExtendedInfo]:
        """Goes back to defaults. Destroys the iDRAC's settings; it restarts by itself right after its answer.

        Unless users and network are preserved, the iDRAC may not be reachable afterwards, and its password is another.

        Raises `UnsupportedError` where this iDRAC does not offer these defaults.
        """
        return self._run("defaults.reset", defaults=defaults)

    def reset_async(self, defaults: IdracDefaults) -> asyncio.Future[list[ExtendedInfo]]:
        """As `reset`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("defaults.reset", defaults=defaults)

    def plan_reset(self, defaults: IdracDefaults) -> Plan:
        """Says what `reset` would do; sends nothing that changes anything."""
        return self._run("defaults.plan_reset", defaults=defaults)

    def plan_reset_async(self, defaults: IdracDefaults) -> asyncio.Future[Plan]:
        """As `plan_reset`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("defaults.plan_reset", defaults=defaults)

    def set_custom(self, profile: str) -> Accepted:
        """Stores a configuration profile of the iDRAC, its text, as its custom defaults. A job checks it.

        Raises `UnsupportedError` before 7.x.
        """
        return self._run("defaults.set_custom", profile=profile)

    def set_custom_async(self, profile: str) -> asyncio.Future[Accepted]:
        """As `set_custom`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("defaults.set_custom", profile=profile)
