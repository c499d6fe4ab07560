//! One value against one attribute: type, list, bounds, step, length, form.

use regex_lite::RegexBuilder;

use super::problem::{Cause, Reason};
use super::registry::{Attribute, AttributeRegistry, AttributeType};
use super::rule::{AttributeProperty, RuleValue};
use super::settle::Settled;
use crate::model::Scalar;

/// Compiled size of an expression of the registry; the largest seen needs a tenth. A hostile one is not followed.
const EXPRESSION_LIMIT: usize = 256 * 1024;

/// The value in the type the iDRAC takes. Text that is exactly an integer or a switch counts as one where one is asked
/// for, and an integer as text where text is: operators and databases write settings as text.
pub(super) fn typed(attribute: &Attribute, value: &Scalar) -> Result<Scalar, Reason> {
    let fits = match (attribute.kind, value) {
        (AttributeType::Other, value) => Some(value.clone()),
        (_, Scalar::Null) => None,
        (AttributeType::Integer, Scalar::Number(number)) => number.as_i64().map(Scalar::from),
        (AttributeType::Integer, Scalar::Text(text)) => text.trim().parse::<i64>().ok().map(Scalar::from),
        (AttributeType::Boolean, Scalar::Bool(switch)) => Some(Scalar::Bool(*switch)),
        (AttributeType::Boolean, Scalar::Text(text)) => {
            text.to_ascii_lowercase().parse::<bool>().ok().map(Scalar::Bool)
        }
        (
            AttributeType::Enumeration | AttributeType::String | AttributeType::Password,
            Scalar::Text(_) | Scalar::Number(_),
        ) => value.to_text().map(Scalar::Text),
        _ => None,
    };
    fits.ok_or(Reason::WrongType { expected: attribute.kind })
}

/// What is wrong with a value of the right type, the rules that hold considered.
pub(super) fn fault<'r>(
    registry: &AttributeRegistry,
    state: &Settled<'r>,
    attribute: &'r Attribute,
    value: &Scalar,
) -> Option<Reason> {
    match (attribute.kind, value) {
        (AttributeType::Enumeration, Scalar::Text(text)) => option(registry, state, attribute, text),
        (AttributeType::Integer, Scalar::Number(number)) => {
            number.as_i64().and_then(|number| integer(registry, state, attribute, number))
        }
        (AttributeType::String | AttributeType::Password, Scalar::Text(text)) => {
            length(state, attribute, text).or_else(|| form(state, attribute, text))
        }
        _ => None,
    }
}

fn option<'r>(
    registry: &AttributeRegistry,
    state: &Settled<'r>,
    attribute: &'r Attribute,
    text: &str,
) -> Option<Reason> {
    let (options, rules) = state.options(attribute);
    // A registry that lists nothing forbids nothing.
    if options.is_empty() || options.iter().any(|option| option.name == text) {
        return None;
    }
    Some(Reason::NotAllowed {
        allowed: options.iter().map(|option| option.name.clone()).collect(),
        cause: excluding(registry, &rules, text),
    })
}

/// The rule that takes a value off the list; none where it was never on it.
pub(super) fn excluding(registry: &AttributeRegistry, rules: &[usize], text: &str) -> Option<Cause> {
    let excludes = |rule: &&usize| match registry.rules().get(**rule).map(|rule| &rule.value) {
        Some(RuleValue::Options(list)) => !list.iter().any(|option| option.name == text),
        _ => false,
    };
    rules.iter().find(excludes).and_then(|rule| Cause::of(registry, *rule))
}

fn integer(
    registry: &AttributeRegistry,
    state: &Settled<'_>,
    attribute: &Attribute,
    number: i64,
) -> Option<Reason> {
    let (lower, by_lower) = state.number(attribute, AttributeProperty::LowerBound);
    let (upper, by_upper) = state.number(attribute, AttributeProperty::UpperBound);
    if lower.is_some_and(|lower| number < lower) || upper.is_some_and(|upper| number > upper) {
        let cause = by_upper.or(by_lower).and_then(|rule| Cause::of(registry, rule));
        return Some(Reason::OutOfRange { lower, upper, cause });
    }
    let (increment, _) = state.number(attribute, AttributeProperty::ScalarIncrement);
    let first = lower.unwrap_or(0);
    let increment = increment.filter(|increment| *increment > 1)?;
    let off = number.checked_sub(first).and_then(|distance| distance.checked_rem(increment)) != Some(0);
    off.then_some(Reason::OffStep { lower: first, increment })
}

fn length(state: &Settled<'_>, attribute: &Attribute, text: &str) -> Option<Reason> {
    let length = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    let (min, _) = state.number(attribute, AttributeProperty::MinLength);
    let (max, _) = state.number(attribute, AttributeProperty::MaxLength);
    // Dell writes 0 for "no limit" where it writes anything at all.
    let max = max.filter(|max| *max > 0);
    let wrong = min.is_some_and(|min| length < min) || max.is_some_and(|max| length > max);
    wrong.then_some(Reason::WrongLength { min, max })
}

/// An expression we cannot read is left to the iDRAC.
fn form<'r>(state: &Settled<'r>, attribute: &'r Attribute, text: &str) -> Option<Reason> {
    let expression = state.expression(attribute)?;
    let compiled = RegexBuilder::new(expression).size_limit(EXPRESSION_LIMIT).build().ok()?;
    let wrong = !compiled.is_match(text);
    wrong.then(|| Reason::WrongForm { expression: expression.to_owned() })
}
