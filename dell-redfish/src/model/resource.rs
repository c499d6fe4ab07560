//! A resource as it came and as we understand it, side by side.

use std::ops::Deref;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::json::{Whole, merge, subtract};
use crate::error::{Error, ErrorKind, Result};

/// A wire type that is a resource of its own.
pub trait Schema: DeserializeOwned + Serialize + Send + Sync {
    /// The DMTF or Dell schema it is read from, e.g. `Drive`.
    const NAME: &'static str;

    /// `@odata.id` as the iDRAC wrote it.
    fn odata_id(&self) -> Option<&str>;
}

/// The fields we use, typed, beside the exact text of the iDRAC.
///
/// The text is held once: usually it is a slice of the reply's body. Everything the typed value does not say exactly is
/// computed from it on demand by [`Resource::extra`], so that reading a fleet costs no more than the fields used.
#[derive(Debug, Clone)]
pub struct Resource<T> {
    value: T,
    raw: Bytes,
}

impl<T> Deref for Resource<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: Default> Resource<T> {
    /// A resource that says nothing.
    pub(crate) fn empty() -> Self {
        Self { value: T::default(), raw: Bytes::from_static(b"{}") }
    }
}

impl<T: Schema> Resource<T> {
    /// Reads one JSON object.
    ///
    /// # Errors
    /// [`ErrorKind::Protocol`] when `raw` is not exactly one JSON object.
    pub fn parse(raw: Bytes) -> Result<Self> {
        // Serde would read an array as the fields in their order.
        if raw.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
            return Err(Error::new(
                ErrorKind::Protocol,
                format!("the reply is no {}: it is no JSON object", T::NAME),
            ));
        }
        match serde_json::from_slice(&raw) {
            Ok(value) => Ok(Self { value, raw }),
            // A property written twice stops the typed reader, not the untyped one.
            Err(error) if error.is_data() => {
                let whole = whole(&raw)?;
                let value = serde_json::from_value(whole).map_err(|_| protocol::<T>(error))?;
                Ok(Self { value, raw })
            }
            Err(error) => Err(protocol::<T>(error)),
        }
    }

    /// The resource as the iDRAC wrote it.
    #[must_use]
    pub fn raw(&self) -> &Bytes {
        &self.raw
    }

    /// The typed fields alone, moved out.
    #[must_use]
    pub fn into_value(self) -> T {
        self.value
    }

    /// The typed fields under their DMTF names; absent ones are left out.
    ///
    /// # Errors
    /// [`ErrorKind::Protocol`] if a field cannot be written as JSON.
    pub fn typed(&self) -> Result<Value> {
        serde_json::to_value(&self.value).map_err(protocol::<T>)
    }

    /// Every JSON value of the resource that the typed fields do not say exactly: unknown properties, nulls, and the
    /// originals of values that had to be coerced.
    ///
    /// # Errors
    /// [`ErrorKind::Protocol`] if the text does not read as JSON (it did when it was parsed).
    pub fn extra(&self) -> Result<Map<String, Value>> {
        match subtract(whole(&self.raw)?, &self.typed()?) {
            Some(Value::Object(extra)) => Ok(extra),
            _ => Ok(Map::new()),
        }
    }

    /// Typed fields under their DMTF names, with the rest under `extra`.
    ///
    /// # Errors
    /// As [`Resource::extra`].
    pub fn to_json(&self) -> Result<Value> {
        let mut json = self.typed()?;
        let extra = self.extra()?;
        if let (Value::Object(fields), false) = (&mut json, extra.is_empty()) {
            fields.insert("extra".to_owned(), Value::Object(extra));
        }
        Ok(json)
    }

    /// Whether a typed field had to be read from a value of another type (a number written as a text, say).
    pub(crate) fn is_coerced(&self) -> Result<bool> {
        fn both(typed: &Value, extra: &Value) -> bool {
            match (typed, extra) {
                (Value::Object(typed), Value::Object(extra)) => {
                    extra.iter().any(|(key, extra)| typed.get(key).is_some_and(|typed| both(typed, extra)))
                }
                // Lists are given again whole where any item says more than its type.
                (Value::Array(_), _) | (_, Value::Array(_)) => false,
                _ => true,
            }
        }
        Ok(both(&self.typed()?, &Value::Object(self.extra()?)))
    }

    /// Whether the typed fields and [`Resource::extra`] together give the resource back.
    ///
    /// # Errors
    /// As [`Resource::extra`].
    pub fn is_lossless(&self) -> Result<bool> {
        Ok(merge(self.typed()?, Value::Object(self.extra()?)) == whole(&self.raw)?)
    }
}

impl<T: Schema> Serialize for Resource<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().map_err(serde::ser::Error::custom)?.serialize(serializer)
    }
}

fn whole(raw: &[u8]) -> Result<Value> {
    serde_json::from_slice::<Whole>(raw).map(|Whole(value)| value).map_err(|error| {
        Error::new(ErrorKind::Protocol, "the reply is not one JSON document").with_source(error)
    })
}

fn protocol<T: Schema>(error: serde_json::Error) -> Error {
    Error::new(ErrorKind::Protocol, format!("the reply does not read as a {}", T::NAME)).with_source(error)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::Drive;

    fn drive(text: &'static str) -> Resource<Drive> {
        Resource::parse(Bytes::from_static(text.as_bytes())).unwrap()
    }

    #[test]
    fn coerced_and_unknown_values_stay_in_extra() {
        let drive = drive(
            r#"{"@odata.id":"/d","CapacityBytes":"480","Colour":"red","MediaType":null,"Oem":{"Dell":{"DellPhysicalDisk":{"Slot":"6","X":1}}}}"#,
        );
        assert_eq!(drive.capacity_bytes, Some(480));
        assert_eq!(
            Value::Object(drive.extra().unwrap()),
            json!({"CapacityBytes": "480", "Colour": "red", "MediaType": null,
                   "Oem": {"Dell": {"DellPhysicalDisk": {"Slot": "6", "X": 1}}}})
        );
        assert!(drive.is_lossless().unwrap());
        assert_eq!(drive.to_json().unwrap()["extra"]["Colour"], "red");
    }

    #[test]
    fn a_property_written_twice_is_no_loss() {
        let drive = drive(r#"{"@odata.id":"/d","Model":"A","Model":"B"}"#);
        assert_eq!(drive.model.as_deref(), Some("A"));
        assert_eq!(drive.extra().unwrap()["Model@dsm.duplicate.2"], "B");
        assert!(drive.is_lossless().unwrap());
    }

    #[test]
    fn two_documents_are_refused() {
        for text in [r#"{"Id":"1"}{"Id":"2"}"#, "[]", "", "<html>", r#"{"Id":"1""#] {
            let error = Resource::<Drive>::parse(Bytes::from_static(text.as_bytes())).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Protocol, "{text}");
        }
    }
}
