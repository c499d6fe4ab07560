//! All rules of a registry, evaluated until nothing changes any more.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::registry::{Attribute, AttributeOption, AttributeRegistry};
use super::rule::{AttributeProperty, RuleValue, Term};
use super::values::AttributeValues;
use crate::model::Scalar;

/// Longest chain of rules that is followed. The longest seen has four links; only rules that contradict each other in a
/// circle need more.
const MAX_PASSES: usize = 64;

/// Which rule sets which property of which attribute.
type Ruled<'r> = BTreeMap<(&'r str, AttributeProperty), usize>;

/// Values and the rules that hold on them, consistent with each other: every property that a rule sets is set by a rule
/// that holds in the end. Of two rules that set the same property the later one counts.
#[derive(Debug, Clone)]
pub struct Settled<'r> {
    registry: &'r AttributeRegistry,
    values: AttributeValues,
    wanted: AttributeValues,
    /// Whether each rule holds.
    fired: Vec<bool>,
    ruled: Ruled<'r>,
    unsettled: BTreeSet<&'r str>,
}

impl<'r> Settled<'r> {
    /// A wanted value stands against every rule; whether it may is for the caller to say.
    pub(super) fn of(
        registry: &'r AttributeRegistry,
        values: &AttributeValues,
        wanted: &AttributeValues,
    ) -> Self {
        let mut state = Self {
            registry,
            values: values.clone(),
            wanted: wanted.clone(),
            fired: Vec::new(),
            ruled: Ruled::new(),
            unsettled: BTreeSet::new(),
        };
        state.fired = registry.rules().iter().map(|rule| rule.holds(|term| state.holds(term))).collect();
        for pass in 0..MAX_PASSES {
            let next = state.effects();
            let moved = differences(&state.ruled, &next);
            if moved.is_empty() {
                state.unsettled.clear();
                return state;
            }
            state.ruled = next;
            state.look_again(&moved);
            // A chain has come to its end by now; what still moves goes round in a circle.
            if pass >= MAX_PASSES / 2 {
                state.unsettled.extend(moved);
            }
        }
        state
    }

