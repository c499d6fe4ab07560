"""Dell's diagnostics, and reports for Dell's support."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsm.idrac._area import Area

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence

    from dsm.idrac.arguments import Share
    from dsm.results import Accepted, DiagnosticsMode, DiagnosticsReboot, Exported, Plan, SupportData


class Diagnostics(Area):
    """Dell's diagnostics (ePSA), and reports for Dell's support (SupportAssist). Nothing is ever sent to Dell.

    What is exported goes to a `file` on a `share`, by a job; without those it is left on the iDRAC, and
    `idrac.logs.fetch_exported` reads it.
    """

    __slots__ = ()

    def run(self, mode: DiagnosticsMode = "Express", *, reboot: DiagnosticsReboot = "graceful") -> Accepted:
        """Restarts the host into the diagnostics, by a job. Disrupts, for half an hour (`Express`) or for hours.

        It is sent once. Raises `ConflictError` where such a job exists already, `UnsupportedError` where the iDRAC
        offers none (7 and 8).
        """
        return self._run("diagnostics.run", mode=mode, reboot=reboot)

    def run_async(
        self, mode: DiagnosticsMode = "Express", *, reboot: DiagnosticsReboot = "graceful"
    ) -> asyncio.Future[Accepted]:
        """As `run`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("diagnostics.run", mode=mode, reboot=reboot)

    def plan_run(self, mode: DiagnosticsMode = "Express", *, reboot: DiagnosticsReboot = "graceful") -> Plan:
        """Says what `run` would do; sends nothing that changes anything."""
        return self._run("diagnostics.plan_run", mode=mode, reboot=reboot)

    def plan_run_async(
        self, mode: DiagnosticsMode = "Express", *, reboot: DiagnosticsReboot = "graceful"
    ) -> asyncio.Future[Plan]:
        """As `plan_run`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("diagnostics.plan_run", mode=mode, reboot=reboot)

    def export(self, *, share: Share | None = None, file: str | None = None) -> Exported:
        """Exports the result of the last diagnostics. Raises `UnsupportedError` for a share it does not take."""
        return self._run("diagnostics.export", share=share, file=file)

    def export_async(self, *, share: Share | None = None, file: str | None = None) -> asyncio.Future[Exported]:
        """As `export`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("diagnostics.export", share=share, file=file)

    def eula_status(self) -> bool | None:
        """Whether the licence agreement of SupportAssist is accepted; none where the iDRAC does not tell."""
        return self._run("diagnostics.eula_status")

    def eula_status_async(self) -> asyncio.Future[bool | None]:
        """As `eula_status`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("diagnostics.eula_status")

    def collect_support_data(
        self,
        data: Sequence[SupportData],
        *,
        filtered: bool = False,
        share: Share | None = None,
        file: str | None = None,
        accept_eula: bool = False,
    ) -> Exported:
        """Collects a report for Dell's support, by a job. `filtered` leaves out what identifies persons.

        `accept_eula` allows to accept the licence agreement in the operator's name, for good.

        Raises `LicenseError` where the agreement is not accepted and may not be, `UnsupportedError` where the iDRAC
        does not offer these data, or such a share.
        """
        return self._run(
            "diagnostics.collect_support_data",
            data=list(data),
            filtered=filtered,
            share=share,
            file=file,
            accept_eula=accept_eula,
        )

    def collect_support_data_async(
        self,
        data: Sequence[SupportData],
        *,
        filtered: bool = False,
        share: Share | None = None,
        file: str | None = None,
        accept_eula: bool = False,
    ) -> asyncio.Future[Exported]:
        """As `collect_support_data`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async(
            "diagnostics.collect_support_data",
            data=list(data),
            filtered=filtered,
            share=share,
            file=file,
            accept_eula=accept_eula,
        )
