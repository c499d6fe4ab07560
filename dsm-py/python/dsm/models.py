"""Resources of an iDRAC in inventories and results: DMTF names, and under `extra` what no field says.

Made from the wire types of dell-redfish by tools/models.py. A property that the iDRAC did not give is absent.
"""

from __future__ import annotations

from typing import Any, TypeAlias, TypedDict

Scalar: TypeAlias = str | int | float | bool | None
"""A BIOS attribute: text, a number or a switch, as the iDRAC has it."""

_Odata = TypedDict("_Odata", {"@odata.id": str, "@odata.type": str}, total=False)


class Resource(_Odata, total=False):
    """What every resource has. `dsm.restore()` gives the resource as its iDRAC sent it."""

    Id: str
    Name: str
    extra: dict[str, Any]
    """Every value that the typed fields do not say exactly."""


_Link = TypedDict("_Link", {"@odata.id": str}, total=False)


class Link(_Link, total=False):
    """A link to another resource (`odata-v4.idRef`)."""


_Boot = TypedDict("_Boot", {"BootSourceOverrideTarget@Redfish.AllowableValues": list[str]}, total=False)


class Boot(_Boot, total=False):
    """`Boot`."""

    BootOrder: list[str]
    """Persistent order, by boot option reference."""
    BootSourceOverrideEnabled: str
    """`Disabled`, `Once`, `Continuous`."""
    BootSourceOverrideMode: str
    """`UEFI` or `Legacy`."""
    BootSourceOverrideTarget: str
    """`None`, `Pxe`, `Cd`, `UefiTarget`, …"""
    UefiTargetBootSourceOverride: str
    """UEFI device path of the target `UefiTarget`."""
    BootOptions: Link
    """The boot options, from iDRAC9."""


class BootProgress(TypedDict, total=False):
    """`BootProgress`."""

    LastState: str
    """`None`, `SystemHardwareInitializationComplete`, `OSBootStarted`, `OSRunning`, …"""


class Status(TypedDict, total=False):
    """State and health (DMTF `Resource.Status`). On an iDRAC any of them may be null or empty."""

    State: str
    """`Enabled`, `Disabled`, `Absent`, `UnavailableOffline`, …"""
    Health: str
    """`OK`, `Warning` or `Critical` of the part itself."""
    HealthRollup: str
    """The same over everything below it."""


class MemorySummary(TypedDict, total=False):
    """`MemorySummary`."""

    TotalSystemMemoryGiB: float
    """Installed memory in GiB."""
    Status: _ItsStatus
    """Health over all."""


class ProcessorSummary(TypedDict, total=False):
    """`ProcessorSummary`."""

    Count: int
    """Sockets filled."""
    CoreCount: int
    """Cores of all processors together."""
    LogicalProcessorCount: int
    """Threads of all processors together."""
    Model: str
    """Model of the first."""
    Status: _ItsStatus
    """Health over all."""


class SettingsAnnotation(TypedDict, total=False):
    """`@Redfish.Settings` (DMTF `Settings`): where a resource takes changes for later."""

    SettingsObject: Link
    """The settings resource."""
    SupportedApplyTimes: list[str]
    """`OnReset`, `AtMaintenanceWindowStart`, …; nothing where a job is made by hand (iDRAC7 and 8)."""


class SystemLinksOemDell(TypedDict, total=False):
    """`Links.Oem.Dell`."""

    BootOrder: Link
    """Dell's boot list."""


class SystemLinksOem(TypedDict, total=False):
    """`Links.Oem`."""

    Dell: SystemLinksOemDell
    """Dell's links."""


class SystemLinks(TypedDict, total=False):
    """`Links`."""

    Chassis: list[Link]
    """The chassis it is in."""
    ManagedBy: list[Link]
    """The iDRAC."""
    Oem: SystemLinksOem
    """Dell's part."""


class DellSystem(Resource, total=False):
    """Dell `DellSystem`."""

    SystemGeneration: str
    """e.g. `15G Monolithic`."""
    SystemID: int
    """Number of the model in Dell's catalogue (decimal here, hexadecimal there)."""
    ChassisServiceTag: str
    """Service tag of the chassis: another one on a blade."""
    NodeID: str
    """Service tag of this node."""
    ExpressServiceCode: str
    """Express service code."""
    BIOSReleaseDate: str
    """Release date of the BIOS, month/day/year."""
    PopulatedDIMMSlots: int
    """DIMM slots filled."""
    PopulatedPCIeSlots: int
    """PCIe slots filled."""
    CPURollupStatus: str
    """Rollup of processors."""
    FanRollupStatus: str
    """Rollup of fans."""
    PSRollupStatus: str
    """Rollup of power supplies."""
    StorageRollupStatus: str
    """Rollup of storage."""
    TempRollupStatus: str
    """Rollup of temperatures."""
    BatteryRollupStatus: str
    """Rollup of batteries."""
    VoltRollupStatus: str
    """Rollup of voltages."""
    IntrusionRollupStatus: str
    """Rollup of the intrusion switch."""
    SysMemPrimaryStatus: str
    """Health of the memory."""
    SystemHealthRollupStatus: str
    """Rollup of the whole."""
    LastSystemInventoryTime: str
    """When the host's inventory was last collected."""


class SystemOemDell(TypedDict, total=False):
    """`Oem.Dell`."""

    DellSystem: _ItsDellSystem
    """Dell's view of the system."""


class SystemOem(TypedDict, total=False):
    """`Oem`."""

    Dell: SystemOemDell
    """Dell's part."""


_ComputerSystem = TypedDict("_ComputerSystem", {"@Redfish.Settings": SettingsAnnotation}, total=False)


class ComputerSystem(_ComputerSystem, Resource, total=False):
    """`Systems/System.Embedded.1` (DMTF `ComputerSystem`)."""

    Manufacturer: str
    """`Dell Inc.`"""
    Model: str
    """e.g. `PowerEdge R750`."""
    SKU: str
    """The service tag."""
    SerialNumber: str
    """Serial number of the board, not the service tag."""
    PartNumber: str
    """Part number of the board."""
    AssetTag: str
    """The operator's tag."""
    UUID: str
    """UUID as the operating system sees it."""
    HostName: str
    """Host name the operating system reported; often empty."""
    BiosVersion: str
    """BIOS version."""
    PowerState: str
    """`On`, `Off`, `PoweringOn`, `PoweringOff`."""
    BootProgress: _ItsBootProgress
    """How far the host has come since its last start, where the iDRAC tells (7.x and newer)."""
    LastResetTime: str
    """When the host was last started or restarted; all zeros until the iDRAC has seen it."""
    Status: _ItsStatus
    """State and health."""
    Boot: _ItsBoot
    """Boot override and order."""
    ProcessorSummary: _ItsProcessorSummary
    """Totals of the processors."""
    MemorySummary: _ItsMemorySummary
    """Totals of the memory."""
    Bios: Link
    """BIOS resource."""
    Processors: Link
    """Processor collection."""
    Memory: Link
    """Memory collection."""
    Storage: Link
    """Storage collection."""
    SimpleStorage: Link
    """Storage of the oldest schema."""
    EthernetInterfaces: Link
    """Host's network interfaces."""
    NetworkInterfaces: Link
    """Network interfaces of the system's side."""
    VirtualMedia: Link
    """Virtual media, from 6.x."""
    Links: SystemLinks
    """Manager, chassis."""
    Oem: SystemOem
    """Dell's part."""


class ManagerLinksOemDell(TypedDict, total=False):
    """`Links.Oem.Dell`."""

    DellSwitchConnectionCollection: Link
    """What the server's ports are plugged into."""


class ManagerLinksOem(TypedDict, total=False):
    """`Links.Oem`."""

    Dell: ManagerLinksOemDell
    """Dell's links."""


class ManagerLinks(TypedDict, total=False):
    """`Links`."""

    ManagerForServers: list[Link]
    """The server."""
    ManagerForChassis: list[Link]
    """The chassis."""
    ActiveSoftwareImage: Link
    """Its firmware's entry in the inventory."""
    Oem: ManagerLinksOem
    """Dell's part."""


class DellIdracCard(Resource, total=False):
    """The iDRAC's card (Dell `DelliDRACCard`), inline in `Manager`."""

    IPMIVersion: str
    """Version of IPMI."""
    URLString: str
    """Where its web pages are."""
    LastSystemInventoryTime: str
    """When the host's inventory was last collected."""
    LastUpdateTime: str
    """When this changed last."""


class ManagerOemDell(TypedDict, total=False):
    """`Oem.Dell` (Dell `DellManager`)."""

    DelliDRACCard: DellIdracCard
    """Dell's view of the iDRAC."""


class ManagerOem(TypedDict, total=False):
    """`Oem`."""

    Dell: ManagerOemDell
    """Dell's part."""


