"""How a server is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsm.idrac._area import Area

if TYPE_CHECKING:
    import asyncio

    from dsm.results import HealthDepth, HealthReport


class Health(Area):
    """How a server is, with the reasons."""

    __slots__ = ()

    def fetch(self, depth: HealthDepth = "full") -> HealthReport:
        """Finds out how a server is: the worst that is known, each component, and why. What cannot be read is told."""
        return self._run("health.fetch", depth=depth)

    def fetch_async(self, depth: HealthDepth = "full") -> asyncio.Future[HealthReport]:
        """As `fetch`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("health.fetch", depth=depth)
