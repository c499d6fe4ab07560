//! Storage: reading a subsystem, and DMTF's changes of volumes and drives.

mod change;
mod raid_type;
mod read;
mod volume;

pub use change::{CheckVolume, CreateVolume, DeleteVolume, EraseDrive, InitializeVolume};
pub use raid_type::RaidType;
pub use read::{GetStorage, StorageWithDrives};
pub use volume::{NewVolume, ReadCache, WriteCache};
