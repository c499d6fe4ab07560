"""What the operations of `dsm.Idrac` give back. Times are seconds.

Made from the result types of the Rust code by tools/results.py. A key is always there unless its record says otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypedDict

from dsm.models import Certificate, DellUpdateSchedule, Event, LogEntry, Scalar, Signature, SoftwareInventory

if TYPE_CHECKING:
    from dsm.inventories import InventoryFailure


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


class Mounted(TypedDict):
    """Where the image is now."""

    drive: str
    """The drive."""
    changed: bool
    """Whether anything had to be done."""
    replaced: str | None
    """The image that had to leave, if any."""


ChosenBy: TypeAlias = Literal["override", "profile"]
"""How the virtual CD was chosen for one start.

- `override`: By the boot override.
- `profile`: By a configuration profile.
"""


class Ejected(TypedDict):
    """What was taken out."""

    drives: list[str]
    """The drives that are empty now and were not before. None: nothing had to change."""


class BootIsoOutcome(TypedDict):
    """What became of it."""

    mounted: Mounted
    """Where the image is, or was."""
    chosen_by: ChosenBy
    """How it was chosen."""
    reset: ResetOutcome
    """The restart."""
    is_connected: bool
    """Whether the image was still connected after the restart."""
    is_used: bool | None
    """Whether the choice is used up, as far as the iDRAC tells: it started from it."""
    ejected: Ejected | None
    """What was ejected, if it was to be."""


class CatalogBundle(TypedDict):
    """`SoftwareBundle`: a named set of packages for some models and an operating system."""

    bundle_id: str | None
    """`bundleID`."""
    release_id: str | None
    """`releaseID`."""
    bundle_type: str | None
    """`bundleType`, e.g. `BTW64` for Windows."""
    version: str | None
    """`vendorVersion`."""
    name: str | None
    """Display name."""
    systems: list[str]
    """The models it is for."""
    packages: list[str]
    """`Contents/Package/@path`: file names, as the packages' paths end."""


class CatalogManifest(TypedDict):
    """What a catalogue says of itself."""

    version: str | None
    """`version`: release of the catalogue, e.g. `24.03.01`."""
    date_time: str | None
    """`dateTime`: when it was made."""
    release_id: str | None
    """`releaseID`."""
    base_location: str | None
    """`baseLocation`: host and root of the packages' paths, without a scheme."""


Stage: TypeAlias = Literal[
    "idrac", "lifecycle_controller", "bios", "cpld", "storage", "network", "power_supply", "backplane", "drive", "other"
]
"""The place of a component in the order of updates; stages are in that order.

The iDRAC comes first, because it installs the others; then what it works with; the BIOS before what depends
on it; drives last. A CPLD is never mixed with others (RED149).

- `idrac`: The iDRAC.
- `lifecycle_controller`: Lifecycle Controller, diagnostics, driver pack, collectors: what lives on the
  iDRAC's own storage.
- `bios`: BIOS.
- `cpld`: CPLD.
- `storage`: Storage controllers.
- `network`: Network, Fibre Channel and InfiniBand cards.
- `power_supply`: Power supplies.
- `backplane`: Backplanes and enclosures.
- `drive`: Drives.
- `other`: What none of these is: TPM, GPU, and what has no name of a device.
"""

Criticality: TypeAlias = Literal["optional", "recommended", "urgent"]
"""How urgent Dell finds an update.

- `optional`: 3.
- `recommended`: 1.
- `urgent`: 2.
"""

HashAlgorithm: TypeAlias = Literal["MD5", "SHA1", "SHA256", "SHA384", "SHA512"]
"""A hash algorithm that catalogues use; the later the stronger.

- `MD5`: MD5.
- `SHA1`: SHA-1.
- `SHA256`: SHA-256.
- `SHA384`: SHA-384.
- `SHA512`: SHA-512.
"""


class PackageHash(TypedDict):
    """One listed hash of a package."""

    algorithm: HashAlgorithm
    """The algorithm."""
    digest: str
    """Its value; hexadecimal when written."""


class Dependency(TypedDict):
    """One entry of `Dependencies`, as the catalogue writes it.

    Which attributes there are differs between its releases, so they are kept and not interpreted.
    """

    element: str
    """Name of the element."""
    attributes: list[list[str]]
    """Its attributes, in their order."""


class CatalogPackageSummary(TypedDict):
    """A package as a plan names it: without the long lists of what it fits."""

    path: str
    """See `Package::path`."""
    release_id: str | None
    """See `Package::release_id`."""
    name: str | None
    """See `Package::name`."""
    version: str
    """See `Package::version`."""
    dell_version: str | None
    """See `Package::dell_version`."""
    size: int | None
    """See `Package::size`."""
    date_time: str | None
    """See `Package::date_time`."""
    criticality: Criticality | None
    """See `Package::criticality`."""
    hashes: list[PackageHash]
    """See `Package::hashes`."""
    dependencies: list[Dependency]
    """See `Package::dependencies`."""
    info_url: str | None
    """See `Package::info_url`."""


_UpdateTarget = TypedDict("_UpdateTarget", {"from": str})


class UpdateTarget(_UpdateTarget):
    """One item that an update replaces. `from`: The version it has."""

    id: str
    """`Id` of its inventory entry."""
    name: str | None
    """Display name."""
    fqdd: str | None
    """The device."""


