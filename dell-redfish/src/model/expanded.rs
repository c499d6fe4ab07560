//! A resource whose links came expanded, taken apart: itself with links again, and what was put in.
//!
//! So a resource has the same text whether `$expand` worked or not, and nothing is held twice.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::head::Head;
use crate::error::{Error, ErrorKind, Result};

/// The properties that are links in the schemas read here. Only these are taken out: Dell embeds resources of its own
/// under `Oem` and in `StorageControllers`, and those belong to the resource they stand in.
const NAVIGATION: &[&str] = &[
    "Assembly",
    "Batteries",
    "Bios",
    "BootOptions",
    "CPUAffinity",
    "Certificates",
    "Chassis",
    "Controllers",
    "Drives",
    "Enclosures",
    "EnvironmentMetrics",
    "EthernetInterfaces",
    "Fans",
    "LogServices",
    "Memory",
    "Metrics",
    "NetworkAdapters",
    "NetworkDeviceFunctions",
    "NetworkInterfaces",
    "NetworkPorts",
    "PCIeDevices",
    "PCIeFunctions",
    "PCIeSlots",
    "Ports",
    "Power",
    "PowerSubsystem",
    "PowerSupplies",
    "Processors",
    "SecureBoot",
    "Sensors",
    "SettingsObject",
    "SimpleStorage",
    "Storage",
    "Thermal",
    "ThermalMetrics",
    "ThermalSubsystem",
    "TrustedComponents",
    "USBControllers",
    "VirtualMedia",
    "Volumes",
];

/// A resource taken apart.
#[derive(Debug, Clone)]
pub struct Expanded {
    /// The resource itself; a slice of the body if nothing had been put in.
    pub own: Bytes,
    /// What was put in, in the order met.
    pub parts: Vec<Part>,
}

/// One resource that was put in.
#[derive(Debug, Clone)]
pub struct Part {
    /// The property it stood under: `Drives`.
    pub property: &'static str,
    /// Its `@odata.id`.
    pub id: String,
    /// Its text, a slice of the body.
    pub raw: Bytes,
}

impl Expanded {
    /// Takes a reply apart.
    ///
    /// # Errors
    /// [`ErrorKind::Protocol`] when the body is not exactly one JSON object.
    pub fn parse(body: &Bytes) -> Result<Self> {
        let root: Fields<'_> = serde_json::from_slice(body).map_err(damaged)?;
        let mut taker = Taker { body, out: Vec::new(), copied: 0, parts: Vec::new() };
        taker.fields(&root).map_err(damaged)?;
        let Taker { mut out, copied, parts, .. } = taker;
        let own = if parts.is_empty() {
            body.clone()
        } else {
            out.extend_from_slice(&body[copied..]);
            Bytes::from(out)
        };
        Ok(Self { own, parts })
    }

    /// The parts that stood under one property.
    pub fn under<'a>(&'a self, property: &'a str) -> impl Iterator<Item = &'a Part> {
        self.parts.iter().filter(move |part| part.property == property)
    }
}

fn damaged(error: serde_json::Error) -> Error {
    Error::new(ErrorKind::Protocol, "the reply is not one JSON document").with_source(error)
}

struct Taker<'a> {
    body: &'a Bytes,
    /// The body so far with links in place of parts.
    out: Vec<u8>,
    /// Up to where of the body `out` says.
    copied: usize,
    parts: Vec<Part>,
}

