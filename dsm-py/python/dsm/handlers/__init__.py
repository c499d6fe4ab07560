"""Handlers: those written in Python (what they are, return and may touch), and the engine's own, called one by one."""

from dsm._calling import Stopped
from dsm.handlers._called import Builtin, Executed
from dsm.handlers._context import Context
from dsm.handlers._program import Backoff, Handler
from dsm.handlers._verdicts import Done, Failed, NeedsPerson, Partly, Result, Snooze
from dsm.handlers.builtin import (
    BiosConfigRead,
    BiosConfigWrite,
    BootConfiguration,
    ConsoleLaunch,
    DiscoveryScan,
    FetchEventLogs,
    FirmwareUpdate,
    FullServerUpdate,
    HealthCheck,
    PowerAction,
    ScpExport,
    ScpImport,
    TestCredentials,
    VirtualMediaMount,
    VirtualMediaUnmount,
)

__all__ = [
    "Backoff",
    "BiosConfigRead",
    "BiosConfigWrite",
    "BootConfiguration",
    "Builtin",
    "ConsoleLaunch",
    "Context",
    "DiscoveryScan",
    "Done",
    "Executed",
    "Failed",
    "FetchEventLogs",
    "FirmwareUpdate",
    "FullServerUpdate",
    "Handler",
    "HealthCheck",
    "NeedsPerson",
    "Partly",
    "PowerAction",
    "Result",
    "ScpExport",
    "ScpImport",
    "Snooze",
    "Stopped",
    "TestCredentials",
    "VirtualMediaMount",
    "VirtualMediaUnmount",
]
