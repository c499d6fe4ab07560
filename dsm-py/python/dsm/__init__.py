"""Find every iDRAC of a Dell fleet, take its inventory, run the jobs.

`Engine` runs jobs over one store and gives back rows; `Idrac` is one server without an engine, with every operation;
`inventory()` looks at one once. `Catalog` and `Profile` are Dell's update catalogue and a server's configuration,
offline. Handlers and credential resolvers may be written in Python (`handlers`, `resolvers`). What goes in and comes
out is typed in `options`, `records`, `control`, `schedules`, `events`, `inventories`, `profiles`, `results` and
`models`; errors are in `exceptions`; `sim` is a fleet to try it on.
"""

from dsm import (
    control,
    events,
    exceptions,
    handlers,
    inventories,
    keys,
    models,
    options,
    profiles,
    records,
    resolvers,
    results,
    schedules,
    sim,
    stores,
)
from dsm._dsm import (
    Catalog,
    Engine,
    Events,
    EventStream,
    HeldLocks,
    Keyring,
    LogPages,
    ManualClock,
    Profile,
    SessionHandle,
    __version__,
    inventory,
    inventory_async,
    restore,
)
from dsm.control import PauseRow, WhyNot
from dsm.events import Event
from dsm.exceptions import Error
from dsm.handlers import Backoff, Context, Done, Failed, Handler, NeedsPerson, Partly, Snooze
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
    StepRow,
    TaskRow,
)
from dsm.resolvers import Credential, Resolver
from dsm.schedules import ScheduleRow, Settings, WindowRow

__all__ = [
    "ActivityRow",
    "AttemptRow",
    "Backoff",
    "Catalog",
    "Context",
    "Credential",
    "CredentialRangeRow",
    "CredentialSetRow",
    "Done",
    "Engine",
    "EngineOptions",
    "Error",
    "Event",
    "EventStream",
    "Events",
    "Failed",
    "Handler",
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
    "ManualClock",
    "NeedsPerson",
    "Partly",
    "PauseRow",
    "Priority",
    "Profile",
    "Resolver",
    "ScanOptions",
    "ScheduleRow",
    "ServerRow",
    "SessionHandle",
    "Settings",
    "Snooze",
    "StepRow",
    "TaskRow",
    "Tls",
    "WhyNot",
    "WindowRow",
    "__version__",
    "control",
    "events",
    "exceptions",
    "handlers",
    "inventories",
    "inventory",
    "inventory_async",
    "keys",
    "models",
    "options",
    "profiles",
    "records",
    "resolvers",
    "restore",
    "results",
    "schedules",
    "sim",
    "stores",
]