impl Taker<'_> {
    fn value(&mut self, raw: &RawValue, property: Option<&'static str>) -> serde_json::Result<()> {
        match raw.get().as_bytes().first() {
            Some(b'{') => self.object(raw, property),
            Some(b'[') if raw.get().contains("@odata.id") => {
                let items: Vec<&RawValue> = serde_json::from_str(raw.get())?;
                items.into_iter().try_for_each(|item| self.value(item, property))
            }
            _ => Ok(()),
        }
    }

    fn object(&mut self, raw: &RawValue, property: Option<&'static str>) -> serde_json::Result<()> {
        // Most of a tree holds no link at all; a look at the bytes is cheaper than taking it apart.
        if !raw.get().contains("@odata.id") {
            return Ok(());
        }
        if let Some(property) = property {
            let head = Head::read(raw.get().as_bytes())?;
            if let (true, Some(id)) = (head.others, head.id.filter(|id| !id.contains('#'))) {
                self.take(raw, property, id);
                return Ok(());
            }
        }
        self.fields(&serde_json::from_str(raw.get())?)
    }

    fn fields(&mut self, fields: &Fields<'_>) -> serde_json::Result<()> {
        for (key, value) in &fields.all {
            if key == "Actions" {
                continue;
            }
            let property = NAVIGATION.binary_search(&key.as_ref()).ok().map(|at| NAVIGATION[at]);
            self.value(value, property)?;
        }
        Ok(())
    }

    fn take(&mut self, raw: &RawValue, property: &'static str, id: String) {
        let raw = self.body.slice_ref(raw.get().as_bytes());
        let start = raw.as_ptr() as usize - self.body.as_ptr() as usize;
        self.out.extend_from_slice(&self.body[self.copied..start]);
        self.out.extend_from_slice(br#"{"@odata.id":"#);
        self.out.extend_from_slice(serde_json::Value::from(id.as_str()).to_string().as_bytes());
        self.out.push(b'}');
        self.copied = start + raw.len();
        self.parts.push(Part { property, id, raw });
    }
}

/// The properties of one object, unread.
struct Fields<'a> {
    all: Vec<(Cow<'a, str>, &'a RawValue)>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct FieldsVisitor;
        impl<'de> Visitor<'de> for FieldsVisitor {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Fields<'de>, A::Error> {
                let mut all = Vec::with_capacity(32);
                while let Some(Key(key)) = map.next_key()? {
                    all.push((key, map.next_value()?));
                }
                Ok(Fields { all })
            }
        }
        deserializer.deserialize_map(FieldsVisitor)
    }
}

/// A key, borrowed where it has no escapes.
pub(super) struct Key<'a>(pub(super) Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Key<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct KeyVisitor;
        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a property name")
            }

            fn visit_borrowed_str<E>(self, key: &'de str) -> std::result::Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(key)))
            }

            fn visit_str<E>(self, key: &str) -> std::result::Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(key.to_owned())))
            }
        }
        deserializer.deserialize_str(KeyVisitor)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn navigation_is_sorted() {
        assert!(NAVIGATION.is_sorted());
    }

    #[test]
    fn expanded_links_become_links_again() {
        let plain = json!({
            "@odata.id": "/s", "Drives": [{"@odata.id": "/d1"}, {"@odata.id": "/d2"}], "Volumes": {"@odata.id": "/v"},
            "StorageControllers": [{"@odata.id": "/c", "Name": "inline"}],
            "Oem": {"Dell": {"DellController": {"@odata.id": "/o", "Id": "o"}}},
            "Links": {"Enclosures": [{"@odata.id": "/e"}]}
        });
        let mut body = plain.clone();
        body["Drives"][1] =
            json!({"@odata.id": "/d2", "Id": "two", "Links": {"Volumes": [{"@odata.id": "/v/1"}]}});
        body["Volumes"] = json!({"@odata.id": "/v", "Members": []});
        let expanded = Expanded::parse(&Bytes::from(body.to_string())).unwrap();
        assert_eq!(serde_json::from_slice::<Value>(&expanded.own).unwrap(), plain);
        let met: Vec<_> = expanded.parts.iter().map(|part| (part.property, part.id.as_str())).collect();
        assert_eq!(met, [("Drives", "/d2"), ("Volumes", "/v")]);
        assert_eq!(serde_json::from_slice::<Value>(&expanded.parts[0].raw).unwrap(), body["Drives"][1]);
        assert_eq!(expanded.under("Volumes").count(), 1);
    }

    #[test]
    fn a_resource_without_expansion_is_not_copied() {
        let body = Bytes::from_static(br#"{"@odata.id":"/s","Drives":[{"@odata.id":"/d"}]}"#);
        let expanded = Expanded::parse(&body).unwrap();
        assert!(expanded.parts.is_empty() && expanded.own.as_ptr() == body.as_ptr());
    }

    #[test]
    fn damaged_bodies_are_refused() {
        for body in ["{}{}", "[]", "", "{\"a\":"] {
            assert_eq!(
                Expanded::parse(&Bytes::from_static(body.as_bytes())).unwrap_err().kind(),
                ErrorKind::Protocol
            );
        }
    }
}
