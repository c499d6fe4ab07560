//! The service root and the services that hang from it.

use serde_json::{Map, Value, json};

use super::builder::{Builder, link, ok};
use super::{CHASSIS, MANAGER, SYSTEM};

const V1: &str = "/redfish/v1";

pub(super) fn add(b: &mut Builder) {
    root(b);
    sessions(b);
    accounts(b);
    jobs(b);
    registries(b);
    collections(b);
    if b.p.license_service {
        licenses(b);
    }
    let mut events = json!({"DeliveryRetryAttempts": 3, "DeliveryRetryIntervalSeconds": 5,
        "Name": "Event Service", "Description": "Event Service represents the properties for the service",
        "EventFormatTypes": ["Event", "MetricReport"], "EventFormatTypes@odata.count": 2,
        "ServiceEnabled": true, "Status": ok(),
        "Subscriptions": link("/redfish/v1/EventService/Subscriptions")});
    if let (Value::Object(map), true) = (&mut events, b.p.is_idrac9_or_later()) {
        let target = "/redfish/v1/EventService/Actions/EventService.SubmitTestEvent";
        map.insert(
            "Actions".into(),
            json!({"#EventService.SubmitTestEvent": {"target": target,
            "EventType@Redfish.AllowableValues": ["Alert"]}}),
        );
        map.insert("ServerSentEventUri".into(), "/redfish/v1/SSE".into());
    }
    b.put("/redfish/v1/EventService", "EventService.v1_7_0.EventService", events);
    b.collection::<&str>("/redfish/v1/EventService/Subscriptions", "EventDestination", "Subscriptions", &[]);
}

fn root(b: &mut Builder) {
    let p = b.p;
    let mut root = Map::new();
    for name in ["AccountService", "EventService", "Registries", "SessionService"] {
        root.insert(name.into(), link(format!("{V1}/{name}")));
    }
    for name in ["Chassis", "Managers", "Systems"] {
        root.insert(name.into(), link(format!("{V1}/{name}")));
    }
    root.insert("Tasks".into(), link(format!("{V1}/TaskService")));
    for (present, name) in [
        (p.update_service, "UpdateService"),
        (p.job_service, "JobService"),
        (p.license_service, "LicenseService"),
        (p.is_idrac9_or_later(), "TelemetryService"),
    ] {
        if present {
            root.insert(name.into(), link(format!("{V1}/{name}")));
        }
    }
    if p.announces_features {
        root.insert(
            "ProtocolFeaturesSupported".into(),
            json!({"DeepOperations": {"DeepPATCH": false, "DeepPOST": false}, "ExcerptQuery": false,
                "ExpandQuery": {"ExpandAll": true, "Levels": true, "Links": true, "MaxLevels": 1,
                    "NoLinks": true},
                "FilterQuery": true, "OnlyMemberQuery": true, "SelectQuery": true}),
        );
        root.insert("Vendor".into(), "Dell".into());
    }
    let home = if p.old_sessions { "/redfish/v1/Sessions" } else { "/redfish/v1/SessionService/Sessions" };
    root.insert("Links".into(), json!({"Sessions": link(home)}));
    root.insert("Id".into(), "RootService".into());
    root.insert("Name".into(), "Root Service".into());
    root.insert("Description".into(), "Root Service".into());
    root.insert("Product".into(), "Integrated Dell Remote Access Controller".into());
    root.insert("RedfishVersion".into(), p.redfish_version.into());
    if p.redfish_version != "1.0.2" {
        root.insert(
            "Oem".into(),
            json!({"Dell": {"@odata.context": "/redfish/v1/$metadata#DellServiceRoot.DellServiceRoot",
                "@odata.type": "#DellServiceRoot.v1_0_0.DellServiceRoot", "IsBranded": 0,
                "ManagerMACAddress": "«mac_lower:0»", "ServiceTag": "«tag»"}}),
        );
    }
    if p.boot_progress {
        root.insert("ServiceIdentification".into(), "«tag»".into());
    }
    b.put(V1, "ServiceRoot.v1_5_0.ServiceRoot", Value::Object(root));
}

