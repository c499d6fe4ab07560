"""The engine's own job types, each a class whose objects run jobs of it one by one.

Made from the handlers of the Rust code by tools/handlers.py.
"""

from dsm.handlers._called import Builtin

__all__ = ["DiscoveryScan", "PowerAction"]


class DiscoveryScan(Builtin):
    """Finds iDRACs in address ranges, or looks at known servers again, and takes their inventory.

    Jobs of the type `discovery_scan`.

    Acts on: addresses (`target_scope.ip_range`, `ip_list`) or servers (`server_ids`). Reads only; it writes the
    tables `servers`, `server_*` and the job. A second run updates what it finds: a server is its service tag,
    so one that moved is an update, and what was not read this time stays as it is. It cannot hurt a server; it
    could lock an account, which is why it stops offering a credential that five iDRACs in a row refused.
    """

    job_type = "discovery_scan"
    aliases = ()


class PowerAction(Builtin):
    """Powers hosts on, off, or restarts them, and sees that it happened.

    Jobs of the type `power_action`.

    Acts on: the servers it names. A second run leaves a host alone that is there already; a restart is done
    again. It can hurt: whatever runs on the host ends. On a server that another job is changing it fails at
    once, naming who, unless `details.wait` is true.

    Beside its servers it takes:

    - `details.action` (ResetType = On): what is asked of the host
    - `details.escalate` (Never | Force | PowerCycle = Never): how far to go where it is ignored
    - `details.timeout_seconds` (1 to 3600 = 300): patience with each attempt
    - `details.wait` (flag = false): stand in line for a server that another job changes
    """

    job_type = "power_action"
    aliases = ()
