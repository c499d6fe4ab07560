"""Find every iDRAC of a Dell fleet, take its inventory, run the jobs.

`Engine` runs jobs over one store and gives back rows; `Idrac` is one server without an engine, with every operation;
`inventory()` looks at one once. `Catalog` and `Profile` are Dell's update catalogue and a server's configuration,
offline. What goes in and comes out is typed in `options`, `records`, `events`, `inventories`, `profiles`, `results` and
`models`; errors are in `exceptions`; `sim` is a fleet to try it on.
"""

from dsm import events, exceptions, inventories, models, options, profiles, records, results, sim, stores
from dsm._dsm import (
    Catalog,
    Engine,
    Events,
    EventStream,
    HeldLocks,
    Keyring,
    LogPages,
    Profile,
    SessionHandle,
    __version__,
    inventory,
    inventory_async,
    restore,
)
from dsm.events import Event
from dsm.exceptions import Error
from dsm.idrac import Idrac
from dsm.inventories import Inventory
from dsm.options import EngineOptions, IdracOptions, InventoryOptions, ScanOptions, Tls
from dsm.records import (
    ActivityRow,
    AttemptRow,
    CredentialRangeRow,
    CredentialSetRow,
    InventoryRows,
    JobRow,
    JobStatus,
    LockHolder,
    Priority,
    ServerRow,
    TaskRow,
)

__all__ = [
    "ActivityRow",
    "AttemptRow",
    "Catalog",
    "CredentialRangeRow",
    "CredentialSetRow",
    "Engine",
    "EngineOptions",
    "Error",
    "Event",
    "EventStream",
    "Events",
    "HeldLocks",
    "Idrac",
    "IdracOptions",
    "Inventory",
    "InventoryOptions",
    "InventoryRows",
    "JobRow",
    "JobStatus",
    "Keyring",
    "LockHolder",
    "LogPages",
    "Priority",
    "Profile",
    "ScanOptions",
    "ServerRow",
    "SessionHandle",
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
    "profiles",
    "records",
    "restore",
    "results",
    "sim",
    "stores",
]
