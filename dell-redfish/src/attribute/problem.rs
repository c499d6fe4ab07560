//! Why a wanted value cannot be had, as data and as a sentence.

use std::fmt;

use serde::Serialize;

use super::registry::{AttributeRegistry, AttributeType};
use super::rule::Join;
use super::settle::Settled;
use crate::model::Scalar;

/// The rule behind a problem or a side effect: its terms, as they stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// Place of the rule in [`AttributeRegistry::rules`].
    pub rule: usize,
    /// The attributes its terms ask about.
    pub attributes: Vec<String>,
    /// When it holds, e.g. `NodeInterleave = Enabled or MemOpMode != OptimizerMode`.
    pub when: String,
}

impl Cause {
    pub(super) fn of(registry: &AttributeRegistry, rule: usize) -> Option<Self> {
        let terms = &registry.rules().get(rule)?.terms;
        let mut when = String::new();
        for (index, term) in terms.iter().enumerate() {
            if index > 0 {
                when.push_str(match term.join {
                    Join::And => " and ",
                    Join::Or => " or ",
                });
            }
            when.push_str(&term.to_string());
        }
        let mut attributes: Vec<_> = terms.iter().map(|term| term.attribute.clone()).collect();
        attributes.sort_unstable();
        attributes.dedup();
        Some(Self { rule, attributes, when })
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.when)
    }
}

/// What is wrong with a wanted value. The value itself is not repeated: it may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reason {
    /// There is no such attribute.
    Unknown {
        /// Names it may have been meant for, best first.
        near: Vec<String>,
    },
    /// The value has the wrong type.
    WrongType {
        /// The right one.
        expected: AttributeType,
    },
    /// The value is not among those the enumeration may have.
    NotAllowed {
        /// Those it may have.
        allowed: Vec<String>,
        /// The rule that narrowed them, if one did.
        cause: Option<Cause>,
    },
    /// The integer is too small or too large.
    OutOfRange {
        /// The smallest.
        lower: Option<i64>,
        /// The largest.
        upper: Option<i64>,
        /// The rule that set one of them, if one did.
        cause: Option<Cause>,
    },
    /// The integer is not on a step.
    OffStep {
        /// The first.
        lower: i64,
        /// From one to the next.
        increment: i64,
    },
    /// The text is too short or too long.
    WrongLength {
        /// The least number of characters.
        min: Option<i64>,
        /// The greatest number of characters.
        max: Option<i64>,
    },
    /// The text does not match the registry's expression.
    WrongForm {
        /// The expression.
        expression: String,
    },
    /// The attribute cannot be written.
    ReadOnly {
        /// The rule that forbids it; without one the registry itself does (hardware, lockdown mode, a jumper).
        cause: Option<Cause>,
    },
    /// The system does not offer the attribute.
    Hidden {
        /// The rule that hides it; without one the registry itself does.
        cause: Option<Cause>,
    },
    /// A rule forces another value.
    Forced {
        /// That value.
        value: Scalar,
        /// The rule.
        cause: Option<Cause>,
    },
    /// The registry's rules contradict each other in a circle here.
    Unsettled,
}

/// One wanted attribute that cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Which.
    pub attribute: String,
    /// Why.
    #[serde(flatten)]
    pub reason: Reason,
}

impl Problem {
    /// Whether it rests on a flag of the registry that no rule explains: such a flag tells of the machine when the registry
    /// was read (lockdown mode, a jumper), and may have changed since.
    #[must_use]
    pub fn can_have_passed(&self) -> bool {
        matches!(self.reason, Reason::ReadOnly { cause: None } | Reason::Hidden { cause: None })
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.attribute, self.reason)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { near } if near.is_empty() => f.write_str("does not exist"),
            Self::Unknown { near } => write!(f, "does not exist; near to it: {}", near.join(", ")),
            Self::WrongType { expected } => write!(f, "takes a value of type {}", expected.as_str()),
            Self::NotAllowed { allowed, cause } => {
                write!(f, "takes one of {}{}", allowed.join(", "), because(cause.as_ref()))
            }
            Self::OutOfRange { lower, upper, cause } => {
                write!(f, "takes a number {}{}", Span(*lower, *upper), because(cause.as_ref()))
            }
            Self::OffStep { lower, increment } => {
                write!(f, "takes {lower} and every {increment} from there")
            }
            Self::WrongLength { min, max } => write!(f, "takes a text of a length {}", Span(*min, *max)),
            Self::WrongForm { expression } => write!(f, "takes a text of the form {expression}"),
            Self::ReadOnly { cause } => write!(f, "is read-only{}", because(cause.as_ref())),
            Self::Hidden { cause } => write!(f, "is not offered by this system{}", because(cause.as_ref())),
            Self::Forced { value, cause } => {
                let value = value.to_text().unwrap_or_else(|| "null".to_owned());
                write!(f, "is set to {value} by the system{}", because(cause.as_ref()))
            }
            Self::Unsettled => f.write_str("is subject to rules that contradict each other"),
        }
    }
}

fn because(cause: Option<&Cause>) -> String {
    cause.map(|cause| format!(" when {cause}")).unwrap_or_default()
}

/// `from 1 to 9`, with either end open.
struct Span(Option<i64>, Option<i64>);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0, self.1) {
            (Some(lower), Some(upper)) => write!(f, "from {lower} to {upper}"),
            (Some(lower), None) => write!(f, "of at least {lower}"),
            (None, Some(upper)) => write!(f, "of at most {upper}"),
            (None, None) => f.write_str("of any size"),
        }
    }
}

/// Whether and why an attribute cannot be written in a settled state.
pub(super) fn barred(registry: &AttributeRegistry, state: &Settled<'_>, name: &str) -> Option<Reason> {
    let cause = |rule: Option<usize>| rule.and_then(|rule| Cause::of(registry, rule));
    if let Some(rule) = state.hidden(name) {
        return Some(Reason::Hidden { cause: cause(rule) });
    }
    state.read_only(name).map(|rule| Reason::ReadOnly { cause: cause(rule) })
}
