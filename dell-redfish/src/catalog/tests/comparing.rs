//! Which package fits an item, and what a plan makes of a server.

use super::*;
use crate::catalog::{InstalledFirmware, Reboot, Stage};

/// The paths of the packages for an item of the R750, the best first.
fn paths(catalog: &Catalog, entry: &SoftwareInventory) -> Vec<String> {
    let found = catalog.matches(&InstalledFirmware::from(entry), R750);
    found.iter().map(|package| package.path.to_string()).collect()
}

fn bios(version: &str) -> SoftwareInventory {
    entry("Installed", 159, version, "BIOS.Setup.1-1", "")
}

#[test]
fn the_newest_version_wins_then_the_newest_date() {
    let dated =
        |path, version, date: &str| package(path, version, &format!("dateTime='{date}'"), &component(159));
    let catalog = catalog(&[
        dated("old-date", "1.10", "2020"),
        dated("older", "1.9", "2026"),
        dated("same", "1.10", "2021"),
        dated("oldest", "1.2", "2022"),
    ]);
    assert_eq!(paths(&catalog, &bios("1.0")), ["same", "older", "oldest", "old-date"]);
    let catalog = super::catalog(&[dated("words", "DK55", "2021"), dated("numbers", "2.0", "2022")]);
    assert_eq!(paths(&catalog, &bios("1.0")), ["numbers", "words"]);
}

#[test]
fn only_what_an_idrac_installs_on_this_model_fits() {
    let bios_of = |path, more: &str| package(path, "2", more, &component(159));
    let catalog = catalog(&[
        bios_of("here", ""),
        bios_of("linux", "").replace("LW64", "LLXP"),
        bios_of("old-windows", "").replace("LW64", "LWXP"),
        bios_of("elsewhere", "").replace("090E", "090D"),
        bios_of("driver", "").replace("FRMW", "DRVR"),
        package("other", "2", "", &component(160)),
    ]);
    assert_eq!(paths(&catalog, &bios("1")), ["old-windows", "here"]);
    let unnumbered = entry("Installed", 0, "1", "Disk.Bay.0", "");
    assert!(paths(&catalog, &unnumbered).is_empty());
    // iDRAC7/8 have the number elsewhere.
    let json = r#"{"Id": "Installed-159-1__BIOS.Setup.1-1", "SoftwareId": "159", "Version": "1"}"#;
    let old = Resource::<SoftwareInventory>::parse(json.into()).unwrap().into_value();
    assert_eq!(paths(&catalog, &old).len(), 2);
}

#[test]
fn cards_are_told_apart_by_their_pci_ids() {
    let catalog = catalog(&[
        package("exact", "2", "", &card(["14E4", "165F", "1028", "08FF"])),
        package("other", "3", "", &card(["14E4", "165F", "1028", "0900"])),
        package("any", "1", "", &card(["14E4", "165F", "", ""])),
        package("number", "9", "", &component(108_255)),
    ]);
    let nic = |sub: &str| {
        let ids = format!(
            r#", "VendorID": "14E4", "DeviceID": "165F", "SubVendorID": "1028", "SubDeviceID": "{sub}""#
        );
        entry("Installed", 108_255, "1", "NIC.Embedded.1-1-1", &ids)
    };
    assert_eq!(paths(&catalog, &nic("08FF")), ["number", "exact", "any"]);
    // Another card with the same number: a package that names its own cards does not fit.
    let named = super::catalog(&[package(
        "named",
        "9",
        "",
        &card(["14E4", "165F", "1028", "0900"]).replace("componentID=\"\"", "componentID=\"108255\""),
    )]);
    assert!(paths(&named, &nic("08FF")).is_empty());
    assert_eq!(paths(&named, &nic("0900")), ["named"]);
    assert_eq!(paths(&named, &entry("Installed", 108_255, "1", "NIC.Slot.1", "")), ["named"]);
}