    /// What the rules that hold set.
    fn effects(&self) -> Ruled<'r> {
        let rules = self.registry.rules().iter().enumerate();
        rules
            .filter(|(index, _)| self.fires(*index))
            .map(|(index, rule)| ((rule.attribute.as_str(), rule.property), index))
            .collect()
    }

    /// Asks those rules again that ask about an attribute with which something has happened.
    fn look_again(&mut self, moved: &BTreeSet<&str>) {
        let asks = |term: &Term| moved.contains(term.attribute.as_str());
        let rules = self.registry.rules().iter().enumerate();
        let answers: Vec<_> = rules
            .filter(|(_, rule)| rule.terms.iter().any(asks))
            .map(|(index, rule)| (index, rule.holds(|term| self.holds(term))))
            .collect();
        for (index, holds) in answers {
            if let Some(fired) = self.fired.get_mut(index) {
                *fired = holds;
            }
        }
    }

    fn holds(&self, term: &Term) -> bool {
        match self.property(&term.attribute, term.property).as_deref() {
            Some(Scalar::Null) => {
                term.value == Scalar::Null && term.condition.holds(&Scalar::Null, &term.value)
            }
            Some(actual) => term.condition.holds(actual, &term.value),
            // Nothing is known of it, so nothing holds, not even that it is different.
            None => false,
        }
    }

    /// The value of an attribute: wanted, else forced, else as it was.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&Scalar> {
        let placeholder =
            || self.registry.attribute(name).and_then(|attribute| attribute.current_value.as_ref());
        self.wanted
            .get(name)
            .or_else(|| self.forced(name).map(|(value, _)| value))
            .or_else(|| self.values.get(name))
            .or_else(placeholder)
    }

    /// The value a rule forces on an attribute, and that rule.
    #[must_use]
    pub fn forced(&self, name: &str) -> Option<(&'r Scalar, usize)> {
        self.set_by(name, AttributeProperty::CurrentValue)
    }

    /// The rule that sets a property of an attribute, by its place in [`AttributeRegistry::rules`].
    #[must_use]
    pub fn rule_for(&self, name: &str, property: AttributeProperty) -> Option<usize> {
        self.ruled.get(&(name, property)).copied()
    }

    /// Whether a rule holds, by its place in [`AttributeRegistry::rules`].
    #[must_use]
    pub fn fires(&self, rule: usize) -> bool {
        self.fired.get(rule).copied().unwrap_or(false)
    }

    /// Attributes on which the rules contradict each other in a circle. Empty but for a broken registry.
    pub fn unsettled(&self) -> impl Iterator<Item = &'r str> {
        self.unsettled.iter().copied()
    }

    /// Whether an attribute cannot be written, and the rule that says so; without a rule the registry itself says it.
    #[must_use]
    pub fn read_only(&self, name: &str) -> Option<Option<usize>> {
        let attribute = self.registry.attribute(name)?;
        if self.flag(name, AttributeProperty::Immutable, attribute.immutable).0 {
            return Some(self.rule_for(name, AttributeProperty::Immutable));
        }
        let stays = attribute.read_only && !attribute.read_only_by_rule;
        let (read_only, rule) = self.flag(name, AttributeProperty::ReadOnly, stays);
        read_only.then_some(rule)
    }

    /// Whether an attribute is hidden, and the rule that says so; without a rule the registry itself says it.
    #[must_use]
    pub fn hidden(&self, name: &str) -> Option<Option<usize>> {
        let attribute = self.registry.attribute(name)?;
        let stays = attribute.hidden && !attribute.hidden_by_rule;
        let (hidden, rule) = self.flag(name, AttributeProperty::Hidden, stays);
        hidden.then_some(rule)
    }

    /// Whether an attribute is shown as inactive.
    #[must_use]
    pub fn is_gray(&self, name: &str) -> bool {
        self.registry
            .attribute(name)
            .is_some_and(|attribute| self.flag(name, AttributeProperty::GrayOut, attribute.gray_out).0)
    }

    /// The values an enumeration may have, and the rules that narrow them. Where several do, what all of them leave is
    /// left: Dell writes one rule for each value that is out of the question. Rules that leave nothing are not obeyed.
    #[must_use]
    pub fn options(&self, attribute: &'r Attribute) -> (Vec<&'r AttributeOption>, Vec<usize>) {
        let all: Vec<_> = attribute.options.iter().collect();
        if self.rule_for(&attribute.name, AttributeProperty::Value).is_none() {
            return (all, Vec::new());
        }
        let rules = self.registry.rules().iter().enumerate();
        let (narrowing, lists): (Vec<usize>, Vec<&[AttributeOption]>) = rules
            .filter(|(_, rule)| rule.attribute == attribute.name)
            .filter_map(|(index, rule)| match &rule.value {
                RuleValue::Options(list) if self.fires(index) => Some((index, list.as_slice())),
                _ => None,
            })
            .unzip();
        let is_left = |option: &AttributeOption| {
            lists.iter().all(|list| list.iter().any(|listed| listed.name == option.name))
        };
        let left: Vec<_> = all.iter().copied().filter(|option| is_left(option)).collect();
        if left.is_empty() { (all, Vec::new()) } else { (left, narrowing) }
    }

    /// A property that is a number, and the rule that sets it.
    pub(super) fn number(
        &self,
        attribute: &Attribute,
        property: AttributeProperty,
    ) -> (Option<i64>, Option<usize>) {
        let ruled = self.set_by(&attribute.name, property);
        match ruled.and_then(|(value, rule)| Some((value.to_text()?.parse().ok()?, rule))) {
            Some((number, rule)) => (Some(number), Some(rule)),
            None => (own_number(attribute, property), None),
        }
    }

    /// The regular expression a text must match.
    pub(super) fn expression(&self, attribute: &'r Attribute) -> Option<&'r str> {
        let ruled = self.set_by(&attribute.name, AttributeProperty::ValueExpression);
        let own = || attribute.value_expression.as_deref();
        ruled.and_then(|(value, _)| value.as_text()).or_else(own)
    }

    fn flag(&self, name: &str, property: AttributeProperty, own: bool) -> (bool, Option<usize>) {
        match self.set_by(name, property) {
            Some((Scalar::Bool(flag), rule)) => (*flag, Some(rule)),
            Some((Scalar::Text(text), rule)) => (text.eq_ignore_ascii_case("true"), Some(rule)),
            _ => (own, None),
        }
    }

    fn set_by(&self, name: &str, property: AttributeProperty) -> Option<(&'r Scalar, usize)> {
        let rule = self.rule_for(name, property)?;
        match &self.registry.rules().get(rule)?.value {
            RuleValue::One(value) => Some((value, rule)),
            RuleValue::Options(_) => None,
        }
    }

    /// Any property, for a term that asks for it.
    fn property(&self, name: &str, property: AttributeProperty) -> Option<Cow<'_, Scalar>> {
        use AttributeProperty as P;
        if property == P::CurrentValue {
            return self.value(name).map(Cow::Borrowed);
        }
        let attribute = self.registry.attribute(name)?;
        match property {
            P::ReadOnly => Some(Cow::Owned(Scalar::Bool(self.read_only(name).is_some()))),
            P::Hidden => Some(Cow::Owned(Scalar::Bool(self.hidden(name).is_some()))),
            _ => match self.set_by(name, property) {
                Some((value, _)) => Some(Cow::Borrowed(value)),
                None => own(attribute, property).map(Cow::Owned),
            },
        }
    }
}

