//! Wire types, one DMTF or Dell resource a file, with DMTF spelling.
//!
//! A type names only the properties this library uses; all are optional and read leniently, because firmware differs and
//! errs. What a type does not name is not lost: [`Resource`] keeps the text and gives the rest as `extra`.

#[macro_use]
mod macros;

pub mod json;
pub mod lenient;

mod bios;
mod chassis;
mod collection;
mod common;
mod computer_system;
mod drive;
mod ethernet_interface;
mod expanded;
mod fan;
mod head;
mod manager;
mod memory;
mod network_adapter;
mod network_device_function;
mod network_port;
mod pcie_device;
mod power;
mod power_supply;
mod processor;
mod resource;
mod sensor;
mod service_root;
mod session;
mod simple_storage;
mod software_inventory;
mod storage;
mod storage_controller;
mod thermal;
mod volume;

pub use bios::Bios;
pub use chassis::{Chassis, PowerSubsystem, ThermalSubsystem};
pub use collection::{Member, Page};
pub use common::{Link, Location, PartLocation, Severity, Status, worst};
pub use computer_system::{
    Boot, ComputerSystem, DellSystem, MemorySummary, ProcessorSummary, SystemLinks, SystemOem, SystemOemDell,
};
pub use drive::{DellPcieSsd, DellPhysicalDisk, Drive, DriveLinks, DriveOem, DriveOemDell, Identifier};
pub use ethernet_interface::EthernetInterface;
pub use expanded::{Expanded, Part};
pub use fan::{Fan, SpeedPercent};
pub use lenient::{Lenient, Number, Scalar};
pub use manager::{Manager, ManagerLinks};
pub use memory::Memory;
pub use network_adapter::{AdapterController, AdapterControllerLinks, NetworkAdapter};
pub use network_device_function::{
    DellNic, FunctionEthernet, FunctionLinks, FunctionOem, FunctionOemDell, NetworkDeviceFunction,
};
pub use network_port::{NetworkPort, PortEthernet, SupportedLinkCapability};
pub use pcie_device::PcieDevice;
pub use power::{Power, PowerControl};
pub use power_supply::PowerSupply;
pub use processor::{Processor, ProcessorMemorySummary};
pub use resource::{Resource, Schema};
pub use sensor::{Sensor, Threshold, Thresholds};
pub use service_root::{DellServiceRoot, ExpandQuery, ProtocolFeatures, RootLinks, RootOem, ServiceRoot};
pub use session::Session;
pub use simple_storage::{SimpleDevice, SimpleStorage};
pub use software_inventory::{
    DellSoftwareInventory, FirmwareState, SoftwareInventory, SoftwareOem, SoftwareOemDell,
};
pub use storage::Storage;
pub use storage_controller::{ControllerOem, ControllerOemDell, DellController, StorageController};
pub use thermal::{Temperature, Thermal};
pub use volume::{DellVolume, Volume, VolumeLinks, VolumeOem, VolumeOemDell};
