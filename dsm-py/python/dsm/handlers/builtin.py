"""The engine's own job types, each a class whose objects run jobs of it one by one.

Made from the handlers of the Rust code by tools/handlers.py.
"""

from dsm.handlers._called import Builtin

__all__ = [
    "BiosConfigRead",
    "BiosConfigWrite",
    "BootConfiguration",
    "ConsoleLaunch",
    "DiscoveryScan",
    "FetchEventLogs",
    "FirmwareUpdate",
    "FullServerUpdate",
    "HealthCheck",
    "PowerAction",
    "ScpExport",
    "ScpImport",
    "TestCredentials",
    "VirtualMediaMount",
    "VirtualMediaUnmount",
]


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
    - `details.create_snapshot` (flag = where any setting changes): keep the settings as they are before
    - `details.snapshot_notes` (text): kept with the snapshot
    - `details.skip_unwritable` (flag = false): leave out what is unknown, read-only or set by the system, as in
      a snapshot that is restored
    - `details.timeout_seconds` (1 to 3600 = 600): patience with a host that is asked to restart
    """

    job_type = "bios_config_write"
    aliases = ()


class BootConfiguration(Builtin):
    """Reads what hosts start from, sets or takes back a one-time boot, sets the persistent order.

    Jobs of the type `boot_configuration`.

    Acts on: the servers it names. A second run finds it so and sends nothing. It restarts nobody: what waits
    for a restart is said to wait, with the iDRAC's job that does it. It can hurt at the next restart, when a
    host starts from something else.

    Beside its servers it takes:

    - `details.action` (fetch_config | set_one_time_boot | disable_override | set_boot_order = fetch_config):
      what is wanted
    - `details.boot_target` (text): for a one-time boot; None takes it back
    - `details.boot_mode` (UEFI | Legacy = as it is): for a one-time boot
    - `details.uefi_target` (text): device path, for the target UefiTarget
    - `details.boot_order` (list of references or names): what is not named keeps its order behind it
    """

    job_type = "boot_configuration"
    aliases = ()


class ConsoleLaunch(Builtin):
    """Gives an address that opens a host's console in a browser, without a login where the iDRAC can do that.

    Jobs of the type `console_launch`.

    Acts on: one server. A second run gives another address. It hurts nobody: it opens a session of the iDRAC's,
    which goes by itself, and changes the kind of console only where `details.set_plugin` says so. The address
    holds temporary credentials: it stands in the details of the ended job for a short while, and nowhere else.

    Beside its servers it takes:

    - `details.server_id` (id = the first of target_scope): which server
    - `details.set_plugin` (flag = false): set the console to HTML5 where it is not; a lasting change of the
      iDRAC
    """

    job_type = "console_launch"
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
    - `details.fetch_options.scp_backup, scp_backup_only_if_stale, scp_backup_max_age_days` (flag = false, flag
      = true, number = 30): of a refresh: enqueue a scp_export of the servers that were read
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


class FirmwareUpdate(Builtin):
    """Brings the firmware of servers to the versions of a catalogue, a list of packages, or a repository.

    Jobs of the type `firmware_update`.

    Acts on: the servers it names. A second run finds the versions installed and sends nothing. It can hurt: the
    host restarts where a package needs that, and the iDRAC over its own update. On a server that another job is
    changing it waits its turn.
    """

    job_type = "firmware_update"
    aliases = ()


class FullServerUpdate(Builtin):
    """Brings all firmware of servers up to date by one plan a server, in as few restarts as it takes.

    Jobs of the type `full_server_update`.

    Acts on: the servers it names. A second run finds the versions installed and sends nothing. It can hurt:
    hosts and iDRACs restart. The jobs that the existing front end adds as its parts, one a component, are run
    by no one else: they say which components are meant, stay in their order, run when this job does, and end as
    their component did.
    """

    job_type = "full_server_update"
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


class ScpExport(Builtin):
    """Keeps the configuration profile of servers, as the iDRAC wrote it.

    Jobs of the type `scp_export`.

    Acts on: the servers it names. It changes nothing on them, but an iDRAC does one such thing at a time: it
    stands in line behind jobs that change the server. The raw profile is sealed at rest; beside it is a copy to
    look at, secrets masked. A second run keeps another row. After a crash the iDRAC's own job is taken over.

    Beside its servers it takes:

    - `details.backup_name` (text = backup-<time of the job>): the row's name; the server's follows it
    - `details.description` (text): kept with it
    - `details.include_bios, include_idrac, include_nic, include_raid` (flag = true): classes of components
    - `details.targets` (list of classes): ALL, System, FC, … as the iDRAC names them, in place of the flags
    - `details.format` (XML | JSON = JSON where the iDRAC writes it): form of the profile
    - `details.export_use` (Default | Clone | Replace = Clone): what the profile is for: a Clone or Replace may
      remake volumes when it is imported
    - `details.include_in_export` (Default | IncludeReadOnly | IncludePasswordHashValues |
      IncludeCustomTelemetry, or several): what it holds besides
    - `details.share_type` (Local | NFS | CIFS | HTTP | HTTPS = Local): Local: to us; otherwise to a file on a
      share
    - `details.share_address, share_name, share_port, share_file_name` (text, text, number, text = scp-<service
      tag>): where; of several servers each writes a file with its service tag
    - `details.share_username, share_password, share_workgroup, share_ignore_certificate` (text, secret, text,
      flag = false): as whom
    """

    job_type = "scp_export"
    aliases = ()


class ScpImport(Builtin):
    """Brings a kept configuration profile into force, and sees that it is.

    Jobs of the type `scp_import`.

    Acts on: the servers it names. The iDRAC previews it first; what is as wanted already is left alone, so a
    second run imports nothing. It can hurt: the host restarts where settings need it (`shutdown_type`), a
    profile of another server brings that one's names and addresses, and settings of storage can destroy data,
    which is refused unless allowed. Before, the configuration is kept as another row; with `rollback` that is
    imported where the import goes wrong. Each import is sent once over all attempts.

    Beside its servers it takes:

    - `details.backup_id` (id): the row of scp_backups; its profile goes byte for byte, but iDRAC7 and iDRAC8
      get XML in one line
    - `details.share_type, share_address, share_name, share_port, share_file_name, share_username,
      share_password, share_workgroup, share_ignore_certificate` (as for scp_export): a file on a share in place
      of a row; for a row that names a file, who logs in there
    - `details.restore_bios, restore_idrac, restore_nic, restore_raid` (flag = include_* of the job, else of the
      row): classes of components; all four: everything in the profile
    - `details.targets` (list of classes): in place of the flags
    - `details.shutdown_type` (Graceful | Forced | NoReboot = Graceful): how a running host goes down where
      settings need it
    - `details.host_power_state` (On | Off = On): the host's power after
    - `details.time_to_wait_seconds` (300 to 3600 = the iDRAC's own): how long a graceful shutdown may take
    - `details.force` (flag = false): import a profile of another model, too
    - `details.allow_data_loss` (flag = false): import settings that destroy data (volumes made anew, drives
      erased), too
    - `details.backup_before` (flag = true): keep the configuration before
    - `details.rollback` (flag = false): where the import goes wrong, import what was kept before; secrets and
      volumes do not come back by it
    - `details.verify` (flag = true): compare what is in force after
    """

    job_type = "scp_import"
    aliases = ()


class TestCredentials(Builtin):
    """Logs in to iDRACs and proves it by reading what only a login may read.

    Jobs of the type `test_credentials`.

    Acts on: the servers it names, and addresses that need not be in the table. What it tries is what the job
    names: its credential sets in their order, then the user name and password in its details; where it names
    none, what each server would be visited with. A second run tries again. It hurts nobody: nothing is changed,
    no password goes to anything that does not prove to be a Dell, at most three go to one iDRAC, and one that
    five iDRACs in a row refuse goes to no other.

    Beside its servers it takes:

    - `target_scope.ip_address` (address or list of addresses): beside or instead of servers; need not be in the
      table
    - `credential_set_ids` (list of ids (of the job)): tried in this order; none: what is in the details, or
      what each server has
    - `details.username` (text): tried after the sets
    - `details.password` (text, sealed): its password; gone when the job ends
    """

    job_type = "test_credentials"
    aliases = ()


class VirtualMediaMount(Builtin):
    """Puts an image on the network into a virtual drive, and sees that it is there.

    Jobs of the type `virtual_media_mount`.

    Acts on: the servers it names, or those of its sessions. A second run finds the image and does nothing. It
    hurts nobody unless `details.replace` takes another image out, or `details.boot_once` has the host start
    from it next time; it restarts no host. A job that is cancelled takes its own image out again.

    Beside its servers it takes:

    - `details.session_id` (id): row of virtual_media_sessions; says what the job does not
    - `details.image_url` (http(s)://, nfs://, cifs:// or //host/share/…): the image
    - `details.media_type` (CD | DVD | USBStick | Floppy = CD): as what the host sees it
    - `details.write_protected` (flag = true): the host may not write to it
    - `details.share_username` (text = the session's): user of the share
    - `details.share_password` (text, sealed = the session's): its password
    - `details.replace` (flag = false): take another image out where no drive is free
    - `details.boot_once` (flag = false): the host starts from it next time; a CD only
    - `details.preflight` (flag = true): let the iDRAC try its share first
    """

    job_type = "virtual_media_mount"
    aliases = ()


class VirtualMediaUnmount(Builtin):
    """Takes an image out of its virtual drive, and sees that it is gone.

    Jobs of the type `virtual_media_unmount`.

    Acts on: the servers it names, or those of its sessions. A second run finds the drive empty and does
    nothing. It hurts a host that still reads from the image; another image than the session's is left alone
    unless `details.force` is true.

    Beside its servers it takes:

    - `details.session_id` (id): row of virtual_media_sessions; says which image
    - `details.image_url` (address): which image, where no session does
    - `details.media_type` (CD | DVD | USBStick | Floppy = CD): which drive, where no image is known
    - `details.force` (flag = false): whatever image is in the drive
    """

    job_type = "virtual_media_unmount"
    aliases = ()
