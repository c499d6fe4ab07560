//! What a server makes of an attribute registry: which changes it refuses, and which it makes by itself.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

/// Chains of rules are no longer than this.
const MOST_PASSES: usize = 32;

/// A registry beside the values it was written with.
pub(super) struct Registry<'a> {
    attributes: Vec<&'a Value>,
    rules: Vec<&'a Value>,
    /// Flags that no rule explains.
    fixed: HashSet<(&'a str, &'static str)>,
}

/// Why a value is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    Name,
    Kind,
    Value,
    ReadOnly,
}

impl Wrong {
    /// The message id an iDRAC answers with.
    pub(super) fn id(self) -> &'static str {
        match self {
            Self::Name => "SYS409",
            Self::Kind => "SYS424",
            Self::Value => "SYS425",
            Self::ReadOnly => "SYS410",
        }
    }
}

impl<'a> Registry<'a> {
    pub(super) fn of(document: &'a Value, first: &Map<String, Value>) -> Self {
        let list = |key: &str| document["RegistryEntries"][key].as_array().into_iter().flatten();
        let mut registry = Self {
            attributes: list("Attributes").collect(),
            rules: list("Dependencies").map(|rule| &rule["Dependency"]).collect(),
            fixed: HashSet::new(),
        };
        for attribute in &registry.attributes {
            let Some(name) = attribute["AttributeName"].as_str() else { continue };
            let hidden = registry.ruled(name, "Hidden", first).next().is_some();
            let held = hidden || registry.ruled(name, "ReadOnly", first).next().is_some();
            if attribute["ReadOnly"] == true && !held {
                registry.fixed.insert((name, "ReadOnly"));
            }
            if attribute["Hidden"] == true && !hidden {
                registry.fixed.insert((name, "Hidden"));
            }
        }
        registry
    }

    fn ruled<'s>(
        &'s self,
        name: &'s str,
        property: &'s str,
        values: &'s Map<String, Value>,
    ) -> impl Iterator<Item = &'a Value> + 's {
        let own =
            move |rule: &&&'a Value| rule["MapToAttribute"] == name && rule["MapToProperty"] == property;
        self.rules.iter().filter(own).filter(|rule| holds(rule, values)).copied()
    }

    /// Whether it may be written when the values are these.
    fn is_open(&self, name: &str, values: &Map<String, Value>) -> bool {
        ["ReadOnly", "Hidden"].iter().all(|flag| {
            let is_fixed = self.fixed.iter().any(|(fixed, of)| *fixed == name && of == flag);
            !is_fixed && self.ruled(name, flag, values).next().is_none()
        })
    }

    /// Read-only and hidden, by name, when the values are these.
    pub(super) fn flags(&self, values: &Map<String, Value>) -> HashMap<&'a str, (bool, bool)> {
        let is_fixed = |name: &'a str, flag| self.fixed.contains(&(name, flag));
        let names = self.attributes.iter().filter_map(|attribute| attribute["AttributeName"].as_str());
        names
            .map(|name| {
                let hidden = is_fixed(name, "Hidden") || self.ruled(name, "Hidden", values).next().is_some();
                let read_only = hidden
                    || is_fixed(name, "ReadOnly")
                    || self.ruled(name, "ReadOnly", values).next().is_some();
                (name, (read_only, hidden))
            })
            .collect()
    }

    /// What is wrong with a change that would lead to these values.
    pub(super) fn check(&self, name: &str, value: &Value, values: &Map<String, Value>) -> Result<(), Wrong> {
        let found = self.attributes.iter().find(|attribute| attribute["AttributeName"] == name);
        let attribute = found.ok_or(Wrong::Name)?;
        let is_secret = attribute["Type"] == "Password";
        // An old password goes with a new one, though the setup program never shows it.
        let is_old = is_secret && name.starts_with("Old");
        if !is_old && !self.is_open(name, values) {
            return Err(Wrong::ReadOnly);
        }
        match (attribute["Type"].as_str(), value) {
            (Some("Enumeration"), Value::String(text)) => {
                let lists = || std::iter::once(&attribute["Value"]);
                let ruled = self.ruled(name, "Value", values).map(|rule| &rule["MapToValue"]);
                let listed = |list: &Value| {
                    list.as_array().is_some_and(|list| list.iter().any(|one| one["ValueName"] == **text))
                };
                if lists().chain(ruled).all(listed) { Ok(()) } else { Err(Wrong::Value) }
            }
            (Some("Integer"), Value::Number(number)) => {
                let bound = |key: &str| attribute[key].as_i64();
                let number = number.as_i64().ok_or(Wrong::Kind)?;
                let fits = bound("LowerBound").is_none_or(|lower| lower <= number)
                    && bound("UpperBound").is_none_or(|upper| number <= upper);
                if fits { Ok(()) } else { Err(Wrong::Value) }
            }
            (Some("String" | "Password"), Value::String(text)) => {
                let longest = attribute["MaxLength"].as_u64().filter(|most| *most > 0);
                let fits = longest.is_none_or(|most| text.len() as u64 <= most);
                if fits { Ok(()) } else { Err(Wrong::Value) }
            }
            (Some("Boolean"), Value::Bool(_)) => Ok(()),
            _ => Err(Wrong::Kind),
        }
    }

    /// The values with what the rules force on them.
    pub(super) fn forced(&self, mut values: Map<String, Value>) -> Map<String, Value> {
        for _ in 0..MOST_PASSES {
            let before = values.clone();
            for rule in self.rules.iter().filter(|rule| rule["MapToProperty"] == "CurrentValue") {
                if let (Some(name), true) = (rule["MapToAttribute"].as_str(), holds(rule, &before))
                    && let Some(value) = values.get_mut(name)
                {
                    *value = rule["MapToValue"].clone();
                }
            }
            if values == before {
                break;
            }
        }
        values
    }
}

/// Whether any term of a rule holds; Dell's terms mean "or".
pub(crate) fn holds(rule: &Value, values: &Map<String, Value>) -> bool {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    rule["MapFrom"].as_array().into_iter().flatten().any(|term| {
        let Some(value) = term["MapFromAttribute"].as_str().and_then(|name| values.get(name)) else {
            return false;
        };
        (text(value) == text(&term["MapFromValue"])) == (term["MapFromCondition"] == "EQU")
    })
}
