//! Reading what iDRACs write, not what the schemas promise: numbers as text, text as numbers, empty strings,
//! wrong types. What does not fit becomes `None` here and stays in the raw text, so nothing is lost.

use std::fmt;
use std::marker::PhantomData;

use serde::Serializer;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A value that makes the best of any JSON it meets. Every method answers "this does not fit" unless told otherwise.
pub trait Lenient: Sized {
    /// From a JSON string.
    fn text(_value: &str) -> Option<Self> {
        None
    }

    /// From a non-negative JSON integer.
    fn unsigned(_value: u64) -> Option<Self> {
        None
    }

    /// From a negative JSON integer.
    fn signed(_value: i64) -> Option<Self> {
        None
    }

    /// From a JSON number with a fraction or exponent.
    fn float(_value: f64) -> Option<Self> {
        None
    }

    /// From a JSON boolean.
    fn boolean(_value: bool) -> Option<Self> {
        None
    }

    /// From a JSON array; must read it to its end.
    ///
    /// # Errors
    /// Only for JSON that is no JSON.
    fn sequence<'de, A: SeqAccess<'de>>(mut access: A) -> Result<Option<Self>, A::Error> {
        while access.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    /// From a JSON object; must read it to its end.
    ///
    /// # Errors
    /// Only for JSON that is no JSON.
    fn object<'de, A: MapAccess<'de>>(mut access: A) -> Result<Option<Self>, A::Error> {
        while access.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

/// Serde's `deserialize_with` for one field.
///
/// # Errors
/// Only for JSON that is no JSON.
pub fn field<'de, D: Deserializer<'de>, T: Lenient>(deserializer: D) -> Result<Option<T>, D::Error> {
    deserializer.deserialize_any(Any(PhantomData))
}

struct Any<T>(PhantomData<T>);

impl<'de, T: Lenient> Visitor<'de> for Any<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(T::boolean(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(T::unsigned(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(u64::try_from(value).map_or_else(|_| T::signed(value), T::unsigned))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(T::float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(T::text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, access: A) -> Result<Self::Value, A::Error> {
        T::sequence(access)
    }

    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<Self::Value, A::Error> {
        T::object(access)
    }
}

/// One array element, read leniently.
struct Element<T>(Option<T>);

impl<'de, T: Lenient> Deserialize<'de> for Element<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        field(deserializer).map(Self)
    }
}

impl<T: Lenient> Lenient for Vec<T> {
    /// Elements that do not fit are left out; the raw array then differs and is kept whole.
    fn sequence<'de, A: SeqAccess<'de>>(mut access: A) -> Result<Option<Self>, A::Error> {
        let mut all = Self::new();
        while let Some(Element(item)) = access.next_element::<Element<T>>()? {
            all.extend(item);
        }
        Ok(Some(all))
    }
}

/// Reads an object into a type that reads objects.
///
/// # Errors
/// JSON that is no JSON, or a property written twice.
pub fn object<'de, T: DeserializeOwned, A: MapAccess<'de>>(access: A) -> Result<Option<T>, A::Error> {
    T::deserialize(serde::de::value::MapAccessDeserializer::new(access)).map(Some)
}

impl Lenient for String {
    fn text(value: &str) -> Option<Self> {
        Some(value.to_owned())
    }

    fn unsigned(value: u64) -> Option<Self> {
        Some(value.to_string())
    }

    fn signed(value: i64) -> Option<Self> {
        Some(value.to_string())
    }

    fn float(value: f64) -> Option<Self> {
        Some(value.to_string())
    }

    fn boolean(value: bool) -> Option<Self> {
        Some(value.to_string())
    }
}

impl Lenient for bool {
    fn text(value: &str) -> Option<Self> {
        match value.trim() {
            text if ["true", "yes", "enabled"].iter().any(|word| text.eq_ignore_ascii_case(word)) => {
                Some(true)
            }
            text if ["false", "no", "disabled"].iter().any(|word| text.eq_ignore_ascii_case(word)) => {
                Some(false)
            }
            _ => None,
        }
    }

    fn unsigned(value: u64) -> Option<Self> {
        match value {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    fn boolean(value: bool) -> Option<Self> {
        Some(value)
    }
}

impl Lenient for u64 {
    fn text(value: &str) -> Option<Self> {
        let value = value.trim();
        value.parse().ok().or_else(|| value.parse().ok().and_then(Self::float))
    }

    fn unsigned(value: u64) -> Option<Self> {
        Some(value)
    }

    fn float(value: f64) -> Option<Self> {
        // Above 2^53 a float no longer says which integer was meant.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        (0.0..=9_007_199_254_740_992.0).contains(&value).then_some(value as Self)
    }
}

impl Lenient for i64 {
    fn text(value: &str) -> Option<Self> {
        value.trim().parse().ok()
    }

    fn unsigned(value: u64) -> Option<Self> {
        Self::try_from(value).ok()
    }

    fn signed(value: i64) -> Option<Self> {
        Some(value)
    }

    fn float(value: f64) -> Option<Self> {
        #[allow(clippy::cast_possible_truncation)]
        (value.abs() <= 9_007_199_254_740_992.0).then_some(value as Self)
    }
}

/// A reading. Serialised as iDRACs write it: whole numbers without a fraction.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default)]
pub struct Number(pub f64);

impl serde::Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[allow(clippy::cast_possible_truncation)]
        if self.0.fract() == 0.0 && self.0.abs() < 9_007_199_254_740_992.0 {
            serializer.serialize_i64(self.0 as i64)
        } else {
            serializer.serialize_f64(self.0)
        }
    }
}

impl Lenient for Number {
    fn text(value: &str) -> Option<Self> {
        value.trim().parse().ok().filter(|number: &f64| number.is_finite()).map(Self)
    }

    #[allow(clippy::cast_precision_loss)]
    fn unsigned(value: u64) -> Option<Self> {
        Some(Self(value as f64))
    }

    #[allow(clippy::cast_precision_loss)]
    fn signed(value: i64) -> Option<Self> {
        Some(Self(value as f64))
    }

    fn float(value: f64) -> Option<Self> {
        Some(Self(value))
    }
}

/// An attribute's value as it came: a BIOS attribute is text, a number or a switch, and must stay what it is.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(untagged)]
pub enum Scalar {
    /// JSON null: announced, but without a value.
    Null,
    /// A switch.
    Bool(bool),
    /// A number, as written.
    Number(serde_json::Number),
    /// Text, enumeration values among it.
    Text(String),
}

impl Scalar {
    /// The text, if it is text.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// As an operator would read it: text without quotes.
    #[must_use]
    pub fn to_text(&self) -> Option<String> {
        match self {
            Self::Null => None,
            Self::Bool(value) => Some(value.to_string()),
            Self::Number(value) => Some(value.to_string()),
            Self::Text(value) => Some(value.clone()),
        }
    }
}

impl From<&str> for Scalar {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Scalar {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<i64> for Scalar {
    fn from(value: i64) -> Self {
        Self::Number(value.into())
    }
}

impl From<bool> for Scalar {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl Lenient for Scalar {
    fn text(value: &str) -> Option<Self> {
        Some(Self::Text(value.to_owned()))
    }

    fn unsigned(value: u64) -> Option<Self> {
        Some(Self::Number(value.into()))
    }

    fn signed(value: i64) -> Option<Self> {
        Some(Self::Number(value.into()))
    }

    fn float(value: f64) -> Option<Self> {
        serde_json::Number::from_f64(value).map(Self::Number)
    }

    fn boolean(value: bool) -> Option<Self> {
        Some(Self::Bool(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct One<T: Lenient> {
        #[serde(default = "none", deserialize_with = "field", bound(deserialize = "T: Lenient"))]
        v: Option<T>,
    }

    fn none<T>() -> Option<T> {
        None
    }

    fn read<T: Lenient>(json: &str) -> Option<T> {
        serde_json::from_str::<One<T>>(&format!("{{\"v\":{json}}}")).unwrap().v
    }

    #[test]
    fn scalars_make_the_best_of_it() {
        assert_eq!(read::<u64>("7"), Some(7));
        assert_eq!(read::<u64>("\" 7 \""), Some(7));
        assert_eq!(read::<u64>("7.9"), Some(7));
        for none in ["-1", "null", "\"\"", "\"x\"", "[]", "{}", "true", "1e300"] {
            assert_eq!(read::<u64>(none), None, "{none}");
        }
        assert_eq!(read::<i64>("-3"), Some(-3));
        assert_eq!(read::<String>("\"\""), Some(String::new()));
        assert_eq!(read::<String>("3"), Some("3".to_owned()));
        assert_eq!(read::<String>("{\"a\":[1]}"), None);
        assert_eq!(read::<bool>("\"Enabled\""), Some(true));
        assert_eq!(read::<bool>("0"), Some(false));
        assert_eq!(read::<Number>("\"23.5\""), Some(Number(23.5)));
        assert_eq!(read::<Number>("\"N/A\""), None);
        assert_eq!(read::<Vec<u64>>("[1,null,\"2\"]"), Some(vec![1, 2]));
        assert_eq!(read::<Vec<u64>>("{}"), None);
    }
}