Reboot: TypeAlias = Literal["not_needed", "unknown", "needed"]
"""Whether installing something restarts the host.

- `not_needed`: The host runs on. The iDRAC may restart.
- `unknown`: Neither the catalogue nor the device says.
- `needed`: The host must restart.
"""


class CatalogUpdate(TypedDict):
    """One package to install, on one device or on all ports and siblings that it fits."""

    stage: Stage
    """Its place in the order."""
    package: CatalogPackageSummary
    """The package."""
    targets: list[UpdateTarget]
    """What it replaces."""
    reboot: Reboot
    """Whether the host must restart."""


class InstalledFirmware(TypedDict):
    """One firmware on a server: in a device, or kept on the iDRAC."""

    id: str
    """`Id` of the entry."""
    name: str | None
    """Display name."""
    fqdd: str | None
    """The device, where the id names one."""
    version: str
    """Version, as the iDRAC writes it."""
    component: int | None
    """Dell's component id."""
    pci: str | None
    """PCI ids, for cards."""
    component_type: str | None
    """`BIOS`, `FRMW`, `APAC`, …"""
    updateable: bool | None
    """Whether the iDRAC updates it."""
    sideband: bool | None
    """Whether it can be updated while the host runs."""


class CatalogDifference(TypedDict):
    """An installed item beside the catalogue's best package for it."""

    installed: InstalledFirmware
    """What is there."""
    package: CatalogPackageSummary
    """What the catalogue has."""


class CatalogDiff(TypedDict):
    """What a catalogue has for a server. Every entry of the inventory is in exactly one list."""

    system: str
    """The model."""
    model: str | None
    """The model's name, where the catalogue has it."""
    is_known: bool
    """Whether the catalogue has anything for the model. Without that, nothing below means "up to date"."""
    catalog: CatalogManifest
    """The catalogue."""
    updates: list[CatalogUpdate]
    """Newer packages, in the order in which they are to be installed."""
    current: list[InstalledFirmware]
    """Installed as the catalogue has it."""
    differs: list[CatalogDifference]
    """Another version than the catalogue's, and the two do not order."""
    ahead: list[CatalogDifference]
    """Newer than the catalogue's."""
    not_updateable: list[CatalogDifference]
    """The catalogue has a newer one, but the iDRAC does not update this item."""
    no_package: list[InstalledFirmware]
    """The catalogue has nothing for it."""
    previous: list[InstalledFirmware]
    """Kept on the iDRAC for a rollback."""
    available: list[InstalledFirmware]
    """Kept on the iDRAC for installation, and copies of what is installed."""


class CatalogStep(TypedDict):
    """Updates that may be installed together, after those of the step before."""

    updates: list[CatalogUpdate]
    """In the order of their stages."""
    reboot: Reboot
    """Whether the host must restart before the next step."""


class CatalogComparison(TypedDict):
    """A server's firmware beside a catalogue."""

    diff: CatalogDiff
    """What the catalogue has for each entry of the inventory."""
    steps: list[CatalogStep]
    """The updates in steps: what must be installed alone has a step of its own."""
    reboot: Reboot
    """Whether the host must restart at all."""


class Device(TypedDict):
    """One thing a package fits (`SupportedDevices/Device`, once for each of its `PCIInfo`)."""

    component: int | None
    """`componentID`."""
    pci: str | None
    """`PCIInfo`."""


class CatalogPackage(TypedDict):
    """`SoftwareComponent`: one Dell update package."""

    package_id: str | None
    """`packageID`."""
    release_id: str | None
    """`releaseID`."""
    path: str
    """`path` below the base location, with slashes."""
    size: int | None
    """`size` of the file in bytes."""
    date_time: str | None
    """`dateTime`."""
    release_date: str | None
    """`releaseDate`, in English words."""
    version: str
    """`vendorVersion`: what the device reports once it is installed."""
    dell_version: str | None
    """`dellVersion`, e.g. `A00`."""
    package_type: str
    """`packageType`."""
    reboot_required: bool | None
    """`rebootRequired`."""
    name: str | None
    """Display name."""
    component_type: str | None
    """`ComponentType/@value`: `BIOS`, `FRMW`, `DRVR`, `APAC`."""
    category: str | None
    """`Category/@value`."""
    criticality: Criticality | None
    """How urgent Dell finds it."""
    devices: list[Device]
    """What it fits."""
    systems: list[str]
    """The models it is for, in order."""
    hashes: list[PackageHash]
    """The hashes of the file, the strongest first."""
    dependencies: list[Dependency]
    """What must be there first."""
    info_url: str | None
    """`ImportantInfo/@URL`."""


RestartEffect: TypeAlias = Literal["no", "needed", "possible", "certain"]
"""Whether the host restarts.

- `no`: It does not, and needs not.
- `needed`: It does not by this, but the change takes effect only once it did.
- `possible`: Cannot be told before: it may.
- `certain`: It does.
"""


class CertificateInstalled(TypedDict):
    """What installing, resetting or deleting a certificate left to do."""

    idrac: RestartEffect
    """Whether the iDRAC must restart before it shows the new certificate."""
    changes_trust: bool
    """Whether clients that remember the old certificate must be told: see the module's documentation."""
    messages: list[ExtendedInfo]
    """What the iDRAC said."""


