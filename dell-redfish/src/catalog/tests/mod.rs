//! Made-up catalogues against the rules. `key.asc` and the signatures beside it were made for these tests alone.

mod comparing;
mod hashing;
mod hostile;
mod reading;
mod signing;

use super::{Catalog, CatalogLimits, SystemId};
use crate::model::{Resource, SoftwareInventory};
use crate::{Error, Result};

/// The model of the tests, and another one.
const R750: SystemId = SystemId(0x090e);
const R650: SystemId = SystemId(0x090d);

fn read(xml: &str) -> Result<Catalog> {
    Catalog::read(xml.as_bytes(), &CatalogLimits::default())
}

fn refused(xml: &str) -> Error {
    read(xml).expect_err("refused")
}

/// A catalogue of these packages.
fn catalog(packages: &[String]) -> Catalog {
    read(&document(&packages.concat())).unwrap()
}

fn document(inside: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="utf-8"?>
        <Manifest version="26.11.00" dateTime="2026-11-01T00:00:00" releaseID="ABC12" baseLocation="mirror.example">
        {inside}</Manifest>"#
    )
}

/// A package for the R750; `more` are further attributes, `devices` what is inside of `SupportedDevices`.
fn package(path: &str, version: &str, more: &str, devices: &str) -> String {
    format!(
        r#"<SoftwareComponent path="{path}" vendorVersion="{version}" packageType="LW64" {more}>
            <Name><Display lang="en"><![CDATA[Package {path}]]></Display></Name>
            <ComponentType value="FRMW"/>
            <SupportedDevices>{devices}</SupportedDevices>
            <SupportedSystems><Brand key="3" prefix="PE"><Model systemID="090E" systemIDType="BIOS">
            <Display lang="en">R750</Display></Model></Brand></SupportedSystems></SoftwareComponent>"#
    )
}

fn component(id: u32) -> String {
    format!(r#"<Device componentID="{id}" embedded="1"/>"#)
}

fn card(ids: [&str; 4]) -> String {
    let [vendor, device, sub_vendor, sub_device] = ids;
    format!(
        r#"<Device componentID="" embedded="0"><PCIInfo vendorID="{vendor}" deviceID="{device}"
            subVendorID="{sub_vendor}" subDeviceID="{sub_device}"/></Device>"#
    )
}

/// An entry of a firmware inventory; `dell` are further properties of Dell's part.
fn entry(state: &str, component: u32, version: &str, fqdd: &str, dell: &str) -> SoftwareInventory {
    let json = format!(
        r#"{{"Id": "{state}-{component}-{version}__{fqdd}", "Name": "{fqdd}", "Version": "{version}", "Updateable": true,
            "Oem": {{"Dell": {{"DellSoftwareInventory": {{"ComponentID": "{component}" {dell}}}}}}}}}"#
    );
    Resource::<SoftwareInventory>::parse(json.into()).unwrap().into_value()
}