/// What an attribute says of itself.
fn own(attribute: &Attribute, property: AttributeProperty) -> Option<Scalar> {
    use AttributeProperty as P;
    match property {
        P::DefaultValue => attribute.default_value.clone(),
        P::WriteOnly => Some(Scalar::Bool(attribute.write_only)),
        P::GrayOut => Some(Scalar::Bool(attribute.gray_out)),
        P::Immutable => Some(Scalar::Bool(attribute.immutable)),
        P::HelpText => attribute.help_text.clone().map(Scalar::Text),
        P::WarningText => attribute.warning_text.clone().map(Scalar::Text),
        P::DisplayName => attribute.display_name.clone().map(Scalar::Text),
        P::ValueExpression => attribute.value_expression.clone().map(Scalar::Text),
        P::CurrentValue | P::ReadOnly | P::Hidden | P::Value => None,
        number => own_number(attribute, number).map(Scalar::from),
    }
}

fn own_number(attribute: &Attribute, property: AttributeProperty) -> Option<i64> {
    match property {
        AttributeProperty::LowerBound => attribute.lower_bound,
        AttributeProperty::UpperBound => attribute.upper_bound,
        AttributeProperty::MinLength => attribute.min_length,
        AttributeProperty::MaxLength => attribute.max_length,
        AttributeProperty::ScalarIncrement => attribute.scalar_increment,
        AttributeProperty::DisplayOrder => attribute.display_order,
        _ => None,
    }
}

fn differences<'r>(one: &Ruled<'r>, other: &Ruled<'r>) -> BTreeSet<&'r str> {
    let only = |one: &Ruled<'r>, other: &Ruled<'r>| -> Vec<&'r str> {
        one.iter().filter(|(key, rule)| other.get(*key) != Some(*rule)).map(|((name, _), _)| *name).collect()
    };
    only(one, other).into_iter().chain(only(other, one)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{equ, registry, rule};
    use super::*;
    use serde_json::json;

    fn values(all: &[(&str, &str)]) -> AttributeValues {
        all.iter().copied().collect()
    }

    #[test]
    fn a_chain_of_forced_values_is_followed_to_its_end() {
        // Written backwards, so that each pass carries only one link.
        let registry = registry(
            &["A", "B", "C", "D"],
            &[
                rule(&[equ("C", "1")], "D", "CurrentValue", json!("1")),
                rule(&[equ("B", "1")], "C", "CurrentValue", json!("1")),
                rule(&[equ("A", "1")], "B", "CurrentValue", json!("1")),
            ],
        );
        let current = values(&[("A", "0"), ("B", "0"), ("C", "0"), ("D", "0")]);
        let calm = registry.settle(&current, &values(&[]));
        assert_eq!(calm.value("D"), Some(&"0".into()));
        let moved = registry.settle(&current, &values(&[("A", "1")]));
        assert_eq!(moved.value("D"), Some(&"1".into()));
        assert_eq!(moved.forced("D").unwrap().1, 0);
        assert_eq!(moved.unsettled().count(), 0);
    }

    #[test]
    fn a_circle_ends_and_is_named() {
        let registry = registry(
            &["A", "B"],
            &[
                rule(&[equ("A", "0")], "B", "CurrentValue", json!("1")),
                rule(&[equ("B", "1")], "A", "CurrentValue", json!("1")),
            ],
        );
        let state = registry.settle(&values(&[("A", "0"), ("B", "0")]), &values(&[]));
        assert_eq!(state.unsettled().collect::<Vec<_>>(), ["A", "B"]);
    }

    #[test]
    fn a_wanted_value_stands_against_the_rules() {
        let registry = registry(&["A", "B"], &[rule(&[equ("A", "1")], "B", "CurrentValue", json!("1"))]);
        let state = registry.settle(&values(&[]), &values(&[("A", "1"), ("B", "0")]));
        assert_eq!(state.value("B"), Some(&"0".into()));
        assert_eq!(state.forced("B"), Some((&"1".into(), 0)));
    }

    #[test]
    fn rules_may_ask_for_properties_that_rules_set() {
        let read_only = json!({"MapFromAttribute": "B", "MapFromProperty": "ReadOnly", "MapFromCondition": "EQU",
                               "MapFromValue": true});
        let registry = registry(
            &["A", "B", "C"],
            &[
                rule(&[read_only], "C", "UpperBound", json!(7)),
                rule(&[equ("A", "1")], "B", "ReadOnly", json!(true)),
            ],
        );
        let c = registry.attribute("C").unwrap();
        let bound = |a: &str| {
            let state = registry.settle(&values(&[("A", a)]), &values(&[]));
            state.number(c, AttributeProperty::UpperBound).0
        };
        assert_eq!(bound("0"), None);
        assert_eq!(bound("1"), Some(7));
    }

    #[test]
    fn what_is_unknown_holds_nothing() {
        let differs = json!({"MapFromAttribute": "Gone", "MapFromProperty": "CurrentValue",
                             "MapFromCondition": "NEQ", "MapFromValue": "1"});
        let registry = registry(&["A"], &[rule(&[differs], "A", "ReadOnly", json!(true))]);
        assert!(!registry.settle(&values(&[("A", "0")]), &values(&[])).fires(0));
        assert!(registry.settle(&values(&[("Gone", "0")]), &values(&[])).fires(0));
    }
}