CertificatePurpose: TypeAlias = Literal[
    "server",
    "custom_certificate",
    "custom_signing",
    "authority",
    "client_trust",
    "key_management_authority",
    "key_management_client",
    "syslog_authority",
]
"""A certificate of the iDRAC, by its purpose (Dell `CertificateType`, `SSLCertType`).

- `server`: The web server's.
- `custom_certificate`: The web server's with its key, from a PKCS#12 file.
- `custom_signing`: The signer of the iDRAC's own requests, with its key, from a PKCS#12 file.
- `authority`: The authority that signs directory servers.
- `client_trust`: The authority that signs users' smart cards and other clients.
- `key_management_authority`: The authority that signs the key management server.
- `key_management_client`: The iDRAC's own at the key management server.
- `syslog_authority`: The authority that signs the syslog server.
"""


class ErrorRecord(TypedDict):
    """An error that ended a part of the work and not all of it."""

    kind: ErrorKind
    """Its kind."""
    error: str
    """What happened, with every cause."""


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
    "fenced",
    "cancelled",
    "callback",
]
"""What kind of thing went wrong. A caller decides on this and on `Permanence`, never on text."""


class ChangeOutcome(TypedDict):
    """One change of a controller, and what became of it."""

    controller: str
    """FQDD of the controller."""
    change: str
    """The change, in words."""
    result: Literal["unchanged", "done", "pending_restart", "failed", "not_sent"]
    """How it ended: it was so already; is done, and shows where it can; its job waits until the host restarts; it was
    refused or failed; or it was not sent, because of one before it."""
    error: ErrorRecord | None
    """Why it failed."""
    job: str | None
    """Its job, where it had one; changes that were gathered share it."""
    volume: str | None
    """FQDD of the volume it made."""


Clearing: TypeAlias = Literal["all", "force"]
"""How the whole queue is cleared.

- `all`: `JID_CLEARALL`: all jobs that are over or have not begun.
- `force`: `JID_CLEARALL_FORCE`: every job, running ones too, and the Lifecycle Controller's services
  restart. Collections look empty for about two minutes after.
"""


class ConditionalChanged(TypedDict):
    """The resource is another one than was remembered, or not known to be the same."""

    state: Literal["changed"]
    resource: dict[str, Any]
    """As the iDRAC wrote it."""
    tag: str | None
    """What to remember it by, for the next reading; none where the iDRAC gave no tag."""


class ConditionalUnchanged(TypedDict):
    """By its tag it is the one that was remembered."""

    state: Literal["unchanged"]


Conditional: TypeAlias = ConditionalChanged | ConditionalUnchanged
"""What came of a conditional reading."""


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


class DriveState(TypedDict):
    """A drive."""

    id: str
    """Its FQDD."""
    name: str | None
    """What it is."""
    capacity_bytes: int | None
    """Size in bytes."""
    free_bytes: int | None
    """What no volume takes of it, in bytes."""
    raid_status: str | None
    """Dell's `RaidStatus`: `Ready`, `Online`, `NonRAID`, `Foreign`, `Failed`, …"""
    hot_spare: str | None
    """`None`, `Global`, `Dedicated`, …"""
    volumes: list[str]
    """The volumes on it, by FQDD."""


class VolumeState(TypedDict):
    """A volume."""

    id: str
    """Its FQDD."""
    name: str | None
    """The operator's name."""
    raid_type: str | None
    """Its RAID level."""
    capacity_bytes: int | None
    """Size in bytes."""
    encrypted: bool | None
    """Whether it is encrypted."""
    drives: list[str]
    """Its drives, by FQDD."""


class ControllerState(TypedDict):
    """A controller."""

    id: str
    """Its FQDD."""
    name: str | None
    """What it is."""
    raid_types: list[str] | None
    """The RAID levels it makes (`SupportedRAIDTypes`); absent where it does not say."""
    has_key: bool | None
    """Whether its security key is set."""
    key_id: str | None
    """Name of the key."""
    drives: list[DriveState]
    """Its drives."""
    volumes: list[VolumeState]
    """Its volumes, drives without RAID not among them."""


DellViewKind: TypeAlias = Literal[
    "slots",
    "sensors",
    "numeric_sensors",
    "ps_numeric_sensors",
    "presence_and_status_sensors",
    "gpu_sensors",
    "rollup_status",
    "video",
    "video_network",
    "systems",
    "chassis",
    "processors",
    "memory",
    "controllers",
    "physical_disks",
    "pcie_ssds",
    "pcie_ssd_back_planes",
    "virtual_disks",
    "enclosures",
    "nics",
    "nic_capabilities",
    "nic_port_metrics",
    "fibre_channel",
    "pcie_functions",
    "power_supplies",
    "power_supply_views",
    "software_inventory",
    "assemblies",
    "switch_connections",
    "idrac_cards",
    "licensable_devices",
    "licenses",
    "usb_devices",
    "v_flash",
    "quick_sync",
    "opaque_management_data",
]
"""The views there are.

- `slots`: Slots, and what is in them.
- `sensors`: Sensors with states.
- `numeric_sensors`: Sensors with readings.
- `ps_numeric_sensors`: Sensors of power supplies.
- `presence_and_status_sensors`: Which parts are there and well.
- `gpu_sensors`: Sensors of GPUs.
- `rollup_status`: Health by subsystem.
- `video`: Video controllers and GPUs.
- `video_network`: The network side of accelerators.
- `systems`: The server.
- `chassis`: The chassis.
- `processors`: Processors.
- `memory`: Memory modules.
- `controllers`: Storage controllers.
- `physical_disks`: Drives behind controllers.
- `pcie_ssds`: NVMe drives.
- `pcie_ssd_back_planes`: Backplanes for NVMe drives.
- `virtual_disks`: Volumes.
- `enclosures`: Places of drives.
- `nics`: Network functions.
- `nic_capabilities`: What network functions can do.
- `nic_port_metrics`: What passed through network functions.
- `fibre_channel`: Fibre Channel functions.
- `pcie_functions`: PCIe functions.
- `power_supplies`: Power supplies.
- `power_supply_views`: What is read of power supplies.
- `software_inventory`: Firmware.
- `assemblies`: Field-replaceable units.
- `switch_connections`: What the ports are plugged into.
- `idrac_cards`: The iDRAC.
- `licensable_devices`: Parts that licences are for.
- `licenses`: Licences.
- `usb_devices`: What is plugged into the iDRAC's USB port.
- `v_flash`: The iDRAC's SD card.
- `quick_sync`: The wireless module of the bezel.
- `opaque_management_data`: Partitions of the iDRAC's SD card.
"""

