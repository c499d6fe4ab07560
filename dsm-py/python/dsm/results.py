"""What the operations of `dsm.Idrac` give back. Times are seconds.

Made from the result types of the Rust code by tools/results.py. A key is always there unless its record says otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypedDict

from dsm.models import LogEntry, Scalar

if TYPE_CHECKING:
    from dsm.inventories import InventoryFailure

AccountRole: TypeAlias = Literal["Administrator", "Operator", "ReadOnly", "None"]
"""Privileges of a user (DMTF `RoleId`, as iDRACs have them).

- `None`: May not log in.
"""

AttributeGroup: TypeAlias = Literal["idrac", "system", "lifecycle_controller"]
"""A set of attributes that is one resource.

- `idrac`: The iDRAC: network, users, services, alerts.
- `system`: The system board: cooling, power, hot spare.
- `lifecycle_controller`: The Lifecycle Controller: inventory on restart, discovery, updates.
"""


class AttributeSnapshot(TypedDict):
    """What the attributes were. Secrets (passwords, their hashes, CHAP secrets) are left out, named but not kept."""

    registry: str | None
    """The registry that explains the values (`AttributeRegistry` of the resource)."""
    firmware_version: str | None
    """The firmware the values belong to, e.g. the BIOS version of the system."""
    attributes: dict[str, Scalar]
    """The values."""
    omitted: list[str]
    """Attributes whose values are secrets."""


class ExtendedInfo(TypedDict):
    """One entry of `@Message.ExtendedInfo`."""

    message_id: str | None
    """The id, if there was one."""
    message: str | None
    """The text, as the iDRAC wrote it."""
    resolution: str | None
    """What the iDRAC suggests."""
    severity: str | None
    """The registry's severity. Not a success signal: RAC0218 is Informational."""
    related_properties: list[str]
    """The properties it is about."""


class Accepted(TypedDict):
    """What an iDRAC told about work it took on (or has done at once).

    Any part may be missing: some firmware answers 202 without a `Location`, or 200 with no job at all;
    `flow::wait` finds the job then. No id is ever made up.
    """

    status: int
    """HTTP status."""
    job: str | None
    """Dell's job."""
    task: str | None
    """The Redfish task. A `TaskMonitors` location is rewritten to the task itself: a monitor has no body."""
    messages: list[ExtendedInfo]
    """What the iDRAC said beside it."""
    retry_after_s: float | None
    """The pause it asks for before the first look."""


class AttributesSet(TypedDict):
    """What came of writing attributes. Names only: a value may be a secret."""

    changed: list[str]
    """Attributes that were written: those that differed."""
    unconfirmed: list[str]
    """Of these, what could not be read back as written: secrets, and what the iDRAC has not taken over yet."""
    accepted: Accepted | None
    """Where the work can be followed, if it was put off."""
    has_moved: bool
    """The iDRAC has probably moved to another address."""


BiosPassword: TypeAlias = Literal["system", "setup"]
"""Which password of the BIOS setup program.

- `system`: Asked for before the host starts an operating system.
- `setup`: Asked for before settings are changed at the console.
"""

PowerState: TypeAlias = Literal["On", "Off", "PoweringOn", "PoweringOff", "Unknown"]
"""DMTF `Resource.PowerState`.

- `On`: On.
- `Off`: Off.
- `PoweringOn`: On its way to on.
- `PoweringOff`: On its way to off.
- `Unknown`: Not told, or not understood.
"""

ResetType: TypeAlias = Literal[
    "On", "ForceOff", "ForceRestart", "GracefulRestart", "GracefulShutdown", "PushPowerButton", "Nmi", "PowerCycle"
]
"""DMTF `Resource.ResetType`, as far as PowerEdge servers know it.

- `On`: Power on.
- `ForceOff`: Power off at once.
- `ForceRestart`: Restart at once.
- `GracefulRestart`: Ask the operating system to restart. Not offered by iDRAC9 3.36.
- `GracefulShutdown`: Ask the operating system to shut down.
- `PushPowerButton`: Press the power button: on from off, and a request to shut down from on.
- `Nmi`: A non-maskable interrupt: most operating systems write a dump, and stop.
- `PowerCycle`: Power off and on.
"""

ResetAnswer: TypeAlias = Literal["accepted", "already_there", "none"]
"""How the iDRAC answered one reset.

- `accepted`: It took it on.
- `already_there`: It said that the host is there already, and it was.
- `none`: The connection broke; what became of it was read afterwards.
"""


