//! Every form a catalogue comes in, and every field that is kept.

use std::io::Write as _;

use super::*;
use crate::catalog::{
    CatalogFile, CatalogSource as _, ComponentId, Criticality, HashAlgorithm, Mirror, PackageType, PciId,
};

const WHOLE: &str = r#"
    <SoftwareBundle bundleID="B1" releaseID="R1" bundleType="BTW64" vendorVersion="26.11">
      <Name><Display lang="en">System Bundle &amp; more</Display></Name>
      <TargetSystems><Brand><Model systemID="090e" systemIDType="BIOS"/></Brand></TargetSystems>
      <Contents><Package path="BIOS_1.EXE"/><Package path="NIC_2.EXE"/></Contents>
    </SoftwareBundle>
    <SoftwareComponent packageID="P1" releaseID="R2" path="FOLDER1M/1/BIOS_1.EXE" size="1234" schemaVersion="2.4"
        dateTime="2026-10-01T10:00:00" releaseDate="October 01, 2026" vendorVersion="1.14.1" dellVersion="A00"
        packageType="LW64" rebootRequired="true" hashMD5="00112233445566778899aabbccddeeff">
      <Name><Display lang="en"><![CDATA[Bios <for> R750]]></Display><Display lang="de">anders</Display></Name>
      <ComponentType value="BIOS"><Display lang="en">BIOS</Display></ComponentType>
      <Category value="BI"/><LUCategory value="BIOS"/>
      <Cryptography>
        <Hash algorithm="SHA1">00112233445566778899aabbccddeeff00112233</Hash>
        <Hash algorithm="SHA-256"> 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff </Hash>
        <Hash algorithm="MD5">too short</Hash><Hash algorithm="CRC">00</Hash>
      </Cryptography>
      <SupportedDevices>
        <Device componentID="159" embedded="1"><Display lang="en">BIOS</Display></Device>
        <Device componentID="108255" embedded="0">
          <PCIInfo vendorID="14E4" deviceID="165f" subVendorID="1028" subDeviceID="08FF"/>
          <PCIInfo vendorID="14E4" deviceID="1660" subVendorID="" subDeviceID=""/>
          <PCIInfo vendorID="" deviceID="" subVendorID="" subDeviceID=""/>
        </Device>
      </SupportedDevices>
      <SupportedSystems><Brand key="3" prefix="PE">
        <Model systemID="090E" systemIDType="BIOS"><Display lang="en">R750</Display></Model>
        <Model systemID="090D" systemIDType="BIOS"><Display lang="en">R650</Display></Model>
        <Model systemID="090D" systemIDType="BIOS"/><Model systemID="FFFF" systemIDType="OTHER"/>
      </Brand></SupportedSystems>
      <RevisionHistory><Display lang="en">Very long and not kept</Display></RevisionHistory>
      <ImportantInfo URL="https://support.example/driver?id=R2&amp;l=en"/>
      <Criticality value="2"><Display lang="en">Urgent-Dell recommends it</Display></Criticality>
      <Dependencies><Dependency version="1.10.0" componentID="25227"><Display>iDRAC</Display></Dependency></Dependencies>
    </SoftwareComponent>
    <SoftwareComponent packageID="P2" vendorVersion="1"/>"#;

#[test]
fn every_field_is_read() {
    let catalog = read(&document(WHOLE)).unwrap();
    assert_eq!(catalog.manifest.version.as_deref(), Some("26.11.00"));
    assert_eq!(catalog.manifest.date_time.as_deref(), Some("2026-11-01T00:00:00"));
    assert_eq!(catalog.manifest.release_id.as_deref(), Some("ABC12"));
    assert_eq!(catalog.manifest.base_location.as_deref(), Some("mirror.example"));

    let [package] = catalog.packages() else { panic!("the one without a path is of no use") };
    assert_eq!((&*package.path, package.file_name()), ("FOLDER1M/1/BIOS_1.EXE", "BIOS_1.EXE"));
    assert_eq!((package.package_id.as_deref(), package.release_id.as_deref()), (Some("P1"), Some("R2")));
    assert_eq!((package.size, package.reboot_required), (Some(1234), Some(true)));
    assert_eq!((&*package.version, package.dell_version.as_deref()), ("1.14.1", Some("A00")));
    assert_eq!(package.date_time.as_deref(), Some("2026-10-01T10:00:00"));
    assert_eq!(package.release_date.as_deref(), Some("October 01, 2026"));
    assert_eq!(package.package_type, PackageType::Windows64);
    assert_eq!(package.name.as_deref(), Some("Bios <for> R750"));
    assert_eq!((package.component_type.as_deref(), package.category.as_deref()), (Some("BIOS"), Some("BI")));
    assert_eq!(package.criticality, Some(Criticality::Urgent));
    assert_eq!(package.info_url.as_deref(), Some("https://support.example/driver?id=R2&l=en"));
    assert_eq!(*package.systems, [R650, R750]);
    let algorithms: Vec<_> = package.hashes.iter().map(|hash| hash.algorithm).collect();
    assert_eq!(algorithms, [HashAlgorithm::Sha256, HashAlgorithm::Sha1, HashAlgorithm::Md5]);
    let devices: Vec<_> = package.devices.iter().map(|device| (device.component, device.pci)).collect();
    let nic = ComponentId::parse("108255");
    assert_eq!(
        devices,
        [
            (ComponentId::parse("159"), None),
            (nic, PciId::parse("14e4", "165F", "1028", "08ff")),
            (nic, PciId::parse("14E4", "1660", "", "")),
        ]
    );
    let [dependency] = package.dependencies.as_slice() else { panic!("{:?}", package.dependencies) };
    assert_eq!((&*dependency.element, dependency.attribute("version")), ("Dependency", Some("1.10.0")));

    let [bundle] = catalog.bundles() else { panic!("one bundle") };
    assert_eq!(
        (bundle.bundle_id.as_deref(), bundle.name.as_deref()),
        (Some("B1"), Some("System Bundle & more"))
    );
    assert_eq!((&*bundle.systems, bundle.packages.len()), (&[R750][..], 2));
    assert_eq!((catalog.model(R750), catalog.model(SystemId(0xffff))), (Some("R750"), None));
    assert!(catalog.knows(R650) && !catalog.knows(SystemId(0xffff)));
    let json = serde_json::to_value(package).unwrap();
    assert_eq!(
        (&json["systems"][1], &json["devices"][1]["pci"]),
        (&"090E".into(), &"14E4:165F:1028:08FF".into())
    );
}