class Manager(Resource, total=False):
    """`Managers/iDRAC.Embedded.1` (DMTF `Manager`)."""

    Model: str
    """Generation of the server: `15G Monolithic`. The only safe sign of the iDRAC's generation."""
    FirmwareVersion: str
    """Firmware of the iDRAC; starts again at 1.x on iDRAC10."""
    ManagerType: str
    """`BMC`."""
    DateTime: str
    """Its clock."""
    LastResetTime: str
    """When it was restarted last, on firmware that tells."""
    UUID: str
    """UUID."""
    PowerState: str
    """`On`."""
    Status: _ItsStatus
    """State and health."""
    VirtualMedia: Link
    """Virtual media of the older home."""
    LogServices: Link
    """Logs."""
    EthernetInterfaces: Link
    """Its network interfaces."""
    Links: ManagerLinks
    """What it manages."""
    Oem: ManagerOem
    """Dell's part."""


class DellChassis(Resource, total=False):
    """The chassis (Dell `DellChassis`), inline in `Chassis`."""

    CanBeFRUed: bool
    """Whether its FRU data may be written."""
    SystemID: int
    """Number of the model in Dell's catalogue."""


class DellEnclosure(Resource, total=False):
    """A place of drives (Dell `DellEnclosure`), inline in its `Chassis`."""

    AssetName: str
    """The operator's name for it."""
    Connector: int
    """Connector of the controller."""
    ServiceTag: str
    """Service tag of an external one."""
    SlotCount: int
    """Bays."""
    TempProbeCount: int
    """Temperature probes."""
    Version: str
    """Firmware."""
    WiredOrder: int
    """Position in the chain."""


class DellPcieSsdBackPlane(Resource, total=False):
    """A backplane for NVMe drives (Dell `DellPCIeSSDBackPlane`), inline in its `Chassis`."""

    FirmwareVersion: str
    """Firmware."""
    PCIExpressGeneration: str
    """`Gen 4`, …"""
    SlotCount: int
    """Bays."""
    WiredOrder: int
    """Position in the chain."""


class ChassisOemDell(TypedDict, total=False):
    """`Oem.Dell`."""

    DellChassis: _ItsDellChassis
    """Dell's view of the server's chassis."""
    DellEnclosure: _ItsDellEnclosure
    """Dell's view of a place of drives."""
    DellPCIeSSDBackPlane: DellPcieSsdBackPlane
    """Dell's view of a backplane for NVMe drives."""


class ChassisOem(TypedDict, total=False):
    """`Oem`."""

    Dell: ChassisOemDell
    """Dell's part."""


class Chassis(Resource, total=False):
    """`Chassis/System.Embedded.1` (DMTF `Chassis`)."""

    ChassisType: str
    """`RackMount`, `Sled`, `Enclosure`, …"""
    Manufacturer: str
    """Maker."""
    Model: str
    """Model."""
    SKU: str
    """Service tag."""
    SerialNumber: str
    """Serial number."""
    PartNumber: str
    """Part number."""
    PowerState: str
    """`On`, `Off`."""
    IndicatorLED: str
    """The locator light, older schema: `Blinking` while it locates, else `Lit`."""
    LocationIndicatorActive: bool
    """Whether the locator light locates, newer schema."""
    Status: _ItsStatus
    """State and health."""
    Power: Link
    """Power, older schema."""
    Thermal: Link
    """Cooling, older schema."""
    PowerSubsystem: Link
    """Power, newer schema."""
    ThermalSubsystem: Link
    """Cooling, newer schema."""
    Sensors: Link
    """Sensors, newer schema."""
    NetworkAdapters: Link
    """Network cards."""
    PCIeDevices: Link
    """PCIe devices."""
    PCIeSlots: Link
    """PCIe slots, from 6.x."""
    Assembly: Link
    """Field-replaceable units."""
    Oem: ChassisOem
    """Dell's part."""


class Bios(Resource, total=False):
    """`Systems/…/Bios` (DMTF `Bios`)."""

    AttributeRegistry: str
    """Registry that explains the attributes."""
    Attributes: dict[str, Scalar]
    """The current settings by name, with the types the iDRAC gave them."""


class ProcessorMemorySummary(TypedDict, total=False):
    """`MemorySummary`."""

    TotalMemorySizeMiB: int
    """Memory at the processor in MiB."""
    TotalCacheSizeMiB: int
    """Cache in MiB."""


class DellProcessor(Resource, total=False):
    """A processor (Dell `DellProcessor`), inline in its `Processor`."""

    CPUFamily: str
    """`Intel(R)Xeon(TM)`, …"""
    CPUStatus: str
    """`CPUEnabled`, `CPUDisabledByUser`, …"""
    CurrentClockSpeedMhz: int
    """Clock in MHz."""
    ExternalBusClockSpeedMhz: int
    """Clock of the bus in MHz."""
    Cache1InstalledSizeKB: int
    """First cache in KB."""
    Cache2InstalledSizeKB: int
    """Second cache in KB."""
    Cache3InstalledSizeKB: int
    """Third cache in KB."""
    HyperThreadingEnabled: str
    """`Yes`, `No`, as all below."""
    TurboModeEnabled: str
    """Turbo mode."""
    VirtualizationTechnologyEnabled: str
    """Virtualisation."""
    Volts: str
    """Volts, as a text: `1.6`."""


class DellVideo(Resource, total=False):
    """A video controller or GPU (Dell `DellVideo`)."""

    FQDD: str
    """FQDD."""
    MarketingName: str
    """Name on the market."""
    Manufacturer: str
    """Maker."""
    FirmwareVersion: str
    """Firmware."""
    SerialNumber: str
    """Serial number."""
    BoardPartNumber: str
    """Part number of the board."""
    GPUPartNumber: str
    """Part number of the GPU."""
    GPUGUID: str
    """UUID of the GPU."""
    GPUHealth: str
    """Health of the GPU."""
    GPUState: str
    """State of the GPU."""
    PCIVendorID: str
    """PCI vendor, hexadecimal without 0x, as below."""
    PCIDeviceID: str
    """PCI device."""


class ProcessorOemDell(TypedDict, total=False):
    """`Oem.Dell`."""

    DellProcessor: _ItsDellProcessor
    """Dell's view of the processor."""
    DellVideo: _ItsDellVideo
    """Dell's view of a GPU."""


class ProcessorOem(TypedDict, total=False):
    """`Oem`."""

    Dell: ProcessorOemDell
    """Dell's part."""


class Processor(Resource, total=False):
    """One processor (DMTF `Processor`). iDRACs list GPUs and accelerators here too."""

    ProcessorType: str
    """`CPU`, `GPU`, `Accelerator`, `FPGA`, …"""
    Manufacturer: str
    """Maker."""
    Model: str
    """Model with its rated clock."""
    Socket: str
    """Socket or slot."""
    TotalCores: int
    """Cores."""
    TotalEnabledCores: int
    """Cores switched on."""
    TotalThreads: int
    """Threads."""
    MaxSpeedMHz: int
    """Highest clock in MHz."""
    OperatingSpeedMHz: int
    """Clock in MHz."""
    ProcessorArchitecture: str
    """`x86`, `ARM`, …"""
    SerialNumber: str
    """Serial number, where the part has one (GPUs)."""
    PartNumber: str
    """Part number, where the part has one (GPUs)."""
    FirmwareVersion: str
    """Firmware of an accelerator."""
    UUID: str
    """UUID of an accelerator."""
    MemorySummary: ProcessorMemorySummary
    """Its own memory."""
    Status: _ItsStatus
    """State and health."""
    Oem: ProcessorOem
    """Dell's part."""


class DellMemory(Resource, total=False):
    """A memory module (Dell `DellMemory`), inline in its `Memory`."""

    BankLabel: str
    """Bank."""
    ManufactureDate: str
    """When it was made, as Dell writes it."""
    MemoryTechnology: str
    """`DRAM`, `NVDIMM-N`, …"""
    Model: str
    """`DDR4 DIMM`, …"""
    RemainingRatedWriteEndurancePercent: int
    """Writes left of a persistent module in percent."""
    SystemEraseCapability: str
    """Whether an erasure of the server reaches it."""


class MemoryOemDell(TypedDict, total=False):
    """`Oem.Dell`."""

    DellMemory: _ItsDellMemory
    """Dell's view of the module."""


class MemoryOem(TypedDict, total=False):
    """`Oem`."""

    Dell: MemoryOemDell
    """Dell's part."""


class Memory(Resource, total=False):
    """One module (DMTF `Memory`)."""

    DeviceLocator: str
    """What is printed at the slot: `DIMM A1`."""
    Manufacturer: str
    """Maker."""
    PartNumber: str
    """Part number."""
    SerialNumber: str
    """Serial number."""
    CapacityMiB: int
    """Size in MiB."""
    VolatileSizeMiB: int
    """Volatile part in MiB."""
    NonVolatileSizeMiB: int
    """Persistent part in MiB."""
    MemoryDeviceType: str
    """`DDR4`, `DDR5`, …"""
    MemoryType: str
    """`DRAM`, `IntelOptane`, …"""
    BaseModuleType: str
    """`RDIMM`, `LRDIMM`, …"""
    RankCount: int
    """Ranks."""
    AllowedSpeedsMHz: list[int]
    """Rated speeds in MHz."""
    OperatingSpeedMhz: int
    """Speed in MHz."""
    ErrorCorrection: str
    """`MultiBitECC`, `SingleBitECC`, `NoECC`, …"""
    Status: _ItsStatus
    """State and health; `Absent` for an empty slot."""
    Oem: MemoryOem
    """Dell's part."""


