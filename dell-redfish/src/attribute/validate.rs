//! What a wanted set of values would do: what changes, what the system changes with it, and what stands against it.

use std::collections::BTreeMap;

use super::change::AttributeChange;
use super::check::{excluding, fault, typed};
use super::near::near;
use super::problem::{Cause, Problem, Reason, barred};
use super::registry::{Attribute, AttributeRegistry};
use super::rule::{AttributeProperty, same};
use super::settle::Settled;
use super::validation::{SideEffect, Validation};
use super::values::AttributeValues;
use crate::model::Scalar;
use crate::redact::is_secret_name;

/// Works out what `wanted` would do to a system whose values are `current`, with `pending` staged already. Pure; sends nothing.
///
/// An attribute the registry does not know, but the system has, is let through for the iDRAC to judge.
#[must_use]
pub fn validate(
    registry: &AttributeRegistry,
    current: &AttributeValues,
    pending: &AttributeValues,
    wanted: &AttributeValues,
) -> Validation {
    let staged = current.overlaid(pending);
    let mut result = Validation::default();
    let wanted = result.take_types(registry, &staged, wanted);
    let nothing = AttributeValues::default();
    let before = registry.settle(&staged, &nothing);
    let after = registry.settle(&staged, &wanted);
    let judge = Judge { registry, current, staged: &staged, before: &before, after: &after };
    for (name, value) in wanted.iter() {
        judge.attribute(&mut result, name, value);
    }
    judge.side_effects(&mut result, &wanted);
    result.reset_required = result.changes.iter().any(|change| change.reset_required);
    order(registry, &mut result.changes);
    result
}

impl Validation {
    /// The wanted values in their own types; what is unknown or of no fitting type becomes a problem.
    fn take_types(
        &mut self,
        registry: &AttributeRegistry,
        staged: &AttributeValues,
        wanted: &AttributeValues,
    ) -> AttributeValues {
        let mut fitting = AttributeValues::default();
        for (name, value) in wanted.iter() {
            let read = match registry.attribute(name) {
                Some(attribute) => typed(attribute, value),
                None if staged.contains(name) => Ok(value.clone()),
                None => {
                    let names = registry.attributes().iter().map(|attribute| attribute.name.as_str());
                    Err(Reason::Unknown { near: near(name, names) })
                }
            };
            match read {
                Ok(value) => _ = fitting.insert(name, value),
                Err(reason) => self.problem(name, reason),
            }
        }
        fitting
    }

    fn problem(&mut self, attribute: &str, reason: Reason) {
        self.problems.push(Problem { attribute: attribute.to_owned(), reason });
    }
}

struct Judge<'a> {
    registry: &'a AttributeRegistry,
    current: &'a AttributeValues,
    staged: &'a AttributeValues,
    before: &'a Settled<'a>,
    after: &'a Settled<'a>,
}

