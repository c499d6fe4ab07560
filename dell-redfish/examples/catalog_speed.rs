//! How long reading a catalogue takes and how much memory it needs, on a synthetic one of Dell's size and shape.
//!
//! `cargo run --release -p dell-redfish --example catalog_speed [megabytes]`. Nothing in the catalogue is Dell's: names,
//! versions and numbers are made up, only the elements, their proportions and the encoding (UTF-16) follow the real one.

#![allow(clippy::print_stdout, reason = "a program for people")]

use std::error::Error;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::time::Instant;

use dell_redfish::catalog::{Catalog, InstalledFirmware, SystemId};
use dell_redfish::model::{Resource, SoftwareInventory};
use flate2::Compression;
use flate2::write::GzEncoder;

/// Models in the synthetic catalogue, as many as Dell supports at a time.
const MODELS: usize = 160;

fn main() -> Result<(), Box<dyn Error>> {
    let megabytes: usize = std::env::args().nth(1).map_or(Ok(50), |text| text.parse())?;
    let folder = std::env::temp_dir().join(format!("catalog-speed-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let (plain, packed) = (folder.join("Catalog.xml"), folder.join("Catalog.xml.gz"));
    write(&plain, &packed, megabytes << 20)?;
    let before = peak_megabytes();
    for path in [&plain, &packed] {
        let size = std::fs::metadata(path)?.len();
        let begun = Instant::now();
        let catalog = Catalog::open(path)?;
        println!(
            "{}: {:.1} MB on disk, {} packages, {} bundles, read in {:.2} s",
            path.extension().and_then(|extension| extension.to_str()).unwrap_or_default(),
            size as f64 / f64::from(1 << 20),
            catalog.packages().len(),
            catalog.bundles().len(),
            begun.elapsed().as_secs_f64()
        );
        let begun = Instant::now();
        let found = lookups(&catalog)?;
        println!("    {found} packages found for 10000 items in {:.3} s", begun.elapsed().as_secs_f64());
    }
    println!("peak memory {} MB, of which {before} MB before the first catalogue", peak_megabytes());
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

/// Looks for the packages of ten thousand items.
fn lookups(catalog: &Catalog) -> Result<usize, Box<dyn Error>> {
    let mut found = 0;
    for nth in 0..10_000 {
        let json = format!(
            r#"{{"Id": "Installed-{0}-1.0__A.1", "SoftwareId": "{0}", "Version": "1.0"}}"#,
            nth % 900 + 1
        );
        let entry = Resource::<SoftwareInventory>::parse(json.into())?;
        found += catalog.matches(&InstalledFirmware::from(&*entry), system(nth % MODELS)).len();
    }
    Ok(found)
}

fn system(nth: usize) -> SystemId {
    SystemId(0x600 + u32::try_from(nth).unwrap_or_default() * 5)
}

/// Writes the same catalogue plain and packed, until it is this long.
fn write(plain: &Path, packed: &Path, length: usize) -> std::io::Result<()> {
    let mut files = (
        BufWriter::new(File::create(plain)?),
        GzEncoder::new(BufWriter::new(File::create(packed)?), Compression::fast()),
    );
    let mut written = 0;
    let mut put = |text: &str| -> std::io::Result<usize> {
        let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        files.0.write_all(&bytes)?;
        files.1.write_all(&bytes)?;
        written += bytes.len();
        Ok(written)
    };
    put(
        "\u{feff}<?xml version=\"1.0\" encoding=\"utf-16\"?>\n<Manifest version=\"26.11.00\" releaseID=\"MADEUP\" \
         dateTime=\"2026-11-01T00:00:00\" baseLocation=\"mirror.example\">\n",
    )?;
    let mut nth = 0;
    while put(&component(nth))? < length {
        if nth % 20 == 0 {
            put(&bundle(nth))?;
        }
        nth += 1;
    }
    put("</Manifest>\n")?;
    files.0.flush()?;
    files.1.finish()?.flush()
}

fn component(nth: usize) -> String {
    let kind = ["FRMW", "DRVR", "APAC", "BIOS"][nth % 4];
    let format = ["LW64", "LLXP", "LWXP"][nth % 3];
    let mut text = format!(
        r#"  <SoftwareComponent schemaVersion="2.4" packageID="P{nth:05}" releaseID="R{nth:05}" path="FOLDER{nth:08}M/1/Package_{nth}_WN64_{minor}.{patch}_A0{digit}.EXE"
    dateTime="2026-{month:02}-12T10:02:41+05:30" releaseDate="October {month:02}, 2026" vendorVersion="{minor}.{patch}.{digit}" dellVersion="A0{digit}"
    packageType="{format}" rebootRequired="{reboot}" size="{size}" hashMD5="{nth:032x}">
    <Name><Display lang="en"><![CDATA[Made-up package {nth} for card {card}]]></Display><Display lang="de"><![CDATA[Paket {nth}]]></Display></Name>
    <ComponentType value="{kind}"><Display lang="en"><![CDATA[Firmware]]></Display></ComponentType>
    <Description><Display lang="en"><![CDATA[This description is made up and says nothing, but it is about as long as descriptions are. Package {nth}.]]></Display></Description>
    <LUCategory value="Network"/><Category value="NI"><Display lang="en"><![CDATA[Network]]></Display></Category>
    <Cryptography><Hash algorithm="SHA256">{nth:064x}</Hash><Hash algorithm="SHA1">{nth:040x}</Hash></Cryptography>
    <SupportedDevices>
"#,
        minor = nth % 30,
        patch = nth % 17,
        digit = nth % 10,
        month = nth % 12 + 1,
        reboot = nth.is_multiple_of(2),
        size = nth * 1000,
        card = nth % 900,
    );
    for device in 0..1 + nth % 5 {
        let id = (nth + device * 37) % 900 + 1;
        let _ = writeln!(
            text,
            r#"      <Device componentID="{id}" embedded="0"><PCIInfo deviceID="{:04X}" subDeviceID="{:04X}" subVendorID="1028" vendorID="14E4"/><Display lang="en"><![CDATA[Card {id}]]></Display></Device>"#,
            id % 300,
            id
        );
    }
    text += "    </SupportedDevices>\n    <SupportedSystems><Brand key=\"3\" prefix=\"PE\"><Display lang=\"en\"><![CDATA[PowerEdge]]></Display>\n";
    for model in 0..4 + nth % 40 {
        models(&mut text, (nth + model * 3) % MODELS);
    }
    text += "    </Brand></SupportedSystems>\n    <RevisionHistory><Display lang=\"en\"><![CDATA[";
    text += &"Fixes and changes that nobody made. ".repeat(8 + nth % 20);
    text += "]]></Display></RevisionHistory>\n    <ImportantInfo URL=\"https://support.example/drivers\"/>\n";
    let _ = writeln!(
        text,
        "    <Criticality value=\"{}\"><Display lang=\"en\"><![CDATA[Recommended-or not]]></Display></Criticality>\n  </SoftwareComponent>",
        nth % 3 + 1
    );
    text
}

fn bundle(nth: usize) -> String {
    let mut text = format!(
        "  <SoftwareBundle bundleID=\"B{nth}\" releaseID=\"B{nth}\" bundleType=\"BTW64\" vendorVersion=\"26.11\">\n    \
         <Name><Display lang=\"en\"><![CDATA[Bundle {nth}]]></Display></Name>\n    <TargetSystems><Brand key=\"3\" prefix=\"PE\">\n"
    );
    models(&mut text, nth % MODELS);
    text += "    </Brand></TargetSystems>\n    <Contents>\n";
    for package in 0..60 {
        let _ = writeln!(
            text,
            "      <Package path=\"Package_{}_WN64_1.0_A00.EXE\"/>",
            (nth + package * 11) % 9000
        );
    }
    text + "    </Contents>\n  </SoftwareBundle>\n"
}

fn models(text: &mut String, nth: usize) {
    let id = system(nth);
    let _ = writeln!(
        text,
        "      <Model systemID=\"{id}\" systemIDType=\"BIOS\"><Display lang=\"en\"><![CDATA[R{nth}]]></Display></Model>"
    );
}

/// The most memory this process ever held, as Linux counts it.
fn peak_megabytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or_default() / 1024
}