class DellController(Resource, total=False):
    """Dell `DellController`."""

    ControllerFirmwareVersion: str
    """Firmware, where the DMTF property is empty."""
    CacheSizeInMB: int
    """Cache in MB."""
    PCISlot: str
    """PCI slot, a number on some firmware and text on other."""
    RollupStatus: str
    """Rollup."""
    EncryptionMode: str
    """Encryption: `None`, `LocalKeyManagement`, `SecureEnterpriseKeyManager`, …"""
    EncryptionCapability: str
    """What of it there can be: `None`, `LocalKeyManagementCapable`, …"""
    SecurityStatus: str
    """`SecurityKeyAssigned`, `SecurityKeyNotAssigned`, `EncryptionNotCapable`, …"""
    KeyID: str
    """Name of the key, not the key."""
    RealtimeCapability: str
    """Whether changes need no restart: `Capable` or `Incapable`."""
    PatrolReadState: str
    """`Running`, `Stopped`, …"""


class ControllerOemDell(TypedDict, total=False):
    """`Oem.Dell`."""

    DellController: _ItsDellController
    """Dell's view of the controller."""
    DellStorageController: DellController
    """The same in a controller's own resource."""


class ControllerOem(TypedDict, total=False):
    """`Oem`."""

    Dell: ControllerOemDell
    """Dell's part."""


class StorageController(Resource, total=False):
    """A controller (DMTF `StorageController`), inline in `Storage` or a resource of its own."""

    Model: str
    """Model."""
    Manufacturer: str
    """Maker."""
    FirmwareVersion: str
    """Firmware."""
    SerialNumber: str
    """Serial number."""
    PartNumber: str
    """Part number."""
    SpeedGbps: float
    """Speed in Gbit/s."""
    Status: _ItsStatus
    """State and health."""
    SupportedRAIDTypes: list[str]
    """What it can build: `RAID0`, …"""
    SupportedDeviceProtocols: list[str]
    """What it speaks to drives: `SAS`, `SATA`, `NVMe`."""
    Oem: ControllerOem
    """Dell's part."""


_Storage = TypedDict("_Storage", {"@Redfish.Settings": SettingsAnnotation}, total=False)


class Storage(_Storage, Resource, total=False):
    """One controller's subsystem (DMTF `Storage`)."""

    Status: _ItsStatus
    """State and health."""
    StorageControllers: list[StorageController]
    """The controllers, inline; deprecated on newer firmware, gone on iDRAC10."""
    Controllers: Link
    """The controllers as resources of their own, from 6.x."""
    Drives: list[Link]
    """Its drives."""
    Volumes: Link
    """Its volumes."""
    Oem: ControllerOem
    """Dell's part."""


class SimpleDevice(TypedDict, total=False):
    """One disk."""

    Name: str
    """Display name."""
    Manufacturer: str
    """Maker."""
    Model: str
    """Model."""
    CapacityBytes: float
    """Size in bytes, as a number or text."""
    Status: _ItsStatus
    """State and health."""


class SimpleStorage(Resource, total=False):
    """One controller with its disks inline (DMTF `SimpleStorage`): all of storage on the oldest firmware."""

    Devices: list[SimpleDevice]
    """The disks."""
    Status: _ItsStatus
    """State and health."""


class DriveLinks(TypedDict, total=False):
    """`Links`."""

    Volumes: list[Link]
    """The volumes on it."""
    Chassis: Link
    """The enclosure it is in."""


class DellPcieSsd(Resource, total=False):
    """Dell `DellPCIeSSD`."""

    Slot: int
    """Slot."""
    DriveState: str
    """`Ready`, `Online`, `Failed`, …"""
    DeviceProtocol: str
    """`NVMe 1.3`, …"""
    DriveFormFactor: str
    """`2.5Inch`, …"""
    AvailableSparePercent: int
    """Spare blocks left in percent."""
    PCIeNegotiatedLinkWidth: str
    """Width of its link: `x4`."""
    PCIeCapableLinkWidth: str
    """And the widest it can have."""
    SystemEraseCapability: str
    """Whether an erasure of the server reaches it, and how."""
    WWN: str
    """World-wide name."""


class DellPhysicalDisk(Resource, total=False):
    """Dell `DellPhysicalDisk`."""

    Slot: int
    """Slot, a number on some firmware and text on other."""
    RaidStatus: str
    """`Ready`, `Online`, `Failed`, …"""
    FreeSizeInBytes: int
    """What of it no volume takes, in bytes."""
    WWN: str
    """World-wide name."""
    SASAddress: str
    """SAS address."""
    PredictiveFailureState: str
    """`SmartAlertAbsent` or `SmartAlertPresent`."""
    AvailableSparePercent: int
    """Spare blocks left in percent."""
    PPID: str
    """Dell's part identification."""
    Certified: str
    """Whether Dell certified it: `Yes`, `No`."""
    DriveFormFactor: str
    """`2.5Inch`, …"""
    DeviceProtocol: str
    """`NVMe 1.3`, …"""
    UsedSizeInBytes: int
    """What of it volumes take, in bytes."""
    SystemEraseCapability: str
    """Whether an erasure of the server reaches it, and how."""
    CryptographicEraseCapable: str
    """Whether it can erase itself by its key: `Capable`, …"""
    OperationName: str
    """Work that goes on in it."""


class DriveOemDell(TypedDict, total=False):
    """`Oem.Dell` (Dell `DellDrive`)."""

    DellPhysicalDisk: _ItsDellPhysicalDisk
    """Dell's view of a disk behind a controller."""
    DellPCIeSSD: DellPcieSsd
    """Dell's view of an NVMe disk."""


class DriveOem(TypedDict, total=False):
    """`Oem`."""

    Dell: DriveOemDell
    """Dell's part."""


class Identifier(TypedDict, total=False):
    """A durable name."""

    DurableName: str
    """The name."""
    DurableNameFormat: str
    """`NAA`, `UUID`, `EUI`, …"""


class PartLocation(TypedDict, total=False):
    """A slot or bay (DMTF `Resource.PartLocation`)."""

    LocationOrdinalValue: int
    """Number of the slot."""
    LocationType: str
    """`Slot`, `Bay`, `Socket`, …"""
    ServiceLabel: str
    """What is printed at the part."""


class Location(TypedDict, total=False):
    """Where a part sits (DMTF `Resource.Location`)."""

    PartLocation: _ItsPartLocation
    """The slot or bay."""


class Drive(Resource, total=False):
    """One drive (DMTF `Drive`)."""

    Manufacturer: str
    """Maker."""
    Model: str
    """Model."""
    SerialNumber: str
    """Serial number."""
    PartNumber: str
    """Part number."""
    Revision: str
    """Firmware."""
    MediaType: str
    """`HDD`, `SSD`, …"""
    Protocol: str
    """`SAS`, `SATA`, `PCIe`, `NVMe`."""
    CapacityBytes: int
    """Size in bytes."""
    CapableSpeedGbs: float
    """Highest link speed in Gbit/s."""
    NegotiatedSpeedGbs: float
    """Link speed in Gbit/s."""
    RotationSpeedRPM: int
    """Revolutions a minute."""
    PredictedMediaLifeLeftPercent: float
    """Life left in percent."""
    FailurePredicted: bool
    """Whether the drive says it will fail."""
    HotspareType: str
    """`None`, `Global`, `Dedicated`, …"""
    EncryptionStatus: str
    """Encryption."""
    Identifiers: list[Identifier]
    """Durable names, the WWN among them."""
    PhysicalLocation: Location
    """Where it sits."""
    Status: _ItsStatus
    """State and health."""
    Links: DriveLinks
    """Volumes, chassis."""
    Oem: DriveOem
    """Dell's part."""


class VolumeLinks(TypedDict, total=False):
    """`Links`."""

    Drives: list[Link]
    """The drives it lies on."""


class DellVolume(Resource, total=False):
    """Dell `DellVolume`, once `DellVirtualDisk`."""

    RaidStatus: str
    """`Online`, `Degraded`, `Failed`, …"""
    SpanDepth: int
    """Spans."""
    SpanLength: int
    """Drives in a span."""
    StripeSize: str
    """Stripe, as Dell writes it."""
    MediaType: str
    """`SSD`, `HDD`, …"""


class VolumeOemDell(TypedDict, total=False):
    """`Oem.Dell`."""

    DellVolume: _ItsDellVolume
    """Dell's view of the volume."""
    DellVirtualDisk: DellVolume
    """The same under its older name."""


