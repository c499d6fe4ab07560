//! BIOS settings, where they are staged, and the registry that explains them. The registry is **synthetic**: a setup program of
//! our own with the kinds of attributes and rules a real one has.

use serde_json::{Map, Value, json};

use super::builder::{Builder, link};

/// Where the BIOS is.
pub(crate) const BIOS: &str = "/redfish/v1/Systems/System.Embedded.1/Bios";

/// BIOS attributes in all, hidden ones and passwords not counted.
const COUNT: usize = 320;

/// One attribute: name, what it is, and its value; no value for one that the system hides.
type Row = (&'static str, Kind, Option<&'static str>);

enum Kind {
    /// One of these.
    Of(&'static [&'static str]),
    /// A number from, to.
    Number(i64, i64),
    /// A text of at most so many characters, of this form.
    Text(u64, Option<&'static str>),
    /// The same, shown only.
    Shown,
    Password,
}
use Kind::{Number, Of, Password, Shown, Text};

const SWITCH: Kind = Of(&["Enabled", "Disabled"]);
const IPV4: &str =
    r"^((25[0-5]|2[0-4][0-9]|[01]?[0-9][0-9]?)\.){3}(25[0-5]|2[0-4][0-9]|[01]?[0-9][0-9]?)$|^$";
const PROFILES: &[&str] = &["PerfOptimized", "PerfPerWattOptimizedOs", "Custom"];

const ROWS: &[Row] = &[
    ("SystemServiceTag", Shown, Some("«tag»")),
    ("SystemModelName", Shown, Some("")),
    ("SystemBiosVersion", Shown, Some("")),
    ("AcPwrRcvry", Of(&["On", "Last", "Off"]), Some("Last")),
    ("AcPwrRcvryDelay", Of(&["Immediate", "Random", "User"]), Some("Immediate")),
    ("AcPwrRcvryUserDelay", Number(60, 600), Some("120")),
    ("AssetTag", Text(63, Some("^[ -~]{0,63}$")), Some("")),
    ("BootMode", Of(&["Bios", "Uefi"]), Some("Uefi")),
    ("BootSeqRetry", SWITCH, Some("Enabled")),
    ("EmbSata", Of(&["AhciMode", "RaidMode", "Off"]), Some("AhciMode")),
    ("WriteCache", SWITCH, Some("Disabled")),
    ("SataPortA", Of(&["Auto", "Off"]), Some("Auto")),
    ("LogicalProc", SWITCH, Some("Enabled")),
    ("MemOpMode", Of(&["OptimizerMode", "SpareMode", "MirrorMode"]), Some("OptimizerMode")),
    ("NodeInterleave", SWITCH, Some("Disabled")),
    ("SubNumaCluster", Of(&["Disabled", "2-Way"]), Some("Disabled")),
    ("ProcVirtualization", SWITCH, Some("Enabled")),
    ("KernelDmaProtection", SWITCH, Some("Disabled")),
    ("ProcX2Apic", SWITCH, Some("Enabled")),
    ("SysProfile", Of(PROFILES), Some("PerfOptimized")),
    ("ProcPwrPerf", Of(&["SysDbpm", "MaxPerf", "OsDbpm"]), Some("MaxPerf")),
    ("ProcTurboMode", SWITCH, Some("Enabled")),
    ("ProcCStates", Of(&["Enabled", "Disabled", "Autonomous"]), Some("Disabled")),
    ("MemFrequency", Of(&["MaxPerf", "MaxReliability", "3200MHz"]), Some("MaxPerf")),
    ("UncoreFrequency", Of(&["DynamicUFS", "MaxUFS"]), Some("MaxUFS")),
    ("SerialComm", Of(&["OnNoConRedir", "OnConRedir", "Off"]), Some("OnConRedir")),
    ("RedirAfterBoot", SWITCH, Some("Enabled")),
    ("FailSafeBaud", Of(&["115200", "57600", "9600"]), Some("115200")),
    ("SriovGlobalEnable", SWITCH, Some("Enabled")),
    ("SecureBoot", SWITCH, Some("Disabled")),
    ("ForceInt10", SWITCH, Some("Disabled")),
    ("TpmSecurity", Of(&["Off", "On"]), Some("On")),
    ("Tpm2Algorithm", Of(&["SHA1", "SHA256"]), Some("SHA256")),
    ("WorkloadProfile", Of(&["NotConfigured", "HpcProfile"]), Some("NotConfigured")),
    ("HttpDev1EnDis", SWITCH, Some("Disabled")),
    ("HttpDev1Protocol", Of(&["IPv4", "IPv6"]), Some("IPv4")),
    ("HttpDev1DhcpEnDis", SWITCH, Some("Enabled")),
    ("HttpDev1Ip", Text(15, Some(IPV4)), Some("")),
    ("HttpDev1Uri", Text(255, None), Some("")),
    ("HttpDev1v6Address", Text(40, None), None),
    ("HttpDev1v6AutoConfig", SWITCH, None),
    ("PxeDev1EnDis", SWITCH, Some("Enabled")),
    ("PxeDev1VlanEnDis", SWITCH, Some("Disabled")),
    ("PxeDev1VlanId", Number(1, 4094), Some("1")),
    ("PasswordStatus", Of(&["Unlocked", "Locked"]), Some("Unlocked")),
    ("SysPassword", Password, None),
    ("OldSysPassword", Password, None),
    ("SetupPassword", Password, None),
    ("OldSetupPassword", Password, None),
];