class ResetAttempt(TypedDict):
    """One reset that was sent."""

    reset: ResetType
    """What was asked for."""
    answer: ResetAnswer
    """What was answered."""


RestartProof: TypeAlias = Literal["last_reset_time", "boot_progress", "power_state", "post_status", "not_shown"]
"""What showed that the host restarted.

- `last_reset_time`: `LastResetTime` is another.
- `boot_progress`: `BootProgress` went back.
- `power_state`: It was seen off.
- `post_status`: Dell's service saw it in its power-on test (`ServerStatus` `InPOST`).
- `not_shown`: Nothing: this firmware (iDRAC7 and 8) has none of these, the request was accepted, and the
  host is on. A graceful request may have been ignored; `Reset::in_two_steps` makes it visible.
"""


class ResetOutcome(TypedDict):
    """What became of it."""

    before: PowerState
    """How the host stood before."""
    after: PowerState
    """And how it stands now."""
    changed: bool
    """Whether anything changed; false where the host was there already."""
    attempts: list[ResetAttempt]
    """What was sent, in order; more than one where force was needed and allowed."""
    proof: RestartProof | None
    """For a restart: what showed it."""


class BiosReset(TypedDict):
    """What became of it."""

    was_pending: bool
    """Whether it was asked for already, so that nothing was sent."""
    restart: ResetOutcome | None
    """The restart, where there was one. The defaults are there once the power-on test is over."""


class BiosState(TypedDict):
    """The BIOS settings as they stand."""

    current: dict[str, Scalar]
    """In force. Some firmware shows staged values here before their job has run."""
    pending: dict[str, Scalar]
    """Staged."""
    apply_times: list[str]
    """When staged values may be applied; empty where a job has to be made by hand."""
    is_reset_pending: bool
    """Whether the next restart brings the defaults."""
    has_registry: bool
    """Whether the iDRAC explains its attributes: without that values are sent unchecked."""


class OverrideState(TypedDict):
    """The boot override as it stands."""

    enabled: str | None
    """`Disabled`, `Once`, `Continuous`."""
    target: str | None
    """`None`, `Pxe`, `Cd`, …"""
    mode: str | None
    """`UEFI` or `Legacy`; absent on iDRAC10, which knows UEFI only."""
    uefi_target: str | None
    """UEFI device path of the target `UefiTarget`."""


class BootChoice(TypedDict):
    """Something the host can start from."""

    reference: str
    """The name a boot order uses: `Boot0000`, or the long id of Dell's boot list."""
    name: str | None
    """What it is, in words or as a device of Dell's naming."""
    device_path: str | None
    """UEFI device path, where told."""
    enabled: bool | None
    """Whether it is tried."""


class BootConfig(TypedDict):
    """Everything about starting."""

    override: OverrideState
    """The override."""
    targets: list[str]
    """Targets an override can have; empty where the iDRAC does not say."""
    order: list[str]
    """The persistent order, by reference."""
    choices: list[BootChoice]
    """What there is to start from."""


Clearing: TypeAlias = Literal["all", "force"]
"""How the whole queue is cleared.

- `all`: `JID_CLEARALL`: all jobs that are over or have not begun.
- `force`: `JID_CLEARALL_FORCE`: every job, running ones too, and the Lifecycle Controller's services
  restart. Collections look empty for about two minutes after.
"""

ErrorKind: TypeAlias = Literal[
    "invalid_input",
    "not_canonical",
    "address_refused",
    "connect",
    "tls",
    "certificate_changed",
    "certificate_invalid",
    "timeout",
    "authentication",
    "password_change_required",
    "privilege",
    "session_limit",
    "not_ready",
    "busy",
    "conflict",
    "not_found",
    "unsupported",
    "license",
    "lockdown",
    "bad_request",
    "precondition",
    "protocol",
    "redfish_disabled",
    "not_dell",
    "server",
    "job_failed",
    "stalled",
    "circuit_open",
    "cancelled",
    "callback",
]
"""What kind of thing went wrong. A caller decides on this and on `Permanence`, never on text."""


class ConsoleLaunched(TypedDict):
    """How a person gets to the console."""

    url: str
    """The address.

    Where `signed_on`, it holds temporary credentials, good for one session within a minute or so: a secret.
    """
    signed_on: bool
    """Whether it needs no login."""
    plugin_was_set: bool
    """Whether the plug-in was set to HTML5 for it."""
    because: ErrorKind | None
    """Why there are no temporary credentials, as the kind of an error: `unsupported` on iDRAC7 and 8, `license`, …"""