class VolumeOem(TypedDict, total=False):
    """`Oem`."""

    Dell: VolumeOemDell
    """Dell's part."""


class VolumeOperation(TypedDict, total=False):
    """One entry of `Operations`."""

    OperationName: str
    """`Rebuild`, `Initialize`, `Consistency Check`, …"""
    PercentageComplete: float
    """How far it is."""


class Volume(Resource, total=False):
    """One volume (DMTF `Volume`). A drive without RAID shows up as a `RawDevice`."""

    DisplayName: str
    """The operator's name."""
    RAIDType: str
    """`RAID0` … `RAID60`."""
    VolumeType: str
    """The same in older schemas: `Mirrored`, `RawDevice`, …"""
    CapacityBytes: int
    """Size in bytes."""
    BlockSizeBytes: int
    """Block size in bytes."""
    MediaSpanCount: int
    """Spans."""
    StripSizeBytes: int
    """Stripe in bytes."""
    Encrypted: bool
    """Whether it is encrypted."""
    ReadCachePolicy: str
    """`Off`, `ReadAhead`, `AdaptiveReadAhead`."""
    WriteCachePolicy: str
    """`WriteThrough`, `ProtectedWriteBack`, `UnprotectedWriteBack`."""
    Identifiers: list[Identifier]
    """Durable names."""
    Operations: list[VolumeOperation]
    """Work that goes on in it: a rebuild, say."""
    Status: _ItsStatus
    """State and health."""
    Links: VolumeLinks
    """Its drives."""
    Oem: VolumeOem
    """Dell's part."""


class AdapterControllerLinks(TypedDict, total=False):
    """`Links` of a chip."""

    NetworkPorts: list[Link]
    """Ports of the older schema."""
    Ports: list[Link]
    """Ports of the newer schema."""
    NetworkDeviceFunctions: list[Link]
    """What the host sees."""


class AdapterController(TypedDict, total=False):
    """One chip of a card."""

    FirmwarePackageVersion: str
    """Firmware of the whole package."""
    Links: AdapterControllerLinks
    """Its ports and functions."""


class NetworkAdapter(Resource, total=False):
    """One card (DMTF `NetworkAdapter`)."""

    Manufacturer: str
    """Maker."""
    Model: str
    """Model."""
    PartNumber: str
    """Part number."""
    SerialNumber: str
    """Serial number; some cards pad it with blanks."""
    Status: _ItsStatus
    """State and health."""
    Controllers: list[AdapterController]
    """Its chips."""
    NetworkPorts: Link
    """Ports of the older schema."""
    Ports: Link
    """Ports of the newer schema."""
    NetworkDeviceFunctions: Link
    """What the host sees."""


class LldpReceive(TypedDict, total=False):
    """What the peer of a port said over LLDP. Empty where nothing was heard."""

    ChassisId: str
    """Chassis id of the peer."""
    ChassisIdSubtype: str
    """What the chassis id is: `MacAddr`, `IfName`, …"""
    PortId: str
    """Its port."""
    PortIdSubtype: str
    """What the port id is."""
    SystemName: str
    """Its name."""
    ManagementAddressIPv4: str
    """Address it is managed by."""


class PortEthernet(TypedDict, total=False):
    """`Ethernet` of a `Port`."""

    AssociatedMACAddresses: list[str]
    """MAC addresses."""
    LLDPReceive: LldpReceive
    """What the peer said over LLDP."""


class SupportedLinkCapability(TypedDict, total=False):
    """What a link can do."""

    LinkSpeedMbps: int
    """Speed in Mbit/s."""
    LinkNetworkTechnology: str
    """Technology."""


class NetworkPort(Resource, total=False):
    """One port: DMTF `NetworkPort` (iDRAC9), or `Port` (from 7.10, alone on iDRAC10)."""

    LinkStatus: str
    """`Up`, `Down` (NetworkPort), `LinkUp`, `LinkDown` (Port), null or empty when not known."""
    CurrentLinkSpeedMbps: int
    """Speed in Mbit/s (NetworkPort)."""
    CurrentSpeedGbps: float
    """Speed in Gbit/s (Port)."""
    PhysicalPortNumber: str
    """Number on the card (NetworkPort)."""
    PortId: str
    """Number on the card (Port)."""
    AssociatedNetworkAddresses: list[str]
    """MAC addresses (NetworkPort)."""
    ActiveLinkTechnology: str
    """`Ethernet`, `InfiniBand`, `FibreChannel` (NetworkPort)."""
    LinkNetworkTechnology: str
    """The same (Port)."""
    SupportedLinkCapabilities: list[SupportedLinkCapability]
    """What the link can do (NetworkPort)."""
    Ethernet: PortEthernet
    """Ethernet's part (Port)."""
    VendorId: str
    """PCI vendor of the card."""
    Status: _ItsStatus
    """State and health."""


class FunctionEthernet(TypedDict, total=False):
    """`Ethernet`."""

    MACAddress: str
    """MAC address in use."""
    PermanentMACAddress: str
    """MAC address burnt in."""
    MTUSize: int
    """Largest frame in bytes."""


class FunctionLinks(TypedDict, total=False):
    """`Links`."""

    PhysicalPortAssignment: Link
    """Port of the older schema."""
    PhysicalNetworkPortAssignment: Link
    """Port of the newer schema."""


class DellFc(Resource, total=False):
    """A Fibre Channel function (Dell `DellFC`), inline in its `NetworkDeviceFunction`."""

    ProductName: str
    """Marketing name."""
    DeviceDescription: str
    """What the slot is called."""
    VendorName: str
    """Maker."""
    ChipType: str
    """Chip."""
    FamilyVersion: str
    """Firmware family."""
    FCOSDriverVersion: str
    """Version of the host's driver."""
    PartNumber: str
    """Part number."""
    SerialNumber: str
    """Serial number."""


class DellNic(Resource, total=False):
    """A network function (Dell `DellNIC`), inline in its `NetworkDeviceFunction`."""

    FQDD: str
    """FQDD."""
    ProductName: str
    """Marketing name with the MAC."""
    DeviceDescription: str
    """What the slot is called: `NIC in Slot 2 Port 1`."""
    VendorName: str
    """Maker."""
    FamilyVersion: str
    """Firmware family."""
    LinkSpeed: str
    """Speed, as Dell writes it: `1000 Mbps`, `10 Gbps`, `Unknown`."""
    LinkDuplex: str
    """`FullDuplex`, `HalfDuplex`, `Unknown`."""
    MediaType: str
    """`Base T`, `SFP_PLUS`, …"""
    Protocol: str
    """`NIC`, `RDMA`, …"""
    LANDriverVersion: str
    """Version of the host's driver."""
    PartNumber: str
    """Part number."""
    SerialNumber: str
    """Serial number."""
    TransceiverVendorName: str
    """Maker of the transceiver."""
    TransceiverPartNumber: str
    """Its part number."""
    TransceiverSerialNumber: str
    """Its serial number."""
    PCIVendorID: str
    """PCI vendor, hexadecimal without 0x, as the three below."""
    PCIDeviceID: str
    """PCI device."""
    PCISubVendorID: str
    """PCI subsystem vendor."""
    PCISubDeviceID: str
    """PCI subsystem device."""


class DellNicCapabilities(Resource, total=False):
    """What a network function can do (Dell `DellNICCapabilities`): `Supported` or `NotSupported`."""

    PXEBootSupport: str
    """Start over PXE."""
    iSCSIBootSupport: str
    """Start over iSCSI."""
    FCoEBootSupport: str
    """Start over FCoE."""
    NicPartitioningSupport: str
    """Partitions of a port."""
    RDMASupport: str
    """RDMA."""
    iSCSIOffloadSupport: str
    """iSCSI in the card."""
    FCoEOffloadSupport: str
    """FCoE in the card."""
    TCPOffloadEngineSupport: str
    """TCP in the card."""
    OSBMCManagementPassThrough: str
    """The way from the host to the iDRAC through the card."""
    uEFISupport: str
    """UEFI."""


class DellNicPortMetrics(Resource, total=False):
    """What passed through a network function (Dell `DellNICPortMetrics`), counted since `StartStatisticTime`."""

    FQDD: str
    """FQDD."""
    RxBytes: int
    """Bytes received."""
    TxBytes: int
    """Bytes sent."""
    RxUnicastPackets: int
    """Unicast packets received."""
    TxUnicastPackets: int
    """Unicast packets sent."""
    DiscardedPkts: int
    """Packets that were dropped."""
    RxErrorPktFCSErrors: int
    """Packets received with a wrong check sum."""
    PartitionLinkStatus: str
    """Link of the partition, where the card tells."""
    OSDriverState: str
    """State of the host's driver: `Operational`, …"""
    StartStatisticTime: str
    """Since when is counted."""
    StatisticTime: str
    """When it was counted."""


