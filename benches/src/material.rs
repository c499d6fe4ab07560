//! The files that some rows work on. Made here, of nothing but numbers.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::Outcome;

/// A package that the simulator takes, 1 GiB long.
pub(crate) const PACKAGE: &str = "Package.EXE";
/// A catalogue in UTF-16, as Dell's are, 50 MB long.
pub(crate) const CATALOG: &str = "Catalog.xml";
/// The same, packed.
pub(crate) const CATALOG_GZ: &str = "Catalog.xml.gz";

const PACKAGE_BYTES: u64 = 1 << 30;
const CATALOG_BYTES: usize = 50_000_000;
/// Devices and models of each package of the catalogue.
const DEVICES: usize = 12;
const MODELS: usize = 24;

/// Makes the file of that name in this folder.
pub(crate) fn make(folder: &Path, name: &str) -> Outcome<()> {
    let file = File::create(folder.join(name))?;
    match name {
        PACKAGE => {
            let mut file = file;
            writeln!(file, "SIMULATED PACKAGE 25806 4301A77")?;
            // The rest is a hole: what is measured is sending, not the disk.
            file.set_len(PACKAGE_BYTES)?;
        }
        CATALOG => catalog(BufWriter::new(file))?,
        CATALOG_GZ => catalog(GzEncoder::new(BufWriter::new(file), Compression::default()))?,
        other => return Err(format!("there is no material called `{other}`").into()),
    }
    Ok(())
}

/// So many packages that it is as long as it should be. The path of each ends in its number, so that a reader can tell how
/// many there are.
fn catalog(mut out: impl Write) -> Outcome<()> {
    let head = "<?xml version=\"1.0\" encoding=\"utf-16\"?>\n<Manifest version=\"26.11.00\" \
                dateTime=\"2026-11-01T00:00:00\" releaseID=\"BENCH\" baseLocation=\"mirror.example\">\n";
    let mut written = write_utf16(&mut out, &format!("\u{feff}{head}"))?;
    let mut number = 0;
    while written < CATALOG_BYTES {
        written += write_utf16(&mut out, &package(number))?;
        number += 1;
    }
    write_utf16(&mut out, "</Manifest>\n")?;
    out.flush()?;
    Ok(())
}

fn write_utf16(out: &mut impl Write, text: &str) -> Outcome<usize> {
    let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    out.write_all(&bytes)?;
    Ok(bytes.len())
}

fn package(number: usize) -> String {
    let mut text = format!(
        "<SoftwareComponent packageID=\"P{number:05}\" releaseID=\"R{number:05}\" \
         path=\"FOLDER{number:08}M/1/Package_{number}.EXE\" size=\"{}\" schemaVersion=\"2.4\" \
         dateTime=\"2026-10-01T10:00:00\" releaseDate=\"October 01, 2026\" vendorVersion=\"{}.{}.1\" dellVersion=\"A00\" \
         packageType=\"LW64\" rebootRequired=\"true\" hashMD5=\"{number:032x}\">\n\
         <Name><Display lang=\"en\"><![CDATA[Firmware of device family {}]]></Display></Name>\n\
         <ComponentType value=\"FRMW\"><Display lang=\"en\"><![CDATA[Firmware]]></Display></ComponentType>\n\
         <Category value=\"NI\"/>\n<Cryptography><Hash algorithm=\"SHA-256\">{number:064x}</Hash></Cryptography>\n\
         <SupportedDevices>\n",
        number * 7919,
        number % 40,
        number % 90,
        number / 6,
    );
    for nth in 0..DEVICES {
        let id = number * DEVICES + nth;
        text += &format!(
            "<Device componentID=\"{}\" embedded=\"0\"><PCIInfo vendorID=\"{:04X}\" deviceID=\"{:04X}\" \
             subVendorID=\"1028\" subDeviceID=\"{:04X}\"/><Display lang=\"en\"><![CDATA[Device {id}]]></Display></Device>\n",
            100_000 + id / 3,
            0x1000 + number % 64,
            id % 0xffff,
            nth,
        );
    }
    text += "</SupportedDevices>\n<SupportedSystems><Brand key=\"3\" prefix=\"PE\">\n";
    for nth in 0..MODELS {
        let model = 0x0800 + (number + nth * 5) % 160;
        text += &format!(
            "<Model systemID=\"{model:04X}\" systemIDType=\"BIOS\"><Display lang=\"en\"><![CDATA[R{model}]]></Display></Model>\n"
        );
    }
    text += "</Brand></SupportedSystems>\n<RevisionHistory><Display lang=\"en\"><![CDATA[";
    for line in 0..16 {
        text += &format!("- Corrected what was found under number {} in this release.\n", number * 16 + line);
    }
    text += "]]></Display></RevisionHistory>\n";
    text += &format!("<ImportantInfo URL=\"https://support.example/driver?id=R{number:05}\"/>\n");
    text += "<Criticality value=\"1\"><Display lang=\"en\"><![CDATA[Recommended]]></Display></Criticality>\n";
    text + "</SoftwareComponent>\n"
}
