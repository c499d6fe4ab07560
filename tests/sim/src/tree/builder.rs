//! What the modules of the tree write into, and the phrases they share.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::profile::Profile;
use crate::spec::InventorySize;
use crate::template::Template;

/// Collects the resources of one tree.
pub(super) struct Builder {
    pub(super) p: Profile,
    pub(super) size: InventorySize,
    docs: BTreeMap<String, Value>,
}

/// Adds what another object has; objects within are joined.
pub(super) fn extend(target: &mut Value, more: Value) {
    match (target, more) {
        (Value::Object(target), Value::Object(more)) => {
            for (key, value) in more {
                extend(target.entry(key).or_insert(Value::Null), value);
            }
        }
        (target, more) => *target = more,
    }
}

/// A link.
pub(super) fn link(path: impl AsRef<str>) -> Value {
    json!({"@odata.id": path.as_ref()})
}

/// Many links.
pub(super) fn links<S: AsRef<str>>(paths: &[S]) -> Value {
    paths.iter().map(link).collect()
}

/// `Status` of a part that is well.
pub(super) fn ok() -> Value {
    json!({"Health": "OK", "State": "Enabled"})
}

/// The same with the roll-up.
pub(super) fn ok_rollup() -> Value {
    json!({"Health": "OK", "HealthRollup": "OK", "State": "Enabled"})
}

/// A gap for a serial number.
pub(super) fn serial(kind: &str, index: usize) -> String {
    format!("«sn:{kind}:{index}»")
}

/// A gap for a MAC address.
pub(super) fn mac(index: usize) -> String {
    format!("«mac:{}»", index & 0xff)
}

impl Builder {
    pub(super) fn new(p: Profile, size: InventorySize) -> Self {
        Self { p, size, docs: BTreeMap::new() }
    }

    /// Adds a resource; its own link and context follow from path and type.
    pub(super) fn put(&mut self, path: &str, odata_type: &str, mut value: Value) {
        let family = odata_type.split('.').next().unwrap_or(odata_type).trim_start_matches('#').to_owned();
        if let Value::Object(map) = &mut value {
            map.insert("@odata.id".into(), path.into());
            map.insert("@odata.type".into(), format!("#{odata_type}").into());
            let context = format!("/redfish/v1/$metadata#{family}.{family}");
            map.entry("@odata.context").or_insert_with(|| context.into());
            if !map.contains_key("Id") {
                let id = path.rsplit('/').next().unwrap_or_default();
                map.insert("Id".into(), id.into());
            }
        }
        self.docs.insert(path.to_owned(), value);
    }

    /// Adds a collection of these members.
    pub(super) fn collection<S: AsRef<str>>(&mut self, path: &str, kind: &str, name: &str, members: &[S]) {
        let value = json!({
            "@odata.context": format!("/redfish/v1/$metadata#{kind}Collection.{kind}Collection"),
            "@odata.id": path,
            "@odata.type": format!("#{kind}Collection.{kind}Collection"),
            "Description": format!("Collection of {name}"),
            "Members": links(members),
            "Members@odata.count": members.len(),
            "Name": format!("{name} Collection"),
        });
        self.docs.insert(path.to_owned(), value);
    }

    /// Adds a collection as Dell writes its own: the members stand in it whole. Each is a resource of its own, too.
    pub(super) fn embedded(&mut self, path: &str, kind: &str, version: &str, members: Vec<(String, Value)>) {
        self.collection::<&str>(path, kind, kind, &[]);
        let mut whole = Vec::new();
        for (id, mut value) in members {
            let member = format!("{path}/{id}");
            value["Id"] = id.into();
            value["Name"] = kind.into();
            self.put(&member, &format!("{kind}.{version}.{kind}"), value);
            whole.extend(self.docs.get(&member).cloned());
        }
        self.set(path, "Members@odata.count", whole.len().into());
        self.set(path, "Members", whole.into());
    }

    /// Adds to a resource, or makes it if it is not there yet.
    pub(super) fn amend(&mut self, path: &str, odata_type: &str, patch: Value) {
        if !self.docs.contains_key(path) {
            self.put(path, odata_type, json!({"Name": path.rsplit('/').next()}));
        }
        if let Some(value) = self.docs.get_mut(path) {
            crate::rules::merge(value, patch);
        }
    }

    /// Adds actions to a resource, and the resource where it is not there.
    pub(super) fn offer(&mut self, path: &str, actions: Value) {
        if !self.docs.contains_key(path) {
            let name = path.rsplit('/').next().unwrap_or_default().to_owned();
            self.put(path, &format!("{name}.v1_0_0.{name}"), json!({"Actions": {}, "Name": name}));
        }
        let Some(Value::Object(document)) = self.docs.get_mut(path) else { return };
        extend(document.entry("Actions").or_insert_with(|| json!({})), actions);
    }

    /// Sets a property of a resource that is there.
    pub(super) fn set(&mut self, path: &str, key: &str, value: Value) {
        if let Some(Value::Object(document)) = self.docs.get_mut(path) {
            document.insert(key.to_owned(), value);
        }
    }

    pub(super) fn finish(self) -> Template {
        Template::new(self.docs)
    }
}
