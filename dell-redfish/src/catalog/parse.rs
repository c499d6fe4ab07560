//! Reads a catalogue tag by tag.

use std::collections::HashMap;
use std::io::Read;

use quick_xml::XmlVersion;
use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use super::package::{Criticality, Package, PackageType};
use super::pool::Pool;
use super::text::CatalogText;
use super::{
    Bundle, Catalog, CatalogLimits, ComponentId, Dependency, Device, HashAlgorithm, Manifest, PackageHash,
    PciId, SystemId, Text,
};
use crate::error::{Error, ErrorKind, Result};

/// The elements that are looked at, and the one that stands for all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tag {
    Manifest,
    Component,
    Bundle,
    Name,
    Display,
    ComponentType,
    Category,
    Criticality,
    Device,
    PciInfo,
    Model,
    Cryptography,
    Hash,
    Contents,
    Package,
    Dependencies,
    ImportantInfo,
    Other,
}

impl Tag {
    fn of(name: &str) -> Self {
        match name {
            "Manifest" => Self::Manifest,
            "SoftwareComponent" => Self::Component,
            "SoftwareBundle" => Self::Bundle,
            "Name" => Self::Name,
            "Display" => Self::Display,
            "ComponentType" => Self::ComponentType,
            "Category" => Self::Category,
            "Criticality" => Self::Criticality,
            "Device" => Self::Device,
            "PCIInfo" => Self::PciInfo,
            "Model" => Self::Model,
            "Cryptography" => Self::Cryptography,
            "Hash" => Self::Hash,
            "Contents" => Self::Contents,
            "Package" => Self::Package,
            "Dependencies" => Self::Dependencies,
            "ImportantInfo" => Self::ImportantInfo,
            _ => Self::Other,
        }
    }
}

/// What has been read so far.
#[derive(Default)]
struct Parser {
    pool: Pool,
    /// The open elements, the innermost last.
    open: Vec<Tag>,
    /// How many of them are `Dependencies` or inside.
    dependencies: usize,
    manifest: Manifest,
    packages: Vec<Package>,
    bundles: Vec<Bundle>,
    models: HashMap<SystemId, Text>,
    package: Package,
    bundle: Bundle,
    devices: Vec<Device>,
    systems: Vec<SystemId>,
    /// `componentID` of the open device, and whether it had PCI ids.
    device: Option<ComponentId>,
    device_has_pci: bool,
    model: Option<SystemId>,
    criticality: Option<Text>,
    algorithm: Option<HashAlgorithm>,
    /// Text of the open element, where it is wanted, and how long it may be.
    text: String,
    text_limit: usize,
}

