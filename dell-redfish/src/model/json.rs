//! Taking JSON apart and putting it together without losing a value.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Suffix of a property that a resource wrote more than once: `Name@dsm.duplicate.2` is the second.
const DUPLICATE: &str = "@dsm.duplicate.";

/// A JSON value in which a property written twice is kept twice, the later ones under a name of ours.
pub(crate) struct Whole(pub(crate) Value);

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WholeVisitor)
    }
}

struct WholeVisitor;

impl<'de> Visitor<'de> for WholeVisitor {
    type Value = Whole;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Whole, E> {
        Ok(Whole(Value::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Whole, E> {
        Ok(Whole(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Whole, E> {
        Ok(Whole(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Whole, E> {
        Ok(Whole(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Whole, E> {
        Ok(Whole(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Whole, E> {
        Ok(Whole(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Whole, A::Error> {
        let mut all = Vec::new();
        while let Some(Whole(item)) = access.next_element()? {
            all.push(item);
        }
        Ok(Whole(Value::Array(all)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Whole, A::Error> {
        let mut all = Map::new();
        while let Some((key, Whole(value))) = access.next_entry::<String, Whole>()? {
            let name = if all.contains_key(&key) { free_name(&all, &key) } else { key };
            all.insert(name, value);
        }
        Ok(Whole(Value::Object(all)))
    }
}

fn free_name(taken: &Map<String, Value>, key: &str) -> String {
    (2_u32..)
        .map(|nth| format!("{key}{DUPLICATE}{nth}"))
        .find(|name| !taken.contains_key(name))
        .unwrap_or_else(|| key.to_owned())
}

/// What of `raw` is not said exactly by `typed`; nothing if all of it is.
///
/// Objects are compared property by property; arrays and scalars count as a whole.
#[must_use]
pub fn subtract(raw: Value, typed: &Value) -> Option<Value> {
    match (raw, typed) {
        (raw, typed) if raw == *typed => None,
        (Value::Object(raw), Value::Object(typed)) => {
            let rest: Map<_, _> = raw
                .into_iter()
                .filter_map(|(key, value)| match typed.get(&key) {
                    Some(known) => subtract(value, known).map(|rest| (key, rest)),
                    None => Some((key, value)),
                })
                .collect();
            (!rest.is_empty()).then_some(Value::Object(rest))
        }
        (raw, _) => Some(raw),
    }
}

/// Puts `extra` back over `typed`: the inverse of [`subtract`].
#[must_use]
pub fn merge(typed: Value, extra: Value) -> Value {
    match (typed, extra) {
        (Value::Object(mut typed), Value::Object(extra)) => {
            for (key, value) in extra {
                let merged = match typed.remove(&key) {
                    Some(known) => merge(known, value),
                    None => value,
                };
                typed.insert(key, merged);
            }
            Value::Object(typed)
        }
        (_, extra) => extra,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_taken_away_comes_back() {
        let raw = json!({"a": 1, "b": {"c": "2", "d": null}, "e": [1, 2], "f": {}});
        let typed = json!({"a": 1, "b": {"c": 2}, "e": [1], "f": {}});
        let extra = subtract(raw.clone(), &typed).unwrap();
        assert_eq!(extra, json!({"b": {"c": "2", "d": null}, "e": [1, 2]}));
        assert_eq!(merge(typed, extra), raw);
        assert_eq!(subtract(raw.clone(), &raw), None);
    }

    #[test]
    fn a_property_written_twice_is_kept_twice() {
        let Whole(value) = serde_json::from_str(r#"{"a":1,"a":2,"a":{"b":1,"b":2}}"#).unwrap();
        assert_eq!(
            value,
            json!({"a": 1, "a@dsm.duplicate.2": 2, "a@dsm.duplicate.3": {"b": 1, "b@dsm.duplicate.2": 2}})
        );
    }
}
