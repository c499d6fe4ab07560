//! The captured BIOS registry: every rule of it holds when it should and only then, and what is current contradicts none.
//!
//! Left out, saying so, where the captured tree is absent.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use bytes::Bytes;
use dell_redfish::attribute::{
    Attribute, AttributeProperty, AttributeRegistry, AttributeRule, AttributeSnapshot, AttributeType,
    AttributeValues, Condition, Reason, RuleValue, Term, diff, plan_restore, validate,
};
use dell_redfish::model::{Bios, Resource, Scalar};

/// The registry, and the values that were current with it.
fn captured() -> Option<&'static (AttributeRegistry, AttributeValues)> {
    static READ: OnceLock<Option<(AttributeRegistry, AttributeValues)>> = OnceLock::new();
    READ.get_or_init(|| {
        let archive =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/idrac9-r750-7.10.30.00.tar.xz");
        let (registry, bios) = (file(&archive, "BiosRegistry/index.json"), file(&archive, "index.json"));
        let (Some(registry), Some(bios)) = (registry, bios) else {
            eprintln!("SKIPPED, the captured registry was not tested: {} is absent", archive.display());
            return None;
        };
        let bios = Resource::<Bios>::parse(bios).unwrap().into_value();
        let current = AttributeValues::from(bios.attributes.unwrap());
        Some((AttributeRegistry::parse(registry).unwrap().calibrated(&current), current))
    })
    .as_ref()
}

fn file(archive: &Path, name: &str) -> Option<Bytes> {
    let pattern = format!("*/redfish/v1/Systems/System.Embedded.1/Bios/{name}");
    let out = Command::new("tar").arg("-xJOf").arg(archive).arg("--wildcards").arg(pattern).output().ok()?;
    (out.status.success() && !out.stdout.is_empty()).then(|| Bytes::from(out.stdout))
}

fn none() -> AttributeValues {
    AttributeValues::default()
}

#[test]
fn it_is_read_in_full() {
    let Some((registry, current)) = captured() else { return };
    assert_eq!((registry.attributes().len(), registry.rules().len(), registry.ignored()), (687, 667, 0));
    let mut properties = BTreeMap::new();
    for rule in registry.rules() {
        *properties.entry(rule.property.as_str()).or_insert(0) += 1;
    }
    let expected = [("CurrentValue", 232), ("Hidden", 91), ("ReadOnly", 277), ("Value", 67)];
    assert_eq!(properties, BTreeMap::from(expected));
    let mut kinds = BTreeMap::new();
    for attribute in registry.attributes() {
        *kinds.entry(attribute.kind.as_str()).or_insert(0) += 1;
    }
    let expected = [("Enumeration", 411), ("Integer", 75), ("Password", 4), ("String", 197)];
    assert_eq!(kinds, BTreeMap::from(expected));
    assert_eq!(registry.id(), Some("BiosAttributeRegistry.v1_0_3"));
    assert!(current.names().all(|name| registry.attribute(name).is_some()));
}

/// No rule that holds on the current values disagrees with them.
#[test]
fn what_is_current_agrees_with_the_rules() {
    let Some((registry, current)) = captured() else { return };
    let state = registry.settle(current, &none());
    assert_eq!(state.unsettled().count(), 0);
    let mut held = 0;
    for (index, rule) in registry.rules().iter().enumerate().filter(|(index, _)| state.fires(*index)) {
        held += 1;
        let Some(Scalar::Text(now)) = current.get(&rule.attribute) else { continue };
        match &rule.value {
            RuleValue::One(value) if rule.property == AttributeProperty::CurrentValue => {
                assert_eq!(value.as_text(), Some(now.as_str()), "rule {index}");
            }
            RuleValue::Options(options) => {
                assert!(options.iter().any(|option| option.name == *now), "rule {index}");
            }
            RuleValue::One(_) => {
                // What a rule hides is not among the values at all.
                assert_ne!(rule.property, AttributeProperty::Hidden, "rule {index}");
                assert!(registry.attribute(&rule.attribute).unwrap().read_only, "rule {index}");
            }
        }
    }
    assert!(held > 250, "{held}");
}

#[test]
fn validating_what_is_current_finds_no_conflict() {
    let Some((registry, current)) = captured() else { return };
    let all = validate(registry, current, &none(), current);
    // Two passwords are null; nobody can want that.
    let (nulls, others): (Vec<_>, Vec<_>) =
        all.problems.iter().partition(|problem| current.get(&problem.attribute) == Some(&Scalar::Null));
    assert_eq!((nulls.len(), others.as_slice()), (2, &[][..]));
    assert!(all.is_noop() && all.side_effects.is_empty() && all.implied.is_empty());
    assert_eq!(all.unchanged.len(), current.len() - 2);
    // Nor does any value alone.
    for (name, value) in current.iter().filter(|(_, value)| **value != Scalar::Null) {
        let alone = validate(registry, current, &none(), &[(name, value.clone())].into_iter().collect());
        assert!(alone.is_ok() && alone.is_noop() && alone.side_effects.is_empty(), "{name}: {alone:?}");
    }
}

