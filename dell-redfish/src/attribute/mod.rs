//! Attributes and the registry that explains them (DMTF `AttributeRegistry`): BIOS, network adapter and iDRAC settings
//! share it.
//!
//! Everything here is pure: a registry is parsed once, and what a change means — which values are allowed, what becomes
//! read-only, what the system will change by itself — is worked out offline, before anything is sent.
//!
//! # What Dell means by its rules
//!
//! Read off a captured registry (PowerEdge R750, iDRAC9 7.10.30.00: 667 rules) and the values that were current with it:
//!
//! - Terms carry no `MapTerms`, and mean **or**: most of the rules with several terms compare one attribute with
//!   several values, which no "and" could ever satisfy. Where `MapTerms` is given it is followed, left to right.
//! - `CurrentValue` is a **forced value**: as long as the rule holds, the attribute has that value. Every such rule that
//!   holds on the captured values agrees with them.
//! - `Value` (Dell's own) **narrows the list** of an enumeration as long as the rule holds. Several narrow it together: a
//!   profile takes one value off with each rule, and only the intersection agrees with its `CurrentValue` rule.
//! - `ReadOnly` and `Hidden` rules only ever set `true`; the flags of the attribute itself describe the machine *as it was
//!   when the registry was written*, rules included. So a flag that a rule explains ends with that rule, and a flag that
//!   no rule explains stays: lockdown mode, a missing jumper. See [`AttributeRegistry::calibrated`].
//! - An attribute that a rule names but the system does not have (another processor maker's, say) has no value, and no
//!   term about it holds.

mod change;
mod check;
mod near;
mod problem;
mod registry;
mod restore;
mod rule;
mod settle;
mod snapshot;
mod validate;
mod validation;
mod values;

pub use change::AttributeChange;
pub use problem::{Cause, Problem, Reason};
pub use registry::{Attribute, AttributeOption, AttributeRegistry, AttributeType, Menu};
pub use restore::{RestorePlan, RestoreStep, plan_restore};
pub(crate) use rule::same as is_same;
pub use rule::{AttributeProperty, AttributeRule, Condition, Join, RuleValue, Term};
pub use settle::Settled;
pub use snapshot::{AttributeDifference, AttributeSnapshot, diff};
pub use validate::validate;
pub use validation::{SideEffect, Validation};
pub use values::AttributeValues;

#[cfg(test)]
mod tests {
    //! What the tests of this module build their registries with.

    use bytes::Bytes;
    use serde_json::{Value, json};

    use super::AttributeRegistry;

    pub(super) fn parse(attributes: &[Value], rules: &[Value]) -> AttributeRegistry {
        let entries = json!({"Attributes": attributes, "Dependencies": rules});
        let text = json!({"Id": "Test.v1_0_0", "RegistryEntries": entries}).to_string();
        AttributeRegistry::parse(Bytes::from(text)).unwrap()
    }

    /// Attributes of type String without limits.
    pub(super) fn registry(names: &[&str], rules: &[Value]) -> AttributeRegistry {
        let attributes: Vec<_> =
            names.iter().map(|name| json!({"AttributeName": name, "Type": "String"})).collect();
        parse(&attributes, rules)
    }

    pub(super) fn equ(attribute: &str, value: &str) -> Value {
        json!({"MapFromAttribute": attribute, "MapFromProperty": "CurrentValue", "MapFromCondition": "EQU",
               "MapFromValue": value})
    }

    pub(super) fn rule(from: &[Value], attribute: &str, property: &str, value: Value) -> Value {
        json!({"Type": "Map", "DependencyFor": attribute,
               "Dependency": {"MapFrom": from, "MapToAttribute": attribute, "MapToProperty": property,
                              "MapToValue": value}})
    }

    #[test]
    fn nonsense_is_left_out_and_counted() {
        let text = json!({"RegistryEntries": {
            "Attributes": [{"AttributeName": "A", "Type": 7, "Value": {}, "LowerBound": "x"}, {"Type": "String"},
                           {"AttributeName": "A", "Type": "String"}, "no object", null],
            "Dependencies": [{"Dependency": {"MapFrom": [equ("A", "1")], "MapToAttribute": "Gone",
                              "MapToProperty": "Hidden", "MapToValue": true}}, {}, 3],
            "Menus": "none"}});
        let registry = AttributeRegistry::parse(Bytes::from(text.to_string())).unwrap();
        assert_eq!((registry.attributes().len(), registry.rules().len(), registry.ignored()), (1, 0, 4));
        assert_eq!(registry.attributes()[0].kind, super::AttributeType::Other);
        assert!(AttributeRegistry::parse(Bytes::from_static(b"[]")).is_err());
        assert!(AttributeRegistry::parse(Bytes::from_static(b"{}")).unwrap().attributes().is_empty());
    }
}
