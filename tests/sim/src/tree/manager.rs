//! The iDRAC itself: its interface, its attributes, its logs and virtual media.

use serde_json::{Map, Value, json};

use super::builder::{Builder, link, ok, ok_rollup};
use super::{CHASSIS, MANAGER, SYSTEM};

/// Attribute groups as (resource id, prefix, how many): about what each generation lists.
const GROUPS: [(&str, &str, usize); 3] = [
    ("iDRAC.Embedded.1", "WebServer", 600),
    ("System.Embedded.1", "ServerPwr", 150),
    ("LifecycleController.Embedded.1", "LCAttributes", 22),
];

/// Attributes of the iDRAC that have a meaning here.
const IDRAC: &[(&str, &str)] = &[
    ("IPBlocking.1.BlockEnable", "Enabled"),
    ("IPBlocking.1.RangeEnable", "Disabled"),
    ("IPv4.1.DHCPEnable", "Disabled"),
    ("IPv4.1.DNS1", "0.0.0.0"),
    ("IPv4.1.DNS2", "0.0.0.0"),
    ("IPv4.1.DNSFromDHCP", "Disabled"),
    ("IPv4.1.Enable", "Enabled"),
    ("IPv4.1.Gateway", "127.0.0.1"),
    ("IPv4.1.Netmask", "255.0.0.0"),
    ("NIC.1.DNSDomainName", ""),
    ("NIC.1.Duplex", "Full"),
    ("NIC.1.Selection", "Dedicated"),
    ("NIC.1.Speed", "1000"),
    ("NIC.1.VLanEnable", "Disabled"),
    ("NTPConfigGroup.1.NTP1", ""),
    ("NTPConfigGroup.1.NTP2", ""),
    ("NTPConfigGroup.1.NTP3", ""),
    ("NTPConfigGroup.1.NTPEnable", "Disabled"),
    ("SEKM.1.SupportStatus", "NotInstalled"),
    ("Time.1.Timezone", "CST6CDT"),
];

/// The same, where they are numbers.
const NUMBERS: &[(&str, u64)] = &[
    ("IPBlocking.1.FailCount", 3),
    ("IPBlocking.1.FailWindow", 60),
    ("IPBlocking.1.PenaltyTime", 600),
    ("NIC.1.MTU", 1500),
    ("NIC.1.VLanID", 1),
    ("NIC.1.VLanPriority", 0),
    ("WebServer.1.HttpsPort", 443),
];

pub(super) fn add(b: &mut Builder) {
    manager(b);
    interfaces(b);
    attributes(b);
    logs(b);
    services(b);
    if b.p.manager_media {
        let home = format!("{MANAGER}/VirtualMedia");
        let slots = [("CD", &["CD", "DVD"][..]), ("RemovableDisk", &["USBStick"][..])];
        let paths: Vec<String> = slots.iter().map(|(id, _)| format!("{home}/{id}")).collect();
        b.collection(&home, "VirtualMedia", "VirtualMedia", &paths);
        for ((_, types), path) in slots.iter().zip(&paths) {
            b.put(path, "VirtualMedia.v1_4_0.VirtualMedia", virtual_media(b.p.media_actions, path, types));
        }
    }
}

/// An empty drive.
pub(super) fn virtual_media(actions: bool, path: &str, types: &[&str]) -> Value {
    let actions = if actions {
        json!({"#VirtualMedia.EjectMedia": {"target": format!("{path}/Actions/VirtualMedia.EjectMedia")},
            "#VirtualMedia.InsertMedia": {"target": format!("{path}/Actions/VirtualMedia.InsertMedia")}})
    } else {
        json!({})
    };
    json!({
        "Actions": actions,
        "ConnectedVia": "NotConnected", "Description": "iDRAC Virtual Media", "Image": null,
        "ImageName": null, "Inserted": false, "MediaTypes": types, "MediaTypes@odata.count": types.len(),
        "Name": "Virtual Media", "TransferMethod": null, "TransferProtocolType": null,
        "UserName": null, "WriteProtected": null,
    })
}

