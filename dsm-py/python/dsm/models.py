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


class DellSystem(TypedDict, total=False):
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


class ManagerLinks(TypedDict, total=False):
    """`Links`."""

    ManagerForServers: list[Link]
    """The server."""
    ManagerForChassis: list[Link]
    """The chassis."""
    ActiveSoftwareImage: Link
    """Its firmware's entry in the inventory."""


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


class DellController(TypedDict, total=False):
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


class DellPcieSsd(TypedDict, total=False):
    """Dell `DellPCIeSSD`."""

    Slot: int
    """Slot."""
    DriveState: str
    """`Ready`, `Online`, `Failed`, …"""
    WWN: str
    """World-wide name."""


class DellPhysicalDisk(TypedDict, total=False):
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


class DellVolume(TypedDict, total=False):
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


class PortEthernet(TypedDict, total=False):
    """`Ethernet` of a `Port`."""

    AssociatedMACAddresses: list[str]
    """MAC addresses."""


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


class DellNic(TypedDict, total=False):
    """Dell `DellNIC`."""

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
    PartNumber: str
    """Part number."""
    SerialNumber: str
    """Serial number."""
    PCIVendorID: str
    """PCI vendor, hexadecimal without 0x, as the three below."""
    PCIDeviceID: str
    """PCI device."""
    PCISubVendorID: str
    """PCI subsystem vendor."""
    PCISubDeviceID: str
    """PCI subsystem device."""


class FunctionOemDell(TypedDict, total=False):
    """`Oem.Dell`."""

    DellNIC: DellNic
    """Dell's view of the NIC."""


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


class DellSoftwareInventory(TypedDict, total=False):
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
_ItsDellController: TypeAlias = DellController
_ItsDellPhysicalDisk: TypeAlias = DellPhysicalDisk
_ItsDellSoftwareInventory: TypeAlias = DellSoftwareInventory
_ItsDellSystem: TypeAlias = DellSystem
_ItsDellVolume: TypeAlias = DellVolume
_ItsMemorySummary: TypeAlias = MemorySummary
_ItsPartLocation: TypeAlias = PartLocation
_ItsProcessorSummary: TypeAlias = ProcessorSummary
_ItsSpeedPercent: TypeAlias = SpeedPercent
_ItsStatus: TypeAlias = Status
_ItsThresholds: TypeAlias = Thresholds