class Ejected(TypedDict):
    """What was taken out."""

    drives: list[str]
    """The drives that are empty now and were not before. None: nothing had to change."""


Escalation: TypeAlias = Literal["never", "force", "power_cycle"]
"""How far to go with a host that does not do as it was asked.

- `never`: Leave it; the error says that it ignored the request.
- `force`: Force it: what is not written to disk yet is lost.
- `power_cycle`: Force it, and then take its power.
"""

HealthDepth: TypeAlias = Literal["quick", "full"]
"""How closely to look.

- `quick`: The system, power and cooling; storage by its roll-up only.
- `full`: Every drive, volume and card: also a rebuild under way, and a failure that is predicted.
"""

Severity: TypeAlias = Literal["OK", "Warning", "Critical"]
"""Severity of a health value, ordered from good to bad.

- `OK`: `OK`.
- `Warning`: `Warning`.
- `Critical`: `Critical`.
"""

Component: TypeAlias = Literal[
    "processors",
    "memory",
    "storage",
    "power_supplies",
    "fans",
    "temperatures",
    "voltages",
    "batteries",
    "intrusion",
    "network",
    "idrac",
]
"""A component of a server.

- `processors`: Processors, GPUs among them.
- `memory`: Memory modules.
- `storage`: Controllers, drives, volumes.
- `power_supplies`: Power supplies.
- `fans`: Fans.
- `temperatures`: Temperatures.
- `voltages`: Voltages.
- `batteries`: Batteries.
- `intrusion`: The intrusion switch.
- `network`: Network cards.
- `idrac`: The iDRAC itself.
"""


class HealthReasonPart(TypedDict):
    """A part tells it of itself."""

    reason: Literal["part"]
    name: str
    """Its id or name: for a Dell device its FQDD."""
    severity: Severity
    """How bad."""
    state: str | None
    """Its `Status.State`."""


class HealthReasonRollup(TypedDict):
    """The iDRAC's roll-up tells it; the parts may not."""

    reason: Literal["rollup"]
    property: str
    """Property of the roll-up."""
    severity: Severity
    """How bad."""


class HealthReasonFailurePredicted(TypedDict):
    """A drive expects to fail."""

    reason: Literal["failure_predicted"]
    name: str
    """The drive."""
    life_left_percent: float | None
    """Life left of a solid state drive, in percent, where it tells it."""


class HealthReasonOperation(TypedDict):
    """A volume is being rebuilt, or other work goes on in it."""

    reason: Literal["operation"]
    volume: str
    """The volume."""
    operation: str
    """`Rebuild`, …"""
    percent: float | None
    """How far."""


class HealthReasonUnread(TypedDict):
    """A part could not be read."""

    reason: Literal["unread"]
    path: str
    """Its path."""
    kind: ErrorKind
    """Why."""


class HealthReasonStale(TypedDict):
    """The iDRAC calls it stale or incomplete."""

    reason: Literal["stale"]
    path: str
    """Its path."""
    message_id: str
    """`SYS518`, `SYS519`."""


HealthReason: TypeAlias = (
    HealthReasonPart
    | HealthReasonRollup
    | HealthReasonFailurePredicted
    | HealthReasonOperation
    | HealthReasonUnread
    | HealthReasonStale
)
"""Why a component is not simply OK."""


class ComponentHealth(TypedDict):
    """What is known of one component."""

    component: Component
    """Which."""
    severity: Severity | None
    """The worst that is known; nothing where nothing is."""
    reasons: list[HealthReason]
    """Why it is not simply OK: the worst first."""
    known_parts: int
    """Parts that told a health."""
    unknown_parts: int
    """Parts that told none."""
    is_stale: bool
    """Whether the iDRAC calls what it told stale or incomplete."""


class HealthReport(TypedDict):
    """How a server is."""

    overall: Severity | None
    """The worst that is known; nothing where nothing is."""
    power_state: str | None
    """`On`, `Off`."""
    components: list[ComponentHealth]
    """Each component, in a fixed order. Those that do not exist are left out."""
    faults: list[LogEntry]
    """What the iDRAC lists as wrong, where anything is and it keeps such a list."""
    failures: list[InventoryFailure]
    """What could not be read."""