fn manager(b: &mut Builder) {
    let p = b.p;
    let mut dell_links = Map::new();
    dell_links.insert("@odata.type".into(), "#DellOem.v1_3_0.DellOemLinks".into());
    if p.dell_attributes {
        let paths: Vec<Value> =
            GROUPS.iter().map(|(id, ..)| link(format!("{MANAGER}/Oem/Dell/DellAttributes/{id}"))).collect();
        dell_links.insert("DellAttributes@odata.count".into(), paths.len().into());
        dell_links.insert("DellAttributes".into(), paths.into());
    }
    if p.manager_jobs || p.oem_jobs {
        let home = if p.oem_jobs { "Oem/Dell/Jobs" } else { "Jobs" };
        dell_links.insert("Jobs".into(), link(format!("{MANAGER}/{home}")));
    }
    if p.is_idrac9_or_later() {
        for name in ["DellLCService", "DelliDRACCardService"] {
            dell_links.insert(name.into(), link(format!("{MANAGER}/Oem/Dell/{name}")));
        }
    }
    let mut manager = json!({
        "Actions": {"#Manager.Reset": {"ResetType@Redfish.AllowableValues": ["GracefulRestart"],
            "target": format!("{MANAGER}/Actions/Manager.Reset")}},
        "DateTime": "«now»", "DateTimeLocalOffset": "-06:00", "Description": "BMC",
        "EthernetInterfaces": link(format!("{MANAGER}/EthernetInterfaces")),
        "FirmwareVersion": p.idrac_version,
        "GraphicalConsole": {"ConnectTypesSupported": ["KVMIP"], "MaxConcurrentSessions": 6,
            "ServiceEnabled": true},
        "Links": {"ManagerForChassis": [link(CHASSIS)], "ManagerForChassis@odata.count": 1,
            "ManagerForServers": [link(SYSTEM)], "ManagerForServers@odata.count": 1,
            "ManagerInChassis": link(CHASSIS), "Oem": {"Dell": dell_links}},
        "LogServices": link(format!("{MANAGER}/LogServices")),
        "ManagerType": "BMC", "Model": p.manager_model, "Name": "Manager",
        "NetworkProtocol": link(format!("{MANAGER}/NetworkProtocol")),
        "Oem": {"Dell": {"@odata.type": "#DellManager.v1_4_0.DellManager", "DelliDRACCard": {
            "@odata.context": "/redfish/v1/$metadata#DelliDRACCard.DelliDRACCard",
            "@odata.id": format!("{MANAGER}/Oem/Dell/DelliDRACCard/iDRAC.Embedded.1-1_0x23_IDRACinfo"),
            "@odata.type": "#DelliDRACCard.v1_1_0.DelliDRACCard", "IPMIVersion": "2.0",
            "Id": "iDRAC.Embedded.1-1_0x23_IDRACinfo", "Name": "DelliDRACCard",
            "URLString": "https://«ip»:443"}}},
        "PowerState": "On", "Redundancy": [], "Status": ok(), "UUID": "«uuid»",
    });
    if let Some(actions) = manager["Actions"].as_object_mut() {
        actions.insert("Oem".into(), super::scp::actions(&p).into());
    }
    if let Value::Object(map) = &mut manager {
        if p.manager_media {
            map.insert("VirtualMedia".into(), link(format!("{MANAGER}/VirtualMedia")));
        }
        if p.boot_progress {
            map.insert("ServiceIdentification".into(), "«tag»".into());
        }
    }
    b.put(MANAGER, "Manager.v1_12_0.Manager", manager);
}

fn interfaces(b: &mut Builder) {
    let home = format!("{MANAGER}/EthernetInterfaces");
    let path = format!("{home}/NIC.1");
    b.collection(&home, "EthernetInterface", "Ethernet Interfaces", &[&path]);
    b.put(
        &path,
        "EthernetInterface.v1_8_0.EthernetInterface",
        json!({
            "AutoNeg": true, "Description": "Management Network Interface",
            "EthernetInterfaceType": "Physical", "FQDN": "«host».example.test", "FullDuplex": true,
            "HostName": "«host»",
            "IPv4Addresses": [{"Address": "«ip»", "AddressOrigin": "Static", "Gateway": "127.0.0.1",
                "SubnetMask": "255.0.0.0"}],
            "IPv6Addresses": [], "InterfaceEnabled": true, "LinkStatus": "LinkUp", "MACAddress": "«mac:0»",
            "MTUSize": 1500, "Name": "Manager Ethernet Interface", "NameServers": ["0.0.0.0", "::"],
            "PermanentMACAddress": "«mac:0»", "SpeedMbps": 1000, "Status": ok(), "VLAN": {"VLANEnable": false,
                "VLANId": 1},
        }),
    );
    b.put(
        &format!("{MANAGER}/NetworkProtocol"),
        "ManagerNetworkProtocol.v1_8_0.ManagerNetworkProtocol",
        json!({
            "Description": "Manager Network Service Status", "FQDN": "«host».example.test",
            "HTTP": {"Port": 80, "ProtocolEnabled": true}, "HTTPS": {"Port": 443, "ProtocolEnabled": true},
            "HostName": "«host»", "IPMI": {"Port": 623, "ProtocolEnabled": false},
            "KVMIP": {"Port": 5900, "ProtocolEnabled": true}, "Name": "Manager Network Protocol",
            "NTP": {"NTPServers": [], "ProtocolEnabled": false},
            "SNMP": {"Port": 161, "ProtocolEnabled": true}, "SSH": {"Port": 22, "ProtocolEnabled": true},
            "Status": ok_rollup(), "VirtualMedia": {"Port": 5900, "ProtocolEnabled": true},
        }),
    );
}