/// The machine was captured in lockdown mode: what no rule explains is read-only for good, and the rest can be changed.
#[test]
fn what_the_registry_lets_be_written_can_be_written() {
    let Some((registry, current)) = captured() else { return };
    let mut writable = 0;
    for (name, value) in current.iter() {
        let attribute = registry.attribute(name).unwrap();
        let Some(other) = another(attribute, value) else { continue };
        let wanted: AttributeValues = [(name, other)].into_iter().collect();
        let outcome = validate(registry, current, &none(), &wanted);
        if attribute.read_only {
            let reason = outcome.problems.first().map(|problem| &problem.reason);
            assert!(matches!(reason, Some(Reason::ReadOnly { .. } | Reason::Forced { .. })), "{name}");
        } else {
            writable += 1;
            assert!(outcome.is_ok(), "{:?}", outcome.problems);
            assert_eq!(outcome.changes.len(), 1, "{name}");
        }
    }
    assert_eq!(writable, 64);
}

/// Another value of an enumeration or another integer.
fn another(attribute: &Attribute, value: &Scalar) -> Option<Scalar> {
    match attribute.kind {
        AttributeType::Enumeration => {
            let other = attribute.options.iter().find(|option| value.as_text() != Some(&option.name))?;
            Some(Scalar::Text(other.name.clone()))
        }
        AttributeType::Integer => {
            let bounds = [attribute.lower_bound?, attribute.upper_bound?];
            bounds.into_iter().map(Scalar::from).find(|bound| bound != value)
        }
        _ => None,
    }
}

/// A value with which a term holds, or with which it does not.
fn value_for(registry: &AttributeRegistry, term: &Term, holds: bool) -> Option<Scalar> {
    let mut candidates = vec![term.value.clone()];
    if let Some(attribute) = registry.attribute(&term.attribute) {
        candidates.extend(attribute.options.iter().map(|option| Scalar::Text(option.name.clone())));
    }
    candidates.push(Scalar::from("no value of any list"));
    candidates.into_iter().find(|candidate| term.condition.holds(candidate, &term.value) == holds)
}

/// Values for which no term of the rule holds.
fn silent(registry: &AttributeRegistry, rule: &AttributeRule) -> Option<AttributeValues> {
    let names: BTreeSet<_> = rule.terms.iter().map(|term| term.attribute.as_str()).collect();
    names
        .into_iter()
        .map(|name| {
            let terms: Vec<_> = rule.terms.iter().filter(|term| term.attribute == name).collect();
            let options = registry.attribute(name).map(|found| found.options.as_slice()).unwrap_or_default();
            let listed = options.iter().map(|option| Scalar::Text(option.name.clone()));
            let named = terms.iter().map(|term| term.value.clone());
            let mut candidates = listed.chain(named).chain([Scalar::from("no value of any list")]);
            let quiet = candidates
                .find(|value| terms.iter().all(|term| !term.condition.holds(value, &term.value)))?;
            Some((name, quiet))
        })
        .collect()
}

/// Each rule is made to hold by each of its terms alone, and made not to hold; each time it is evaluated as part of the
/// whole, and acts on its target.
#[test]
fn every_rule_holds_when_it_should_and_only_then() {
    let Some((registry, _)) = captured() else { return };
    let mut fired = BTreeSet::new();
    let mut conditions = BTreeSet::new();
    for (index, rule) in registry.rules().iter().enumerate() {
        let quiet = silent(registry, rule).unwrap_or_else(|| panic!("rule {index} cannot be silenced"));
        assert!(!registry.settle(&none(), &quiet).fires(index), "rule {index} holds on {quiet:?}");
        for term in &rule.terms {
            conditions.insert(format!("{:?}", term.condition));
            let mut values = quiet.clone();
            values.insert(term.attribute.clone(), value_for(registry, term, true).unwrap());
            let state = registry.settle(&none(), &values);
            assert!(state.fires(index), "rule {index} does not hold on {values:?}");
            let by = state.rule_for(&rule.attribute, rule.property).unwrap();
            assert!(by >= index, "rule {index} had no effect");
            fired.insert(index);
        }
    }
    assert_eq!(fired.len(), 667);
    assert_eq!(
        conditions,
        BTreeSet::from([format!("{:?}", Condition::Equ), format!("{:?}", Condition::Neq)])
    );
}