HostState: TypeAlias = Literal["any", "out_of_post", "settled", "powered_off"]
"""How the host must stand.

- `any`: As it is.
- `out_of_post`: Through its power-on test (`OutOfPOST`).
- `settled`: Through its power-on test, or off: in no hurry either way.
- `powered_off`: Off.
"""


class IdracRestart(TypedDict):
    """What a restart did."""

    away_s: float
    """From the request to the first answer after it."""
    total_s: float
    """From the request until all was ready."""


JobDeleted: TypeAlias = Literal["now", "after_its_end", "was_gone"]
"""What became of a job that was to be deleted.

- `now`: It is gone.
- `after_its_end`: It ran, was waited for, and is gone.
- `was_gone`: It was not there.
"""

JobVerdict: TypeAlias = Literal[
    "done",
    "partial",
    "failed",
    "cancelled",
    "downloaded",
    "scheduled",
    "reboot_pending",
    "pending_activation",
    "user_intervention",
    "lost",
]
"""What became of a job."""

JobState: TypeAlias = Literal[
    "New",
    "Scheduling",
    "Scheduled",
    "Downloading",
    "Downloaded",
    "Running",
    "Waiting",
    "ReadyForExecution",
    "Paused",
    "RebootPending",
    "PendingActivation",
    "UserIntervention",
    "Completed",
    "CompletedWithErrors",
    "RebootCompleted",
    "Failed",
    "RebootFailed",
    "Cancelled",
    "Unknown",
]
"""State of a job, in Dell's word.

- `New`: Made, not looked at yet. Right after its creation this is no failure.
- `Scheduling`: Being put into the queue.
- `Scheduled`: Waits for a restart of the host, a maintenance window, or its turn.
- `Downloading`: Fetches its package.
- `Downloaded`: Has its package and goes no further by itself.
- `Running`: At work.
- `Waiting`: Waits for something of the host, often its restart.
- `ReadyForExecution`: The same.
- `Paused`: Held.
- `RebootPending`: Done but for a restart of the host.
- `PendingActivation`: Succeeded; what it brought is not active yet.
- `UserIntervention`: Succeeded; a person has to restart the host or take its power away.
- `Completed`: Ended well.
- `CompletedWithErrors`: Ended; some parts failed.
- `RebootCompleted`: The restart is done: the good end of a reboot job.
- `Failed`: Failed.
- `RebootFailed`: The restart failed.
- `Cancelled`: Cancelled or killed, which only DMTF's faces of a job say.
- `Unknown`: The iDRAC does not know, or says a word that is not known here.
"""


class PartOutcome(TypedDict):
    """The result of one part of a job (Dell `ServerConfigurationProfileResults` in a task's `Messages`)."""

    component: str | None
    """FQDD of the component; older firmware leaves it out."""
    name: str | None
    """The attribute or component: `LDAP.1#Enable`."""
    display_name: str | None
    """The same for people."""
    old_value: str | None
    """Before."""
    new_value: str | None
    """After."""
    status: str | None
    """`Success`, `Failure`, …, as the iDRAC writes it."""
    error_code: str | None
    """Dell's error number, where it is not `0`."""
    message_id: str | None
    """What the iDRAC says of it."""
    message: str | None
    """The text of that."""


class JobOutcome(TypedDict):
    """A job that has come to an end."""

    id: str | None
    """Dell's job, where known."""
    verdict: JobVerdict
    """What became of it."""
    state: JobState
    """The last state seen; `JobState::Unknown` when none was."""
    percent: int | None
    """How far it was."""
    job_type: str | None
    """Dell's job type."""
    name: str | None
    """What it is called."""
    messages: list[ExtendedInfo]
    """What it said of itself, the latest last."""
    parts: list[PartOutcome]
    """Results of its parts, where the iDRAC tells them."""
    start: str | None
    """When it was made or may start, as the iDRAC wrote it."""
    end: str | None
    """When it ended, as the iDRAC wrote it."""
    waited_s: float
    """How long it was waited for."""


class JobProgress(TypedDict):
    """What was seen of a job at one look."""

    id: str | None
    """Dell's job, where known."""
    state: JobState | None
    """Its state; nothing before it was seen for the first time."""
    percent: int | None
    """How far it is."""
    message: ExtendedInfo | None
    """What it says of itself."""
    away: bool
    """Whether the iDRAC does not answer just now."""
    elapsed_s: float
    """Time since the waiting began."""


