//! What a wanted set of values would do, as it was judged.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::change::AttributeChange;
use super::problem::{Cause, Problem};
use super::values::AttributeValues;
use crate::model::Scalar;

/// A value the system will change by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SideEffect {
    /// The attribute.
    pub attribute: String,
    /// What it is.
    pub from: Option<Scalar>,
    /// What it will be; unknown where a rule only forbids the present value and leaves several.
    pub to: Option<Scalar>,
    /// The rule.
    pub cause: Option<Cause>,
}

/// The outcome of [`validate`](super::validate).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Validation {
    /// What is to be sent: only differences, an attribute before those its value decides on.
    pub changes: Vec<AttributeChange>,
    /// Wanted and already staged: the next reset brings them without our doing.
    pub already_pending: Vec<String>,
    /// Wanted and already so.
    pub unchanged: Vec<String>,
    /// Wanted, and brought by a rule anyway, so not to be sent (the attribute is mostly read-only then).
    pub implied: Vec<String>,
    /// What the system will change by itself.
    pub side_effects: Vec<SideEffect>,
    /// What stands against it. Nothing must be sent unless this is empty.
    pub problems: Vec<Problem>,
    /// Wanted attributes that will be inactive (grayed out): they can be set, and do nothing for now.
    pub inactive: Vec<String>,
    /// Whether a change takes a reset of the system.
    pub reset_required: bool,
}

impl Validation {
    /// Whether nothing stands against it.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.problems.is_empty()
    }

    /// Whether there is anything to send.
    #[must_use]
    pub fn is_noop(&self) -> bool {
        self.changes.is_empty()
    }

    /// The changes as the `Attributes` object of a PATCH, in their order. Holds secrets as they are.
    #[must_use]
    pub fn body(&self) -> impl Serialize + '_ {
        Body(&self.changes)
    }

    /// The changes as values. Holds secrets as they are; `Debug` hides those that their names give away.
    #[must_use]
    pub fn values(&self) -> AttributeValues {
        self.changes.iter().map(|change| (change.attribute.clone(), change.to.clone())).collect()
    }
}

struct Body<'a>(&'a [AttributeChange]);

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_map(Some(self.0.len()))?;
        self.0.iter().try_for_each(|change| out.serialize_entry(&change.attribute, &change.to))?;
        out.end()
    }
}
