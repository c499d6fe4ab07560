"""The engine's own job types, each a class whose objects run jobs of it one by one.

Made from the handlers of the Rust code by tools/handlers.py.
"""

from dsm.handlers._called import Builtin

__all__ = ["BiosConfigRead", "BiosConfigWrite", "DiscoveryScan", "FetchEventLogs", "HealthCheck", "PowerAction"]


class BiosConfigRead(Builtin):
    """Keeps the BIOS settings of servers as they are now.

    Jobs of the type `bios_config_read`.

    Acts on: the servers it names. It only reads. A second run keeps another row, and says what has changed
    since the last one.

    Beside its servers it takes:

    - `details.snapshot_type` (current | pending | baseline = current): what the row is kept as
    - `details.notes` (text): kept with it
    """

    job_type = "bios_config_read"
    aliases = ()


class BiosConfigWrite(Builtin):
    """Brings BIOS settings into force, and sees that they are.

    Jobs of the type `bios_config_write`.

    Acts on: the servers it names. Everything is judged against the server's own registry before anything is
    sent; only differences are. A second run finds the settings as wanted and sends nothing. It can hurt:
    `reboot_type` ends what runs on the host, and wrong settings can keep it from booting. Each of its steps
    (judge, snapshot, stage, restart) is done once over all attempts: what an attempt before began is looked for
    by the Dell job and by the record of commands.

    Beside its servers it takes:

    - `details.attributes` (values by name): the settings wanted
    - `details.reboot_type` (none | graceful | forced = none): none leaves them staged for the next restart; a
      host that is off is powered on
    - `details.create_snapshot` (flag = false): keep the settings as they are before
    - `details.snapshot_notes` (text): kept with the snapshot
    - `details.skip_unwritable` (flag = false): leave out what is unknown, read-only or set by the system, as in
      a snapshot that is restored
    - `details.timeout_seconds` (1 to 3600 = 600): patience with a host that is asked to restart
    """

    job_type = "bios_config_write"
    aliases = ()


class DiscoveryScan(Builtin):
    """Finds iDRACs in address ranges, or looks at known servers again, and takes their inventory.

    Jobs of the type `discovery_scan`.

    Acts on: addresses (`target_scope.ip_range`, `ip_list`) or servers (`server_ids`). Reads only; it writes the
    tables `servers`, `server_*` and the job. A second run updates what it finds: a server is its service tag,
    so one that moved is an update, and what was not read this time stays as it is. It cannot hurt a server; it
    could lock an account, which is why it stops offering a credential that five iDRACs in a row refused.

    Beside its servers it takes:

    - `target_scope.ip_range` (text): addresses, blocks, ranges; `!` leaves one out
    - `target_scope.ip_list` (list of texts): likewise
    - `target_scope.exclude` (list of texts): what is left out
    - `target_scope.server_ids` (list of ids): known servers instead: a refresh
    - `credential_set_ids` (list of ids): sets to try before the ranges' and the defaults
    - `details.allow_large_range` (flag = false): more addresses than the engine's limit
    - `details.fetch_options` (flags = true): inventory, firmware, health, bios, storage, nics, memory;
      switch_connections = false
    """

    job_type = "discovery_scan"
    aliases = ()


class FetchEventLogs(Builtin):
    """Stores what iDRACs wrote into their logs since the last time.

    Jobs of the type `fetch_event_logs`.

    Acts on: the servers it names, or with `details.all` on every one of the table. It only reads. Where a
    reading stopped is remembered for each server and log, so a second run brings what is new; an entry's row
    has an id made of what the entry is, so that none is ever there twice, whatever is read again.

    Beside its servers it takes:

    - `details.all` (flag = false): every server of the table, where none is named
    - `details.limit` (1 to 500000 = 100): entries of each log at the first run, the newest; later runs bring
      all that is new
    - `details.whole` (flag = false): the first run brings whole logs
    - `details.logs` (list of SEL, Lifecycle = both): which logs
    """

    job_type = "fetch_event_logs"
    aliases = ()


class HealthCheck(Builtin):
    """Asks iDRACs how their servers are.

    Jobs of the type `health_check`.

    Acts on: the servers it names, or with `details.all` on every one of the table; never on a fleet by mere
    silence. It only reads. A second run reads again and adds a row of its own. A server that is ill has been
    checked: only one that could not be asked fails.

    Beside its servers it takes:

    - `details.all` (flag = false): every server of the table, where none is named
    - `details.depth` (full | quick = full): quick believes the roll-ups of storage and cards
    """

    job_type = "health_check"
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
