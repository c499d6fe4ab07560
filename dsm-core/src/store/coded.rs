//! How values that JSON has no word for are written in it.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Bytes, as Base64.
pub(crate) mod bytes {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use bytes::Bytes;
    use serde::de::Error;

    use super::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(bytes: &Bytes, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(bytes))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Bytes, D::Error> {
        let text = String::deserialize(from)?;
        STANDARD.decode(text).map(Bytes::from).map_err(D::Error::custom)
    }
}

/// Bytes that may not be there.
pub(crate) mod some_bytes {
    use bytes::Bytes;

    use super::{Coded, Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<S: Serializer>(bytes: &Option<Bytes>, to: S) -> Result<S::Ok, S::Error> {
        bytes.clone().map(Coded).serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Bytes>, D::Error> {
        Ok(Option::<Coded>::deserialize(from)?.map(|Coded(bytes)| bytes))
    }
}

/// Bytes where a type is wanted.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Coded(#[serde(with = "bytes")] pub(crate) ::bytes::Bytes);

/// A map whose keys are no texts, or whose values are bytes: a list of pairs.
pub(crate) mod pairs {
    use super::{Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<'a, K, V, M, S>(map: &'a M, to: S) -> Result<S::Ok, S::Error>
    where
        K: Serialize + 'a,
        V: Serialize + 'a,
        &'a M: IntoIterator<Item = (&'a K, &'a V)>,
        S: Serializer,
    {
        to.collect_seq(map)
    }

    pub(crate) fn deserialize<'de, K, V, M, D>(from: D) -> Result<M, D::Error>
    where
        K: Deserialize<'de>,
        V: Deserialize<'de>,
        M: FromIterator<(K, V)>,
        D: Deserializer<'de>,
    {
        Ok(Vec::<(K, V)>::deserialize(from)?.into_iter().collect())
    }
}

/// Names of columns of `servers`. One that this build does not know stays unknown, and is refused where it is used.
pub(crate) mod columns {
    use super::{Deserialize, Deserializer, Serialize, Serializer};
    use crate::store::ServerFields;

    pub(crate) fn serialize<S: Serializer>(names: &[&'static str], to: S) -> Result<S::Ok, S::Error> {
        names.serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<&'static str>, D::Error> {
        let names = Vec::<String>::deserialize(from)?;
        let known = |name: &String| ServerFields::COLUMNS.iter().find(|column| *column == name).copied();
        Ok(names.iter().map(|name| known(name).unwrap_or("?")).collect())
    }
}
