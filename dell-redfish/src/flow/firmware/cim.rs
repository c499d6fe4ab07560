//! What `GetRepoBasedUpdateList` gives: CIM-XML in a JSON string.

use quick_xml::XmlVersion;
use quick_xml::events::Event;
use quick_xml::reader::Reader;
use serde::Serialize;

use crate::catalog::Criticality;
use crate::error::{Error, ErrorKind, Result};

/// Longest list that is read, in bytes.
const LONGEST: usize = 4 << 20;
/// Deepest nesting.
const DEEPEST: usize = 64;
/// Most updates; a server has some fifty components.
const MOST: usize = 4096;

/// One update that an iDRAC found in a repository (`DCIM_RepoUpdateSWID`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RepositoryUpdate {
    /// Display name of the component.
    pub name: Option<String>,
    /// Name of the package.
    pub package: Option<String>,
    /// Where it lies in the repository.
    pub path: Option<String>,
    /// `BIOS`, `FRMW`, `APAC`.
    pub component_type: Option<String>,
    /// Dell's component id.
    pub component_id: Option<String>,
    /// The devices, FQDDs.
    pub targets: Vec<String>,
    /// What is installed.
    pub installed_version: Option<String>,
    /// What would be.
    pub version: Option<String>,
    /// How urgent Dell finds it.
    pub criticality: Option<Criticality>,
    /// `HOST` where the host must restart, `NONE` where not, as the iDRAC writes it.
    pub reboot_type: Option<String>,
}

/// Reads the list. An empty text is an empty list.
pub(super) fn read(text: &str) -> Result<Vec<RepositoryUpdate>> {
    let refused =
        |why: &str| Error::new(ErrorKind::Protocol, format!("the update list cannot be read: {why}"));
    if text.len() > LONGEST {
        return Err(refused("it is too long"));
    }
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let (mut updates, mut open) = (Vec::new(), Vec::new());
    let (mut current, mut property, mut value) = (None, String::new(), String::new());
    loop {
        let event = reader.read_event().map_err(|error| refused("it is no XML").with_source(error))?;
        match event {
            Event::Start(start) => {
                let name = start.local_name().as_ref().to_owned();
                let mut attribute = String::new();
                for found in start.attributes().with_checks(false) {
                    let found = found.map_err(|error| refused("it is no XML").with_source(error))?;
                    if matches!(found.key.local_name().as_ref(), "NAME" | "CLASSNAME") {
                        let text = found.normalized_value(XmlVersion::Implicit1_0);
                        attribute =
                            text.map_err(|error| refused("it is no XML").with_source(error))?.into_owned();
                    }
                }
                match name.as_str() {
                    "INSTANCENAME" if attribute == "DCIM_RepoUpdateSWID" => {
                        current = Some(RepositoryUpdate::default())
                    }
                    "PROPERTY" | "PROPERTY.ARRAY" => property = attribute,
                    _ => {}
                }
                value.clear();
                open.push(name);
                if open.len() > DEEPEST || updates.len() >= MOST {
                    return Err(refused("it is larger than any server's"));
                }
            }
            Event::End(_) => match open.pop().as_deref() {
                Some("VALUE") => {
                    if let Some(update) = &mut current {
                        note(update, &property, value.trim());
                    }
                    value.clear();
                }
                Some("INSTANCENAME") => updates.extend(current.take()),
                _ => {}
            },
            Event::Text(text) => value += &text.xml10_content(),
            Event::CData(text) => value += &text.xml10_content(),
            Event::GeneralRef(name) => {
                let character = name.resolve_char_ref().ok().flatten();
                match (character, quick_xml::escape::resolve_predefined_entity(&name)) {
                    (Some(character), _) => value.push(character),
                    (None, Some(text)) => value += text,
                    (None, None) => return Err(refused("it uses an entity that XML does not define")),
                }
            }
            Event::DocType(_) => return Err(refused("it declares a document type")),
            Event::Eof if open.is_empty() => return Ok(updates),
            Event::Eof => return Err(refused("it ends in the middle")),
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
    }
}

fn note(update: &mut RepositoryUpdate, property: &str, value: &str) {
    let slot = match property {
        _ if value.is_empty() => return,
        "DisplayName" => &mut update.name,
        "PackageName" => &mut update.package,
        "PackagePath" => &mut update.path,
        "ComponentType" => &mut update.component_type,
        "ComponentID" => &mut update.component_id,
        "ComponentInstalledVersion" => &mut update.installed_version,
        "PackageVersion" => &mut update.version,
        "RebootType" => &mut update.reboot_type,
        "Criticality" => return update.criticality = Criticality::read(Some(value), ""),
        "Target" => {
            if update.targets.len() < MOST {
                update.targets.push(value.strip_prefix("DCIM:INSTALLED#").unwrap_or(value).to_owned());
            }
            return;
        }
        _ => return,
    };
    *slot = Some(value.to_owned());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn property(name: &str, value: &str) -> String {
        format!("<PROPERTY NAME=\"{name}\" TYPE=\"string\"><VALUE>{value}</VALUE></PROPERTY>")
    }

    #[test]
    fn a_list_is_read() {
        let one = property("DisplayName", "BIOS &amp; more")
            + &property("PackageVersion", "1.15.0")
            + &property("ComponentInstalledVersion", "1.13.2")
            + &property("Criticality", "2")
            + &property("RebootType", "HOST")
            + &property("Baseurl", "")
            + "<PROPERTY.ARRAY NAME=\"Target\"><VALUE.ARRAY><VALUE>DCIM:INSTALLED#741__BIOS.Setup.1-1</VALUE>\
               <VALUE/></VALUE.ARRAY></PROPERTY.ARRAY>";
        let list = format!(
            "<?xml version=\"1.0\"?><CIM CIMVERSION=\"2.0\"><MESSAGE><SIMPLEREQ><VALUE.NAMEDINSTANCE>\
             <INSTANCENAME CLASSNAME=\"DCIM_RepoUpdateSWID\">{one}</INSTANCENAME>\
             <INSTANCENAME CLASSNAME=\"Other\">{one}</INSTANCENAME></VALUE.NAMEDINSTANCE></SIMPLEREQ></MESSAGE></CIM>"
        );
        let updates = read(&list).unwrap();
        let [update] = updates.as_slice() else { panic!("{updates:?}") };
        assert_eq!(
            (update.name.as_deref(), update.version.as_deref()),
            (Some("BIOS & more"), Some("1.15.0"))
        );
        assert_eq!(update.installed_version.as_deref(), Some("1.13.2"));
        assert_eq!(
            (update.criticality, update.reboot_type.as_deref()),
            (Some(Criticality::Urgent), Some("HOST"))
        );
        assert_eq!(update.targets, ["741__BIOS.Setup.1-1"]);
        for nth in (0..list.len()).filter(|nth| list.is_char_boundary(*nth)) {
            let _ = read(&list[..nth]);
        }
        assert!(read("").unwrap().is_empty());
    }

    #[test]
    fn what_means_harm_is_refused() {
        for text in [
            "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>".to_owned(),
            "<a>&b;</a>".to_owned(),
            "<a>".repeat(100),
            "<a".to_owned(),
            " ".repeat(LONGEST + 1),
            "<INSTANCENAME CLASSNAME='DCIM_RepoUpdateSWID'/>".repeat(MOST + 2),
        ] {
            assert_eq!(read(&text).unwrap_err().kind(), ErrorKind::Protocol);
        }
    }
}
