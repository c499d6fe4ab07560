//! One dependency rule: when its terms hold, a property of an attribute has a value.

use std::fmt;

use super::registry::AttributeOption;
use crate::model::{Scalar, WireRule, WireTerm, WireValue};

/// More terms than any registry has; what follows is left out together with its rule.
const MAX_TERMS: usize = 256;

/// A property a rule may ask for or set (DMTF `MapFromProperty` and `MapToProperty`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the DMTF names say it")]
pub enum AttributeProperty {
    CurrentValue,
    DefaultValue,
    ReadOnly,
    WriteOnly,
    GrayOut,
    Hidden,
    Immutable,
    HelpText,
    WarningText,
    DisplayName,
    DisplayOrder,
    LowerBound,
    UpperBound,
    MinLength,
    MaxLength,
    ScalarIncrement,
    ValueExpression,
    /// Dell's own: the list of allowed values of an enumeration.
    Value,
}

impl AttributeProperty {
    /// Every property.
    pub const ALL: &'static [Self] = &[
        Self::CurrentValue,
        Self::DefaultValue,
        Self::ReadOnly,
        Self::WriteOnly,
        Self::GrayOut,
        Self::Hidden,
        Self::Immutable,
        Self::HelpText,
        Self::WarningText,
        Self::DisplayName,
        Self::DisplayOrder,
        Self::LowerBound,
        Self::UpperBound,
        Self::MinLength,
        Self::MaxLength,
        Self::ScalarIncrement,
        Self::ValueExpression,
        Self::Value,
    ];

    /// The DMTF name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CurrentValue => "CurrentValue",
            Self::DefaultValue => "DefaultValue",
            Self::ReadOnly => "ReadOnly",
            Self::WriteOnly => "WriteOnly",
            Self::GrayOut => "GrayOut",
            Self::Hidden => "Hidden",
            Self::Immutable => "Immutable",
            Self::HelpText => "HelpText",
            Self::WarningText => "WarningText",
            Self::DisplayName => "DisplayName",
            Self::DisplayOrder => "DisplayOrder",
            Self::LowerBound => "LowerBound",
            Self::UpperBound => "UpperBound",
            Self::MinLength => "MinLength",
            Self::MaxLength => "MaxLength",
            Self::ScalarIncrement => "ScalarIncrement",
            Self::ValueExpression => "ValueExpression",
            Self::Value => "Value",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|property| property.as_str().eq_ignore_ascii_case(text))
    }
}

/// How a term compares (DMTF `MapFromCondition`). The orders compare numbers only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the DMTF names say it")]
pub enum Condition {
    Equ,
    Neq,
    Gtr,
    Geq,
    Lss,
    Leq,
}

impl Condition {
    fn parse(text: &str) -> Option<Self> {
        Some(match text.to_ascii_uppercase().as_str() {
            "EQU" => Self::Equ,
            "NEQ" => Self::Neq,
            "GTR" => Self::Gtr,
            "GEQ" => Self::Geq,
            "LSS" => Self::Lss,
            "LEQ" => Self::Leq,
            _ => return None,
        })
    }

    /// Whether `actual` stands so to `expected`.
    #[must_use]
    pub fn holds(self, actual: &Scalar, expected: &Scalar) -> bool {
        match self {
            Self::Equ => same(actual, expected),
            Self::Neq => !same(actual, expected),
            Self::Gtr => order(actual, expected, |a, b| a > b),
            Self::Geq => order(actual, expected, |a, b| a >= b),
            Self::Lss => order(actual, expected, |a, b| a < b),
            Self::Leq => order(actual, expected, |a, b| a <= b),
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Equ => "=",
            Self::Neq => "!=",
            Self::Gtr => ">",
            Self::Geq => ">=",
            Self::Lss => "<",
            Self::Leq => "<=",
        })
    }
}

/// The same value, whatever JSON type the registry chose for it: rules write `"16"` for an integer's 16.
pub(crate) fn same(one: &Scalar, other: &Scalar) -> bool {
    match (one, other) {
        (Scalar::Text(one), Scalar::Text(other)) => one == other,
        (Scalar::Number(_), _) | (_, Scalar::Number(_)) => match (number(one), number(other)) {
            (Some(one), Some(other)) => one == other,
            _ => false,
        },
        (Scalar::Bool(switch), Scalar::Text(text)) | (Scalar::Text(text), Scalar::Bool(switch)) => {
            text.eq_ignore_ascii_case(if *switch { "true" } else { "false" })
        }
        (one, other) => one == other,
    }
}

fn order(one: &Scalar, other: &Scalar, holds: fn(f64, f64) -> bool) -> bool {
    matches!((number(one), number(other)), (Some(one), Some(other)) if holds(one, other))
}

fn number(value: &Scalar) -> Option<f64> {
    match value {
        Scalar::Number(number) => number.as_f64(),
        Scalar::Text(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
        Scalar::Null | Scalar::Bool(_) => None,
    }
}

/// How a term is joined to those before it (DMTF `MapTerms`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the DMTF names say it")]
pub enum Join {
    And,
    Or,
}

/// One condition on a property of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// The attribute that is asked; the system may not have it.
    pub attribute: String,
    /// Which of its properties.
    pub property: AttributeProperty,
    /// How it is compared.
    pub condition: Condition,
    /// With what.
    pub value: Scalar,
    /// How it is joined to the terms before it; of no meaning in the first.
    pub join: Join,
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.attribute)?;
        if self.property != AttributeProperty::CurrentValue {
            write!(f, ".{}", self.property.as_str())?;
        }
        write!(f, " {} {}", self.condition, self.value.to_text().as_deref().unwrap_or("null"))
    }
}