impl Judge<'_> {
    fn attribute(&self, result: &mut Validation, name: &str, value: &Scalar) {
        if self.after.unsettled().any(|unsettled| unsettled == name) {
            return result.problem(name, Reason::Unsettled);
        }
        let forced = self.after.forced(name);
        let is_same = self.staged.get(name).is_some_and(|staged| same(staged, value));
        if is_same && !self.is_newly_forced(name, value) {
            let is_staged = !self.current.get(name).is_some_and(|current| same(current, value));
            let list = if is_staged { &mut result.already_pending } else { &mut result.unchanged };
            return list.push(name.to_owned());
        }
        match forced {
            Some((forced, _)) if same(forced, value) => return result.implied.push(name.to_owned()),
            Some((forced, rule)) => {
                let cause = Cause::of(self.registry, rule);
                return result.problem(name, Reason::Forced { value: forced.clone(), cause });
            }
            None => {}
        }
        if let Some(reason) = self.reason_against(name, value) {
            return result.problem(name, reason);
        }
        if self.after.is_gray(name) {
            result.inactive.push(name.to_owned());
        }
        result.changes.push(self.change(name, value));
    }

    /// Whether the wanted values make a rule force another value on an attribute that is to stay as it is. A rule that
    /// held before, and was not obeyed, is no reason: the system knows better.
    fn is_newly_forced(&self, name: &str, value: &Scalar) -> bool {
        match self.after.forced(name) {
            Some((forced, rule)) if !same(forced, value) => {
                self.before.rule_for(name, AttributeProperty::CurrentValue) != Some(rule)
            }
            _ => false,
        }
    }

    fn reason_against(&self, name: &str, value: &Scalar) -> Option<Reason> {
        let attribute = self.registry.attribute(name)?;
        barred(self.registry, self.after, name).or_else(|| fault(self.registry, self.after, attribute, value))
    }

    fn change(&self, name: &str, value: &Scalar) -> AttributeChange {
        let attribute = self.registry.attribute(name);
        AttributeChange {
            attribute: name.to_owned(),
            from: self.staged.get(name).cloned(),
            to: value.clone(),
            is_secret: attribute.map_or_else(|| is_secret_name(name), Attribute::is_secret),
            reset_required: attribute.is_none_or(|attribute| attribute.reset_required),
        }
    }

    /// Values that the system has, that were not asked to change, and that a rule changes all the same.
    fn side_effects(&self, result: &mut Validation, wanted: &AttributeValues) {
        for (name, from) in self.staged.iter().filter(|(name, _)| !wanted.contains(name)) {
            let effect = match self.after.forced(name) {
                Some((to, rule)) => Some((Some(to.clone()), Cause::of(self.registry, rule))),
                None => self.narrowed(name, from),
            };
            let Some((to, cause)) = effect else { continue };
            let held = cause.as_ref().is_some_and(|cause| self.before.fires(cause.rule));
            if !held && to.as_ref().is_none_or(|to| !same(from, to)) {
                result.side_effects.push(SideEffect {
                    attribute: name.to_owned(),
                    from: Some(from.clone()),
                    to,
                    cause,
                });
            }
        }
    }

    /// A present value that a rule takes off the list; the new one is known where only one is left.
    fn narrowed(&self, name: &str, from: &Scalar) -> Option<(Option<Scalar>, Option<Cause>)> {
        let (options, rules) = self.after.options(self.registry.attribute(name)?);
        let text = from.as_text()?;
        if rules.is_empty() || options.iter().any(|option| option.name == text) {
            return None;
        }
        let only = match options.as_slice() {
            [only] => Some(Scalar::Text(only.name.clone())),
            _ => None,
        };
        Some((only, Some(excluding(self.registry, &rules, text)?)))
    }
}

