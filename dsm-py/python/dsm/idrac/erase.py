"""Erasing a server before it is given away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsm.idrac._area import Area

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence

    from dsm.idrac.arguments import Progress, Wait
    from dsm.results import Accepted, Erasable, EraseComponent, Erased, Plan


class Erase(Area):
    """Erasing a server before it is given away. Nothing of it can be taken back.

    What goes is `components`, by Dell's `SystemErase` (iDRAC9 and 10), or `decommission` with Dell's own `oem` types,
    by DMTF's `Decommission` (iDRAC10).
    """

    __slots__ = ()

    def list(self) -> Erasable:
        """Reads what this iDRAC can erase."""
        return self._run("erase.list")

    def list_async(self) -> asyncio.Future[Erasable]:
        """As `list`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("erase.list")

    def run(
        self,
        *,
        components: Sequence[EraseComponent] | None = None,
        decommission: Sequence[str] | None = None,
        oem: Sequence[str] = (),
        wait: Wait | None = None,
        progress: Progress | None = None,
    ) -> Erased:
        """Erases, and waits until the server answers again and is the same. Destroys.

        Raises `InvalidInputError` for an erasure that takes the iDRAC's address and users: `start` that one,
        `UnsupportedError` where the iDRAC cannot erase that, `DeadlineError` when the server is not back in time.
        """
        return self._run("erase.run", progress, **_what(components, decommission, oem), wait=wait)

    def run_async(
        self,
        *,
        components: Sequence[EraseComponent] | None = None,
        decommission: Sequence[str] | None = None,
        oem: Sequence[str] = (),
        wait: Wait | None = None,
        progress: Progress | None = None,
    ) -> asyncio.Future[Erased]:
        """As `run`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("erase.run", progress, **_what(components, decommission, oem), wait=wait)

    def start(
        self,
        *,
        components: Sequence[EraseComponent] | None = None,
        decommission: Sequence[str] | None = None,
        oem: Sequence[str] = (),
    ) -> Accepted:
        """Starts an erasure without waiting for it. Destroys. It is not sent twice, whatever happens to its answer."""
        return self._run("erase.start", **_what(components, decommission, oem))

    def start_async(
        self,
        *,
        components: Sequence[EraseComponent] | None = None,
        decommission: Sequence[str] | None = None,
        oem: Sequence[str] = (),
    ) -> asyncio.Future[Accepted]:
        """As `start`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("erase.start", **_what(components, decommission, oem))

    def plan_run(
        self,
        *,
        components: Sequence[EraseComponent] | None = None,
        decommission: Sequence[str] | None = None,
        oem: Sequence[str] = (),
    ) -> Plan:
        """Says what `run` and `start` would do; sends nothing that changes anything."""
        return self._run("erase.plan_run", **_what(components, decommission, oem))

    def plan_run_async(
        self,
        *,
        components: Sequence[EraseComponent] | None = None,
        decommission: Sequence[str] | None = None,
        oem: Sequence[str] = (),
    ) -> asyncio.Future[Plan]:
        """As `plan_run`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("erase.plan_run", **_what(components, decommission, oem))


def _what(
    components: Sequence[EraseComponent] | None, decommission: Sequence[str] | None, oem: Sequence[str]
) -> dict[str, object]:
    """What is to go, for the compiled half."""
    return {
        "components": None if components is None else [*components],
        "decommission": None if decommission is None else [*decommission],
        "oem": [*oem],
    }
