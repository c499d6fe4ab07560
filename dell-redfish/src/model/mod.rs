//! Wire types, one DMTF or Dell resource a file, with DMTF spelling.
//!
//! A type names only the properties this library uses; all are optional and read leniently, because firmware differs and
//! errs. What a type does not name is not lost: [`Resource`] keeps the text and gives the rest as `extra`.

#[macro_use]
mod macros;

pub mod json;
pub mod lenient;

mod account;
mod assembly;
mod attribute_registry;
mod attribute_resource;
mod bios;
mod boot_option;
mod boot_sources;
mod certificate;
mod chassis;
mod collection;
mod common;
mod computer_system;
#[allow(unreachable_pub, reason = "the macro writes public types; these stay inside")]
mod console;
mod dell_attributes;
mod dell_device;
mod dell_enclosure;
mod dell_job;
mod dell_nic;
mod dell_power_supply;
mod dell_processor;
mod dell_sensor;
mod dell_slot;
mod dell_video;
mod drive;
mod ethernet_interface;
mod event;
mod expanded;
mod fan;
mod head;
mod integrity;
mod job;
mod job_state;
mod license;
mod log;
mod manager;
mod memory;
mod network_adapter;
mod network_device_function;
mod network_port;
mod pcie_device;
mod power;
mod power_supply;
mod processor;
mod remote_services_status;
mod resource;
mod secure_boot;
mod sensor;
mod service_root;
mod session;
mod simple_storage;
mod software_inventory;
mod storage;
mod storage_controller;
mod task;
mod telemetry;
mod thermal;
mod update_schedule;
mod update_service;
mod virtual_media;
mod volume;

pub use account::{AccountService, ManagerAccount};
pub use assembly::{
    Assembly, AssemblyData, AssemblyOem, AssemblyOemDell, DellAssembly, PcieSlot, PcieSlotLinks, PcieSlotOem,
    PcieSlotOemDell, PcieSlots,
};
pub(crate) use attribute_registry::{
    WireAttribute, WireMenu, WireOption, WireRegistry, WireRule, WireTerm, WireValue,
};
pub use attribute_resource::{AttributeResource, RegistryFile, RegistryLocation};
pub use bios::Bios;
pub use boot_option::BootOption;
pub use boot_sources::{BootSource, BootSourceLists, BootSources};
pub use certificate::{Certificate, CertificateIdentity, CertificateLinks, CertificateLocations};
pub use chassis::{Chassis, ChassisOem, ChassisOemDell, PowerSubsystem, ThermalSubsystem};
pub use collection::{Member, Page};
pub use common::{Link, Location, PartLocation, SettingsAnnotation, Severity, Status, worst};
pub use computer_system::{
    Boot, BootProgress, ComputerSystem, DellSystem, MemorySummary, ProcessorSummary, SystemLinks,
    SystemLinksOem, SystemLinksOemDell, SystemOem, SystemOemDell,
};
pub(crate) use console::{KvmReply, ScreenShotReply};
pub use dell_attributes::DellAttributes;
pub use dell_device::{
    DellIdracCard, DellLicensableDevice, DellOpaqueManagementData, DellSystemQuickSync, DellUsbDevice,
    DellVFlash,
};
pub use dell_enclosure::{DellChassis, DellEnclosure, DellPcieSsdBackPlane};
pub use dell_job::DellJob;
pub use dell_nic::{DellFc, DellNic, DellNicCapabilities, DellNicPortMetrics, DellSwitchConnection};
pub use dell_power_supply::{DellPowerSupply, DellPowerSupplyView};
pub use dell_processor::{DellMemory, DellProcessor};
pub use dell_sensor::{
    DellGpuSensor, DellNumericSensor, DellPresenceAndStatusSensor, DellPsNumericSensor, DellSensor,
};
pub use dell_slot::{DellRollupStatus, DellSlot};
pub use dell_video::{DellPcieFunction, DellVideo, DellVideoNetwork};
pub use drive::{DellPcieSsd, DellPhysicalDisk, Drive, DriveLinks, DriveOem, DriveOemDell, Identifier};
pub use ethernet_interface::EthernetInterface;
pub use event::{Condition, Event, EventDestination, EventRecord, EventService, EventServiceStatus};
pub use expanded::{Expanded, Part};
pub use fan::{Fan, SpeedPercent};
pub use integrity::{ComponentIntegrity, Spdm, SpdmIdentity, SpdmResponder, TrustedComponent};
pub use job::JobServiceJob;
pub use job_state::{JobPhase, JobState};
pub use lenient::{Lenient, Number, Scalar};
pub use license::{DellLicense, License};
pub use log::{DellLogEntry, LogEntry, LogEntryLinks, LogEntryOem, LogService};
pub use manager::{Manager, ManagerLinks, ManagerLinksOem, ManagerLinksOemDell, ManagerOem, ManagerOemDell};
pub use memory::{Memory, MemoryOem, MemoryOemDell};
pub use network_adapter::{AdapterController, AdapterControllerLinks, NetworkAdapter};
pub use network_device_function::{
    FunctionEthernet, FunctionLinks, FunctionOem, FunctionOemDell, NetworkDeviceFunction,
};
pub use network_port::{LldpReceive, NetworkPort, PortEthernet, SupportedLinkCapability};
pub use pcie_device::PcieDevice;
pub use power::{Power, PowerControl};
pub use power_supply::{PowerSupply, PowerSupplyOem, PowerSupplyOemDell};
pub use processor::{Processor, ProcessorMemorySummary, ProcessorOem, ProcessorOemDell};
pub use remote_services_status::RemoteServicesStatus;
pub use resource::{Resource, Schema};
pub use secure_boot::{SecureBoot, SecureBootDatabase, Signature};
pub use sensor::{Sensor, Threshold, Thresholds};
pub use service_root::{DellServiceRoot, ExpandQuery, ProtocolFeatures, RootLinks, RootOem, ServiceRoot};
pub use session::Session;
pub use simple_storage::{SimpleDevice, SimpleStorage};
pub use software_inventory::{
    DellSoftwareInventory, FirmwareState, SoftwareInventory, SoftwareOem, SoftwareOemDell,
};
pub use storage::{ApplyTimeSupport, Storage, VolumeCollection};
pub use storage_controller::{ControllerOem, ControllerOemDell, DellController, StorageController};
pub use task::{Task, TaskMessage, TaskMessageOem, TaskOem, TaskOemDell, TaskPart};
pub use telemetry::{MetricReport, MetricReportDefinition, MetricValue, ReportSchedule, TelemetryService};
pub use thermal::{Temperature, Thermal};
pub use update_schedule::DellUpdateSchedule;
pub use update_service::UpdateService;
pub use virtual_media::VirtualMedia;
pub use volume::{DellVolume, Volume, VolumeLinks, VolumeOem, VolumeOemDell, VolumeOperation};