class FunctionOemDell(TypedDict, total=False):
    """`Oem.Dell`."""

    DellNIC: DellNic
    """Dell's view of the NIC."""
    DellNICCapabilities: DellNicCapabilities
    """What it can do."""
    DellNICPortMetrics: DellNicPortMetrics
    """What passed through it."""
    DellFC: DellFc
    """Dell's view of a Fibre Channel function."""


class FunctionOem(TypedDict, total=False):
    """`Oem`."""

    Dell: FunctionOemDell
    """Dell's part."""


class NetworkDeviceFunction(Resource, total=False):
    """One function or partition (DMTF `NetworkDeviceFunction`); its id is the NIC's FQDD."""

    NetDevFuncType: str
    """`Ethernet`, `FibreChannel`, `Disabled`, …"""
    Ethernet: FunctionEthernet
    """Ethernet's part."""
    Links: FunctionLinks
    """The port it uses."""
    Status: _ItsStatus
    """State and health."""
    Oem: FunctionOem
    """Dell's part."""


class EthernetInterface(Resource, total=False):
    """One interface of the host (DMTF `EthernetInterface`): all that iDRAC7/8 say about a NIC."""

    MACAddress: str
    """MAC address in use."""
    PermanentMACAddress: str
    """MAC address burnt in."""
    SpeedMbps: int
    """Speed in Mbit/s; 0 without a link."""
    LinkStatus: str
    """`LinkUp`, `LinkDown`, `NoLink`, null or empty."""
    FullDuplex: bool
    """Whether both directions work at once."""
    FQDN: str
    """Fully qualified name, if the operating system told."""
    Status: _ItsStatus
    """State and health."""


class PowerControl(TypedDict, total=False):
    """Consumption and limits of the server."""

    PowerConsumedWatts: float
    """Watts now."""
    PowerCapacityWatts: float
    """Watts the supplies can give."""


class DellPowerSupply(Resource, total=False):
    """A power supply (Dell `DellPowerSupply`), inline in `PowerSupplies`."""

    ActiveInputVoltage: str
    """`AC`, `DC`, `Unknown`, …"""
    IsSwitchingSupply: bool
    """Whether it is a switching supply."""
    OperationalStatus: list[str]
    """`OK`, `Error`, …"""


class DellPowerSupplyView(Resource, total=False):
    """What is read of a power supply (Dell `DellPowerSupplyView`), inline in `PowerSupplies`."""

    DetailedState: str
    """`Presence Detected`, `Failure Detected`, …"""
    DeviceDescription: str
    """What the slot is called."""
    Range1MaxInputPowerWatts: float
    """Watts it may take in."""
    PMBusMonitoring: str
    """`Capable`, `Incapable`: whether it can be monitored over PMBus."""
    RedMinNumberNeeded: int
    """Supplies that redundancy needs."""
    RedTypeOfSet: list[str]
    """`N+1`, `Sparing`, …"""
    RedundancyStatus: str
    """`Full`, `Lost`, `Unknown`, …"""


class PowerSupplyOemDell(TypedDict, total=False):
    """`Oem.Dell`."""

    DellPowerSupply: _ItsDellPowerSupply
    """Dell's view of the supply."""
    DellPowerSupplyView: _ItsDellPowerSupplyView
    """What is read of it."""


class PowerSupplyOem(TypedDict, total=False):
    """`Oem`."""

    Dell: PowerSupplyOemDell
    """Dell's part."""


class PowerSupply(Resource, total=False):
    """One supply: inline in `Power`, or DMTF `PowerSupply` below `PowerSubsystem`."""

    MemberId: str
    """Position within `Power`."""
    Manufacturer: str
    """Maker."""
    Model: str
    """Model."""
    SerialNumber: str
    """Serial number."""
    PartNumber: str
    """Part number."""
    FirmwareVersion: str
    """Firmware."""
    PowerCapacityWatts: float
    """Rating in watts."""
    PowerInputWatts: float
    """Watts taken in (`Power`)."""
    PowerOutputWatts: float
    """Watts given (`Power`)."""
    LineInputVoltage: float
    """Input in volts (`Power`)."""
    LineInputStatus: str
    """`Normal`, `LossOfInput`, `OutOfRange` (`PowerSupply`)."""
    PowerSupplyType: str
    """`AC`, `DC`."""
    Status: _ItsStatus
    """State and health."""
    Oem: PowerSupplyOem
    """Dell's part."""


class Power(Resource, total=False):
    """`Chassis/…/Power` (DMTF `Power`); deprecated at 6.00, gone on iDRAC10."""

    PowerControl: list[PowerControl]
    """Consumption and limits."""
    PowerSupplies: list[PowerSupply]
    """The power supplies."""


class PowerSubsystem(Resource, total=False):
    """`Chassis/…/PowerSubsystem` (DMTF `PowerSubsystem`)."""

    CapacityWatts: float
    """Watts the supplies can give."""
    PowerSupplies: Link
    """The power supplies."""
    Status: _ItsStatus
    """State and health."""


class SpeedPercent(TypedDict, total=False):
    """`SpeedPercent`: a percentage with the revolutions beside it; Dell gives the revolutions only."""

    Reading: float
    """Percent of the highest speed."""
    SpeedRPM: float
    """Revolutions a minute."""


class Fan(Resource, total=False):
    """One fan: inline in `Thermal`, or DMTF `Fan` below `ThermalSubsystem`."""

    MemberId: str
    """Position within `Thermal`."""
    FanName: str
    """Name on iDRAC7/8, where `Name` is missing."""
    Reading: float
    """Speed in the unit below (`Thermal`)."""
    ReadingUnits: str
    """`RPM` or `Percent` (`Thermal`)."""
    LowerThresholdCritical: float
    """Reading below which it is critical (`Thermal`)."""
    SpeedPercent: _ItsSpeedPercent
    """Speed (`Fan`)."""
    PhysicalContext: str
    """Where it blows."""
    Status: _ItsStatus
    """State and health."""


class Temperature(Resource, total=False):
    """One sensor within `Thermal`."""

    MemberId: str
    """Position within the resource."""
    ReadingCelsius: float
    """Degrees Celsius."""
    PhysicalContext: str
    """`CPU`, `Intake`, `SystemBoard`, …"""
    UpperThresholdCritical: float
    """Degrees above which it is critical."""
    UpperThresholdNonCritical: float
    """Degrees above which to worry."""
    Status: _ItsStatus
    """State and health."""


class Thermal(Resource, total=False):
    """`Chassis/…/Thermal` (DMTF `Thermal`); deprecated at 6.00, gone on iDRAC10."""

    Fans: list[Fan]
    """The fans."""
    Temperatures: list[Temperature]
    """The temperature sensors."""


class ThermalSubsystem(Resource, total=False):
    """`Chassis/…/ThermalSubsystem` (DMTF `ThermalSubsystem`)."""

    Fans: Link
    """The fans."""
    Status: _ItsStatus
    """State and health."""


class Threshold(TypedDict, total=False):
    """One limit."""

    Reading: float
    """Its value, in the sensor's unit."""


class Thresholds(TypedDict, total=False):
    """`Thresholds`."""

    UpperCritical: Threshold
    """Above it is critical."""
    UpperCaution: Threshold
    """Above it is a warning."""
    LowerCaution: Threshold
    """Below it is a warning."""
    LowerCritical: Threshold
    """Below it is critical."""


class Sensor(Resource, total=False):
    """One sensor (DMTF `Sensor`)."""

    ReadingType: str
    """`Temperature`, `Rotational`, `Voltage`, `Power`, …"""
    ReadingUnits: str
    """`Cel`, `{rev}/min`, `V`, `W`, `%`, …"""
    Reading: float
    """The reading, in that unit."""
    PhysicalContext: str
    """`CPU`, `Intake`, `SystemBoard`, …"""
    Thresholds: _ItsThresholds
    """Limits."""
    Status: _ItsStatus
    """State and health."""


class DellSoftwareInventory(Resource, total=False):
    """Dell `DellSoftwareInventory`."""

    ComponentType: str
    """`BIOS`, `FRMW`, `APAC`, …"""
    ComponentID: str
    """Component id of the catalogue."""
    DeviceID: str
    """PCI device, hexadecimal without 0x, as the three below."""
    VendorID: str
    """PCI vendor."""
    SubVendorID: str
    """PCI subsystem vendor."""
    SubDeviceID: str
    """PCI subsystem device."""
    InstallationDate: str
    """When it was installed."""
    Status: str
    """`Installed`, `AvailableForInstallation`, …"""
    SidebandUpdateCapable: bool
    """Whether it can be updated through the iDRAC while the host runs (newer iDRAC9 and iDRAC10)."""


class SoftwareOemDell(TypedDict, total=False):
    """`Oem.Dell`."""

    DellSoftwareInventory: _ItsDellSoftwareInventory
    """What the catalogue is matched with."""


class SoftwareOem(TypedDict, total=False):
    """`Oem`."""

    Dell: SoftwareOemDell
    """Dell's part."""