class JobStatus(TypedDict):
    """What an iDRAC says of a job now."""

    id: str | None
    """Dell's job, where the face tells it."""
    state: JobState
    """Its state, in Dell's words."""
    percent: int | None
    """How far it is, 0 to 100."""
    job_type: str | None
    """Dell's job type: `BIOSConfiguration`, `FirmwareUpdate`, …"""
    name: str | None
    """What it is called."""
    messages: list[ExtendedInfo]
    """What it says of itself, the latest last."""
    parts: list[PartOutcome]
    """Results of its parts."""
    start: str | None
    """When it was made or may start, as written: Dell's queue gives local time without an offset, `TIME_NOW` or
    `TIME_NA`.
    """
    end: str | None
    """When it ended, as written."""
    target_settings: str | None
    """The settings resource it applies."""


class JobsCleared(TypedDict):
    """What a clearing left."""

    before: list[JobStatus]
    """Jobs there were before."""
    left: list[JobStatus]
    """Jobs there are still: reboot jobs, running ones, new ones."""


class LocatorOutcome(TypedDict):
    """What became of it."""

    on: bool
    """Whether the light locates now."""
    changed: bool
    """Whether it did not before."""


LogCursor: TypeAlias = dict[str, Any]
"""The newest entries of a log at the end of a reading. Plain data: the caller stores it and hands it in again."""

LogKind: TypeAlias = Literal["sel", "lifecycle", "fault_list"]
"""A log of an iDRAC.

- `sel`: System event log: what the sensors told.
- `lifecycle`: Lifecycle log: everything, logins among it.
- `fault_list`: What is wrong now (iDRAC9 6.x and later).
"""

LogEnd: TypeAlias = Literal["empty", "known", "limit", "older", "refused", "repeating", "endless"]
"""Why a reading ended.

- `empty`: All entries were read.
- `known`: The rest was read before, by the cursor.
- `limit`: As many as were asked for.
- `older`: The rest is older than what was asked for.
- `refused`: The iDRAC had no further page: an error in place of it.
- `repeating`: Pages came that had been read before.
- `endless`: More pages than a log can have.
"""


class LogSummary(TypedDict):
    """How a reading went."""

    end: LogEnd | None
    """Why it ended; nothing while it has not."""
    is_complete: bool
    """Whether everything that was asked for was delivered.

    Not so at a limit, and where the iDRAC counts more entries than it gave.
    """
    is_gap: bool
    """Whether the cursor's entries were not met any more: the log was cleared since, or has wrapped."""
    delivered: int
    """Entries delivered."""
    duplicates: int
    """Entries that came more than once, and were left out."""
    pages: int
    """Pages read."""


class LogRead(TypedDict):
    """A log's entries, newest first, and what is to be known of the reading."""

    entries: list[LogEntry]
    """The entries."""
    cursor: LogCursor
    """For the next reading."""
    summary: LogSummary
    """How it went."""


class MainsOutcome(TypedDict):
    """What became of it."""

    before: PowerState
    """How the host stood before."""
    after: PowerState
    """And how it stands now."""
    idrac_was_away: bool
    """Whether the iDRAC was seen to be away: it lives on mains itself."""


MediaDevice: TypeAlias = Literal["Cd", "RemovableDisk"]
"""What the host sees.

- `Cd`: An optical drive.
- `RemovableDisk`: A removable disk.
"""


class Mounted(TypedDict):
    """Where the image is now."""

    drive: str
    """The drive."""
    changed: bool
    """Whether anything had to be done."""
    replaced: str | None
    """The image that had to leave, if any."""


class Ipv4Settings(TypedDict, total=False):
    """IPv4 of the iDRAC (attributes `IPv4.1.*`)."""

    enabled: bool | None
    """Whether IPv4 is used."""
    dhcp_enabled: bool | None
    """Whether the address comes by DHCP."""
    address: str | None
    """Address."""
    gateway: str | None
    """Gateway."""
    netmask: str | None
    """Netmask."""
    dns1: str | None
    """First name server; `0.0.0.0` is none."""
    dns2: str | None
    """Second name server; `0.0.0.0` is none."""
    dns_from_dhcp: bool | None
    """Whether the name servers come by DHCP."""


