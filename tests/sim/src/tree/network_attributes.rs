//! Dell's attributes of a network function, where they are staged, and the registry that explains them. **Synthetic**.

use serde_json::{Value, json};

use super::builder::{Builder, link, mac};

const SWITCH: &[&str] = &["Enabled", "Disabled"];

/// Name, value, and what it may be.
const CHOICES: &[(&str, &str, &[&str])] = &[
    ("LegacyBootProto", "PXE", &["PXE", "iSCSI", "NONE"]),
    ("VLanMode", "Disabled", SWITCH),
    ("VirtualizationMode", "NONE", &["NONE", "SRIOV", "NPAR"]),
    ("WakeOnLan", "Disabled", SWITCH),
    ("TcpIpViaDHCP", "Enabled", SWITCH),
    ("IscsiViaDHCP", "Enabled", SWITCH),
];

/// Name of the registry's file entry of a function.
pub(super) fn registry_id(function: &str) -> String {
    format!("NetworkAttributesRegistry_{function}")
}

/// Adds the three resources of one function, and returns where its attributes are.
pub(super) fn add(b: &mut Builder, function_path: &str, function: &str, mac_index: usize) -> String {
    let path = format!("{function_path}/Oem/Dell/DellNetworkAttributes/{function}");
    let settings = format!("{path}/Settings");
    // The resource names its registry a little otherwise than the registry names itself, as on a real one.
    let registry = format!("NetworkAttributeRegistry_{function}");
    let mut attributes = json!({"BannerMessageTimeout": 5, "ChipMdl": "BCM57414", "IscsiInitiatorName": "",
        "IscsiInitiatorChapPwd": null, "MacAddr": mac(mac_index), "VLanId": 1});
    for (name, value, _) in CHOICES {
        attributes[*name] = (*value).into();
    }
    let times: &[&str] = match b.p.manager_jobs {
        true => &["Immediate", "AtMaintenanceWindowStart", "OnReset", "InMaintenanceWindowOnReset"],
        // iDRAC10.
        false => &["OnReset"],
    };
    b.put(
        &path,
        "DellAttributes.v1_0_0.DellAttributes",
        json!({
            "@Redfish.Settings": {"@odata.context": "/redfish/v1/$metadata#Settings.Settings",
                "@odata.type": "#Settings.v1_3_5.Settings", "SettingsObject": link(&settings),
                "SupportedApplyTimes": times},
            "AttributeRegistry": registry, "Attributes": attributes, "Name": "DellNetworkAttributes",
            "Description": "DellNetworkAttributes represents the Network device attribute details."}),
    );
    b.put(
        &settings,
        "DellAttributes.v1_0_0.DellAttributes",
        json!({
            "Actions": {"#DellManager.ClearPending": {"target": format!("{settings}/Actions/DellManager.ClearPending")}},
            "AttributeRegistry": registry, "Attributes": {}, "Id": function, "Name": "DellNetworkAttributes",
            "Description": "This schema provides settings of the oem attributes"}),
    );
    explain(b, function);
    path
}

fn explain(b: &mut Builder, function: &str) {
    let id = registry_id(function);
    let frame = |name: &str, kind: &str, read_only: bool| {
        json!({"AttributeName": name, "CurrentValue": null, "DisplayName": name, "Hidden": false,
            "Immutable": read_only, "MenuPath": "./", "ReadOnly": read_only, "ResetRequired": true, "Type": kind,
            "WriteOnly": false})
    };
    let mut attributes: Vec<Value> = CHOICES
        .iter()
        .map(|(name, _, values)| {
            let mut one = frame(name, "Enumeration", false);
            let options = values.iter().map(|value| json!({"ValueDisplayName": value, "ValueName": value}));
            one["Value"] = options.collect();
            one
        })
        .collect();
    for (name, upper, lower, read_only) in [("BannerMessageTimeout", 14, 0, false), ("VLanId", 4094, 1, true)]
    {
        let mut one = frame(name, "Integer", read_only);
        one["Immutable"] = false.into();
        one["LowerBound"] = lower.into();
        one["UpperBound"] = upper.into();
        attributes.push(one);
    }
    for (name, length, read_only) in [
        ("ChipMdl", 1024, true),
        ("MacAddr", 17, true),
        ("IscsiInitiatorName", 128, false),
        ("IscsiInitiatorChapPwd", 16, false),
    ] {
        let mut one = frame(name, "String", read_only);
        one["MinLength"] = 0.into();
        one["MaxLength"] = length.into();
        attributes.push(one);
    }
    b.put(
        &format!("/redfish/v1/Registries/{id}/{id}.json"),
        "AttributeRegistry.v1_3_6.AttributeRegistry",
        json!({"Description": "Attributes of a simulated network function", "Id": id, "Language": "en",
            "Name": "Network Attribute Registry", "OwningEntity": "Simulated", "RegistryVersion": "1.0.0",
            "RegistryEntries": {"Attributes": attributes, "Dependencies": [{"Type": "Map", "DependencyFor": "VLanId",
                "Dependency": {"MapFrom": [{"MapFromAttribute": "VLanMode", "MapFromCondition": "EQU",
                    "MapFromProperty": "CurrentValue", "MapFromValue": "Disabled"}], "MapToAttribute": "VLanId",
                    "MapToProperty": "ReadOnly", "MapToValue": true}}]}}),
    );
}