class SoftwareInventory(Resource, total=False):
    """One entry of the firmware inventory (DMTF `SoftwareInventory`)."""

    Version: str
    """Version."""
    Updateable: bool
    """Whether it can be updated."""
    ReleaseDate: str
    """Release date; may be `00:00:00Z` without a date."""
    SoftwareId: str
    """Dell's component id."""
    Manufacturer: str
    """Maker, where given."""
    Status: _ItsStatus
    """State and health."""
    Oem: SoftwareOem
    """Dell's part."""


class PcieDevice(Resource, total=False):
    """One device (DMTF `PCIeDevice`)."""

    DeviceType: str
    """`SingleFunction`, `MultiFunction`, …"""
    Manufacturer: str
    """Maker."""
    Model: str
    """Model."""
    PartNumber: str
    """Part number."""
    SerialNumber: str
    """Serial number."""
    FirmwareVersion: str
    """Firmware."""
    Status: _ItsStatus
    """State and health."""


class DellAssembly(Resource, total=False):
    """A field-replaceable unit (Dell `DellAssembly`), inline in `Assemblies`."""

    DeviceFQDD: str
    """The part it is."""
    PackageType: str
    """`Memory`, `PowerSupply`, `Module/Card`, …"""
    SerialNumber: str
    """Serial number."""


class AssemblyOemDell(TypedDict, total=False):
    """`Oem.Dell`."""

    DellAssembly: _ItsDellAssembly
    """Dell's view of the unit."""


class AssemblyOem(TypedDict, total=False):
    """`Oem`."""

    Dell: AssemblyOemDell
    """Dell's part."""


_AssemblyData = TypedDict("_AssemblyData", {"@odata.id": str}, total=False)


class AssemblyData(_AssemblyData, total=False):
    """One unit (DMTF `AssemblyData`)."""

    MemberId: str
    """Position in the list."""
    Name: str
    """Name; on an iDRAC the FQDD with `#FRU`."""
    Description: str
    """What it is."""
    Model: str
    """Model."""
    PartNumber: str
    """Part number, with its revision on Dell's boards."""
    SerialNumber: str
    """Serial number (from DMTF's schema 1.2; Dell's is in `DellAssembly`)."""
    SparePartNumber: str
    """Number to order another one by."""
    SKU: str
    """Stock-keeping number."""
    Producer: str
    """Who made it."""
    Vendor: str
    """Who sold it."""
    ProductionDate: str
    """When it was made."""
    Version: str
    """Hardware version."""
    EngineeringChangeLevel: str
    """Revision by engineering changes."""
    BinaryDataURI: str
    """Where its memory can be read raw."""
    Status: _ItsStatus
    """State and health, where given."""
    Oem: AssemblyOem
    """Dell's part."""


class Assembly(Resource, total=False):
    """The units of a chassis or of one part (DMTF `Assembly`)."""

    Assemblies: list[AssemblyData]
    """The units."""


class PcieSlotLinks(TypedDict, total=False):
    """`Links`."""

    PCIeDevice: list[Link]
    """The device in it; none in an empty slot."""
    Processors: list[Link]
    """The processors it hangs on."""


class PcieSlotOemDell(TypedDict, total=False):
    """`Oem.Dell` (Dell `DellPCIeSlots`)."""

    SlotKey: str
    """Dell's name of the slot: `PCIe.Slot.2`."""


class PcieSlotOem(TypedDict, total=False):
    """`Oem`."""

    Dell: PcieSlotOemDell
    """Dell's part."""


class PcieSlot(TypedDict, total=False):
    """One PCIe slot."""

    PCIeType: str
    """`Gen4`, …"""
    SlotType: str
    """`FullLength`, `HalfLength`, `U2`, `OCP3Small`, …"""
    Lanes: int
    """Lanes."""
    HotPluggable: bool
    """Whether it may be filled while the host runs."""
    Location: _ItsLocation
    """Number of the slot."""
    Links: PcieSlotLinks
    """What is in it."""
    Status: _ItsStatus
    """State and health."""
    Oem: PcieSlotOem
    """Dell's part."""


class PcieSlots(Resource, total=False):
    """The PCIe slots of a chassis (DMTF `PCIeSlots`)."""

    Slots: list[PcieSlot]
    """The slots."""


class DellSwitchConnection(Resource, total=False):
    """What a port is plugged into, as the switch itself said over LLDP (Dell `DellSwitchConnection`)."""

    FQDD: str
    """The port or function: `NIC.Embedded.1-1-1`, `iDRAC.Embedded.1`."""
    InstanceID: str
    """The same."""
    StaleData: str
    """`NotStale`, or `Stale`: seen once, and not confirmed since."""
    SwitchConnectionID: str
    """Chassis id of the switch, or one of the words that `DellSwitchConnection::switch` takes for none."""
    SwitchPortConnectionID: str
    """Description of its port, or such a word."""


class DellGpuSensor(Resource, total=False):
    """The sensors of a GPU (Dell `DellGPUSensor`)."""

    DeviceID: str
    """The GPU."""
    BoardTemperatureCelsius: float
    """Degrees Celsius of the board."""
    MemoryTemperatureCelsius: float
    """Degrees Celsius of its memory."""
    PrimaryGPUTemperatureCelsius: float
    """Degrees Celsius of the chip."""
    SecondaryGPUTemperatureCelsius: float
    """Degrees Celsius of a second chip."""
    GPUShutdownTemperatureCelsius: float
    """Degrees Celsius at which it shuts down."""
    PowerConsumptionmW: int
    """Milliwatts taken in."""
    PowerSupplyStatus: str
    """`Sufficient`, `Insufficient`, …"""
    ThermalAlertStatus: str
    """`NotPending`, `Pending`, …"""


class DellLicensableDevice(Resource, total=False):
    """A part that licences are for (Dell `DellLicensableDevice`)."""

    FQDD: str
    """FQDD."""
    DeviceType: str
    """`Internal`, …"""
    DeviceState: str
    """`DevicePresent`, …"""
    DevicePrimaryStatus: str
    """`OK`, `Warning`, `Critical`."""
    LicenseList: list[str]
    """Licences on it."""
    Model: str
    """Model."""
    UniqueID: str
    """What a licence is bound to: the service tag."""


class DellLicense(Resource, total=False):
    """A licence at its older place (Dell `DellLicense`)."""

    EntitlementID: str
    """Name of the entitlement."""
    LicenseDescription: list[str]
    """What it is for, one text a feature."""
    LicenseType: str
    """`Perpetual`, `Leased`, `Evaluation`, `Site`."""
    LicenseEndDate: str
    """When it ends; nothing for one that does not."""
    LicenseInstallDate: str
    """When it was installed."""
    LicensePrimaryStatus: str
    """`OK`, `Warning`, `Critical`."""
    AssignedDevices: list[str]
    """Devices it is for."""


class DellNumericSensor(Resource, total=False):
    """A sensor with a reading (Dell `DellNumericSensor`)."""

    ElementName: str
    """What it measures: `System Board Fan1A`."""
    DeviceID: str
    """The part it belongs to."""
    SensorType: str
    """`Temperature`, `Tachometer`, `Voltage`, …"""
    CurrentReading: float
    """The reading before `UnitModifier`: see `DellNumericSensor::value`."""
    ReadingUnits: str
    """`DegreesC`, `RPM`, `Volts`, …"""
    UnitModifier: int
    """Power of ten that readings and limits are multiplied with."""
    CurrentState: str
    """`Normal`, `Upper Critical`, …"""
    HealthState: str
    """`OK`, `Degraded`, `Critical`, …"""
    PrimaryStatus: str
    """The same over the part."""
    LowerThresholdCritical: float
    """Below it is critical, before `UnitModifier`, as the three below."""
    LowerThresholdNonCritical: float
    """Below it is a warning."""
    UpperThresholdNonCritical: float
    """Above it is a warning."""
    UpperThresholdCritical: float
    """Above it is critical."""


class DellOpaqueManagementData(Resource, total=False):
    """A partition of the iDRAC's SD card (Dell `DellOpaqueManagementData`)."""

    DeviceID: str
    """Where it is."""
    PartitionIndex: int
    """Which one."""
    PartitionType: str
    """`HDD`, `CD`, `FLOPPY`, …"""
    DataFormat: str
    """`RAW`, `FAT16`, …"""
    AccessType: str
    """`ReadOnly`, `ReadWrite`."""
    AttachedState: str
    """Whether the host sees it."""
    Size: str
    """Its size as Dell writes it."""


class DellPcieFunction(Resource, total=False):
    """Where a PCIe function sits (Dell `DellPCIeFunction`)."""

    DataBusWidth: str
    """`8XOrX8`, …"""
    SlotLength: str
    """`FullLength`, …"""
    SlotType: str
    """`PCIExpressGen4`, …"""
    LastSystemInventoryTime: str
    """When the host's inventory was last collected."""