#[test]
fn the_text_of_a_criticality_outranks_its_number() {
    for (value, text, expected) in [
        ("1", "Recommended-apply it soon", Some(Criticality::Recommended)),
        ("1", "Urgent-apply it now", Some(Criticality::Urgent)),
        ("2", "", Some(Criticality::Urgent)),
        ("3", "Facultatif", Some(Criticality::Optional)),
        ("0", "", None),
    ] {
        for display in
            [format!("<Display>{text}</Display>"), format!("<Display><![CDATA[{text}]]></Display>")]
        {
            let criticality = format!(r#"<Criticality value="{value}">{display}</Criticality>"#);
            let component = format!(r#"<SoftwareComponent path="a.exe">{criticality}</SoftwareComponent>"#);
            let catalog = read(&document(&component)).unwrap();
            assert_eq!(catalog.packages()[0].criticality, expected, "{value} {text}");
        }
    }
    let bare = read(&document(r#"<SoftwareComponent path="a"><Criticality value="3"/></SoftwareComponent>"#))
        .unwrap();
    assert_eq!(bare.packages()[0].criticality, Some(Criticality::Optional));
}

#[test]
fn every_encoding_gives_the_same() {
    let text = document(WHOLE).replace("more", "mehr für 日本").replace("encoding=\"utf-8\"", "");
    let utf8 = |declared: &str| text.replace("?>", &format!(" {declared}?>")).into_bytes();
    let utf16 = |to: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(to).collect::<Vec<u8>>();
    let marked = |mark: &[u8], text: Vec<u8>| [mark.to_vec(), text].concat();
    let expected = read(&text).unwrap();
    assert_eq!(expected.bundles()[0].name.as_deref(), Some("System Bundle & mehr für 日本"));
    for (name, bytes) in [
        ("plain", utf8("encoding='UTF-8'")),
        ("marked", marked(&[0xef, 0xbb, 0xbf], utf8(""))),
        ("little", utf16(u16::to_le_bytes)),
        ("little, marked", marked(&[0xff, 0xfe], utf16(u16::to_le_bytes))),
        ("big", utf16(u16::to_be_bytes)),
        ("big, marked", marked(&[0xfe, 0xff], utf16(u16::to_be_bytes))),
        ("declared wrongly", utf8("encoding=\"utf-16\"")),
        ("undeclared", utf8("encoding=\"no such\"")),
    ] {
        for bytes in [bytes.clone(), packed(&bytes)] {
            let catalog = Catalog::read(bytes.as_slice(), &CatalogLimits::default()).unwrap();
            assert_eq!(catalog.packages(), expected.packages(), "{name}");
            assert_eq!(catalog.bundles(), expected.bundles(), "{name}");
        }
    }
    let latin = b"<?xml version='1.0' encoding='iso-8859-1'?><Manifest version='f\xfcr'/>";
    let catalog = Catalog::read(&latin[..], &CatalogLimits::default()).unwrap();
    assert_eq!(catalog.manifest.version.as_deref(), Some("für"));
}

pub(super) fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

#[test]
fn a_mirror_is_searched_and_never_left() {
    let folder = std::env::temp_dir().join(format!("catalog-mirror-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    assert!(Mirror::of(&folder).unwrap_err().to_string().contains("catalog.xml"));
    std::fs::write(folder.join("Catalog.gz"), packed(document(WHOLE).as_bytes())).unwrap();
    let mirror = Mirror::of(&folder).unwrap();
    assert!(mirror.describe().ends_with("Catalog.gz"));
    let catalog = Catalog::open(&folder).unwrap();
    let package = &catalog.packages()[0];
    assert_eq!(mirror.package(package).unwrap(), folder.join("FOLDER1M").join("1").join("BIOS_1.EXE"));
    for path in ["../a", "/etc/passwd", "a//b", "a/./b", "a\\..\\b", "c:a", "a/..", ""] {
        let astray = crate::catalog::Package { path: path.into(), ..package.clone() };
        assert!(mirror.package(&astray).is_err(), "{path}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
    let gone = Catalog::load(&CatalogFile(folder), &CatalogLimits::default()).unwrap_err();
    assert_eq!(gone.kind(), crate::ErrorKind::InvalidInput);
}