fn collections(b: &mut Builder) {
    b.collection("/redfish/v1/Systems", "ComputerSystem", "ComputerSystem", &[SYSTEM]);
    b.collection("/redfish/v1/Managers", "Manager", "Manager", &[MANAGER]);
    b.collection("/redfish/v1/Chassis", "Chassis", "Chassis", &[CHASSIS, super::ENCLOSURE]);
}

fn sessions(b: &mut Builder) {
    let home = if b.p.old_sessions { "/redfish/v1/Sessions" } else { "/redfish/v1/SessionService/Sessions" };
    b.put(
        "/redfish/v1/SessionService",
        "SessionService.v1_1_6.SessionService",
        json!({"Description": "Session Service", "Name": "Session Service", "ServiceEnabled": true,
            "SessionTimeout": 1800, "Sessions": link(home)}),
    );
}

fn accounts(b: &mut Builder) {
    let home = if b.p.account_service {
        "/redfish/v1/AccountService/Accounts".to_owned()
    } else {
        format!("{MANAGER}/Accounts")
    };
    b.put(
        "/redfish/v1/AccountService",
        "AccountService.v1_10_0.AccountService",
        json!({"AccountLockoutCounterResetAfter": 0, "AccountLockoutDuration": 0,
            "AccountLockoutThreshold": 0, "Accounts": link(&home), "AuthFailureLoggingThreshold": 2,
            "Description": "BMC User Accounts", "LocalAccountAuth": "Fallback", "MaxPasswordLength": 40,
            "MinPasswordLength": 0, "Name": "Account Service",
            "Roles": link("/redfish/v1/AccountService/Roles"), "ServiceEnabled": true, "Status": ok()}),
    );
    let roles = ["Administrator", "Operator", "ReadOnly", "None"];
    let paths: Vec<String> = roles.iter().map(|r| format!("/redfish/v1/AccountService/Roles/{r}")).collect();
    b.collection("/redfish/v1/AccountService/Roles", "Role", "Roles", &paths);
    for (role, path) in roles.iter().zip(&paths) {
        let privileges: &[&str] = match *role {
            "Administrator" => &["Login", "ConfigureManager", "ConfigureUsers", "ConfigureSelf"],
            "Operator" => &["Login", "ConfigureComponents", "ConfigureSelf"],
            "ReadOnly" => &["Login", "ConfigureSelf"],
            _ => &[],
        };
        b.put(
            path,
            "Role.v1_3_0.Role",
            json!({"AssignedPrivileges": privileges, "Description": format!("{role} User Role"),
                "IsPredefined": true, "Name": "User Role", "RoleId": role}),
        );
    }
}

fn jobs(b: &mut Builder) {
    b.put(
        "/redfish/v1/TaskService",
        "TaskService.v1_2_0.TaskService",
        json!({"DateTime": "«now»", "Description": "Represents the properties for the service itself",
            "Name": "Task Service", "ServiceEnabled": true, "Status": ok(),
            "TaskAutoDeleteTimeoutMinutes": 10, "Tasks": link("/redfish/v1/TaskService/Tasks")}),
    );
    if b.p.job_service {
        b.put(
            "/redfish/v1/JobService",
            "JobService.v1_0_3.JobService",
            json!({"DateTime": "«now»", "Description": "Represents the job service", "Name": "Job Service",
                "Jobs": link("/redfish/v1/JobService/Jobs"),
                "Log": link(format!("{MANAGER}/LogServices/Lclog")),
                "ServiceCapabilities": {"MaxJobs": 256, "MaxSteps": 1, "Scheduling": true},
                "ServiceEnabled": true, "Status": ok()}),
        );
    }
}