fn group(id: &str, prefix: &str, count: usize, is_idrac9: bool) -> Map<String, Value> {
    let mut attributes = Map::new();
    if id.starts_with("iDRAC") {
        attributes.insert("CurrentIPv4.1.Address".into(), "«ip»".into());
        attributes.insert("CurrentNIC.1.DNSRacName".into(), "«host»".into());
        attributes.insert("CurrentNIC.1.MACAddress".into(), "«mac_lower:0»".into());
        if is_idrac9 {
            attributes.insert("Lockdown.1.SystemLockdown".into(), "Disabled".into());
        }
        attributes.insert("Redfish.1.Enable".into(), "Enabled".into());
        attributes.insert("VirtualConsole.1.PluginType".into(), "eHTML5".into());
        attributes.insert("WebServer.1.HostHeaderCheck".into(), "Enabled".into());
        attributes.extend(IDRAC.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))));
        attributes.extend(NUMBERS.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))));
        attributes.insert("IPv4.1.Address".into(), "«ip»".into());
        attributes.insert("NIC.1.DNSRacName".into(), "«host»".into());
        attributes.insert("Users.2.Password".into(), Value::Null);
        attributes.insert("WebServer.1.MaxNumberOfSessions".into(), 8.into());
    } else if id.starts_with("System") {
        attributes.insert("ServerInfo.1.ServiceTag".into(), "«tag»".into());
        attributes.insert("ServerOS.1.HostName".into(), "node-«tag»".into());
    } else {
        attributes.insert("LCAttributes.1.AutoUpdate".into(), "Disabled".into());
        attributes.insert("LCAttributes.1.LifecycleControllerState".into(), "Enabled".into());
        attributes.insert("LCAttributes.1.CollectSystemInventoryOnRestart".into(), "Enabled".into());
    }
    for n in 1.. {
        if attributes.len() >= count {
            break;
        }
        let value = if n % 5 == 0 { Value::from(n) } else { Value::from("Enabled") };
        attributes.insert(format!("{prefix}.{n}.Setting{n}"), value);
    }
    attributes
}

fn attributes(b: &mut Builder) {
    if b.p.manager_attributes {
        let (id, prefix, count) = GROUPS[0];
        b.put(
            &format!("{MANAGER}/Attributes"),
            "DellAttributes.v1_0_0.DellAttributes",
            json!({"AttributeRegistry": "ManagerAttributeRegistry.v1_0_0",
                "Attributes": group(id, prefix, count, b.p.is_idrac9_or_later()), "Id": "iDRACAttributes",
                "Description": "iDRAC attributes", "Name": "OEMAttributeRegistry"}),
        );
    }
    if !b.p.dell_attributes {
        return;
    }
    let home = format!("{MANAGER}/Oem/Dell/DellAttributes");
    let paths: Vec<String> = GROUPS.iter().map(|(id, ..)| format!("{home}/{id}")).collect();
    b.collection(&home, "DellAttributes", "DellAttributes", &paths);
    for ((id, prefix, count), path) in GROUPS.iter().zip(&paths) {
        b.put(
            path,
            "DellAttributes.v1_0_0.DellAttributes",
            json!({"@Redfish.Settings": {"@odata.type": "#Settings.v1_3_5.Settings",
                    "SettingsObject": link(format!("{path}/Settings")),
                    "SupportedApplyTimes": ["Immediate", "AtMaintenanceWindowStart"]},
                "AttributeRegistry": "ManagerAttributeRegistry.v1_0_0",
                "Attributes": group(id, prefix, *count, b.p.is_idrac9_or_later()),
                "Description": "This schema provides the oem attributes", "Name": "OEMAttributeRegistry"}),
        );
        b.put(
            &format!("{path}/Settings"),
            "DellAttributes.v1_0_0.DellAttributes",
            json!({"AttributeRegistry": "ManagerAttributeRegistry.v1_0_0", "Attributes": {},
                "Description": "Attributes that wait for their time", "Name": "OEMAttributeRegistry"}),
        );
    }
}

