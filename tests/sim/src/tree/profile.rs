//! What sets the generations apart, as one table.

use crate::spec::{ExpandSupport, Generation};

/// The facts of one generation that a reader of its tree meets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Profile {
    pub(crate) generation: Generation,
    pub(crate) redfish_version: &'static str,
    pub(crate) manager_model: &'static str,
    pub(crate) system_model: &'static str,
    /// The model's number in catalogues.
    pub(crate) system_id: u32,
    pub(crate) idrac_version: &'static str,
    pub(crate) idrac_previous: &'static str,
    pub(crate) bios_version: &'static str,
    pub(crate) eemi_registry: &'static str,
    pub(crate) base_registry: &'static str,
    /// What `$expand` meets unless a server says otherwise.
    pub(crate) expand: ExpandSupport,
    /// The service root announces ProtocolFeaturesSupported.
    pub(crate) announces_features: bool,
    /// Sessions live at `/redfish/v1/Sessions`; the other home refuses POST.
    pub(crate) old_sessions: bool,
    /// Both homes of sessions accept POST.
    pub(crate) both_sessions: bool,
    /// `UpdateService` and its inventory exist.
    pub(crate) update_service: bool,
    /// `Managers/{id}/Jobs` exists.
    pub(crate) manager_jobs: bool,
    /// `Managers/{id}/Oem/Dell/Jobs` exists.
    pub(crate) oem_jobs: bool,
    /// `JobService` exists.
    pub(crate) job_service: bool,
    /// `Systems/{id}/VirtualMedia` exists.
    pub(crate) system_media: bool,
    /// `Managers/{id}/VirtualMedia` exists.
    pub(crate) manager_media: bool,
    /// Virtual drives have actions; without them they are written to.
    pub(crate) media_actions: bool,
    /// `Managers/{id}/Attributes` exists.
    pub(crate) manager_attributes: bool,
    /// `Managers/{id}/Oem/Dell/DellAttributes` exists.
    pub(crate) dell_attributes: bool,
    /// `Chassis/{id}/NetworkAdapters` exists.
    pub(crate) network_adapters: bool,
    /// Adapters have `NetworkPorts`.
    pub(crate) network_ports: bool,
    /// Adapters have `Ports`.
    pub(crate) ports: bool,
    /// `Power` and `Thermal` exist.
    pub(crate) legacy_power: bool,
    /// `PowerSubsystem`, `ThermalSubsystem` and `Sensors` exist.
    pub(crate) new_power: bool,
    /// Controllers stand inline in `StorageControllers`.
    pub(crate) inline_controllers: bool,
    /// Storage has a `Controllers` collection.
    pub(crate) controllers: bool,
    /// Drives and volumes live beside the controllers, not below them.
    pub(crate) flat_drives: bool,
    /// GPUs are processors.
    pub(crate) gpu_processors: bool,
    /// `LicenseService` exists.
    pub(crate) license_service: bool,
    /// Logs live at `Managers/{id}/Logs/…` and not below LogServices.
    pub(crate) old_logs: bool,
    /// A `$skip` beyond the log's end: an empty page, or this status and message id.
    pub(crate) log_end: Option<(u16, &'static str)>,
    /// 401 comes with a WWW-Authenticate challenge.
    pub(crate) challenges: bool,
    /// The system tells its BootProgress.
    pub(crate) boot_progress: bool,
    /// Accounts live below AccountService.
    pub(crate) account_service: bool,
    /// `PCIeDevices` collection exists below the chassis.
    pub(crate) pcie_devices: bool,
    /// Memory type of the modules.
    pub(crate) dram: &'static str,
}

const IDRAC9_V7: Profile = Profile {
    generation: Generation::Idrac9V7,
    redfish_version: "1.18.0",
    manager_model: "16G Monolithic",
    system_model: "PowerEdge R760",
    system_id: 2900,
    idrac_version: "7.10.30.00",
    idrac_previous: "7.00.60.00",
    bios_version: "2.1.5",
    eemi_registry: "IDRAC.2.9",
    base_registry: "Base.1.12",
    expand: ExpandSupport::Works,
    announces_features: true,
    old_sessions: false,
    both_sessions: false,
    update_service: true,
    manager_jobs: true,
    oem_jobs: true,
    job_service: true,
    system_media: true,
    manager_media: true,
    media_actions: true,
    manager_attributes: true,
    dell_attributes: true,
    network_adapters: true,
    network_ports: true,
    ports: true,
    legacy_power: true,
    new_power: true,
    inline_controllers: true,
    controllers: true,
    flat_drives: false,
    gpu_processors: true,
    license_service: true,
    old_logs: false,
    log_end: Some((400, "SYS417")),
    challenges: true,
    boot_progress: true,
    account_service: true,
    pcie_devices: true,
    dram: "DDR5",
};