fn registries(b: &mut Builder) {
    let home = "/redfish/v1/Registries";
    let mut files = vec![
        ("BaseMessages".to_owned(), b.p.base_registry.to_owned()),
        ("Messages".to_owned(), b.p.eemi_registry.to_owned()),
        ("BiosAttributeRegistry.v1_0_0".to_owned(), "BiosAttributeRegistry.v1_0_0".to_owned()),
    ];
    if b.p.dell_attributes {
        let functions = super::network::function_ids(b);
        let named =
            |id: String| (super::network_attributes::registry_id(&id), "NetworkAttributeRegistry".to_owned());
        files.extend(functions.into_iter().map(named));
    }
    let paths: Vec<String> = files.iter().map(|(id, _)| format!("{home}/{id}")).collect();
    b.collection(home, "MessageRegistryFile", "Registry File", &paths);
    for ((id, registry), path) in files.iter().zip(&paths) {
        let is_bios = id.starts_with("Bios");
        let is_network = id.starts_with("Network");
        let uri = match (is_bios, is_network) {
            (true, _) if !b.p.old_sessions => format!("{SYSTEM}/Bios/BiosRegistry"),
            (_, true) => format!("{path}/{id}.json"),
            _ => format!("{path}/Registry"),
        };
        b.put(
            path,
            "MessageRegistryFile.v1_1_0.MessageRegistryFile",
            json!({"Description": format!("{id} locations"), "Languages": ["En"], "Languages@odata.count": 1,
                "Location": [{"Language": "En", "Uri": uri}], "Location@odata.count": 1,
                "Name": format!("{id} file"), "Registry": registry}),
        );
        // What BIOS attributes mean stands beside the attributes; a network card's, beside the card's.
        if !is_bios && !is_network {
            message_registry(b, &uri, registry);
        }
    }
}

fn message_registry(b: &mut Builder, path: &str, registry: &str) {
    let (prefix, version) = registry.split_once('.').unwrap_or((registry, "1.0"));
    let message = |text: &str, severity: &str| {
        json!({"Description": text, "Message": text, "NumberOfArgs": 0, "Resolution": "None.",
            "Severity": severity})
    };
    let messages = if prefix == "Base" {
        json!({"Success": message("Done.", "OK"), "GeneralError": message("Failed.", "Critical"),
            "AccessDenied": message("Not allowed.", "Critical")})
    } else {
        json!({"SYS413": message("The operation succeeded.", "Informational"),
            "SYS403": message("There is no such resource.", "Critical"),
            "RAC0218": message("All user sessions are in use.", "Informational"),
            "PR19": message("The job is done.", "Informational")})
    };
    b.put(
        path,
        "MessageRegistry.v1_4_0.MessageRegistry",
        json!({"Description": "Messages of the simulated service", "Id": registry, "Language": "en",
            "Messages": messages, "Name": "Message Registry", "OwningEntity": "Simulated",
            "RegistryPrefix": prefix, "RegistryVersion": format!("{version}.0")}),
    );
}

fn licenses(b: &mut Builder) {
    let id = "FD00000000000001";
    let path = format!("/redfish/v1/LicenseService/Licenses/{id}");
    b.put(
        "/redfish/v1/LicenseService",
        "LicenseService.v1_0_0.LicenseService",
        json!({"Description": "Licences of the service", "Name": "LicenseService", "ServiceEnabled": true,
            "Licenses": link("/redfish/v1/LicenseService/Licenses")}),
    );
    b.collection("/redfish/v1/LicenseService/Licenses", "License", "License", &[&path]);
    b.put(
        &path,
        "License.v1_0_0.License",
        json!({"AuthorizationScope": "Service", "Description": "iDRAC Datacenter License",
            "EntitlementId": id, "ExpirationDate": null, "InstallDate": null, "LicenseOrigin": "Installed",
            "LicenseType": "Production", "Name": id, "Removable": true, "Status": ok()}),
    );
}