/// What a rule sets is what a caller gets to know.
#[test]
fn every_rule_is_told_to_the_caller() {
    let Some((registry, _)) = captured() else { return };
    let mut told = BTreeMap::new();
    for rule in registry.rules() {
        let term = &rule.terms[0];
        let Some(value) = value_for(registry, term, true) else { continue };
        let state = registry.settle(&none(), &[(term.attribute.as_str(), value)].into_iter().collect());
        let is_told = match (&rule.value, rule.property) {
            (_, AttributeProperty::ReadOnly) => state.read_only(&rule.attribute).is_some(),
            (_, AttributeProperty::Hidden) => state.hidden(&rule.attribute).is_some(),
            (RuleValue::One(value), _) => {
                rule.attribute == term.attribute
                    || state.forced(&rule.attribute).is_some_and(|(now, _)| now == value)
            }
            (RuleValue::Options(options), _) => {
                let left = state.options(registry.attribute(&rule.attribute).unwrap()).0;
                let is_listed = |name: &str| options.iter().any(|option| option.name == name);
                !left.is_empty() && left.iter().all(|option| is_listed(&option.name))
            }
        };
        assert!(is_told, "{rule:?}");
        *told.entry(rule.property.as_str()).or_insert(0) += 1;
    }
    assert_eq!(told.values().sum::<i32>(), 667);
}

/// Every value that a rule forces is one the narrowed list still has: lists are intersections, or profiles would forbid
/// their own values.
#[test]
fn forced_values_are_on_the_narrowed_lists() {
    let Some((registry, _)) = captured() else { return };
    let profile = registry.attribute("SysProfile").unwrap();
    let mut together = 0;
    for option in &profile.options {
        let state = registry.settle(&none(), &[("SysProfile", option.name.as_str())].into_iter().collect());
        for attribute in registry.attributes() {
            let Some((Scalar::Text(forced), _)) = state.forced(&attribute.name) else { continue };
            let (left, rules) = state.options(attribute);
            assert!(left.iter().any(|option| option.name == *forced), "{} {}", option.name, attribute.name);
            together += usize::from(rules.len() > 1 && left.len() == 1);
        }
    }
    assert!(together >= 6, "{together}");
}

/// Every expression of the registry is one we can read, so that nothing of it is left to chance.
#[test]
fn every_expression_is_understood() {
    let Some((registry, _)) = captured() else { return };
    let mut seen = 0;
    for attribute in registry.attributes() {
        let Some(expression) = &attribute.value_expression else { continue };
        regex_lite::Regex::new(expression).unwrap_or_else(|error| panic!("{expression}: {error}"));
        seen += 1;
    }
    assert_eq!(seen, 69);
}

#[test]
fn a_snapshot_goes_back_to_itself_in_no_step_and_from_a_change_in_one() {
    let Some((registry, current)) = captured() else { return };
    let snapshot = AttributeSnapshot::take(current, Some(registry));
    assert!(snapshot.omitted.iter().any(|name| name == "SysPassword"));
    let idle = plan_restore(registry, current, &none(), &snapshot);
    assert_eq!((idle.steps.len(), idle.skipped.len()), (0, 0));
    let mut changed = current.clone();
    changed.insert("IscsiDev1Con1EnDis", "Enabled");
    changed.insert("IscsiDev1Con1Retry", 5);
    changed.insert("SysProfile", "Custom");
    assert_eq!(diff(current, &changed).len(), 3);
    let plan = plan_restore(registry, &changed, &none(), &snapshot);
    let names: Vec<_> = plan.steps[0].validation.changes.iter().map(|change| &change.attribute).collect();
    assert_eq!(names, ["IscsiDev1Con1EnDis", "IscsiDev1Con1Retry"]);
    assert_eq!(plan.steps.len(), 1);
    // Lockdown mode holds the profile.
    assert_eq!(plan.skipped.len(), 1, "{:?}", plan.skipped);
    assert_eq!(plan.skipped[0].attribute, "SysProfile");
}

/// Broken copies of the registry: nothing panics, nothing hangs.
#[test]
fn a_damaged_registry_is_an_error_or_a_smaller_registry() {
    let Some((registry, current)) = captured() else { return };
    let attributes: Vec<_> = registry.attributes().iter().take(40).map(|one| one.name.clone()).collect();
    let text = serde_json::json!({"RegistryEntries": {"Attributes": attributes.iter().map(|name| {
        serde_json::json!({"AttributeName": name, "Type": "Enumeration", "Value": [{"ValueName": "1"}]})
    }).collect::<Vec<_>>(), "Dependencies": attributes.iter().zip(attributes.iter().skip(1)).map(|(from, to)| {
        serde_json::json!({"Dependency": {"MapFrom": [{"MapFromAttribute": from, "MapFromCondition": "EQU",
            "MapFromProperty": "CurrentValue", "MapFromValue": "1"}], "MapToAttribute": to,
            "MapToProperty": "CurrentValue", "MapToValue": "1"}})
    }).collect::<Vec<_>>()}})
    .to_string();
    for cut in (0..text.len()).step_by(97) {
        assert!(AttributeRegistry::parse(Bytes::from(text[..cut].to_owned())).is_err());
    }
    for byte in (0..text.len()).step_by(13) {
        let mut bytes = text.clone().into_bytes();
        bytes[byte] = b'7';
        if let Ok(registry) = AttributeRegistry::parse(Bytes::from(bytes)) {
            let wanted = [(attributes[0].as_str(), "1")].into_iter().collect();
            _ = validate(&registry, current, &none(), &wanted);
        }
    }
}