const IDRAC9_V6: Profile = Profile {
    generation: Generation::Idrac9V6,
    redfish_version: "1.14.0",
    manager_model: "15G Monolithic",
    system_model: "PowerEdge R750",
    system_id: 2318,
    idrac_version: "6.10.30.00",
    idrac_previous: "6.00.02.00",
    bios_version: "1.9.2",
    eemi_registry: "IDRAC.2.8",
    job_service: true,
    ports: false,
    license_service: false,
    boot_progress: false,
    log_end: None,
    dram: "DDR4",
    ..IDRAC9_V7
};

const IDRAC9_V5: Profile = Profile {
    generation: Generation::Idrac9V5,
    redfish_version: "1.11.0",
    manager_model: "14G Monolithic",
    system_model: "PowerEdge R740",
    system_id: 1814,
    idrac_version: "5.10.50.00",
    idrac_previous: "5.10.00.00",
    bios_version: "2.16.1",
    eemi_registry: "IDRAC.2.5",
    base_registry: "Base.1.8",
    both_sessions: true,
    job_service: false,
    system_media: false,
    new_power: false,
    controllers: false,
    gpu_processors: false,
    log_end: Some((500, "SYS446")),
    ..IDRAC9_V6
};

const IDRAC8: Profile = Profile {
    generation: Generation::Idrac8,
    redfish_version: "1.4.0",
    manager_model: "13G Monolithic",
    system_model: "PowerEdge R730",
    system_id: 1575,
    idrac_version: "2.86.86.86",
    idrac_previous: "2.83.83.83",
    bios_version: "2.17.0",
    eemi_registry: "IDRAC.1.6",
    base_registry: "Base.1.0",
    expand: ExpandSupport::Unlicensed,
    announces_features: false,
    old_sessions: true,
    both_sessions: false,
    oem_jobs: false,
    dell_attributes: false,
    flat_drives: true,
    old_logs: true,
    log_end: None,
    account_service: false,
    pcie_devices: false,
    ..IDRAC9_V5
};

const IDRAC7: Profile = Profile {
    generation: Generation::Idrac7,
    manager_model: "12G Monolithic",
    system_model: "PowerEdge R720",
    system_id: 1260,
    idrac_version: "2.65.65.65",
    idrac_previous: "2.63.60.61",
    bios_version: "2.9.0",
    expand: ExpandSupport::Unsupported,
    manager_attributes: false,
    network_adapters: false,
    network_ports: false,
    dram: "DDR3",
    ..IDRAC8
};

const IDRAC10: Profile = Profile {
    generation: Generation::Idrac10,
    redfish_version: "1.22.1",
    manager_model: "17G Monolithic",
    system_model: "PowerEdge R770",
    system_id: 3300,
    idrac_version: "1.30.10.50",
    idrac_previous: "1.20.70.50",
    bios_version: "1.2.6",
    eemi_registry: "IDRAC.3.0",
    base_registry: "Base.1.18",
    manager_jobs: false,
    manager_media: false,
    manager_attributes: false,
    network_ports: false,
    legacy_power: false,
    inline_controllers: false,
    challenges: false,
    ..IDRAC9_V7
};

/// The facts of a generation, or of its old firmware where there is one.
pub(crate) fn profile(generation: Generation, old_firmware: bool) -> Profile {
    let mut profile = match generation {
        Generation::Idrac7 => IDRAC7,
        Generation::Idrac8 => IDRAC8,
        Generation::Idrac9V5 => IDRAC9_V5,
        Generation::Idrac9V6 => IDRAC9_V6,
        Generation::Idrac9V7 => IDRAC9_V7,
        Generation::Idrac10 => IDRAC10,
    };
    if old_firmware && profile.old_sessions {
        profile.redfish_version = "1.0.2";
        profile.idrac_version = "2.50.50.50";
        profile.idrac_previous = "2.41.40.40";
        profile.update_service = false;
        profile.media_actions = false;
        profile.manager_attributes = false;
    }
    profile
}

impl Profile {
    /// Dell's services (`DellLCService` and others), telemetry and the stream of events came with iDRAC9.
    pub(crate) fn is_idrac9_or_later(&self) -> bool {
        !matches!(self.generation, Generation::Idrac7 | Generation::Idrac8)
    }
}