DiagnosticsMode: TypeAlias = Literal["Express", "Extended", "ExpressAndExtended"]
"""How thoroughly (`RunMode`).

- `Express`: Half an hour or so.
- `Extended`: Hours.
- `ExpressAndExtended`: Both.
"""

DiagnosticsReboot: TypeAlias = Literal["graceful", "graceful_then_forced", "power_cycle"]
"""How the host is restarted for it (`RebootJobType`).

- `graceful`: The operating system is asked; if it does not answer, nothing happens.
- `graceful_then_forced`: It is asked, then forced.
- `power_cycle`: Power is cut and given again.
"""


class Erasable(TypedDict):
    """What an iDRAC can erase."""

    components: list[str]
    """By Dell's `SystemErase`."""
    decommission: list[str]
    """By DMTF's `Decommission`."""


EraseComponent: TypeAlias = Literal[
    "BIOS",
    "IDRAC",
    "DIAG",
    "DrvPack",
    "LCData",
    "AllApps",
    "CryptographicErasePD",
    "OverwritePD",
    "PERCNVCache",
    "NonVolatileMemory",
    "vFlash",
    "DPU",
]
"""A part of a server that can be erased by Dell's `SystemErase`.

- `BIOS`: BIOS settings back to defaults.
- `IDRAC`: iDRAC settings back to defaults.
- `DIAG`: Diagnostics.
- `DrvPack`: Drivers for installing systems.
- `LCData`: What the Lifecycle Controller keeps: log, configuration, old firmware.
- `AllApps`: All of Dell's programs on the server.
- `CryptographicErasePD`: Drives that encrypt themselves: their keys.
- `OverwritePD`: Drives that do not: all their data, in hours.
- `PERCNVCache`: Caches of RAID controllers.
- `NonVolatileMemory`: Memory modules that keep their contents.
- `vFlash`: The vFlash card.
- `DPU`: Data processing units.
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


class Erased(TypedDict):
    """What came of it."""

    job: JobOutcome | None
    """What became of the job; nothing where the iDRAC named none. `Verdict::Lost` is as it should be."""
    service_tag: str
    """The service tag, read after it: the same as before."""


Escalation: TypeAlias = Literal["never", "force", "power_cycle"]
"""How far to go with a host that does not do as it was asked.

- `never`: Leave it; the error says that it ignored the request.
- `force`: Force it: what is not written to disk yet is lost.
- `power_cycle`: Force it, and then take its power.
"""

EventFormat: TypeAlias = Literal["Event", "MetricReport"]
"""What a subscription brings.

- `Event`: Alerts.
- `MetricReport`: Telemetry.
"""

ExportUse: TypeAlias = Literal["Default", "Clone", "Replace"]
"""How the profile will be used (`ExportUse`).

- `Default`: A snapshot.
- `Clone`: A template for servers of the same hardware; importing it may destroy data.
- `Replace`: A baseline for this server, for after it was replaced; importing it may destroy data.
"""


class Exported(TypedDict):
    """What came of an export: a job that writes to a share, or a file on the iDRAC to be fetched."""

    accepted: Accepted
    """The work, to be waited for."""
    file: str | None
    """Where the iDRAC keeps the file, where it was asked to."""


class ExportedProfile(TypedDict):
    """An export that is done."""

    job: JobOutcome
    """Its job."""
    profile: bytes | None
    """The profile as the iDRAC wrote it, for `dsm.Profile`; none where it went to a share."""


class FirmwareAccess(TypedDict):
    """The ways in which an iDRAC takes updates, as it says them itself."""

    takes_packages: bool
    """Whether packages can be sent to it at all."""
    takes_parameters: bool
    """Whether a package is sent together with what is to be done with it; otherwise it becomes an entry of the
    inventory first.
    """
    max_bytes: int | None
    """Largest package in bytes, where it says so."""
    protocols: list[str] | None
    """The protocols by which it fetches packages itself, where it says so."""
    apply_times: list[str]
    """The moments that updates can be installed at; only at once where there is none."""


class FirmwareInventory(TypedDict):
    """All entries of the firmware inventory."""

    entries: list[SoftwareInventory]
    """The entries as the iDRAC gave them."""
    installed: list[InstalledFirmware]
    """In the devices."""
    current: list[InstalledFirmware]
    """Copies of what is in the devices, kept on the iDRAC."""
    previous: list[InstalledFirmware]
    """Kept for a rollback."""
    available: list[InstalledFirmware]
    """Kept for installation."""


Agreement: TypeAlias = Literal["same", "different", "unknown"]
"""Whether two names of the same thing agree.