pub(super) fn parse(reader: impl Read, limits: &CatalogLimits) -> Result<Catalog> {
    let text = CatalogText::of(reader, limits).map_err(unreadable)?;
    let mut reader = Reader::from_reader(text);
    reader.config_mut().expand_empty_elements = true;
    let mut parser = Parser { text_limit: limits.token_bytes, ..Parser::default() };
    let mut buffer = Vec::new();
    let mut has_root = false;
    loop {
        reader.get_mut().next_token();
        buffer.clear();
        match reader.read_event_into(&mut buffer).map_err(unreadable)? {
            Event::Start(start) => {
                if !has_root && start.local_name().as_ref() != "Manifest" {
                    let root: String = start.local_name().as_ref().chars().take(40).collect();
                    return Err(refused(&format!("its root is {root:?}, not Manifest")));
                }
                has_root = true;
                parser.start(&start)?;
                parser.check(limits)?;
            }
            Event::End(_) => parser.end(),
            Event::Text(text) => parser.text(&text.xml10_content())?,
            Event::CData(text) => parser.text(&text.xml10_content())?,
            Event::GeneralRef(name) => match name.resolve_char_ref().map_err(unreadable)? {
                Some(character) => parser.text(character.encode_utf8(&mut [0; 4]))?,
                None => match quick_xml::escape::resolve_predefined_entity(&name) {
                    Some(text) => parser.text(text)?,
                    None => return Err(refused("it uses an entity that XML does not define")),
                },
            },
            Event::DocType(_) => {
                return Err(refused("it declares a document type, which no catalogue needs"));
            }
            Event::Eof if has_root && parser.open.is_empty() => return Ok(parser.finish()),
            Event::Eof => return Err(refused("it is no XML, or it ends in the middle")),
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
    }
}

impl Parser {
    fn check(&self, limits: &CatalogLimits) -> Result<()> {
        if self.open.len() > limits.depth {
            return Err(refused("its elements are nested deeper than allowed"));
        }
        if self.packages.len() + self.bundles.len() > limits.components {
            return Err(refused("it has more packages than allowed"));
        }
        // Lists of the open package are counted before they are kept.
        let open = size_of_val(self.devices.as_slice()) + size_of_val(self.systems.as_slice());
        if self.pool.kept() + open > limits.kept_bytes {
            return Err(refused("it needs more memory than allowed"));
        }
        Ok(())
    }

    fn start(&mut self, start: &BytesStart<'_>) -> Result<()> {
        let tag = Tag::of(start.local_name().as_ref());
        let parent = self.open.last().copied();
        self.open.push(tag);
        if self.dependencies > 0 {
            self.dependencies += 1;
            return self.dependency(start);
        }
        match (parent, tag) {
            (None, Tag::Manifest) => self.each(start, Self::manifest),
            (Some(Tag::Manifest), Tag::Component) => self.each(start, Self::component),
            (Some(Tag::Manifest), Tag::Bundle) => self.each(start, Self::bundle),
            (Some(Tag::Component), Tag::ComponentType) => self.each(start, |parser, name, value| {
                if name == "value" {
                    parser.package.component_type = parser.pool.filled(value);
                }
            }),
            (Some(Tag::Component), Tag::Category) => self.each(start, |parser, name, value| {
                if name == "value" {
                    parser.package.category = parser.pool.filled(value);
                }
            }),
            (Some(Tag::Component), Tag::Criticality) => self.each(start, |parser, name, value| {
                if name == "value" {
                    parser.criticality = parser.pool.filled(value);
                }
            }),
            (Some(Tag::Component), Tag::ImportantInfo) => self.each(start, |parser, name, value| {
                if name == "URL" {
                    parser.package.info_url = parser.pool.filled(value);
                }
            }),
            (_, Tag::Device) => {
                (self.device, self.device_has_pci) = (None, false);
                self.each(start, |parser, name, value| {
                    if name == "componentID" {
                        parser.device = ComponentId::parse(value);
                    }
                })
            }
            (Some(Tag::Device), Tag::PciInfo) => self.pci_info(start),
            (_, Tag::Model) => self.model(start),
            (Some(Tag::Cryptography), Tag::Hash) => self.each(start, |parser, name, value| {
                if name == "algorithm" {
                    parser.algorithm = HashAlgorithm::parse(value);
                }
            }),
            (Some(Tag::Contents), Tag::Package) => self.each(start, |parser, name, value| {
                if name == "path" {
                    let path = parser.pool.text(value);
                    parser.pool.count(size_of::<Text>());
                    parser.bundle.packages.push(path);
                }
            }),
            (Some(Tag::Component), Tag::Dependencies) => {
                self.dependencies = 1;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Goes through the attributes of an element.
    fn each(&mut self, start: &BytesStart<'_>, mut take: impl FnMut(&mut Self, &str, &str)) -> Result<()> {
        // Twice the same attribute is no harm here, and looking for it costs time by the square of their number.
        for attribute in start.attributes().with_checks(false) {
            let attribute = attribute.map_err(unreadable)?;
            let value = value(&attribute)?;
            take(self, attribute.key.local_name().as_ref(), &value);
        }
        Ok(())
    }

    fn manifest(&mut self, name: &str, value: &str) {
        let slot = match name {
            "version" => &mut self.manifest.version,
            "dateTime" => &mut self.manifest.date_time,
            "releaseID" => &mut self.manifest.release_id,
            "baseLocation" => &mut self.manifest.base_location,
            _ => return,
        };
        *slot = self.pool.filled(value);
    }

    fn component(&mut self, name: &str, value: &str) {
        let (package, pool) = (&mut self.package, &mut self.pool);
        match name {
            "packageID" => package.package_id = pool.filled(value),
            "releaseID" => package.release_id = pool.filled(value),
            "path" => package.path = pool.text(value.trim()),
            "size" => package.size = value.trim().parse().ok(),
            "dateTime" => package.date_time = pool.filled(value),
            "releaseDate" => package.release_date = pool.filled(value),
            "vendorVersion" => package.version = pool.text(value.trim()),
            "dellVersion" => package.dell_version = pool.filled(value),
            "packageType" => package.package_type = PackageType::from_word(pool.text(value.trim())),
            "rebootRequired" => package.reboot_required = boolean(value),
            "hashMD5" => self.hash(HashAlgorithm::Md5, value),
            _ => {}
        }
    }

    fn hash(&mut self, algorithm: HashAlgorithm, hex: &str) {
        if let Some(hash) = PackageHash::parse(algorithm, hex) {
            self.pool.count(size_of::<PackageHash>() + hash.digest.len());
            self.package.hashes.push(hash);
        }
    }

    fn bundle(&mut self, name: &str, value: &str) {
        let slot = match name {
            "bundleID" => &mut self.bundle.bundle_id,
            "releaseID" => &mut self.bundle.release_id,
            "bundleType" => &mut self.bundle.bundle_type,
            "vendorVersion" => &mut self.bundle.version,
            _ => return,
        };
        *slot = self.pool.filled(value);
    }

    fn pci_info(&mut self, start: &BytesStart<'_>) -> Result<()> {
        let mut ids = [const { String::new() }; 4];
        self.each(start, |_, name, value| {
            let place =
                ["vendorID", "deviceID", "subVendorID", "subDeviceID"].iter().position(|id| *id == name);
            if let Some(slot) = place.and_then(|place| ids.get_mut(place)) {
                value.clone_into(slot);
            }
        })?;
        let [vendor, device, sub_vendor, sub_device] = &ids;
        if let Some(pci) = PciId::parse(vendor, device, sub_vendor, sub_device) {
            self.device_has_pci = true;
            self.devices.push(Device { component: self.device, pci: Some(pci) });
        }
        Ok(())
    }

    fn model(&mut self, start: &BytesStart<'_>) -> Result<()> {
        let (mut id, mut is_bios) = (None, true);
        self.each(start, |_, name, value| match name {
            "systemID" => id = SystemId::from_hex(value),
            "systemIDType" => is_bios = value.trim().eq_ignore_ascii_case("BIOS"),
            _ => {}
        })?;
        self.model = id.filter(|_| is_bios);
        self.systems.extend(self.model);
        Ok(())
    }

    fn dependency(&mut self, start: &BytesStart<'_>) -> Result<()> {
        let element = self.pool.text(start.local_name().as_ref());
        let mut attributes = Vec::new();
        self.each(start, |parser, name, value| {
            attributes.push((parser.pool.text(name), parser.pool.text(value)));
        })?;
        if !attributes.is_empty() {
            self.pool.count(size_of::<Dependency>() + size_of_val(attributes.as_slice()));
            self.package.dependencies.push(Dependency { element, attributes });
        }
        Ok(())
    }

    /// Whether the text of the innermost element is used.
    fn is_wanted(&self) -> bool {
        matches!(
            *self.open.as_slice(),
            [.., Tag::Name | Tag::Criticality | Tag::Model, Tag::Display]
                | [.., Tag::Cryptography, Tag::Hash]
        )
    }

    fn text(&mut self, text: &str) -> Result<()> {
        if self.is_wanted() {
            self.text.push_str(text);
            // It may come in many pieces, each of them short.
            if self.text.len() > self.text_limit {
                return Err(refused("a text in it is longer than allowed"));
            }
        }
        Ok(())
    }

    fn end(&mut self) {
        self.dependencies = self.dependencies.saturating_sub(1);
        match *self.open.as_slice() {
            [.., Tag::Component, Tag::Name, Tag::Display] if self.package.name.is_none() => {
                self.package.name = self.pool.filled(&self.text);
            }
            [.., Tag::Bundle, Tag::Name, Tag::Display] if self.bundle.name.is_none() => {
                self.bundle.name = self.pool.filled(&self.text);
            }
            [.., Tag::Criticality, Tag::Display] if self.package.criticality.is_none() => {
                self.package.criticality = Criticality::read(self.criticality.as_deref(), &self.text);
            }
            [.., Tag::Component, Tag::Criticality] if self.package.criticality.is_none() => {
                self.package.criticality = Criticality::read(self.criticality.as_deref(), "");
            }
            [.., Tag::Model, Tag::Display] => {
                if let (Some(system), Some(name)) = (self.model, self.pool.filled(&self.text)) {
                    self.pool.count(size_of::<(SystemId, Text)>());
                    self.models.insert(system, name);
                }
            }
            [.., Tag::Device] => {
                if let Some(component) = self.device.take()
                    && !self.device_has_pci
                {
                    self.devices.push(Device { component: Some(component), pci: None });
                }
            }
            [.., Tag::Cryptography, Tag::Hash] => {
                if let Some(algorithm) = self.algorithm.take() {
                    let text = std::mem::take(&mut self.text);
                    self.hash(algorithm, &text);
                }
            }
            [Tag::Manifest, Tag::Component] => self.end_of_component(),
            [Tag::Manifest, Tag::Bundle] => self.end_of_bundle(),
            _ => {}
        }
        self.text.clear();
        self.open.pop();
    }

    /// A package without a path cannot be had, and is left out.
    fn end_of_component(&mut self) {
        let mut package = std::mem::take(&mut self.package);
        package.devices = self.pool.devices(&mut self.devices);
        package.systems = self.pool.systems(&mut self.systems);
        package.hashes.sort_by_key(|hash| std::cmp::Reverse(hash.algorithm));
        self.criticality = None;
        if !package.path.is_empty() {
            self.pool.count(size_of::<Package>());
            self.packages.push(package);
        }
    }

    fn end_of_bundle(&mut self) {
        let mut bundle = std::mem::take(&mut self.bundle);
        bundle.systems = self.pool.systems(&mut self.systems);
        self.devices.clear();
        self.pool.count(size_of::<Bundle>());
        self.bundles.push(bundle);
    }

    fn finish(mut self) -> Catalog {
        self.packages.shrink_to_fit();
        Catalog::new(self.manifest, self.packages, self.bundles, self.models)
    }
}

fn value<'a>(attribute: &Attribute<'a>) -> Result<std::borrow::Cow<'a, str>> {
    attribute.normalized_value(XmlVersion::Implicit1_0).map_err(unreadable)
}

fn boolean(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" => Some(true),
        "false" | "0" | "no" => Some(false),
        _ => None,
    }
}

fn refused(why: &str) -> Error {
    Error::new(ErrorKind::InvalidInput, format!("the catalogue is refused: {why}"))
}

fn unreadable(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(ErrorKind::InvalidInput, "the catalogue cannot be read").with_source(error)
}
