"""Find every iDRAC of a Dell fleet, take its inventory, run the jobs.

`Engine` runs jobs over one store and gives back rows; `inventory()` looks at one server without an engine. What goes in
and comes out is typed in `options`, `records`, `events`, `inventories` and `models`; errors are in `exceptions`; `sim`
is a fleet to try it on.
"""

from dsm import events, exceptions, inventories, models, options, records, sim
from dsm._dsm import Engine, Events, __version__, inventory, inventory_async, restore
from dsm.events import Event
from dsm.exceptions import Error
from dsm.inventories import Inventory
from dsm.options import EngineOptions, InventoryOptions, ScanOptions, Tls
from dsm.records import (
    ActivityRow,
    AttemptRow,
    CredentialRangeRow,
    CredentialSetRow,
    InventoryRows,
    JobRow,
    JobStatus,
    Priority,
    ServerRow,
    TaskRow,
)

__all__ = [
    "ActivityRow",
    "AttemptRow",
    "CredentialRangeRow",
    "CredentialSetRow",
    "Engine",
    "EngineOptions",
    "Error",
    "Event",
    "Events",
    "Inventory",
    "InventoryOptions",
    "InventoryRows",
    "JobRow",
    "JobStatus",
    "Priority",
    "ScanOptions",
    "ServerRow",
    "TaskRow",
    "Tls",
    "__version__",
    "events",
    "exceptions",
    "inventories",
    "inventory",
    "inventory_async",
    "models",
    "options",
    "records",
    "restore",
    "sim",
]