/// What a rule sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleValue {
    /// A value, a flag, a bound, a text.
    One(Scalar),
    /// The only values an enumeration may still have.
    Options(Vec<AttributeOption>),
}

/// A dependency of the registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeRule {
    /// The conditions, in the order of the registry.
    pub terms: Vec<Term>,
    /// The attribute it acts on.
    pub attribute: String,
    /// The property it sets.
    pub property: AttributeProperty,
    /// What it sets it to.
    pub value: RuleValue,
}

impl AttributeRule {
    /// A rule that can be followed; a rule that cannot be read in full is no rule, for half of it would forbid too much.
    pub(super) fn read(wire: WireRule) -> Option<Self> {
        let terms = wire.terms?;
        if terms.is_empty() || terms.len() > MAX_TERMS {
            return None;
        }
        let property = AttributeProperty::parse(&wire.property?)?;
        let value = match wire.value? {
            WireValue::Options(options) if property == AttributeProperty::Value => {
                RuleValue::Options(options.into_iter().filter_map(AttributeOption::read).collect())
            }
            WireValue::One(value) if property != AttributeProperty::Value => RuleValue::One(value),
            _ => return None,
        };
        let terms = terms.into_iter().map(Term::read).collect::<Option<_>>()?;
        Some(Self { terms, attribute: wire.attribute?, property, value })
    }

    /// Whether the terms hold, given each one's own answer: joined left to right, without precedence, as DMTF has it.
    pub(super) fn holds(&self, term: impl Fn(&Term) -> bool) -> bool {
        self.terms.iter().enumerate().fold(false, |so_far, (index, next)| match (index, next.join) {
            (0, _) => term(next),
            (_, Join::And) => so_far && term(next),
            (_, Join::Or) => so_far || term(next),
        })
    }
}

impl Term {
    fn read(wire: WireTerm) -> Option<Self> {
        let join = match wire.join {
            Some(join) if join.eq_ignore_ascii_case("AND") => Join::And,
            _ => Join::Or,
        };
        Some(Self {
            attribute: wire.attribute?,
            property: match wire.property {
                Some(property) => AttributeProperty::parse(&property)?,
                None => AttributeProperty::CurrentValue,
            },
            condition: Condition::parse(&wire.condition?)?,
            value: wire.value.unwrap_or(Scalar::Null),
            join,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rule(from: serde_json::Value, property: &str, value: serde_json::Value) -> Option<AttributeRule> {
        let wire =
            json!({"MapFrom": from, "MapToAttribute": "T", "MapToProperty": property, "MapToValue": value});
        AttributeRule::read(serde_json::from_value(wire).unwrap())
    }

    fn term(name: &str, join: Option<&str>) -> serde_json::Value {
        json!({"MapFromAttribute": name, "MapFromProperty": "CurrentValue", "MapFromCondition": "EQU",
               "MapFromValue": "1", "MapTerms": join})
    }

    #[test]
    fn conditions_compare_numbers_as_numbers() {
        let (two, ten) = (Scalar::from(2), Scalar::from("10"));
        for (condition, holds) in [
            (Condition::Equ, false),
            (Condition::Neq, true),
            (Condition::Gtr, false),
            (Condition::Geq, false),
            (Condition::Lss, true),
            (Condition::Leq, true),
        ] {
            assert_eq!(condition.holds(&two, &ten), holds, "2 {condition} \"10\"");
        }
        assert!(Condition::Equ.holds(&Scalar::from("16"), &Scalar::from(16)));
        assert!(Condition::Equ.holds(&Scalar::from(true), &Scalar::from("True")));
        assert!(!Condition::Equ.holds(&Scalar::from("Auto"), &Scalar::from("auto")));
        assert!(!Condition::Gtr.holds(&Scalar::from("Auto"), &Scalar::from(1)));
    }

    #[test]
    fn terms_join_left_to_right_and_by_or_where_nothing_is_said() {
        let holds = |rule: &AttributeRule, yes: &[&str]| rule.holds(|term| yes.contains(&&*term.attribute));
        let dell = rule(json!([term("A", None), term("B", None)]), "ReadOnly", json!(true)).unwrap();
        assert!(holds(&dell, &["A"]) && holds(&dell, &["B"]) && !holds(&dell, &[]));
        let both = rule(json!([term("A", None), term("B", Some("AND"))]), "ReadOnly", json!(true)).unwrap();
        assert!(!holds(&both, &["A"]) && holds(&both, &["A", "B"]));
        // (A or B) and C, not A or (B and C).
        let three = json!([term("A", None), term("B", Some("OR")), term("C", Some("AND"))]);
        let three = rule(three, "Hidden", json!(true)).unwrap();
        assert!(!holds(&three, &["A"]) && holds(&three, &["A", "C"]));
    }

    #[test]
    fn what_cannot_be_read_in_full_is_no_rule() {
        assert!(rule(json!([]), "ReadOnly", json!(true)).is_none());
        assert!(rule(json!([term("A", None)]), "Colour", json!(true)).is_none());
        assert!(rule(json!([term("A", None)]), "Value", json!("x")).is_none());
        assert!(rule(json!([term("A", None)]), "ReadOnly", json!([])).is_none());
        let odd = json!([{"MapFromAttribute": "A", "MapFromCondition": "LIKE", "MapFromValue": "1"}]);
        assert!(rule(odd, "ReadOnly", json!(true)).is_none());
        assert!(rule(json!([term("A", None)]), "Value", json!([{"ValueName": "x"}])).is_some());
    }
}