- `same`: They are the same.
- `different`: They differ.
- `unknown`: One of the two does not say.
"""


class Fit(TypedDict):
    """A profile beside the server it is meant for."""

    model: Agreement
    """Whether it was made on a server of the same model."""
    service_tag: Agreement
    """Whether it was made on this very server.

    A profile from another one also carries that one's addresses and names.
    """
    profile_model: str | None
    """The model the profile names."""
    profile_service_tag: str | None
    """The service tag the profile names."""


HashStrength: TypeAlias = Literal["weak", "strong"]
"""What a verified hash is worth.

- `weak`: MD5 or SHA-1: proof against accidents, not against a forger.
- `strong`: SHA-256 or longer.
"""


class Hazard(TypedDict):
    """A setting whose import destroys data."""

    component: str
    """FQDD of its component."""
    attribute: str
    """The attribute's name."""
    value: str
    """Its value."""


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


Silence: TypeAlias = Literal["silent", "ended", "broken"]
"""Why a stream was given up.

- `silent`: Nothing came for too long.
- `ended`: The iDRAC ended it.
- `broken`: The connection broke.
"""


class HeardOpened(TypedDict):
    """The stream is open."""

    heard: Literal["opened"]
    warnings: list[str]
    """What the iDRAC says is not as it should be (SYS554: alerts are off, so only some events come)."""


class HeardEvent(TypedDict):
    """An event. One that does not read as such has no records; its text is in `extra`."""

    heard: Literal["event"]
    event: Event
    """The event."""


class HeardMissed(TypedDict):
    """Something the stream did not bring: from the Lifecycle log, oldest first."""

    heard: Literal["missed"]
    entry: LogEntry
    """The log's entry."""


class HeardLost(TypedDict):
    """The stream is gone; it will be opened again."""

    heard: Literal["lost"]
    why: Silence
    """Why it was given up."""


Heard: TypeAlias = HeardOpened | HeardEvent | HeardMissed | HeardLost
"""What is heard."""

HostPowerState: TypeAlias = Literal["On", "Off"]
"""The host's power at the end of an import (`HostPowerState`).

- `On`: On.
- `Off`: Off.
"""

HostState: TypeAlias = Literal["any", "out_of_post", "settled", "powered_off"]
"""How the host must stand.

- `any`: As it is.
- `out_of_post`: Through its power-on test (`OutOfPOST`).
- `settled`: Through its power-on test, or off: in no hurry either way.
- `powered_off`: Off.
"""

IdracDefaults: TypeAlias = Literal[
    "ResetAll", "PreserveNetworkAndUsers", "All", "Default", "ResetAllWithRootDefaults", "CustomDefaults"
]
"""What goes, and what stays.

- `ResetAll`: All goes, users and network among it (DMTF `ResetAll`). The password is the one on the
  server's tag.
- `PreserveNetworkAndUsers`: All but users and network goes (DMTF `PreserveNetworkAndUsers`).
- `All`: All goes, users and network among it (Dell `All`). The password is the one on the server's tag.
- `Default`: All but users and network goes (Dell `Default`).
- `ResetAllWithRootDefaults`: All goes, and the user is root with Dell's well-known password (Dell
  `ResetAllWithRootDefaults`).
- `CustomDefaults`: To what `set_custom_defaults` stored (Dell `CustomDefaults`).
"""


class IdracRestart(TypedDict):
    """What a restart did."""

    away_s: float
    """From the request to the first answer after it."""
    total_s: float
    """From the request until all was ready."""


class ComponentResult(TypedDict):
    """What became of one component."""

    fqdd: str | None
    """Its FQDD; nothing where neither the iDRAC nor the profile tells."""
    applied: int
    """Settings that were set."""
    failed: list[PartOutcome]
    """Settings that were not, with the iDRAC's reasons."""


PasswordInForce: TypeAlias = Literal["same", "new", "hashed"]
"""Which password the iDRAC knows after an import.

- `same`: The one we came with.
- `new`: The one in the profile: whoever keeps passwords must keep this one from now on.
- `hashed`: The profile held only a hash of a new one. Whether it is in force cannot be found out without
  knowing it.
"""


class ImportOutcome(TypedDict):
    """An import that came to an end and did something, or found nothing to do."""

    job: JobOutcome
    """Its job: `Verdict::Done`, `Verdict::Partial` or a soft end. Its parts are the settings, secrets left out."""
    components: list[ComponentResult]
    """The same by component."""
    changed: bool
    """Whether anything was changed (SYS069, SYS066 and SYS054 say that nothing was)."""
    log: list[ExtendedInfo]
    """Lines of the Lifecycle Controller's log about the job, where it did not do everything."""
    password: PasswordInForce
    """Which password is in force."""
    host_as_wanted: bool | None
    """Whether the host's power came to what was asked for; nothing where it was to be left alone."""


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