class DellPresenceAndStatusSensor(Resource, total=False):
    """Whether a part is there and well (Dell `DellPresenceAndStatusSensor`): SD cards, the IDSDM."""

    ElementName: str
    """What it watches."""
    DeviceID: str
    """The part it belongs to."""
    SensorType: str
    """`Presence`, `Status`."""
    CurrentState: str
    """`Present`, `Absent`, …"""
    PrimaryStatus: str
    """`OK`, `Degraded`, `Error`."""


class DellPsNumericSensor(Resource, total=False):
    """A sensor of the power supplies with a reading (Dell `DellPSNumericSensor`)."""

    ElementName: str
    """What it measures: `PS1 Current 1`."""
    SensorType: str
    """`Current`, `PowerConsumption`, …"""
    CurrentReading: float
    """The reading before `UnitModifier`: see `DellPsNumericSensor::value`."""
    ReadingUnits: str
    """`Amps`, `Watts`, …"""
    UnitModifier: int
    """Power of ten that readings and limits are multiplied with."""
    CurrentState: str
    """`Normal`, `Upper Critical`, …"""
    HealthState: str
    """`OK`, `Degraded`, `Critical`, …"""
    PrimaryStatus: str
    """The same over the part."""
    UpperThresholdNonCritical: float
    """Above it is a warning, before `UnitModifier`, as below."""
    UpperThresholdCritical: float
    """Above it is critical."""


class DellRollupStatus(Resource, total=False):
    """The health of one subsystem (Dell `DellRollupStatus`)."""

    SubSystem: str
    """`Current`, `Voltage`, `Storage`, `System`, …"""
    RollupStatus: str
    """`Ok`, `Degraded`, `Error`, `Unknown`."""
    CollectionName: str
    """`CurrentRollupStatus`, `SystemHealthRollupStatus`, …"""
    InstanceID: str
    """Dell's name of it."""


class DellSensor(Resource, total=False):
    """A sensor with states and no reading (Dell `DellSensor`): battery, intrusion, cable, a power rail."""

    ElementName: str
    """What it watches: `CPU1 1P8 PG`."""
    SensorType: str
    """`Voltage`, `Battery`, `Presence`, …"""
    CurrentState: str
    """`Good`, `Bad`, …"""
    EnabledState: str
    """`Enabled`, `Disabled`."""
    HealthState: str
    """`OK`, `Degraded`, `Critical`, …"""


class DellSlot(Resource, total=False):
    """A slot and what is in it (Dell `DellSlot`): memory, PCIe, fans, drives, processors."""

    Number: int
    """Number of the slot."""
    NumberDescription: str
    """What is printed at it: `A16`."""
    ConnectorLayout: str
    """`DIMM`, `Fan`, `PCIE`, …"""
    EmptySlot: bool
    """Whether nothing is in it."""
    DeviceFQDD: str
    """What is in it."""
    SlotEnabledState: str
    """`Enabled`, `Disabled`."""


class DellSystemQuickSync(Resource, total=False):
    """The wireless module of the bezel (Dell `DellSystemQuickSync`)."""

    FQDD: str
    """FQDD."""
    FWVersion: str
    """Firmware."""
    HWStatus: str
    """`OK`, …"""
    Manufacturer: str
    """Maker."""
    ProductName: str
    """Name of the product."""


class DellUpdateSchedule(Resource, total=False):
    """What `GetUpdateSchedule` answers (Dell `DellSoftwareInstallationService` 1.1 and later). Passwords are never told."""

    JobType: str
    """`Auto_Update`."""
    Time: str
    """Time of day, `hh:mm`, by the iDRAC's clock."""
    DayofWeek: str
    """`Mon` … `Sun`, or `*`."""
    DayofMonth: str
    """`1` … `28`, or `*`."""
    WeekofMonth: str
    """`1` … `4`, `L` for the last, or `*`."""
    Repeat: int
    """How many times it is carried out."""
    ApplyReboot: str
    """`RebootRequired` or `NoReboot`."""
    ShareType: str
    """`NFS`, `CIFS`, `HTTP`, …"""
    IPAddress: str
    """Address of the share."""
    ShareName: str
    """Name of the share."""
    CatalogName: str
    """Name of the catalogue."""
    UserName: str
    """Who logs in there."""
    Domain: str
    """And in which domain."""
    IgnoreCertWarning: str
    """`On` or `Off`: whether any certificate will do."""
    ProxySupport: str
    """`Off`, `DefaultProxy`, `ParametersProxy`."""
    ProxyHostName: str
    """The proxy."""
    ProxyUserName: str
    """Who logs in there."""


class DellUsbDevice(Resource, total=False):
    """What is plugged into the iDRAC's USB port (Dell `DellUSBDevice`)."""

    FQDD: str
    """FQDD."""
    Manufacturer: str
    """Maker."""
    ProductName: str
    """Name of the product."""
    ProductID: str
    """USB product, hexadecimal."""
    VendorID: str
    """USB vendor, hexadecimal."""
    SerialNumber: str
    """Serial number."""
    USBVersion: str
    """Version of USB."""


class DellVFlash(Resource, total=False):
    """The iDRAC's SD card (Dell `DellvFlash`)."""

    FQDD: str
    """FQDD."""
    ComponentName: str
    """Name."""
    CapacityMB: int
    """Size in MB."""
    AvailableSizeMB: int
    """Free space in MB."""
    HealthStatus: str
    """`OK`, `Warning`, `Critical`."""
    InitializedState: str
    """`Initialized`, `Uninitialized`."""
    VFlashEnabledState: str
    """Whether it is switched on."""


class DellVideoNetwork(Resource, total=False):
    """The network side of an accelerator (Dell `DellVideoNetwork`)."""

    FQDD: str
    """FQDD."""
    IpAddress: str
    """Its address."""
    MacAddress: str
    """Its MAC address."""


class ManagerAccount(Resource, total=False):
    """A user, or a slot for one (DMTF `ManagerAccount`)."""

    UserName: str
    """Login name; empty in a slot that is free."""
    RoleId: str
    """`Administrator`, `Operator`, `ReadOnly`, `None`."""
    Enabled: bool
    """Whether it may log in."""
    Locked: bool
    """Whether it is locked out."""
    PasswordChangeRequired: bool
    """Whether it must change its password first."""
    PasswordExpiration: str
    """When the password expires."""
    AccountTypes: list[str]
    """`Redfish`, `WebUI`, `IPMI`, …"""


class LogEntryLinks(TypedDict, total=False):
    """`Links`."""

    OriginOfCondition: Link
    """The resource it is about."""


class DellLogEntry(TypedDict, total=False):
    """Dell `DellLCLogEntry`, and `DellLogEntry` of the list of faults."""

    Category: str
    """`Audit`, `Configuration`, `Storage`, `System Health`, `Updates`, `Work Notes`."""
    Comment: str
    """What a person wrote beside it."""
    FQDD: str
    """The device, in the list of faults."""
    SubSystem: str
    """The subsystem, in the list of faults: `Intrusion`."""


class LogEntryOem(TypedDict, total=False):
    """`Oem`."""

    Dell: DellLogEntry
    """Dell's part."""


class LogEntry(Resource, total=False):
    """One entry (DMTF `LogEntry`)."""

    Created: str
    """When, with offset, as the iDRAC wrote it."""
    Severity: str
    """`OK`, `Warning`, `Critical`."""
    Message: str
    """The text."""
    MessageId: str
    """Id with the registry's prefix in the Lifecycle log (`IDRAC.2.9.USR0030`), a code of the sensor in the SEL."""
    MessageArgs: list[str]
    """What was put into the text."""
    EntryType: str
    """`SEL`, `Oem`, `Event`."""
    EntryCode: str
    """`Assert`, `Deassert`."""
    SensorType: str
    """What kind of sensor, in the SEL."""
    SensorNumber: int
    """Which sensor, in the SEL."""
    EventId: str
    """Number of the event it came with."""
    Links: LogEntryLinks
    """What it is about."""
    Oem: LogEntryOem
    """Dell's part."""


class VirtualMedia(Resource, total=False):
    """A drive into which an image on the network can be put (DMTF `VirtualMedia`)."""

    MediaTypes: list[str]
    """`CD`, `DVD`, `USBStick`, `Floppy`."""
    Inserted: bool
    """Whether an image is in it. May be stale: see `connected_via`."""
    Image: str
    """Address of the image."""
    ImageName: str
    """Its file name."""
    ConnectedVia: str
    """`NotConnected`, `URI`, `Applet`, `Oem`."""
    WriteProtected: bool
    """Whether the host may not write to it."""
    TransferProtocolType: str
    """`CIFS`, `NFS`, `HTTP`, `HTTPS`, …"""
    UserName: str
    """User of the share."""


