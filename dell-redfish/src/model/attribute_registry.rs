//! An attribute registry as it is on the wire (DMTF `AttributeRegistry` v1_0_0 to v1_3_6). Read, indexed and evaluated it
//! is [`crate::attribute::AttributeRegistry`].

#![allow(unreachable_pub, reason = "the macros write `pub`; the crate alone reads these")]

use serde::de::SeqAccess;

use super::lenient::{Lenient, Scalar};

resource! {
    /// An attribute registry.
    WireRegistry {
        language: String = "Language",
        owning_entity: String = "OwningEntity",
        registry_version: String = "RegistryVersion",
        entries: WireEntries = "RegistryEntries",
    }
}

part! {
    /// What a registry lists.
    WireEntries {
        attributes: Vec<WireAttribute> = "Attributes",
        dependencies: Vec<WireDependency> = "Dependencies",
        menus: Vec<WireMenu> = "Menus",
    }
}

part! {
    /// One attribute.
    WireAttribute {
        name: String = "AttributeName",
        kind: String = "Type",
        current_value: Scalar = "CurrentValue",
        default_value: Scalar = "DefaultValue",
        display_name: String = "DisplayName",
        display_order: i64 = "DisplayOrder",
        help_text: String = "HelpText",
        warning_text: String = "WarningText",
        menu_path: String = "MenuPath",
        read_only: bool = "ReadOnly",
        write_only: bool = "WriteOnly",
        hidden: bool = "Hidden",
        gray_out: bool = "GrayOut",
        immutable: bool = "Immutable",
        reset_required: bool = "ResetRequired",
        lower_bound: i64 = "LowerBound",
        upper_bound: i64 = "UpperBound",
        scalar_increment: i64 = "ScalarIncrement",
        min_length: i64 = "MinLength",
        max_length: i64 = "MaxLength",
        value_expression: String = "ValueExpression",
        value: Vec<WireOption> = "Value",
    }
}

part! {
    /// One value of an enumeration.
    WireOption {
        name: String = "ValueName",
        display_name: String = "ValueDisplayName",
    }
}

part! {
    /// One rule, wrapped.
    WireDependency {
        rule: WireRule = "Dependency",
    }
}

part! {
    /// One rule.
    WireRule {
        terms: Vec<WireTerm> = "MapFrom",
        attribute: String = "MapToAttribute",
        property: String = "MapToProperty",
        value: WireValue = "MapToValue",
    }
}

part! {
    /// One condition of a rule.
    WireTerm {
        attribute: String = "MapFromAttribute",
        property: String = "MapFromProperty",
        condition: String = "MapFromCondition",
        value: Scalar = "MapFromValue",
        join: String = "MapTerms",
    }
}

part! {
    /// One menu of the setup program.
    WireMenu {
        name: String = "MenuName",
        display_name: String = "DisplayName",
        display_order: i64 = "DisplayOrder",
        path: String = "MenuPath",
        read_only: bool = "ReadOnly",
        hidden: bool = "Hidden",
        gray_out: bool = "GrayOut",
    }
}

/// What a rule sets: one value or, for Dell's `Value`, a list of options.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(untagged)]
pub enum WireValue {
    One(Scalar),
    Options(Vec<WireOption>),
}

impl Lenient for WireValue {
    fn text(value: &str) -> Option<Self> {
        Scalar::text(value).map(Self::One)
    }

    fn unsigned(value: u64) -> Option<Self> {
        Scalar::unsigned(value).map(Self::One)
    }

    fn signed(value: i64) -> Option<Self> {
        Scalar::signed(value).map(Self::One)
    }

    fn float(value: f64) -> Option<Self> {
        Scalar::float(value).map(Self::One)
    }

    fn boolean(value: bool) -> Option<Self> {
        Some(Self::One(Scalar::Bool(value)))
    }

    fn sequence<'de, A: SeqAccess<'de>>(access: A) -> Result<Option<Self>, A::Error> {
        Ok(Vec::sequence(access)?.map(Self::Options))
    }
}