fn logs(b: &mut Builder) {
    let home = format!("{MANAGER}/LogServices");
    let paths = [format!("{home}/Sel"), format!("{home}/Lclog")];
    b.collection(&home, "LogService", "Log Services", &paths);
    for (path, id, kind, most) in [(&paths[0], "Sel", "SEL", 1024), (&paths[1], "Lclog", "OEM", 500_000)] {
        let entries = if b.p.old_logs { format!("{MANAGER}/Logs/{id}") } else { format!("{path}/Entries") };
        let mut service = json!({"DateTime": "«now»", "DateTimeLocalOffset": "-06:00",
                "Description": format!("{id} Log Service"), "Entries": link(entries), "LogEntryType": kind,
                "MaxNumberOfRecords": most, "Name": format!("{id} Log Service"),
                "OverWritePolicy": "WrapsWhenFull", "ServiceEnabled": true});
        if id == "Sel"
            && let Value::Object(map) = &mut service
        {
            let target = format!("{path}/Actions/LogService.ClearLog");
            map.insert("Actions".into(), json!({"#LogService.ClearLog": {"target": target}}));
        }
        b.put(path, "LogService.v1_1_3.LogService", service);
    }
}

/// Dell's own services with what they offer.
fn services(b: &mut Builder) {
    if !b.p.is_idrac9_or_later() {
        return;
    }
    let shares = ["CIFS", "HTTP", "HTTPS", "Local", "NFS"];
    let types =
        |name: &'static str, values: &[&str]| (format!("{name}@Redfish.AllowableValues"), json!(values));
    let screens = ["LastCrashScreenShot", "Preview", "ServerScreenShot"];
    let modes = ["Express", "ExpressAndExtended", "Extended"];
    let reboots = ["GracefulRebootWithForcedShutdown", "GracefulRebootWithoutForcedShutdown", "PowerCycle"];
    let data = ["DebugLogs", "HWData", "OSAppData", "TTYLogs", "TelemetryReports"];
    let videos = ["BootCaptureVideo", "CrashCaptureVideo"];
    let offered = [
        ("ExportLCLog", vec![types("ShareType", &shares)]),
        ("ExportCompleteLCLog", vec![types("ShareType", &shares)]),
        ("ExportServerScreenShot", vec![types("FileType", &screens)]),
        ("ExportVideoLog", vec![types("FileType", &videos), types("ShareType", &["Local"])]),
        ("ExportePSADiagnosticsResult", vec![types("ShareType", &shares)]),
        ("RunePSADiagnostics", vec![types("RunMode", &modes), types("RebootJobType", &reboots)]),
        ("SupportAssistAcceptEULA", vec![]),
        ("SupportAssistCollection", vec![types("ShareType", &shares), types("DataSelectorArrayIn", &data)]),
        ("SupportAssistGetEULAStatus", vec![]),
    ];
    service(b, "DellLCService", &offered);
    service(b, "DelliDRACCardService", &[("GetKVMSession", vec![])]);
}

fn service(b: &mut Builder, name: &str, offered: &[(&str, Vec<(String, Value)>)]) {
    let path = format!("{MANAGER}/Oem/Dell/{name}");
    let mut actions = Map::new();
    for (action, parameters) in offered {
        let mut described: Map<String, Value> = parameters.iter().cloned().collect();
        described.insert("target".into(), format!("{path}/Actions/{name}.{action}").into());
        actions.insert(format!("#{name}.{action}"), Value::Object(described));
    }
    let value = json!({"Actions": actions, "Description": format!("The {name} resource"), "Name": name});
    b.put(&path, &format!("{name}.v1_7_0.{name}"), value);
}
