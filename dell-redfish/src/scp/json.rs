//! Profiles as JSON.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;

use super::component::{Attribute, Component};
use super::profile::Content;
use super::{Budget, unusable};
use crate::error::{Error, Result};

/// The text inside, when the whole document is one JSON string.
pub(super) fn quoted(text: &str) -> Result<Option<String>> {
    if !text.trim_start().starts_with('"') {
        return Ok(None);
    }
    serde_json::from_str(text).map(Some).map_err(|error| broken(&error))
}

pub(super) fn read(text: &str) -> Result<Content> {
    let document: Document = serde_json::from_str(text).map_err(|error| broken(&error))?;
    let root = document.configuration.ok_or_else(|| unusable("it holds no SystemConfiguration"))?;
    let mut content = Content {
        model: root.model,
        service_tag: root.service_tag,
        time_stamp: root.time_stamp,
        comments: root.comments.into_iter().filter_map(|comment| comment.comment).collect(),
        ..Content::default()
    };
    root.unknown.iter().for_each(|name| content.note_unknown(name));
    let mut budget = Budget::default();
    for component in root.components {
        content.components.push(component.read(&mut budget, 1)?);
    }
    Ok(content)
}

/// Says where, never what: serde repeats the value it did not expect.
fn broken(error: &serde_json::Error) -> Error {
    unusable(format!("its JSON is wrong at line {}, column {}", error.line(), error.column()))
}

#[derive(serde::Deserialize)]
struct Document {
    #[serde(rename = "SystemConfiguration")]
    configuration: Option<Root>,
}

#[derive(Default)]
struct Root {
    model: Option<String>,
    service_tag: Option<String>,
    time_stamp: Option<String>,
    comments: Vec<WireComment>,
    components: Vec<WireComponent>,
    unknown: Vec<String>,
}

impl<'de> Deserialize<'de> for Root {
    /// By hand, because the names of what is not understood are wanted.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Root;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Root, A::Error> {
                let mut root = Root::default();
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "Model" => root.model = map.next_value()?,
                        "ServiceTag" => root.service_tag = map.next_value()?,
                        "TimeStamp" => root.time_stamp = map.next_value()?,
                        "Comments" => root.comments = map.next_value()?,
                        "Components" => root.components.extend(map.next_value::<Vec<WireComponent>>()?),
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                            root.unknown.push(key);
                        }
                    }
                }
                Ok(root)
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

#[derive(serde::Deserialize)]
struct WireComment {
    #[serde(rename = "Comment")]
    comment: Option<String>,
}

#[derive(serde::Deserialize)]
struct WireComponent {
    #[serde(rename = "FQDD")]
    fqdd: String,
    #[serde(rename = "Attributes", default)]
    attributes: Vec<WireAttribute>,
    #[serde(rename = "Components", default)]
    components: Vec<WireComponent>,
}

impl WireComponent {
    fn read(self, budget: &mut Budget, depth: usize) -> Result<Component> {
        budget.entry(depth)?;
        let mut component = Component::new(self.fqdd);
        for attribute in self.attributes {
            attribute.read(&mut component, budget, depth)?;
        }
        for below in self.components {
            component.push_below(below.read(budget, depth + 1)?);
        }
        Ok(component)
    }
}

#[derive(serde::Deserialize)]
struct WireAttribute {
    #[serde(rename = "Name")]
    name: String,
    #[serde(rename = "Value", default)]
    value: Value,
    #[serde(rename = "Set On Import")]
    set_on_import: Option<Flag>,
    #[serde(rename = "Comment")]
    comment: Option<String>,
}

/// `"True"` as iDRACs write it, `true` as people do.
#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Flag {
    Switch(bool),
    Text(String),
}

impl WireAttribute {
    fn read(self, component: &mut Component, budget: &mut Budget, depth: usize) -> Result<()> {
        let applied = match self.set_on_import {
            // A hand-written profile that says nothing means what it writes.
            None | Some(Flag::Switch(true)) => true,
            Some(Flag::Switch(false)) => false,
            Some(Flag::Text(text)) => !text.trim().eq_ignore_ascii_case("False"),
        };
        let values = match self.value {
            Value::Array(values) => values,
            single => vec![single],
        };
        for value in values {
            budget.entry(depth)?;
            let text = match value {
                Value::Null => String::new(),
                Value::String(text) => text,
                Value::Bool(true) => "True".to_owned(),
                Value::Bool(false) => "False".to_owned(),
                Value::Number(number) => number.to_string(),
                Value::Array(_) | Value::Object(_) => {
                    return Err(unusable("an attribute's value is neither text, number, switch nor list"));
                }
            };
            let mut attribute = Attribute::new(self.name.clone(), text).with_set_on_import(applied);
            if let Some(comment) = &self.comment {
                attribute = attribute.with_comment(comment.clone());
            }
            component.push(attribute);
        }
        Ok(())
    }
}

/// In the iDRAC's own order of keys.
pub(super) fn write(content: &Content) -> Result<Vec<u8>> {
    serde_json::to_vec(&Written(content)).map_err(|_| unusable("it cannot be written as JSON"))
}

struct Written<'a>(&'a Content);

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut document = serializer.serialize_map(Some(1))?;
        document.serialize_entry("SystemConfiguration", &WrittenRoot(self.0))?;
        document.end()
    }
}

struct WrittenRoot<'a>(&'a Content);

impl Serialize for WrittenRoot<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(serde::Serialize)]
        struct Remark<'a> {
            #[serde(rename = "Comment")]
            comment: &'a str,
        }
        let content = self.0;
        let mut root = serializer.serialize_map(None)?;
        if !content.comments.is_empty() {
            let remarks: Vec<_> = content.comments.iter().map(|comment| Remark { comment }).collect();
            root.serialize_entry("Comments", &remarks)?;
        }
        for (key, value) in [
            ("Model", &content.model),
            ("ServiceTag", &content.service_tag),
            ("TimeStamp", &content.time_stamp),
        ] {
            if let Some(value) = value {
                root.serialize_entry(key, value)?;
            }
        }
        root.serialize_entry("Components", &WrittenAll(&content.components))?;
        root.end()
    }
}

struct WrittenAll<'a>(&'a [Component]);

impl Serialize for WrittenAll<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(WrittenComponent))
    }
}

struct WrittenComponent<'a>(&'a Component);

impl Serialize for WrittenComponent<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut component = serializer.serialize_map(None)?;
        component.serialize_entry("FQDD", self.0.fqdd())?;
        if !self.0.components().is_empty() {
            component.serialize_entry("Components", &WrittenAll(self.0.components()))?;
        }
        let attributes: Vec<_> = self.0.attributes().iter().map(WrittenAttribute::of).collect();
        component.serialize_entry("Attributes", &attributes)?;
        component.end()
    }
}

#[derive(serde::Serialize)]
struct WrittenAttribute<'a> {
    #[serde(rename = "Name")]
    name: &'a str,
    #[serde(rename = "Value")]
    value: &'a str,
    #[serde(rename = "Set On Import")]
    set_on_import: &'static str,
    #[serde(rename = "Comment", skip_serializing_if = "Option::is_none")]
    comment: Option<&'a str>,
}

impl<'a> WrittenAttribute<'a> {
    fn of(attribute: &'a Attribute) -> Self {
        Self {
            name: attribute.name(),
            value: attribute.value(),
            set_on_import: if attribute.is_set_on_import() { "True" } else { "False" },
            comment: attribute.comment(),
        }
    }
}