class RemoteServicesStatus(Resource, total=False):
    """Reply of Dell `DellLCService.GetRemoteServicesAPIStatus`."""

    LCStatus: str
    """`Disabled`, `InRecovery`, `InUse`, `NotInitialized`, `Ready`, `ReloadingData`."""
    ServerStatus: str
    """`AutomatedTaskExecution`, `CollectingSystemInventory`, `EnteredF11BootManager`, `EnteredF2Setup`, `InPOST`,
    `LCUSC`, `OutOfPOST`, `PoweredOff`."""
    RTStatus: str
    """The data that comes from a running host: `Ready` or `NotReady`."""
    Status: str
    """Everything together: `Ready` or `NotReady`."""


class CertificateIdentity(TypedDict, total=False):
    """A name on a certificate (DMTF `Certificate.Identifier`)."""

    CommonName: str
    """CN."""
    Organization: str
    """O."""
    OrganizationalUnit: str
    """OU."""
    City: str
    """L."""
    State: str
    """ST."""
    Country: str
    """C."""
    Email: str
    """Mail address."""


class Certificate(Resource, total=False):
    """A certificate (DMTF `Certificate`)."""

    CertificateString: str
    """The text, where it is shown; iDRACs mostly do not."""
    CertificateType: str
    """`PEM`, `PKCS7`, …"""
    Subject: CertificateIdentity
    """Whose it is."""
    Issuer: CertificateIdentity
    """Who signed it."""
    ValidNotBefore: str
    """When it begins."""
    ValidNotAfter: str
    """When it ends."""
    SerialNumber: str
    """Serial number, hexadecimal."""
    CertificateUsageTypes: list[str]
    """`Web`, `BIOS`, `SSH`, …"""


_SecureBoot = TypedDict("_SecureBoot", {"@Redfish.Settings": SettingsAnnotation}, total=False)


class SecureBoot(_SecureBoot, Resource, total=False):
    """`Systems/…/SecureBoot` (DMTF `SecureBoot`)."""

    SecureBootEnable: bool
    """Whether it is on, now or from the next start on."""
    SecureBootCurrentBoot: str
    """`Enabled` or `Disabled`: at this start."""
    SecureBootMode: str
    """`SetupMode`, `UserMode`, `AuditMode`, `DeployedMode`."""
    SecureBootDatabases: Link
    """The key databases, from 6.x."""


class SecureBootDatabase(Resource, total=False):
    """A key database (DMTF `SecureBootDatabase`)."""

    DatabaseId: str
    """`PK`, `KEK`, `db`, `dbx`."""
    Certificates: Link
    """Its certificates."""
    Signatures: Link
    """Its hashes."""


class Signature(Resource, total=False):
    """A hash in a key database (DMTF `Signature`)."""

    SignatureString: str
    """The hash, hexadecimal."""
    SignatureType: str
    """`SHA256`, `EFI_CERT_SHA256_GUID`, …"""
    SignatureTypeRegistry: str
    """`UEFI`."""


class SpdmResponder(TypedDict, total=False):
    """The proof of the part."""

    ComponentCertificate: Link
    """Its certificate."""
    VerificationStatus: str
    """`Success`, `SuccessNotVerified`, `Failed`."""


class SpdmIdentity(TypedDict, total=False):
    """Who a part says it is."""

    ResponderAuthentication: SpdmResponder
    """Of the part."""


class Spdm(TypedDict, total=False):
    """What SPDM says of a part."""

    IdentityAuthentication: SpdmIdentity
    """Who it says it is."""


class ComponentIntegrity(Resource, total=False):
    """A part that can prove what it is (DMTF `ComponentIntegrity`)."""

    ComponentIntegrityType: str
    """`SPDM` or `TPM`."""
    ComponentIntegrityTypeVersion: str
    """Version of that protocol."""
    ComponentIntegrityEnabled: bool
    """Whether it is checked."""
    TargetComponentURI: str
    """The part."""
    LastUpdated: str
    """When it was checked last."""
    SPDM: Spdm
    """What SPDM says."""
    Status: _ItsStatus
    """State and health."""


class TrustedComponent(Resource, total=False):
    """A root of trust, such as the TPM (DMTF `TrustedComponent`)."""

    TrustedComponentType: str
    """`Discrete` or `Integrated`."""
    FirmwareVersion: str
    """Its firmware."""
    Certificates: Link
    """Its certificates."""
    Status: _ItsStatus
    """State and health."""


class Session(Resource, total=False):
    """One login (DMTF `Session`)."""

    UserName: str
    """Whose it is."""
    CreatedTime: str
    """When it began."""
    ClientOriginIPAddress: str
    """From where."""
    SessionType: str
    """`Redfish`, `WebUI`, `ManagerConsole`, …"""


class TelemetryService(Resource, total=False):
    """`TelemetryService` (DMTF `TelemetryService`), from iDRAC9 4.x with a Datacenter licence."""

    ServiceEnabled: bool
    """Whether it is on."""
    MaxReports: int
    """How many reports may be defined."""
    MinCollectionInterval: str
    """Shortest interval, as an ISO 8601 duration."""
    MetricReportDefinitions: Link
    """Report definitions."""
    MetricReports: Link
    """Reports."""


class MetricValue(TypedDict, total=False):
    """One value of a `MetricReport`."""

    MetricId: str
    """What is measured."""
    MetricValue: Scalar
    """The value; a number is often written as a text."""
    Timestamp: str
    """When it was measured."""
    MetricProperty: str
    """The property it was read from, if any."""


class MetricReport(Resource, total=False):
    """One report (DMTF `MetricReport`)."""

    Timestamp: str
    """When it was made."""
    ReportSequence: str
    """Its number."""
    MetricReportDefinition: Link
    """Its definition."""
    MetricValues: list[MetricValue]
    """The values."""


class ReportSchedule(TypedDict, total=False):
    """`Schedule`."""

    RecurrenceInterval: str
    """Interval as an ISO 8601 duration: `PT0H1M0S`."""


class MetricReportDefinition(Resource, total=False):
    """What one report is made of (DMTF `MetricReportDefinition`)."""

    MetricReportDefinitionEnabled: bool
    """Whether it is reported."""
    MetricReportDefinitionType: str
    """`Periodic`, `OnChange`, `OnRequest`."""
    ReportActions: list[str]
    """What is done with it: `RedfishEvent`, `LogToMetricReportsCollection`."""
    ReportUpdates: str
    """`Overwrite`, `NewReport`, …"""
    Schedule: ReportSchedule
    """How often."""


class EventDestination(Resource, total=False):
    """A subscription (DMTF `EventDestination`)."""

    Destination: str
    """Where events are sent."""
    Context: str
    """The subscriber's own words, sent with each event."""
    Protocol: str
    """`Redfish`, `SNMPv1`, …"""
    SubscriptionType: str
    """`RedfishEvent`, `SSE`, …"""
    EventFormatType: str
    """`Event`, `MetricReport`."""
    EventTypes: list[str]
    """`Alert`, `MetricReport`, `Other`; `Status Change` and others on iDRAC7/8."""
    Status: _ItsStatus
    """State."""


class EventRecord(TypedDict, total=False):
    """One record of an `Event`."""

    EventId: str
    """Number of the event."""
    EventTimestamp: str
    """When, as the iDRAC wrote it."""
    EventType: str
    """`Alert`, …"""
    MessageId: str
    """Message id with the registry's prefix."""
    Message: str
    """The text."""
    MessageArgs: list[str]
    """What was put into it."""
    MessageSeverity: str
    """`OK`, `Warning`, `Critical`."""
    Severity: str
    """The same on older firmware."""
    OriginOfCondition: Link
    """The resource it is about."""
    LogEntry: Link
    """The entry of the log that says the same, where it is told."""


class Event(Resource, total=False):
    """What is sent (DMTF `Event`): one or several records."""

    Context: str
    """The subscriber's own words."""
    Events: list[EventRecord]
    """The records."""


_ItsBoot: TypeAlias = Boot
_ItsBootProgress: TypeAlias = BootProgress
_ItsDellAssembly: TypeAlias = DellAssembly
_ItsDellChassis: TypeAlias = DellChassis
_ItsDellController: TypeAlias = DellController
_ItsDellEnclosure: TypeAlias = DellEnclosure
_ItsDellMemory: TypeAlias = DellMemory
_ItsDellPhysicalDisk: TypeAlias = DellPhysicalDisk
_ItsDellPowerSupply: TypeAlias = DellPowerSupply
_ItsDellPowerSupplyView: TypeAlias = DellPowerSupplyView
_ItsDellProcessor: TypeAlias = DellProcessor
_ItsDellSoftwareInventory: TypeAlias = DellSoftwareInventory
_ItsDellSystem: TypeAlias = DellSystem
_ItsDellVideo: TypeAlias = DellVideo
_ItsDellVolume: TypeAlias = DellVolume
_ItsLocation: TypeAlias = Location
_ItsMemorySummary: TypeAlias = MemorySummary
_ItsPartLocation: TypeAlias = PartLocation
_ItsProcessorSummary: TypeAlias = ProcessorSummary
_ItsSpeedPercent: TypeAlias = SpeedPercent
_ItsStatus: TypeAlias = Status
_ItsThresholds: TypeAlias = Thresholds