/// `(when any of these holds, attribute, property, value)`; `!` before a value is "other than".
type Rule = (&'static [(&'static str, &'static str)], &'static str, &'static str, &'static [&'static str]);

/// What a profile fixes: attribute, and its value in each of the first two profiles.
const FIXED: &[(&str, [&str; 2])] = &[
    ("ProcPwrPerf", ["MaxPerf", "OsDbpm"]),
    ("ProcTurboMode", ["Enabled", "Enabled"]),
    ("ProcCStates", ["Disabled", "Enabled"]),
    ("MemFrequency", ["MaxPerf", "MaxPerf"]),
    ("UncoreFrequency", ["MaxUFS", "DynamicUFS"]),
];

const YES: &[&str] = &["true"];

const RULES: &[Rule] = &[
    (&[("SysProfile", "!Custom")], "ProcPwrPerf", "ReadOnly", YES),
    (&[("SysProfile", "!Custom")], "ProcTurboMode", "ReadOnly", YES),
    (&[("SysProfile", "!Custom")], "ProcCStates", "ReadOnly", YES),
    (&[("SysProfile", "!Custom")], "MemFrequency", "ReadOnly", YES),
    (&[("SysProfile", "!Custom")], "UncoreFrequency", "ReadOnly", YES),
    (&[("AcPwrRcvry", "Off"), ("AcPwrRcvryDelay", "!User")], "AcPwrRcvryUserDelay", "ReadOnly", YES),
    (&[("AcPwrRcvry", "Off")], "AcPwrRcvryDelay", "ReadOnly", YES),
    (&[("SecureBoot", "Enabled")], "BootMode", "ReadOnly", YES),
    (&[("BootMode", "Bios"), ("ForceInt10", "Enabled")], "SecureBoot", "ReadOnly", YES),
    (&[("EmbSata", "RaidMode"), ("EmbSata", "Off")], "WriteCache", "ReadOnly", YES),
    (&[("NodeInterleave", "Enabled")], "SubNumaCluster", "ReadOnly", YES),
    (&[("ProcVirtualization", "Disabled")], "KernelDmaProtection", "ReadOnly", YES),
    (&[("ProcVirtualization", "Disabled")], "ProcX2Apic", "ReadOnly", YES),
    (&[("TpmSecurity", "Off")], "Tpm2Algorithm", "ReadOnly", YES),
    (&[("SerialComm", "Off"), ("SerialComm", "OnNoConRedir")], "RedirAfterBoot", "ReadOnly", YES),
    (&[("HttpDev1EnDis", "Disabled"), ("HttpDev1DhcpEnDis", "Enabled")], "HttpDev1Ip", "ReadOnly", YES),
    (&[("HttpDev1EnDis", "Disabled")], "HttpDev1Uri", "ReadOnly", YES),
    (&[("HttpDev1EnDis", "Disabled")], "HttpDev1DhcpEnDis", "ReadOnly", YES),
    (&[("PxeDev1EnDis", "Disabled"), ("PxeDev1VlanEnDis", "Disabled")], "PxeDev1VlanId", "ReadOnly", YES),
    (&[("PxeDev1EnDis", "Disabled")], "PxeDev1VlanEnDis", "ReadOnly", YES),
    (&[("PasswordStatus", "Locked")], "SysPassword", "ReadOnly", YES),
    (&[("HttpDev1Protocol", "IPv4")], "HttpDev1v6Address", "Hidden", YES),
    (&[("HttpDev1Protocol", "IPv4")], "HttpDev1v6AutoConfig", "Hidden", YES),
    (&[("HttpDev1Protocol", "IPv6")], "HttpDev1Ip", "Hidden", YES),
    (&[("HttpDev1Protocol", "IPv6")], "HttpDev1DhcpEnDis", "Hidden", YES),
    (&[("BootMode", "Bios")], "HttpDev1EnDis", "Hidden", YES),
    (&[("BootMode", "Bios")], "HttpDev1Protocol", "Hidden", YES),
    (&[("BootMode", "Bios")], "HttpDev1Uri", "Hidden", YES),
    (&[("BootMode", "Bios")], "PxeDev1EnDis", "Hidden", YES),
    (&[("BootMode", "Bios")], "PxeDev1VlanEnDis", "Hidden", YES),
    (&[("BootMode", "Bios")], "PxeDev1VlanId", "Hidden", YES),
    (&[("EmbSata", "Off")], "SataPortA", "Hidden", YES),
    (&[("EmbSata", "Off")], "WriteCache", "Hidden", YES),
    (&[("SerialComm", "Off")], "FailSafeBaud", "Hidden", YES),
    (&[("SerialComm", "Off")], "RedirAfterBoot", "Hidden", YES),
    (&[("TpmSecurity", "Off")], "Tpm2Algorithm", "Hidden", YES),
    (&[("AcPwrRcvry", "Off")], "AcPwrRcvryUserDelay", "Hidden", YES),
    (&[("LogicalProc", "Disabled")], "ProcX2Apic", "Hidden", YES),
    (&[("MemOpMode", "MirrorMode")], "NodeInterleave", "Hidden", YES),
    (&[("MemOpMode", "MirrorMode")], "SubNumaCluster", "Hidden", YES),
    (&[("WorkloadProfile", "HpcProfile")], "SysProfile", "Hidden", YES),
    (&[("ProcVirtualization", "Disabled")], "KernelDmaProtection", "CurrentValue", &["Disabled"]),
    (&[("ProcVirtualization", "Disabled")], "ProcX2Apic", "CurrentValue", &["Disabled"]),
    (&[("NodeInterleave", "Enabled")], "SubNumaCluster", "CurrentValue", &["Disabled"]),
    (&[("MemOpMode", "MirrorMode")], "NodeInterleave", "CurrentValue", &["Disabled"]),
    (&[("EmbSata", "RaidMode"), ("EmbSata", "Off")], "WriteCache", "CurrentValue", &["Disabled"]),
    (&[("EmbSata", "AhciMode"), ("EmbSata", "RaidMode")], "SataPortA", "CurrentValue", &["Auto"]),
    (&[("BootMode", "Bios")], "SecureBoot", "CurrentValue", &["Disabled"]),
    (&[("SerialComm", "OnNoConRedir")], "RedirAfterBoot", "CurrentValue", &["Disabled"]),
    (&[("PxeDev1EnDis", "Disabled")], "PxeDev1VlanEnDis", "CurrentValue", &["Disabled"]),
    (&[("WorkloadProfile", "HpcProfile")], "SysProfile", "CurrentValue", &["PerfOptimized"]),
    (&[("ProcVirtualization", "Disabled")], "KernelDmaProtection", "Value", &["Disabled"]),
    (&[("ProcVirtualization", "Disabled")], "ProcX2Apic", "Value", &["Disabled"]),
    (&[("NodeInterleave", "Enabled")], "SubNumaCluster", "Value", &["Disabled"]),
    (&[("EmbSata", "RaidMode"), ("EmbSata", "Off")], "WriteCache", "Value", &["Disabled"]),
    (&[("EmbSata", "AhciMode"), ("EmbSata", "RaidMode")], "SataPortA", "Value", &["Auto"]),
    (&[("BootMode", "Bios")], "SecureBoot", "Value", &["Disabled"]),
    (&[("MemOpMode", "SpareMode")], "MemFrequency", "Value", &["MaxPerf", "MaxReliability"]),
    (&[("PxeDev1EnDis", "Disabled")], "PxeDev1VlanEnDis", "Value", &["Disabled"]),
    (&[("SriovGlobalEnable", "Disabled")], "WorkloadProfile", "Value", &["NotConfigured"]),
];

pub(super) fn add(b: &mut Builder) {
    settings(b);
    registry(b);
}

fn settings(b: &mut Builder) {
    let staged = format!("{BIOS}/Settings");
    let mut bios = json!({
        "Actions": {"#Bios.ChangePassword": {"target": format!("{BIOS}/Actions/Bios.ChangePassword")},
            "#Bios.ResetBios": {"target": format!("{BIOS}/Actions/Bios.ResetBios")}},
        "AttributeRegistry": "BiosAttributeRegistry.v1_0_0", "Attributes": attributes(b),
        "Description": "BIOS Configuration Current Settings",
        "Name": "BIOS Configuration Current Settings",
    });
    let mut pending = json!({"AttributeRegistry": "BiosAttributeRegistry.v1_0_0", "Attributes": {},
        "Description": "BIOS Configuration Pending Settings, applied on next system reboot.",
        "Name": "BIOS Configuration Pending Settings"});
    if let (Value::Object(bios), Value::Object(pending)) = (&mut bios, &mut pending) {
        let mut settings = json!({"@odata.context": "/redfish/v1/$metadata#Settings.Settings",
            "@odata.type": "#Settings.v1_3_3.Settings", "SettingsObject": link(&staged)});
        if !b.p.old_sessions {
            let times: &[&str] = match b.p.manager_jobs {
                true => &["OnReset", "AtMaintenanceWindowStart", "InMaintenanceWindowOnReset"],
                // iDRAC10.
                false => &["OnReset"],
            };
            settings["SupportedApplyTimes"] = json!(times);
            bios.insert("ResetBiosToDefaultsPending".into(), false.into());
            let name = if b.p.license_service {
                "#DellManager.ClearPending"
            } else {
                "DellManager.v1_0_0#DellManager.ClearPending"
            };
            pending.insert(
                "Actions".into(),
                json!({"Oem": {name: {"target": format!("{staged}/Actions/Oem/DellManager.ClearPending")}}}),
            );
        }
        bios.insert("@Redfish.Settings".into(), settings);
    }
    b.put(BIOS, "Bios.v1_2_0.Bios", bios);
    b.put(&staged, "Bios.v1_2_0.Bios", pending);
}

/// Names of what the registry leaves out of its table.
fn slot(n: usize) -> (String, Value) {
    (format!("Slot{n:03}Option"), if n.is_multiple_of(7) { n.into() } else { "Enabled".into() })
}

fn attributes(b: &Builder) -> Map<String, Value> {
    let mut attributes = Map::new();
    for (name, kind, value) in ROWS {
        let Some(value) = value else { continue };
        let value = match kind {
            Number(..) => value.parse::<i64>().map_or(Value::Null, Value::from),
            _ => Value::from(*value),
        };
        attributes.insert((*name).to_owned(), value);
    }
    attributes.insert("SystemModelName".into(), b.p.system_model.into());
    attributes.insert("SystemBiosVersion".into(), b.p.bios_version.into());
    let left = COUNT.saturating_sub(attributes.len());
    attributes.extend((0..left).map(slot));
    // Announced, and never shown.
    attributes.insert("SysPassword".into(), Value::Null);
    attributes.insert("SetupPassword".into(), Value::Null);
    attributes
}

fn registry(b: &mut Builder) {
    let path = if b.p.old_sessions {
        "/redfish/v1/Registries/BiosAttributeRegistry.v1_0_0/Registry".to_owned()
    } else {
        format!("{BIOS}/BiosRegistry")
    };
    let values = attributes(b);
    let rules = rules();
    let mut listed: Vec<Value> = ROWS.iter().map(|row| explain(row, &rules, &values)).collect();
    let shown = ROWS.len();
    listed.extend((0..COUNT).map(slot).filter(|(name, _)| values.contains_key(name)).enumerate().map(
        |(nth, (name, value))| {
            let mut attribute = frame(&name, 1000 + shown + nth);
            describe_slot(&mut attribute, &value);
            Value::Object(attribute)
        },
    ));
    b.put(
        &path,
        "AttributeRegistry.v1_3_3.AttributeRegistry",
        json!({"Description": "BIOS attributes of the simulated server", "Id": "BiosAttributeRegistry.v1_0_0",
            "Language": "en", "Name": "BIOS Attribute Registry", "OwningEntity": "Simulated",
            "RegistryEntries": {"Attributes": listed, "Dependencies": rules, "Menus": [
                {"DisplayName": "Setup", "DisplayOrder": 100, "MenuName": "SetupRef", "MenuPath": "./",
                    "ReadOnly": false}]},
            "RegistryVersion": "1.0.0",
            "SupportedSystems": [{"FirmwareVersion": b.p.bios_version, "ProductName": b.p.system_model,
                "SystemId": "Simulated"}]}),
    );
}

fn frame(name: &str, order: usize) -> Map<String, Value> {
    let value = json!({"AttributeName": name, "CurrentValue": null, "DisplayName": name, "DisplayOrder": order,
        "HelpText": null, "Hidden": false, "Immutable": false, "MenuPath": "./SetupRef", "ReadOnly": false,
        "ResetRequired": true, "WarningText": null, "WriteOnly": false});
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

fn describe_slot(attribute: &mut Map<String, Value>, value: &Value) {
    if value.is_number() {
        attribute.extend([
            ("Type".to_owned(), "Integer".into()),
            ("LowerBound".to_owned(), 0.into()),
            ("UpperBound".to_owned(), 1000.into()),
            ("ScalarIncrement".to_owned(), 0.into()),
        ]);
    } else {
        attribute.extend([
            ("Type".to_owned(), "Enumeration".into()),
            ("Value".to_owned(), options(&["Enabled", "Disabled"])),
        ]);
    }
}

fn options(names: &[&str]) -> Value {
    names.iter().map(|name| json!({"ValueDisplayName": name, "ValueName": name})).collect()
}

fn explain((name, kind, value): &Row, rules: &[Value], values: &Map<String, Value>) -> Value {
    let mut attribute = frame(name, 100);
    let old = name.starts_with("Old");
    match kind {
        Of(names) => {
            attribute.insert("Type".into(), "Enumeration".into());
            attribute.insert("Value".into(), options(names));
        }
        Number(lower, upper) => attribute.extend([
            ("Type".to_owned(), "Integer".into()),
            ("LowerBound".to_owned(), (*lower).into()),
            ("UpperBound".to_owned(), (*upper).into()),
            ("ScalarIncrement".to_owned(), 0.into()),
        ]),
        Text(length, expression) => attribute.extend([
            ("Type".to_owned(), "String".into()),
            ("MinLength".to_owned(), 0.into()),
            ("MaxLength".to_owned(), (*length).into()),
            ("ValueExpression".to_owned(), json!(expression)),
        ]),
        Shown => attribute.extend([
            ("Type".to_owned(), "String".into()),
            ("MinLength".to_owned(), 0.into()),
            ("MaxLength".to_owned(), 64.into()),
            ("Immutable".to_owned(), true.into()),
        ]),
        Password => attribute.extend([
            ("Type".to_owned(), "Password".into()),
            ("MinLength".to_owned(), 0.into()),
            ("MaxLength".to_owned(), 32.into()),
            ("ValueExpression".to_owned(), r"^[\x20-\x7E]{0,32}$".into()),
            ("WriteOnly".to_owned(), true.into()),
        ]),
    }
    // The flags tell the state, rules included, as on a real one.
    let held = |property: &str| {
        rules.iter().filter_map(|rule| rule.get("Dependency")).any(|rule| {
            rule["MapToAttribute"] == *name
                && rule["MapToProperty"] == property
                && crate::rules::bios::registry::holds(rule, values)
        })
    };
    let hidden = held("Hidden") || old || (value.is_none() && !matches!(kind, Password));
    let fixed = matches!(kind, Shown) || *name == "PasswordStatus";
    attribute.insert("Hidden".into(), hidden.into());
    attribute.insert("ReadOnly".into(), (fixed || (hidden && !old) || held("ReadOnly")).into());
    Value::Object(attribute)
}

fn rules() -> Vec<Value> {
    let written = RULES.iter().map(|(when, to, property, value)| dependency(when, to, property, value));
    let mut all: Vec<Value> = written.collect();
    for (name, fixed) in FIXED {
        for (profile, value) in PROFILES.iter().zip(fixed) {
            all.push(dependency(&[("SysProfile", profile)], name, "CurrentValue", &[value]));
            all.push(dependency(&[("SysProfile", profile)], name, "Value", &[value]));
        }
    }
    all
}

fn dependency(when: &[(&str, &str)], to: &str, property: &str, value: &[&str]) -> Value {
    let from: Vec<Value> = when
        .iter()
        .map(|(attribute, value)| {
            let (condition, value) = value.strip_prefix('!').map_or(("EQU", *value), |other| ("NEQ", other));
            json!({"MapFromAttribute": attribute, "MapFromCondition": condition,
                "MapFromProperty": "CurrentValue", "MapFromValue": value})
        })
        .collect();
    let value = match property {
        "Value" => options(value),
        "CurrentValue" => json!(value.first()),
        _ => true.into(),
    };
    json!({"Dependency": {"MapFrom": from, "MapToAttribute": to, "MapToProperty": property, "MapToValue": value},
        "DependencyFor": to, "Type": "Map"})
}
