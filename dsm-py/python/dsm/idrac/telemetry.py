"""Telemetry: what is reported, the reports, and the switches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsm.idrac._area import Area

if TYPE_CHECKING:
    import asyncio

    from dsm.models import MetricReport, MetricReportDefinition, TelemetryService
    from dsm.results import Plan


class Telemetry(Area):
    """Telemetry. It needs a Datacenter licence (`LicenseError` without)."""

    __slots__ = ()

    def fetch(self) -> TelemetryService:
        """Reads the service. Raises `UnsupportedError` where there is none (iDRAC7 and 8, early iDRAC9)."""
        return self._run("telemetry.fetch")

    def fetch_async(self) -> asyncio.Future[TelemetryService]:
        """As `fetch`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("telemetry.fetch")

    def list_definitions(self) -> list[MetricReportDefinition]:
        """Reads what can be reported."""
        return self._run("telemetry.list_definitions")

    def list_definitions_async(self) -> asyncio.Future[list[MetricReportDefinition]]:
        """As `list_definitions`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("telemetry.list_definitions")

    def list_reports(self) -> list[MetricReport]:
        """Reads all reports there are."""
        return self._run("telemetry.list_reports")

    def list_reports_async(self) -> asyncio.Future[list[MetricReport]]:
        """As `list_reports`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("telemetry.list_reports")

    def fetch_report(self, report: str) -> MetricReport:
        """Reads the latest report of a definition, by its id (`PowerMetrics`). Raises `NotFoundError` without one."""
        return self._run("telemetry.fetch_report", report=report)

    def fetch_report_async(self, report: str) -> asyncio.Future[MetricReport]:
        """As `fetch_report`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("telemetry.fetch_report", report=report)

    def set(self, *, enabled: bool) -> bool:
        """Switches the whole service; says whether it was the other way."""
        return self._run("telemetry.set", enabled=enabled)

    def set_async(self, *, enabled: bool) -> asyncio.Future[bool]:
        """As `set`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("telemetry.set", enabled=enabled)

    def plan_set(self, *, enabled: bool) -> Plan:
        """Says what `set` would send; empty where it is so already."""
        return self._run("telemetry.plan_set", enabled=enabled)

    def plan_set_async(self, *, enabled: bool) -> asyncio.Future[Plan]:
        """As `plan_set`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("telemetry.plan_set", enabled=enabled)

    def set_report(self, report: str, *, enabled: bool) -> bool:
        """Switches one report by its definition's id; says whether it was the other way."""
        return self._run("telemetry.set_report", report=report, enabled=enabled)

    def set_report_async(self, report: str, *, enabled: bool) -> asyncio.Future[bool]:
        """As `set_report`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("telemetry.set_report", report=report, enabled=enabled)