class NicSettings(TypedDict, total=False):
    """The iDRAC's network interface (attributes `NIC.1.*`)."""

    selection: str | None
    """`Dedicated`, `LOM1`, …"""
    speed: str | None
    """Mbit/s."""
    duplex: str | None
    """`Full` or `Half`."""
    mtu: int | None
    """Bytes."""
    vlan_enabled: bool | None
    """Whether it is in a VLAN."""
    vlan_id: int | None
    """Which."""
    vlan_priority: int | None
    """With which priority."""
    host_name: str | None
    """The iDRAC's host name."""
    domain_name: str | None
    """Its domain."""


class NtpSettings(TypedDict, total=False):
    """Time servers (attributes `NTPConfigGroup.1.*`, `Time.1.Timezone`)."""

    enabled: bool | None
    """Whether they are asked."""
    server1: str | None
    """First."""
    server2: str | None
    """Second."""
    server3: str | None
    """Third."""
    timezone: str | None
    """Time zone, as `CST6CDT`, `UTC` or `Europe/Berlin`."""


class NetworkSettings(TypedDict, total=False):
    """The iDRAC's network settings: what it has, or, with what shall stay left out, what it should have."""

    ipv4: Ipv4Settings
    """IPv4."""
    nic: NicSettings
    """Interface."""
    ntp: NtpSettings
    """Time servers."""


BootApplied: TypeAlias = Literal["unchanged", "set", "pending_restart"]
"""How far a change has come.

- `unchanged`: It was so already; nothing was sent.
- `set`: It is set, and was read back.
- `pending_restart`: It is accepted, and takes effect when the host restarts.
"""


class OrderOutcome(TypedDict):
    """What became of it."""

    applied: BootApplied
    """How far it has come."""
    job: str | None
    """The job that sets it when the host restarts, where the iDRAC named one."""
    before: list[str]
    """The order before."""
    wanted: list[str]
    """The whole order that was asked for, what was not named behind what was."""


class OverrideOutcome(TypedDict):
    """What became of it."""

    applied: BootApplied
    """How far it has come."""
    job: str | None
    """The job, where the iDRAC made one (for a change of mode)."""
    set_despite_refusal: bool
    """Whether it is set although the iDRAC answered that it is not."""
    before: OverrideState
    """The override before."""
    after: OverrideState
    """The override as it was last read."""


class SettingsEndUnchanged(TypedDict):
    """All was so already; nothing was sent."""

    how: Literal["unchanged"]


class SettingsEndStaged(TypedDict):
    """A job is in the queue and waits for a restart of the host or a window."""

    how: Literal["staged"]


class SettingsEndEnded(TypedDict):
    """The job has ended, well or not; its own words."""

    how: Literal["ended"]
    job: JobOutcome


SettingsEnd: TypeAlias = SettingsEndUnchanged | SettingsEndStaged | SettingsEndEnded
"""How far it went."""


class PasswordOutcome(TypedDict):
    """What became of it. A password cannot be read back; whether it is in force is what its job says."""

    end: SettingsEnd
    """How far it went."""
    job: str | None
    """The job."""
    by_attribute: bool
    """Whether the password went in as an attribute, because the action refused an empty one."""


Effect: TypeAlias = Literal["read", "change", "disrupt", "destroy"]
"""How much an operation or a flow can hurt, from nothing to for good.

- `read`: Looks only.
- `change`: Changes settings that can be set back.
- `disrupt`: Takes the host or the iDRAC away for a while, or changes what runs on them: a reset, new
  firmware.
- `destroy`: Destroys what cannot be brought back: data, keys, logs, all settings.
"""


class _PlanStep(TypedDict):
    """One request that would be sent."""

    operation: str
    """Name of the operation."""
    effect: Effect
    """How much it can hurt."""
    method: str
    """HTTP method."""
    path: str
    """Path."""


class PlanStep(_PlanStep, total=False):
    """One request that would be sent."""

    body: Any
    """JSON body, its secrets taken out."""


RestartEffect: TypeAlias = Literal["no", "needed", "possible", "certain"]
"""Whether the host restarts.

- `no`: It does not, and needs not.
- `needed`: It does not by this, but the change takes effect only once it did.
- `possible`: Cannot be told before: it may.
- `certain`: It does.
"""


class Plan(TypedDict):
    """What would be done. Nothing that changes anything was sent to find out."""

    summary: str
    """In a sentence."""
    steps: list[PlanStep]
    """The requests that would change something, in order."""
    host: RestartEffect
    """Whether the host restarts."""
    idrac: RestartEffect
    """Whether the iDRAC restarts, and is away meanwhile."""
    warnings: list[str]
    """What the caller should know before saying yes."""


