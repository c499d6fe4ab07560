//! One value to be sent.

use std::fmt;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::values::shown;
use crate::model::Scalar;

/// One value to be sent. A secret shows neither in `Debug` nor when serialised.
#[derive(Clone, PartialEq, Eq)]
pub struct AttributeChange {
    /// The attribute.
    pub attribute: String,
    /// What it is, or is already staged to be.
    pub from: Option<Scalar>,
    /// What is to be sent, in the type the iDRAC takes.
    pub to: Scalar,
    /// Whether its values must not be shown.
    pub is_secret: bool,
    /// Whether the change takes a reset of the system.
    pub reset_required: bool,
}

impl fmt::Debug for AttributeChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AttributeChange")
            .field("attribute", &self.attribute)
            .field("from", &self.from.as_ref().map(|from| shown(self.is_secret, from)))
            .field("to", &shown(self.is_secret, &self.to))
            .field("reset_required", &self.reset_required)
            .finish_non_exhaustive()
    }
}

impl Serialize for AttributeChange {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("AttributeChange", 4)?;
        out.serialize_field("attribute", &self.attribute)?;
        out.serialize_field("from", &self.from.as_ref().map(|from| shown(self.is_secret, from)))?;
        out.serialize_field("to", &shown(self.is_secret, &self.to))?;
        out.serialize_field("reset_required", &self.reset_required)?;
        out.end()
    }
}