/// An attribute before those its value decides on, else by name. Rules that go round in a circle keep the names' order.
fn order(registry: &AttributeRegistry, changes: &mut [AttributeChange]) {
    let mut rank: BTreeMap<String, usize> =
        changes.iter().map(|change| (change.attribute.clone(), 0)).collect();
    for _ in 0..changes.len().min(64) {
        let mut moved = false;
        for rule in registry.rules() {
            let sources = rule.terms.iter().filter(|term| term.attribute != rule.attribute);
            let after = sources.filter_map(|term| rank.get(&term.attribute)).max().map(|rank| rank + 1);
            if let (Some(after), Some(rank)) = (after, rank.get_mut(&rule.attribute))
                && *rank < after
            {
                *rank = after;
                moved = true;
            }
        }
        if !moved {
            break;
        }
    }
    changes.sort_by(|one, other| {
        let key = |change: &AttributeChange| rank.get(&change.attribute).copied();
        key(one).cmp(&key(other)).then_with(|| one.attribute.cmp(&other.attribute))
    });
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::tests::{equ, parse, registry, rule};
    use super::*;

    fn values(all: &[(&str, &str)]) -> AttributeValues {
        all.iter().copied().collect()
    }

    fn reason(validation: &Validation) -> &Reason {
        assert_eq!(validation.problems.len(), 1, "{:?}", validation.problems);
        &validation.problems[0].reason
    }

    fn one(attribute: Value, current: Value, wanted: Value) -> Validation {
        let name = attribute["AttributeName"].as_str().unwrap().to_owned();
        let registry = parse(&[attribute], &[]);
        let of = |value: Value| -> AttributeValues {
            serde_json::from_value(json!({name.clone(): value})).unwrap()
        };
        validate(&registry, &of(current), &AttributeValues::default(), &of(wanted))
    }

    #[test]
    fn types_bounds_steps_lengths_and_forms() {
        let integer = json!({"AttributeName": "N", "Type": "Integer", "LowerBound": 10, "UpperBound": 100,
                             "ScalarIncrement": 15});
        let number = |wanted| one(integer.clone(), json!(10), wanted);
        assert_eq!(number(json!(40)).changes[0].to, Scalar::from(40));
        assert_eq!(number(json!("40")).changes[0].to, Scalar::from(40));
        assert_eq!(number(json!("10")).unchanged, ["N"]);
        assert!(matches!(reason(&number(json!(101))), Reason::OutOfRange { upper: Some(100), .. }));
        assert!(matches!(reason(&number(json!(41))), Reason::OffStep { lower: 10, increment: 15 }));
        for wrong in [json!("four"), json!(true), json!(1.5), json!(null)] {
            assert!(matches!(reason(&number(wrong)), Reason::WrongType { .. }));
        }
        let text = json!({"AttributeName": "S", "Type": "String", "MinLength": 2, "MaxLength": 4,
                          "ValueExpression": "^[a-z]*$"});
        let text = |wanted| one(text.clone(), json!("aa"), wanted);
        assert!(text(json!("abc")).is_ok());
        assert!(matches!(reason(&text(json!("a"))), Reason::WrongLength { .. }));
        assert!(matches!(reason(&text(json!("abcde"))), Reason::WrongLength { .. }));
        assert!(matches!(reason(&text(json!("AB"))), Reason::WrongForm { .. }));
        let switch = json!({"AttributeName": "B", "Type": "Boolean"});
        assert_eq!(one(switch, json!(false), json!("True")).changes[0].to, Scalar::from(true));
    }

    #[test]
    fn an_enumeration_lists_what_it_takes() {
        let list = json!([{"ValueName": "On"}, {"ValueName": "Off"}, {"ValueName": "4"}]);
        let attribute = json!({"AttributeName": "E", "Type": "Enumeration", "Value": list});
        let validation = one(attribute.clone(), json!("On"), json!("on"));
        assert!(
            matches!(reason(&validation), Reason::NotAllowed { allowed, .. } if allowed == &["On", "Off", "4"])
        );
        assert_eq!(validation.problems[0].to_string(), "E takes one of On, Off, 4");
        assert_eq!(one(attribute, json!("On"), json!(4)).changes[0].to, Scalar::from("4"));
    }

    #[test]
    fn an_unknown_name_gets_suggestions_unless_the_system_has_it() {
        let registry = registry(&["BootMode"], &[]);
        let current = values(&[("BootMode", "Uefi"), ("Odd", "1")]);
        let nothing = AttributeValues::default();
        let validation =
            validate(&registry, &current, &nothing, &values(&[("Bootmode", "Bios"), ("Odd", "2")]));
        assert!(matches!(reason(&validation), Reason::Unknown { near } if near == &["BootMode"]));
        assert_eq!(validation.changes[0].attribute, "Odd");
    }

    #[test]
    fn pending_values_count_as_there() {
        let registry = registry(&["A"], &[]);
        let (current, pending) = (values(&[("A", "0")]), values(&[("A", "1")]));
        let same = validate(&registry, &current, &pending, &values(&[("A", "1")]));
        assert_eq!((same.already_pending, same.changes.len()), (vec!["A".to_owned()], 0));
        // Back to what it is: the staged value has to be replaced.
        let back = validate(&registry, &current, &pending, &values(&[("A", "0")]));
        assert_eq!((back.changes.len(), back.unchanged.len()), (1, 0));
    }

    #[test]
    fn rules_name_their_cause() {
        let registry = registry(
            &["A", "B", "C"],
            &[
                rule(&[equ("A", "1")], "B", "ReadOnly", json!(true)),
                rule(&[equ("A", "1")], "C", "Hidden", json!(true)),
            ],
        );
        let current = values(&[("A", "0"), ("B", "0"), ("C", "0")]);
        let nothing = AttributeValues::default();
        let wanted = values(&[("A", "1"), ("B", "1"), ("C", "1")]);
        let validation = validate(&registry, &current, &nothing, &wanted);
        let texts: Vec<_> = validation.problems.iter().map(ToString::to_string).collect();
        assert_eq!(texts, ["B is read-only when A = 1", "C is not offered by this system when A = 1"]);
        assert!(validate(&registry, &current, &nothing, &values(&[("B", "1"), ("C", "1")])).is_ok());
    }

    #[test]
    fn forced_values_are_side_effects_implications_or_contradictions() {
        let registry = registry(
            &["A", "B"],
            &[
                rule(&[equ("A", "1")], "B", "CurrentValue", json!("9")),
                rule(&[equ("A", "1")], "B", "ReadOnly", json!(true)),
            ],
        );
        let current = values(&[("A", "0"), ("B", "0")]);
        let check = |wanted: &[(&str, &str)]| {
            validate(&registry, &current, &AttributeValues::default(), &values(wanted))
        };
        let alone = check(&[("A", "1")]);
        assert_eq!(alone.side_effects.len(), 1);
        assert_eq!(alone.side_effects[0].to, Some("9".into()));
        let with = check(&[("A", "1"), ("B", "9")]);
        assert_eq!((with.implied.as_slice(), with.changes.len()), (&["B".to_owned()][..], 1));
        assert!(with.is_ok() && with.side_effects.is_empty());
        // Also against keeping what it is.
        for value in ["0", "5"] {
            let against = check(&[("A", "1"), ("B", value)]);
            assert!(matches!(reason(&against), Reason::Forced { value, .. } if *value == "9".into()));
        }
    }

    #[test]
    fn lists_that_several_rules_narrow_keep_what_all_of_them_leave() {
        let list = |names: &[&str]| -> Value {
            names.iter().map(|name| json!({"ValueName": name})).collect::<Vec<_>>().into()
        };
        let attributes = [
            json!({"AttributeName": "A", "Type": "String"}),
            json!({"AttributeName": "E", "Type": "Enumeration", "Value": list(&["x", "y", "z"])}),
        ];
        let rules = [
            rule(&[equ("A", "1"), equ("A", "2")], "E", "Value", list(&["x", "y"])),
            rule(&[equ("A", "1")], "E", "Value", list(&["x", "z"])),
        ];
        let registry = parse(&attributes, &rules);
        let current = values(&[("A", "0"), ("E", "y")]);
        let check = |wanted: &[(&str, &str)]| {
            validate(&registry, &current, &AttributeValues::default(), &values(wanted))
        };
        let effects = check(&[("A", "1")]).side_effects;
        assert_eq!(effects[0].to, Some("x".into()));
        assert_eq!(effects[0].cause.as_ref().unwrap().rule, 1);
        assert!(check(&[("A", "2")]).side_effects.is_empty());
        assert!(check(&[("A", "1"), ("E", "x")]).is_ok());
        let both = check(&[("A", "2"), ("E", "z")]);
        assert_eq!(both.problems[0].to_string(), "E takes one of x, y when A = 1 or A = 2");
    }

    #[test]
    fn a_flag_ends_with_the_rule_that_explains_it() {
        let attributes = [
            json!({"AttributeName": "A", "Type": "String"}),
            json!({"AttributeName": "B", "Type": "String", "ReadOnly": true}),
            json!({"AttributeName": "C", "Type": "String", "ReadOnly": true, "Hidden": true}),
            json!({"AttributeName": "D", "Type": "String", "ReadOnly": true}),
        ];
        let rules = [
            rule(&[equ("A", "0")], "B", "ReadOnly", json!(true)),
            rule(&[equ("A", "0")], "C", "Hidden", json!(true)),
        ];
        let current = values(&[("A", "0"), ("B", "0"), ("D", "0")]);
        let registry = parse(&attributes, &rules).calibrated(&current);
        let wanted = values(&[("A", "1"), ("B", "1"), ("C", "1"), ("D", "1")]);
        let validation = validate(&registry, &current, &AttributeValues::default(), &wanted);
        assert_eq!(validation.problems.len(), 1);
        assert_eq!(validation.problems[0].to_string(), "D is read-only");
        // What decides goes first.
        let order: Vec<_> = validation.changes.iter().map(|change| change.attribute.as_str()).collect();
        assert_eq!(order, ["A", "B", "C"]);
        let body = serde_json::to_string(&validation.body()).unwrap();
        assert_eq!(body, r#"{"A":"1","B":"1","C":"1"}"#);
    }

    #[test]
    fn passwords_never_show() {
        let attribute = json!({"AttributeName": "OldSetupKey", "Type": "Password", "WriteOnly": true});
        let validation = one(attribute, json!(null), json!("correct horse"));
        let shown = format!("{validation:?} {}", serde_json::to_string(&validation).unwrap());
        assert!(!shown.contains("correct horse") && shown.contains("[redacted]"), "{shown}");
        assert!(serde_json::to_string(&validation.body()).unwrap().contains("correct horse"));
    }
}