class SecretAttribute(TypedDict):
    """A secret of a profile, by name only."""

    component: str
    """FQDD of its component."""
    attribute: str
    """The attribute's name."""
    masked: bool
    """Whether the profile has only asterisks, or nothing, in its place."""


class ImportPreview(TypedDict):
    """The iDRAC's own preview of an import."""

    job: JobOutcome
    """Its job."""
    changes: bool
    """Whether anything would change (SYS080 says that nothing would)."""
    restarts: bool
    """Whether the host would restart (SYS087)."""
    estimated_s: int | None
    """About how long it would take, in seconds (SYS088)."""


class ImportPlan(TypedDict):
    """An import, before it is done."""

    plan: Plan
    """The request, what it can hurt, and what to know before saying yes."""
    fit: Fit | None
    """Whose profile it is; nothing for one on a share."""
    hazards: list[Hazard]
    """Settings in it that destroy data."""
    secrets: list[SecretAttribute]
    """Secrets in it, by name."""
    preview: ImportPreview | None
    """What the iDRAC itself says it would do; nothing on firmware without a preview."""


IncludeInExport: TypeAlias = Literal["IncludeReadOnly", "IncludePasswordHashValues", "IncludeCustomTelemetry"]
"""What an export holds besides (`IncludeInExport`).

- `IncludeReadOnly`: Settings that cannot be set.
- `IncludePasswordHashValues`: Hashes of passwords, so that an import sets them.
- `IncludeCustomTelemetry`: Telemetry reports of the operator's own. Older iDRACs do not import such a
  profile.
"""

JobDeleted: TypeAlias = Literal["now", "after_its_end", "was_gone"]
"""What became of a job that was to be deleted.

- `now`: It is gone.
- `after_its_end`: It ran, was waited for, and is gone.
- `was_gone`: It was not there.
"""


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


class JobRef(TypedDict):
    """A job by what an iDRAC told of it: Dell's id, the Redfish task, or both. Never a guess."""

    job: str | None
    """Dell's job."""
    task: str | None
    """The Redfish task."""
    retry_after_s: float | None
    """The pause the iDRAC asked for before the first look."""


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


KeyManagement: TypeAlias = Literal["Local", "Enterprise", "LocalToEnterprise"]
"""Who keeps a controller's key.

- `Local`: The controller, from a passphrase (LKM).
- `Enterprise`: A key server, through the iDRAC (SEKM).
- `LocalToEnterprise`: From the first to the second, volumes and all.
"""

LcLogScope: TypeAlias = Literal["active", "complete"]
"""How much of the Lifecycle log.

- `active`: What is kept at hand.
- `complete`: With all that was archived.
"""


class LicenseInfo(TypedDict):
    """A licence, whichever service tells of it."""

    id: str
    """Name of the entitlement, by which it is exported and deleted."""
    description: str | None
    """What it is for."""
    kind: str | None
    """`Perpetual`, `Evaluation`, `Production`, `Trial`, …"""
    expires: str | None
    """When it ends."""
    installed: str | None
    """When it was installed."""
    health: str | None
    """`OK`, `Warning`, `Critical`."""
    path: str | None
    """Where it is."""


class LicenseInstalled(TypedDict):
    """What installing a licence came to."""

    changed: bool
    """Whether it is new; the same one again is no change."""
    messages: list[ExtendedInfo]
    """What the iDRAC said."""


class LocatorOutcome(TypedDict):
    """What became of it."""

    on: bool
    """Whether the light locates now."""
    changed: bool
    """Whether it did not before."""


class LockoutPolicy(TypedDict):
    """What failed logins cost.

    An iDRAC blocks addresses (`IPBlocking.1.*`), not accounts: its account values are 0.
    """

    account_threshold: int | None
    """Failed logins that lock an account; 0 never does."""
    account_duration_s: int | None
    """Seconds an account stays locked."""
    blocks_addresses: bool | None
    """Whether addresses are blocked at all."""
    fail_count: int | None
    """Failed logins that block an address."""
    fail_window_s: int | None
    """Seconds within which they count."""
    penalty_s: int | None
    """Seconds it stays blocked."""
    has_address_range: bool | None
    """Whether only a range of addresses is let in at all."""


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

Moment: TypeAlias = Literal[
    "Immediate", "OnReset", "AtMaintenanceWindowStart", "InMaintenanceWindowOnReset", "OnStartUpdateRequest"
]
"""`dsm.idrac.UpdateTime`."""


class NetworkCardState(TypedDict):
    """The settings of a function of a network card as they stand."""

    current: dict[str, Scalar]
    """In force."""
    pending: dict[str, Scalar]
    """Staged."""
    apply_times: list[str]
    """When staged values may be applied; empty where a job has to be made by hand."""
    has_registry: bool
    """Whether the iDRAC explains its attributes: without that values are sent unchecked."""


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


class ProfileChange(TypedDict):
    """One setting that differs."""

    component: str
    """FQDD of its component."""
    attribute: str
    """Its name."""
    before: list[str]
    """Its values in the first profile; none if it is not there, several for a list. Secrets are replaced."""
    after: list[str]
    """Its values in the second profile, likewise."""
    secret: bool
    """Whether it is a secret."""


class ProfileAttributeName(TypedDict):
    """One setting's place."""

    component: str
    """FQDD of its component."""
    attribute: str
    """Its name."""


