"""What every area of operations stands on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Mapping

    from dsm._dsm import IdracHandle
    from dsm.idrac.arguments import Progress, Reset, Wait, Window
    from dsm.results import ResetType


class Area:
    """Operations of one subject, on one iDRAC. Each has its asyncio twin, whose name ends in `_async`."""

    __slots__ = ("_handle",)

    def __init__(self, handle: IdracHandle) -> None:
        """Over the line that all areas of an iDRAC share."""
        self._handle = handle

    def __repr__(self) -> str:
        """Names the iDRAC."""
        return f"<{type(self).__name__} of {self._handle.address}>"

    # The methods say what comes back, and tests hold every record of every operation to that.
    def _run(self, operation: str, progress: Progress | None = None, /, **arguments: object) -> Any:  # noqa: ANN401
        return self._handle.call(operation, given(**arguments), progress)

    def _run_async(
        self, operation: str, progress: Progress | None = None, /, **arguments: object
    ) -> asyncio.Future[Any]:
        return self._handle.call_async(operation, given(**arguments), progress)


def given(**arguments: object) -> dict[str, object]:
    """What was said: the compiled half has the defaults for the rest."""
    return {name: value for name, value in arguments.items() if value is not None}


def resetting(restart: ResetType | Reset | None) -> Mapping[str, object] | None:
    """A reset by its kind alone, or as it is."""
    return {"kind": restart} if isinstance(restart, str) else restart


def applying(
    restart: ResetType | Reset | None, *, follow: bool, window: Window | None, wait: Wait | None = None
) -> dict[str, object]:
    """When staged settings are applied, and what comes then."""
    return given(restart=resetting(restart), follow=follow, window=window, wait=wait)
