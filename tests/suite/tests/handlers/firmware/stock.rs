//! Catalogues and packages as the simulator takes them, and what its iDRACs were asked.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use dsm_core::ServerId;
use dsm_core::store::FirmwareRow;
use dsm_suite::ward::Ward;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

pub(crate) const BIOS: (u32, &str) = (159, "9.9.9");
pub(crate) const IDRAC: (u32, &str) = (25_227, "9.99.99.99");
pub(crate) const CPLD: (u32, &str) = (27_763, "9.9.9");
pub(crate) const DIAGNOSTICS: (u32, &str) = (25_806, "4301A99");
pub(crate) const POWER_SUPPLY: (u32, &str) = (110_428, "99.1B.53");
/// The simulated models, newest first, as catalogues number them.
const MODELS: [&str; 6] = ["0CE4", "0B54", "090E", "0716", "0627", "04EC"];

/// One of every wave.
pub(crate) const ALL: [(u32, &str); 4] = [BIOS, IDRAC, CPLD, DIAGNOSTICS];

/// Where the iDRACs fetch packages; the simulator reads what they are in their names.
pub(crate) const BASE: &str = "https://10.9.8.7/d";

pub(crate) const UPDATE: &str = "POST /redfish/v1/UpdateService/Actions/UpdateService.SimpleUpdate";
pub(crate) const UPLOAD: &str = "POST /redfish/v1/UpdateService/MultipartUpload";
pub(crate) const PUSH: &str = "POST /redfish/v1/UpdateService/FirmwareInventory";
pub(crate) const RESET: &str = "POST /redfish/v1/Systems/System.Embedded.1/Actions/ComputerSystem.Reset";

/// A catalogue for the model of all simulated servers.
pub(crate) struct Stock {
    folder: TempDir,
}

impl Stock {
    pub(crate) fn of(packages: &[(u32, &str)]) -> Self {
        let stock = Self { folder: tempfile::tempdir().unwrap() };
        let mut xml = String::from("<Manifest baseLocation=\"\" releaseID=\"made up\">");
        for (component, version) in packages {
            let (path, file) = (path(*component, version), contents(*component, version));
            write!(
                xml,
                "<SoftwareComponent path=\"{path}\" vendorVersion=\"{version}\" packageType=\"LW64\" size=\"{}\">
                 <Cryptography><Hash algorithm=\"SHA256\">{}</Hash></Cryptography><SupportedDevices><Device componentID=\"{component}\"/></SupportedDevices><SupportedSystems><Brand>
                 {}</Brand></SupportedSystems></SoftwareComponent>",
                file.len(),
                sha256(&file),
                MODELS.map(|id| format!("<Model systemID=\"{id}\" systemIDType=\"BIOS\"/>")).concat(),
            )
            .unwrap();
        }
        xml.push_str("</Manifest>");
        std::fs::write(stock.catalog(), xml).unwrap();
        stock
    }

    /// With its packages beside the catalogue.
    pub(crate) fn mirror(packages: &[(u32, &str)]) -> Self {
        let stock = Self::of(packages);
        std::fs::create_dir(stock.folder.path().join("d")).unwrap();
        for (component, version) in packages {
            let file = stock.folder.path().join(path(*component, version));
            std::fs::write(file, contents(*component, version)).unwrap();
        }
        stock
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn catalog(&self) -> PathBuf {
        self.folder.path().join("Catalog.xml")
    }

    /// The details of a job whose iDRACs fetch the packages themselves.
    pub(crate) fn fetched(&self, more: Value) -> Value {
        with(json!({"catalog": self.catalog(), "base_uri": BASE}), more)
    }

    /// The details of a job that sends the packages.
    pub(crate) fn sent(&self, more: Value) -> Value {
        with(json!({"repository": self.folder()}), more)
    }
}

fn path(component: u32, version: &str) -> String {
    format!("d/Package_{component}_{version}.EXE")
}

pub(crate) fn contents(component: u32, version: &str) -> Vec<u8> {
    let mut file = format!("SIMULATED PACKAGE {component} {version}\n").into_bytes();
    file.extend_from_slice(&[7; 5_000]);
    file
}

pub(crate) fn sha256(file: &[u8]) -> String {
    Sha256::digest(file).iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn with(mut details: Value, more: Value) -> Value {
    let (Value::Object(all), Value::Object(more)) = (&mut details, more) else { panic!("objects") };
    all.extend(more);
    details
}

/// The details of a job that names these packages, each by its number.
pub(crate) fn named(packages: &[(u32, &str)]) -> Value {
    let package = |(component, version): &(u32, &str)| {
        json!({"uri": format!("{BASE}/Package_{component}_{version}.EXE"), "component": component.to_string(),
            "version": version})
    };
    json!({"packages": packages.iter().map(package).collect::<Vec<_>>()})
}

/// How often one iDRAC was asked this.
pub(crate) fn count(ward: &Ward, place: usize, command: &str) -> usize {
    ward.commands(place).iter().filter(|one| *one == command).count()
}

/// Version and end of each package in a server's result.
pub(crate) fn ends(result: &Value) -> Vec<(String, String, String)> {
    let text = |one: &Value, key: &str| one[key].as_str().unwrap_or_default().to_owned();
    let mut ends: Vec<_> = result["updates"]
        .as_array()
        .map(|all| {
            all.iter()
                .map(|one| (text(one, "component"), text(one, "version_after"), text(one, "status")))
                .collect()
        })
        .unwrap_or_default();
    ends.sort();
    ends
}

/// What the table says is installed in the devices of this kind.
pub(crate) async fn installed(ward: &Ward, server: ServerId, device: &str) -> Vec<String> {
    let rows = ward.stand.store.inventory(server).await.unwrap().firmware;
    let is_it = |row: &&FirmwareRow| {
        row.device_id.as_deref().is_some_and(|fqdd| fqdd.starts_with(device))
            && row.status.as_deref() == Some("Installed")
    };
    rows.iter().filter(is_it).map(|row| row.version.clone()).collect()
}
