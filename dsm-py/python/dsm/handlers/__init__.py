"""Handlers: those written in Python (what they are, return and may touch), and the engine's own, called one by one."""

from dsm._calling import Stopped
from dsm.handlers._called import Builtin, Executed
from dsm.handlers._context import Context
from dsm.handlers._program import Backoff, Handler
from dsm.handlers._verdicts import Done, Failed, NeedsPerson, Partly, Result, Snooze
from dsm.handlers.builtin import (
    BiosConfigRead,
    BiosConfigWrite,
    DiscoveryScan,
    FetchEventLogs,
    HealthCheck,
    PowerAction,
)

__all__ = [
    "Backoff",
    "BiosConfigRead",
    "BiosConfigWrite",
    "Builtin",
    "Context",
    "DiscoveryScan",
    "Done",
    "Executed",
    "Failed",
    "FetchEventLogs",
    "Handler",
    "HealthCheck",
    "NeedsPerson",
    "Partly",
    "PowerAction",
    "Result",
    "Snooze",
    "Stopped",
]