RebootJobType: TypeAlias = Literal[
    "GracefulRebootWithForcedShutdown", "GracefulRebootWithoutForcedShutdown", "PowerCycle"
]
"""What a reboot job does (Dell `RebootJobType`).

- `GracefulRebootWithForcedShutdown`: Asks the operating system to shut down, and forces it after a while.
- `GracefulRebootWithoutForcedShutdown`: Asks the operating system to shut down; fails where it does not.
- `PowerCycle`: Takes the power away and gives it back.
"""


_AttributeChange = TypedDict("_AttributeChange", {"from": Scalar})


class AttributeChange(_AttributeChange):
    """One value to be sent; `from` is what it is, or is staged to be. A secret shows as `[redacted]`."""

    attribute: str
    """The attribute."""
    to: Scalar
    """What is to be sent, in the type the iDRAC takes."""
    reset_required: bool
    """Whether the change takes a reset of the system."""


class Cause(TypedDict):
    """The rule behind a problem or a side effect: its terms, as they stand."""

    rule: int
    """Place of the rule in `AttributeRegistry::rules`."""
    attributes: list[str]
    """The attributes its terms ask about."""
    when: str
    """When it holds, e.g. `NodeInterleave = Enabled or MemOpMode != OptimizerMode`."""


_SideEffect = TypedDict("_SideEffect", {"from": Scalar | None})


class SideEffect(_SideEffect):
    """A value the system will change by itself. `from`: What it is."""

    attribute: str
    """The attribute."""
    to: Scalar | None
    """What it will be; unknown where a rule only forbids the present value and leaves several."""
    cause: Cause | None
    """The rule."""


AttributeType: TypeAlias = Literal["Enumeration", "String", "Integer", "Boolean", "Password", "Other"]
"""Type of an attribute (DMTF `AttributeType`).

- `Password`: Its value is never shown, not even by the iDRAC.
- `Other`: The registry names none we know: any value is let through.
"""


class ProblemUnknown(TypedDict):
    """There is no such attribute."""

    reason: Literal["unknown"]
    attribute: str
    """Which."""
    near: list[str]
    """Names it may have been meant for, best first."""


class ProblemWrongType(TypedDict):
    """The value has the wrong type."""

    reason: Literal["wrong_type"]
    attribute: str
    """Which."""
    expected: AttributeType
    """The right one."""


class ProblemNotAllowed(TypedDict):
    """The value is not among those the enumeration may have."""

    reason: Literal["not_allowed"]
    attribute: str
    """Which."""
    allowed: list[str]
    """Those it may have."""
    cause: Cause | None
    """The rule that narrowed them, if one did."""


class ProblemOutOfRange(TypedDict):
    """The integer is too small or too large."""

    reason: Literal["out_of_range"]
    attribute: str
    """Which."""
    lower: int | None
    """The smallest."""
    upper: int | None
    """The largest."""
    cause: Cause | None
    """The rule that set one of them, if one did."""


class ProblemOffStep(TypedDict):
    """The integer is not on a step."""

    reason: Literal["off_step"]
    attribute: str
    """Which."""
    lower: int
    """The first."""
    increment: int
    """From one to the next."""


class ProblemWrongLength(TypedDict):
    """The text is too short or too long."""

    reason: Literal["wrong_length"]
    attribute: str
    """Which."""
    min: int | None
    """The least number of characters."""
    max: int | None
    """The greatest number of characters."""


class ProblemWrongForm(TypedDict):
    """The text does not match the registry's expression."""

    reason: Literal["wrong_form"]
    attribute: str
    """Which."""
    expression: str
    """The expression."""


class ProblemReadOnly(TypedDict):
    """The attribute cannot be written."""

    reason: Literal["read_only"]
    attribute: str
    """Which."""
    cause: Cause | None
    """The rule that forbids it; without one the registry itself does (hardware, lockdown mode, a jumper)."""


class ProblemHidden(TypedDict):
    """The system does not offer the attribute."""

    reason: Literal["hidden"]
    attribute: str
    """Which."""
    cause: Cause | None
    """The rule that hides it; without one the registry itself does."""


class ProblemForced(TypedDict):
    """A rule forces another value."""

    reason: Literal["forced"]
    attribute: str
    """Which."""
    value: Scalar
    """That value."""
    cause: Cause | None
    """The rule."""


class ProblemUnsettled(TypedDict):
    """The registry's rules contradict each other in a circle here."""

    reason: Literal["unsettled"]
    attribute: str
    """Which."""