/// A server of everything, and a catalogue that has something newer for most of it.
fn server() -> (Catalog, Vec<SoftwareInventory>) {
    let reboot = "rebootRequired='true'";
    let catalog = catalog(&[
        package("disk", "BA3B", reboot, &component(7)),
        package("psu", "00.1D.9C", "", &component(6)),
        package("nic", "22.31.6", reboot, &component(5)),
        package("raid", "52.26.0-5179", reboot, &component(4)),
        package("backplane", "7.10", "rebootRequired='false'", &component(8)),
        package("cpld", "1.1.4", "", &component(3)),
        package("bios", "1.14.1", "", &component(159)),
        package("lc", "7.10", reboot, &component(2)),
        package("idrac", "7.10.50.00", reboot, &component(25_227)),
        package("tpm", "1.0", "", &component(9)),
        package("fixed", "2.0", "", &component(10)),
    ]);
    let sideband = r#", "SidebandUpdateCapable": true"#;
    let mut inventory = vec![
        entry("Installed", 7, "BA3A", "Disk.Bay.0:Enclosure.Internal.0-1", ""),
        entry("Installed", 6, "00.1D.9C", "PSU.Slot.1", ""),
        entry("Installed", 5, "22.5.7", "NIC.Embedded.1-1-1", sideband),
        entry("Installed", 5, "22.5.6", "NIC.Embedded.2-1-1", sideband),
        entry("Installed", 4, "52.25.0-5000", "RAID.SL.3-1", ""),
        entry("Installed", 8, "3.67", "RAID.Backplane.Firmware.1", ""),
        entry("Installed", 3, "1.0.7", "CPLD.Embedded.1", ""),
        entry("Installed", 2, "7.0", "USC.Embedded.1:LC.Embedded.1", ""),
        entry("Installed", 25_227, "7.10.30.00", "iDRAC.Embedded.1-1", ""),
        entry("Installed", 9, "7.2.2.0", "TPM.Integrated.1-1", ""),
        entry("Installed", 10, "1.0", "Other.1", "").clone(),
        entry("Installed", 11, "1.0", "Unknown.1", ""),
        entry("Current", 159, "1.13.2", "BIOS.Setup.1-1", ""),
        bios("1.13.2"),
        entry("Previous", 159, "1.6.5", "BIOS.Setup.1-1", ""),
        entry("Available", 159, "1.14.1", "BIOS.Setup.1-1", ""),
    ];
    inventory[10].updateable = Some(false);
    (catalog, inventory)
}

#[test]
fn a_plan_has_every_entry_in_one_list_and_updates_in_order() {
    let (catalog, inventory) = server();
    let diff = catalog.diff(R750, &inventory);
    let updates: Vec<_> = diff.updates.iter().map(|update| (&*update.package.path, update.reboot)).collect();
    assert_eq!(
        updates,
        [
            ("idrac", Reboot::NotNeeded),
            ("lc", Reboot::NotNeeded),
            ("bios", Reboot::Needed),
            ("cpld", Reboot::Needed),
            ("raid", Reboot::Needed),
            ("nic", Reboot::NotNeeded),
            ("backplane", Reboot::NotNeeded),
            ("disk", Reboot::Needed),
        ]
    );
    let steps: Vec<Vec<_>> =
        diff.steps().iter().map(|step| step.updates.iter().map(|update| update.stage).collect()).collect();
    use Stage::{Backplane, Bios, Cpld, Drive, Idrac, LifecycleController, Network, Storage};
    assert_eq!(
        steps,
        [vec![Idrac], vec![LifecycleController, Bios], vec![Cpld], vec![Storage, Network, Backplane, Drive]]
    );
    assert_eq!((diff.reboot(), diff.steps()[0].reboot), (Reboot::Needed, Reboot::NotNeeded));

    let nic = diff.updates.iter().find(|update| &*update.package.path == "nic").unwrap();
    let from: Vec<_> =
        nic.targets.iter().map(|target| (target.fqdd.as_deref().unwrap(), target.from.as_str())).collect();
    assert_eq!(
        from,
        [("NIC.Embedded.1-1-1", "22.5.7"), ("NIC.Embedded.2-1-1", "22.5.6")],
        "one package, both ports"
    );

    let names = |list: &[InstalledFirmware]| list.iter().map(|item| item.version.clone()).collect::<Vec<_>>();
    assert_eq!(names(&diff.current), ["00.1D.9C"]);
    assert_eq!(names(&diff.no_package), ["1.0"]);
    assert_eq!(names(&diff.previous), ["1.6.5"]);
    assert_eq!(names(&diff.available), ["1.14.1", "1.13.2"], "a copy of what is installed is no second item");
    assert_eq!(diff.ahead.len(), 1, "{:?}", diff.ahead);
    assert_eq!(&*diff.not_updateable[0].package.path, "fixed");
    assert!(diff.differs.is_empty() && diff.is_known);
    let told = diff.updates.iter().map(|update| update.targets.len()).sum::<usize>()
        + diff.current.len()
        + diff.differs.len()
        + diff.ahead.len()
        + diff.not_updateable.len()
        + diff.no_package.len()
        + diff.previous.len()
        + diff.available.len();
    assert_eq!(told, inventory.len());
    let json = serde_json::to_value(&diff).unwrap();
    assert_eq!((&json["system"], &json["updates"][0]["stage"]), (&"090E".into(), &"idrac".into()));
}

#[test]
fn what_does_not_order_is_never_called_newer() {
    let catalog = catalog(&[package("disk", "DK55", "", &component(7))]);
    let disk = |version| [entry("Installed", 7, version, "Disk.Bay.0", "")];
    assert_eq!(catalog.diff(R750, &disk("2.0")).differs.len(), 1);
    assert_eq!(catalog.diff(R750, &disk("dk55")).current.len(), 1);
    assert_eq!(catalog.diff(R750, &disk("DK50")).updates.len(), 1);
    let stranger = catalog.diff(R650, &disk("DK50"));
    assert_eq!((stranger.is_known, stranger.no_package.len()), (false, 1));
}