class ProfileDiff(TypedDict):
    """The difference between two profiles: what going from the first to the second changes.

    Order of components and attributes does not count, nor does the spelling of equal values (white space,
    blanks after commas, the case of switches), nor whether one is XML and the other JSON. The order inside one
    value does: a boot sequence is one.
    """

    components_removed: list[str]
    """FQDDs that only the first has."""
    components_added: list[str]
    """FQDDs that only the second has."""
    changes: list[ProfileChange]
    """Settings that differ and that an import of the second applies (or, where it lacks them, of the first)."""
    informational: list[ProfileChange]
    """Settings that differ but are not applied on import: read-only ones, and those in comments."""
    unknown_secrets: list[ProfileAttributeName]
    """Secrets that cannot be compared because one side shows asterisks."""


ProfileFormat: TypeAlias = Literal["XML", "JSON"]
"""The two forms of a profile (`ExportFormat`).

- `XML`: XML: every iDRAC reads and writes it.
- `JSON`: JSON: iDRAC9 and later.
"""

RaidType: TypeAlias = Literal["RAID0", "RAID1", "RAID5", "RAID6", "RAID10", "RAID50", "RAID60"]
"""DMTF `Volume.RAIDType`, as far as PERC controllers know it."""

ReadCache: TypeAlias = Literal["Off", "ReadAhead", "AdaptiveReadAhead"]
"""DMTF `Volume.ReadCachePolicy`."""

RebootJobType: TypeAlias = Literal[
    "GracefulRebootWithForcedShutdown", "GracefulRebootWithoutForcedShutdown", "PowerCycle"
]
"""What a reboot job does (Dell `RebootJobType`).

- `GracefulRebootWithForcedShutdown`: Asks the operating system to shut down, and forces it after a while.
- `GracefulRebootWithoutForcedShutdown`: Asks the operating system to shut down; fails where it does not.
- `PowerCycle`: Takes the power away and gives it back.
"""

AttributeType: TypeAlias = Literal["Enumeration", "String", "Integer", "Boolean", "Password", "Other"]
"""Type of an attribute (DMTF `AttributeType`).

- `Password`: Its value is never shown, not even by the iDRAC.
- `Other`: The registry names none we know: any value is let through.
"""


class AttributeOption(TypedDict):
    """One value an enumeration may have."""

    name: str
    """What is sent and read (`ValueName`)."""
    display_name: str | None
    """What the setup program shows."""


class RegistryAttribute(TypedDict):
    """One attribute, as the registry describes it."""

    name: str
    """`AttributeName`."""
    kind: AttributeType
    """Type."""
    display_name: str | None
    """What the setup program calls it."""
    display_order: int | None
    """Its place within the menu."""
    help_text: str | None
    """What it does, in the registry's words."""
    warning_text: str | None
    """What to beware of, in the registry's words."""
    menu_path: str | None
    """The menu it is in, e.g. `./ProcSettingsRef`."""
    default_value: Scalar | None
    """The value after a reset to defaults, where the registry says it."""
    options: list[AttributeOption]
    """The values an enumeration may have."""
    lower_bound: int | None
    """The smallest integer."""
    upper_bound: int | None
    """The largest integer."""
    scalar_increment: int | None
    """Step from the smallest integer on; 0 is any."""
    min_length: int | None
    """The least number of characters."""
    max_length: int | None
    """The greatest number of characters."""
    value_expression: str | None
    """Regular expression (Perl's dialect) a text must match."""
    read_only: bool
    """Read-only when the registry was written; see `AttributeRegistry::calibrated`."""
    write_only: bool
    """Its value cannot be read back."""
    hidden: bool
    """Hidden when the registry was written; see `AttributeRegistry::calibrated`."""
    gray_out: bool
    """Shown as inactive; may be set all the same."""
    immutable: bool
    """Reflects the hardware; never changes."""
    reset_required: bool
    """Whether a change takes a reset of the system; unknown counts as yes."""


class RepositoryOutcome(TypedDict):
    """What came of an installation from a repository."""

    job: JobOutcome | None
    """The job that compared and handed out the others; none where the iDRAC said at once that there is nothing to
    do.
    """
    children: list[JobOutcome]
    """The jobs of the single packages, as far as they came: what waits for a restart of the host is told as
    scheduled.
    """


class RepositoryUpdate(TypedDict):
    """One update that an iDRAC found in a repository (`DCIM_RepoUpdateSWID`)."""

    name: str | None
    """Display name of the component."""
    package: str | None
    """Name of the package."""
    path: str | None
    """Where it lies in the repository."""
    component_type: str | None
    """`BIOS`, `FRMW`, `APAC`."""
    component_id: str | None
    """Dell's component id."""
    targets: list[str]
    """The devices, FQDDs."""
    installed_version: str | None
    """What is installed."""
    version: str | None
    """What would be."""
    criticality: Criticality | None
    """How urgent Dell finds it."""
    reboot_type: str | None
    """`HOST` where the host must restart, `NONE` where not, as the iDRAC writes it."""