Problem: TypeAlias = (
    ProblemUnknown
    | ProblemWrongType
    | ProblemNotAllowed
    | ProblemOutOfRange
    | ProblemOffStep
    | ProblemWrongLength
    | ProblemWrongForm
    | ProblemReadOnly
    | ProblemHidden
    | ProblemForced
    | ProblemUnsettled
)
"""One wanted attribute that cannot be had."""


class Validation(TypedDict):
    """The outcome of `validate`."""

    changes: list[AttributeChange]
    """What is to be sent: only differences, an attribute before those its value decides on."""
    already_pending: list[str]
    """Wanted and already staged: the next reset brings them without our doing."""
    unchanged: list[str]
    """Wanted and already so."""
    implied: list[str]
    """Wanted, and brought by a rule anyway, so not to be sent (the attribute is mostly read-only then)."""
    side_effects: list[SideEffect]
    """What the system will change by itself."""
    problems: list[Problem]
    """What stands against it. Nothing must be sent unless this is empty."""
    inactive: list[str]
    """Wanted attributes that will be inactive (grayed out): they can be set, and do nothing for now."""
    reset_required: bool
    """Whether a change takes a reset of the system."""


class AttributeResult(TypedDict):
    """One wanted attribute, and what it is now."""

    attribute: str
    """Which."""
    requested: Scalar
    """What was wanted; a secret is not shown."""
    now: Scalar | None
    """What it is; nothing where the system does not show it."""
    is_as_requested: bool | None
    """Whether that is what was wanted; nothing where it cannot be read back (a password)."""


class SettingsOutcome(TypedDict):
    """What became of it."""

    validation: Validation
    """What was to be changed, and what the system said it would change along."""
    end: SettingsEnd
    """How far it went."""
    job: str | None
    """The job."""
    is_adopted: bool
    """Whether the job was there already, or made by the iDRAC without being named."""
    results: list[AttributeResult]
    """Attribute by attribute, read after the job had completed or where nothing had to change; empty before."""


class RestoreOutcome(TypedDict):
    """What became of a restore."""

    steps: list[SettingsOutcome]
    """Step by step, as far as it got."""
    steps_left: int
    """Steps that are left: they need a restart in between that the caller did not want."""
    skipped: list[Problem]
    """Differences that cannot be undone, and why."""


class RestoreStep(TypedDict):
    """Values that can be sent together."""

    validation: Validation
    """What it does: changes in their order, and what the system changes with them."""


class RestorePlan(TypedDict):
    """How to get back."""

    steps: list[RestoreStep]
    """One after the other, each with a reset.

    Almost always one; more where an attribute can only be written before another takes its final value.
    """
    skipped: list[Problem]
    """Differences that cannot be undone, and why."""


ScreenShot: TypeAlias = Literal["now", "preview", "last_crash"]
"""Which picture of the screen (`FileType`).

- `now`: As it is now.
- `preview`: As it is now, small.
- `last_crash`: As it was at the last crash.
"""


class SettingsPlan(TypedDict):
    """What a wanted change would do."""

    validation: Validation
    """What changes, what the system changes along, and what stands against it."""
    plan: Plan
    """The requests, and whether the host restarts. Empty where something stands against it."""


class ShareTest(TypedDict):
    """What came of a look at a share."""

    is_reachable: bool
    """Whether the iDRAC got in."""
    messages: list[ExtendedInfo]
    """What it said."""


ShareType: TypeAlias = Literal["nfs", "cifs", "http", "https", "tftp", "ftp"]
"""How a share is reached."""


class StaleJob(TypedDict):
    """A job with the reason why it counts as stale, or why not."""

    job: JobStatus
    """The job."""
    reason: str
    """Why, in a word or two: `failed`, `older than allowed`, `reboot job`, …"""


class ErrorRecord(TypedDict):
    """An error that ended a part of the work and not all of it."""

    kind: ErrorKind
    """Its kind."""
    error: str
    """What happened, with every cause."""


class StaleFailure(TypedDict):
    """A stale job that could not be deleted."""

    job: str
    """The job."""
    reason: ErrorRecord
    """Why not."""


class StaleReport(TypedDict):
    """What was deleted and what not."""

    cleared: list[StaleJob]
    """Deleted."""
    skipped: list[StaleJob]
    """Left."""
    failures: list[StaleFailure]
    """Stale, and not deleted."""
