//! Operations as plain values: a request, and how to read its reply.

pub mod account;
pub(crate) mod action;
mod apply_time;
pub mod attribute;
mod boot;
pub mod certificate;
mod collection;
mod console;
pub mod defaults;
mod diagnostics;
pub mod erase;
mod event;
mod export;
mod idrac;
pub mod integrity;
mod job;
pub mod key_management;
pub mod license;
mod lifecycle;
mod log;
pub mod plain;
mod power;
mod proof;
mod raid;
mod repository;
mod resource;
mod scheduled_days;
mod scp;
pub mod secure_boot;
mod service_root;
mod settings;
pub mod share;
mod share_address;
mod storage;
mod telemetry;
mod update;
mod update_schedule;
mod virtual_media;

pub use apply_time::{ApplyTime, MaintenanceWindow};
pub use boot::{SetBoot, SetBootSources};
pub use collection::ListMembers;
pub use console::{ExportServerScreenShot, ExportVideoLog, GetKvmSession, KvmSession, ScreenShot, VideoLog};
pub use diagnostics::{
    AcceptEula, CollectSupportData, DiagnosticsMode, DiagnosticsReboot, ExportDiagnostics, GetEulaStatus,
    RunDiagnostics, SupportData,
};
pub use event::{
    CreateSubscription, Created, DeleteSubscription, EventFormat, SubmitTestEvent, Subscription,
};
pub use export::{ExportPlace, Exported, FetchFile};
pub use idrac::ResetManager;
pub use job::{
    Clearing, CreateJob, CreateRebootJob, DeleteJob, DeleteJobQueue, RebootJobType, SetupJobQueue,
};
pub use lifecycle::GetRemoteServicesApiStatus;
pub use log::{ClearLog, ExportLcLog, ListLogEntries};
pub use power::{ResetChassis, ResetSystem, ResetType, SetLocator};
pub use proof::{Proof, vendor_proof};
pub use raid::{KeyManagement, Passphrase, RaidAction, RaidCommand};
pub use repository::{GetRepoBasedUpdateList, InstallFromRepository, RepositoryInstall};
pub use resource::{GetBios, GetChassis, GetComputerSystem, GetManager, GetResource};
pub use scheduled_days::{ScheduledDays, Weekday};
pub use scp::{
    ExportSystemConfiguration, ExportUse, GetProfileTask, HostPowerState, ImportSystemConfiguration,
    ImportSystemConfigurationPreview, IncludeInExport, PrivateBytes, ProfileTaskReply, ShutdownType,
};
pub use service_root::GetServiceRoot;
pub use settings::{
    BiosPassword, ChangeBiosPassword, ClearPending, GetAttributeRegistry, ResetBios, StageSettings,
};
pub use storage::{
    CheckVolume, CreateVolume, DeleteVolume, EraseDrive, GetStorage, InitializeVolume, NewVolume, RaidType,
    ReadCache, StorageWithDrives, WriteCache,
};
pub use telemetry::SetTelemetry;
pub use update::{DeletePackage, ImageUri, PushPackage, SimpleUpdate, StartUpdate, UploadPackage};
pub use update_schedule::{ClearUpdateSchedule, GetUpdateSchedule, SetUpdateSchedule, UpdateSchedule};
pub use virtual_media::{EjectMedia, GetVirtualMedia, InsertMedia, MediaImage, PatchMedia};