ResetKeysType: TypeAlias = Literal[
    "ResetAllKeysToDefault", "DeleteAllKeys", "DeletePK", "ResetPK", "ResetKEK", "ResetDB", "ResetDBX"
]
"""What becomes of keys (DMTF `ResetKeysType`).

- `DeletePK`: Back to setup mode: without a platform key nothing is checked.
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


class ScheduleSet(TypedDict):
    """What came of setting a schedule."""

    changed: bool
    """Whether anything was changed; not where this schedule was in force already."""
    enabled: bool
    """Whether automatic updates had to be switched on."""
    schedule: DellUpdateSchedule
    """The schedule as the iDRAC shows it."""


ScpTarget: TypeAlias = Literal[
    "ALL",
    "IDRAC",
    "BIOS",
    "NIC",
    "RAID",
    "FC",
    "InfiniBand",
    "SupportAssist",
    "EventFilters",
    "System",
    "LifecycleController",
    "AHCI",
    "PCIeSSD",
]
"""Components that an export writes or an import applies.

- `ALL`: Everything.
- `IDRAC`: The iDRAC itself.
- `BIOS`: BIOS settings.
- `NIC`: Network cards.
- `RAID`: Storage controllers with what hangs on them.
- `FC`: Fibre Channel cards.
- `InfiniBand`: InfiniBand cards.
- `SupportAssist`: SupportAssist.
- `EventFilters`: Alert filters.
- `System`: Settings of the server that the iDRAC keeps.
- `LifecycleController`: The Lifecycle Controller.
- `AHCI`: AHCI controllers, the BOSS card among them.
- `PCIeSSD`: PCIe SSDs.
"""

ScreenShot: TypeAlias = Literal["now", "preview", "last_crash"]
"""Which picture of the screen (`FileType`).

- `now`: As it is now.
- `preview`: As it is now, small.
- `last_crash`: As it was at the last crash.
"""

Section: TypeAlias = Literal[
    "system",
    "manager",
    "chassis",
    "bios",
    "processors",
    "memory",
    "storage",
    "drives",
    "volumes",
    "adapters",
    "ports",
    "functions",
    "ethernet_interfaces",
    "power",
    "fans",
    "temperatures",
    "firmware",
    "pcie_devices",
    "assembly",
    "pcie_slots",
    "switch_connections",
]
"""A part of the inventory."""


class SecureBootKeys(TypedDict):
    """What one key database trusts, or (dbx) does not."""

    certificates: list[Certificate]
    """Its certificates."""
    signatures: list[Signature]
    """Its hashes."""


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

ShutdownType: TypeAlias = Literal["Graceful", "Forced", "NoReboot"]
"""What happens to a running host before an import that needs it down (`ShutdownType`).

- `Graceful`: The operating system shuts down in `TimeToWait`, or the import fails (SYS051).
- `Forced`: It is switched off.
- `NoReboot`: It stays up; what needs a restart waits for the next one.
"""


class SignedMeasurements(TypedDict):
    """What a part measured of itself, signed."""

    signed_measurements: str
    """The measurements and their signature, in base64, as SPDM defines them."""
    version: str | None
    """Version of SPDM."""
    hashing_algorithm: str | None
    """How it was hashed."""
    signing_algorithm: str | None
    """How it was signed."""
    public_key: str | None
    """The key that verifies it, as PEM."""
    certificate: str | None
    """Where the certificate of that key is."""


class StaleJob(TypedDict):
    """A job with the reason why it counts as stale, or why not."""

    job: JobStatus
    """The job."""
    reason: str
    """Why, in a word or two: `failed`, `older than allowed`, `reboot job`, …"""


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


class Subscribed(TypedDict):
    """What came of subscribing."""

    path: str | None
    """The subscription."""
    changed: bool
    """Whether it had to be created."""
    warnings: list[str]
    """What is not as it should be, by message id: SYS554 (alerts are off, so nothing will come), LC113 (licensed
    events are left out).
    """


SupportData: TypeAlias = Literal["hardware", "os_applications", "tty_logs", "debug_logs", "telemetry"]
"""What a report for Dell's support holds (`DataSelectorArrayIn`).

- `hardware`: Hardware.
- `os_applications`: Operating system and applications.
- `tty_logs`: Consoles of the storage controllers.
- `debug_logs`: The iDRAC's own traces.
- `telemetry`: Telemetry.
"""

UpdateResult: TypeAlias = Literal[
    "no_change",
    "installed",
    "ended",
    "downloaded",
    "scheduled",
    "reboot_pending",
    "pending_activation",
    "user_intervention",
]
"""What became of an update."""


class UpdateOutcome(TypedDict):
    """An update that did not fail."""

    result: UpdateResult
    """What became of it."""
    job: JobOutcome | None
    """Its job, where one was made."""
    before: list[InstalledFirmware]
    """What was concerned and installed before."""
    after: list[InstalledFirmware]
    """What is installed now, where that was looked at."""
    host_was_restarted: bool
    """Whether the host was restarted."""
    idrac_was_reset: bool
    """Whether the iDRAC was restarted so that it took the package."""


class UploadProgress(TypedDict):
    """How far an upload is."""

    sent_bytes: int
    """Bytes of the package handed to the connection."""
    total_bytes: int
    """Bytes of the package."""


VideoLog: TypeAlias = Literal["boot", "crash"]
"""Which video (`FileType`).

- `boot`: Of the last boots.
- `crash`: Of the last crash.
"""

Weekday: TypeAlias = Literal["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
"""A day of the week."""

WriteCache: TypeAlias = Literal["WriteThrough", "ProtectedWriteBack", "UnprotectedWriteBack"]
"""DMTF `Volume.WriteCachePolicy`."""
