//! Synthetic iDRACs of each generation, in snippets: what is read, and in how many requests.

use dell_redfish::flow::inventory::{Inventory, InventoryOptions, Section, SectionSet, inventory};
use dell_redfish::{Generation, HostFacts, Redfish};
use serde_json::{Value, json};

use crate::folder::{Fake, Tree};

const S: &str = "/redfish/v1/Systems/System.Embedded.1";
const C: &str = "/redfish/v1/Chassis/System.Embedded.1";
const M: &str = "/redfish/v1/Managers/iDRAC.Embedded.1";
const F: &str = "/redfish/v1/UpdateService/FirmwareInventory";

pub(crate) fn link(path: &str) -> Value {
    json!({"@odata.id": path})
}

/// A collection and its members, each `path/id` with `Id` and what `fill` adds.
pub(crate) fn collection(path: &str, ids: &[String], fill: impl Fn(&str) -> Value) -> Vec<Value> {
    let members: Vec<Value> = ids.iter().map(|id| link(&format!("{path}/{id}"))).collect();
    let mut all = vec![json!({"@odata.id": path, "Members": members, "Members@odata.count": ids.len()})];
    for id in ids {
        let mut member = json!({"@odata.id": format!("{path}/{id}"), "@odata.type": "#X", "Id": id});
        if let (Value::Object(member), Value::Object(more)) = (&mut member, fill(id)) {
            member.extend(more);
        }
        all.push(member);
    }
    all
}

pub(crate) fn ids(prefix: &str, count: usize) -> Vec<String> {
    (1..=count).map(|nth| format!("{prefix}.{nth}")).collect()
}

/// What every generation has.
fn common(model: &str, firmware: &str) -> Vec<Value> {
    let mut all = vec![
        json!({"@odata.id": S, "@odata.type": "#ComputerSystem", "SKU": "TAG0001", "Model": "PowerEdge",
            "Bios": link(&format!("{S}/Bios")), "Processors": link(&format!("{S}/Processors")),
            "Memory": link(&format!("{S}/Memory")), "Storage": link(&format!("{S}/Storage")),
            "EthernetInterfaces": link(&format!("{S}/EthernetInterfaces")),
            "Links": {"Chassis": [link(C)], "ManagedBy": [link(M)]}}),
        json!({"@odata.id": M, "@odata.type": "#Manager", "Model": model, "FirmwareVersion": firmware}),
        json!({"@odata.id": format!("{S}/Bios"), "@odata.type": "#Bios",
            "Attributes": {"BootMode": "Uefi", "Delay": 120, "Odd": null}}),
    ];
    let mut processors = ids("CPU.Socket", 2);
    processors.extend(ids("Video.Slot", 2));
    all.extend(collection(
        &format!("{S}/Processors"),
        &processors,
        |id| json!({"ProcessorType": if id.starts_with("Video") { "GPU" } else { "CPU" }}),
    ));
    all.extend(collection(
        &format!("{S}/Memory"),
        &ids("DIMM.Socket.A", 16),
        |_| json!({"CapacityMiB": 32768}),
    ));
    all
}

/// Two controllers with six drives each; volumes on the first.
fn storage(inline: bool, volumes: &[usize]) -> Vec<Value> {
    let base = format!("{S}/Storage");
    let controllers = ids("RAID.Slot", 2);
    let mut all = collection(&base, &controllers, |id| {
        let drives: Vec<Value> =
            ids("Disk.Bay", 6).iter().map(|d| link(&format!("{base}/{id}/Drives/{d}"))).collect();
        let mut unit = json!({"Drives": drives, "Volumes": link(&format!("{base}/{id}/Volumes")),
            "Links": {"Enclosures": [link(C)]}});
        if inline {
            unit["StorageControllers"] =
                json!([{"@odata.id": format!("{base}/{id}#/StorageControllers/0"), "Name": id}]);
        } else {
            unit["Controllers"] = link(&format!("{base}/{id}/Controllers"));
        }
        unit
    });
    for (nth, id) in controllers.iter().enumerate() {
        all.extend(collection(
            &format!("{base}/{id}/Drives"),
            &ids("Disk.Bay", 6),
            |_| json!({"CapacityBytes": 480}),
        ));
        all.extend(collection(
            &format!("{base}/{id}/Volumes"),
            &ids("Disk.Virtual", volumes[nth]),
            |_| json!({"RAIDType": "RAID1"}),
        ));
        if !inline {
            all.extend(collection(
                &format!("{base}/{id}/Controllers"),
                std::slice::from_ref(id),
                |_| json!({"Model": "PERC"}),
            ));
        }
    }
    all
}

/// Four cards with two ports and two functions each; `ports` is the schema's name for them.
fn network(ports: &str, links: bool) -> Vec<Value> {
    let base = format!("{C}/NetworkAdapters");
    let cards = ids("NIC.Slot", 4);
    let mut all = collection(&base, &cards, |id| {
        let members = |list: &str| -> Vec<Value> {
            ids(id, 2).iter().map(|port| link(&format!("{base}/{id}/{list}/{port}"))).collect()
        };
        let mut card = json!({ports: link(&format!("{base}/{id}/{ports}")),
            "NetworkDeviceFunctions": link(&format!("{base}/{id}/NetworkDeviceFunctions"))});
        if links {
            card["Controllers"] = json!([{"FirmwarePackageVersion": "1", "Links": {
                ports: members(ports), "NetworkDeviceFunctions": members("NetworkDeviceFunctions")}}]);
        }
        card
    });
    for id in &cards {
        all.extend(collection(&format!("{base}/{id}/{ports}"), &ids(id, 2), |_| json!({"LinkStatus": "Up"})));
        all.extend(collection(
            &format!("{base}/{id}/NetworkDeviceFunctions"),
            &ids(id, 2),
            |_| json!({"Ethernet": {"MACAddress": "00:11"}}),
        ));
    }
    all
}

fn legacy_power() -> Vec<Value> {
    let psu = |nth: usize| json!({"@odata.id": format!("{C}/Power#/PowerSupplies/{nth}"), "@odata.type": "#P", "MemberId": nth});
    vec![
        json!({"@odata.id": format!("{C}/Power"), "@odata.type": "#Power", "PowerSupplies": [psu(0), psu(1)]}),
        json!({"@odata.id": format!("{C}/Thermal"), "@odata.type": "#Thermal",
            "Fans": [{"FanName": "Fan1", "Reading": 5400, "ReadingUnits": "RPM"}],
            "Temperatures": [{"Name": "Inlet", "ReadingCelsius": "21"}]}),
    ]
}

fn firmware(count: usize) -> Vec<Value> {
    collection(
        F,
        &ids("Installed-1-2.0__X", count),
        |_| json!({"Version": "2.0", "ReleaseDate": "00:00:00Z"}),
    )
}

pub(crate) fn idrac9(volumes: &[usize]) -> Tree {
    let mut all = common("15G Monolithic", "7.10.30.00");
    all.push(json!({"@odata.id": C, "@odata.type": "#Chassis", "Power": link(&format!("{C}/Power")),
        "Thermal": link(&format!("{C}/Thermal")), "NetworkAdapters": link(&format!("{C}/NetworkAdapters"))}));
    all.extend(storage(true, volumes));
    all.extend(network("NetworkPorts", true));
    all.extend(legacy_power());
    all.extend(firmware(40));
    Tree::of(all)
}

pub(crate) fn idrac10() -> Tree {
    let mut all = common("17G Monolithic", "1.30.10.50");
    let (power, thermal) = (format!("{C}/PowerSubsystem"), format!("{C}/ThermalSubsystem"));
    all.push(json!({"@odata.id": C, "@odata.type": "#Chassis", "PowerSubsystem": link(&power),
        "ThermalSubsystem": link(&thermal), "Sensors": link(&format!("{C}/Sensors")),
        "NetworkAdapters": link(&format!("{C}/NetworkAdapters"))}));
    all.push(json!({"@odata.id": power, "@odata.type": "#P", "PowerSupplies": link(&format!("{power}/PowerSupplies"))}));
    all.push(json!({"@odata.id": thermal, "@odata.type": "#T", "Fans": link(&format!("{thermal}/Fans"))}));
    all.extend(collection(
        &format!("{power}/PowerSupplies"),
        &ids("PSU.Slot", 2),
        |_| json!({"Model": "PSU"}),
    ));
    all.extend(collection(
        &format!("{thermal}/Fans"),
        &ids("Fan.Embedded", 6),
        |_| json!({"SpeedPercent": {"SpeedRPM": 9000}}),
    ));
    all.extend(collection(
        &format!("{C}/Sensors"),
        &ids("Temp", 4),
        |_| json!({"ReadingType": "Temperature", "Reading": 20.5}),
    ));
    all.extend(storage(false, &[2, 0]));
    all.extend(network("Ports", true));
    all.extend(firmware(40));
    Tree::of(all)
}

fn idrac8() -> Tree {
    let mut all = common("13G Monolithic", "2.50.50.50");
    all.push(json!({"@odata.id": C, "@odata.type": "#Chassis", "Power": link(&format!("{C}/Power")),
        "Thermal": link(&format!("{C}/Thermal"))}));
    all.extend(storage(true, &[2, 0]));
    all.extend(legacy_power());
    all.extend(collection(
        &format!("{S}/EthernetInterfaces"),
        &ids("NIC.Integrated", 4),
        |_| json!({"SpeedMbps": "1000", "LinkStatus": ""}),
    ));
    Tree::of(all)
}

pub(crate) async fn take(fake: &Fake) -> Inventory {
    inventory(fake, InventoryOptions::default()).await.unwrap()
}

fn assert_complete(all: &Inventory) {
    assert!(all.failures.is_empty(), "{:?}", all.failures);
    assert_eq!((all.cpus().count(), all.gpus().count(), all.memory.len()), (2, 2, 16));
    assert_eq!((all.storage.len(), all.drives.len()), (2, 12));
    assert_eq!((all.power_supplies().count(), all.bios.is_some()), (2, true));
    assert!(all.fans().all(|fan| fan.rpm().is_some()) && all.fans().count() > 0);
    assert!(all.temperatures().all(|reading| reading.celsius.is_some()) && all.temperatures().count() > 0);
}

#[tokio::test]
async fn idrac9_takes_fifteen_requests() {
    let fake = Fake::new(idrac9(&[2, 0]));
    let all = take(&fake).await;
    assert_complete(&all);
    assert_eq!((all.volumes.len(), all.adapters.len(), all.ports.len(), all.functions.len()), (2, 4, 8, 8));
    assert_eq!((all.firmware.len(), all.generation), (40, Some(Generation::Idrac9)));
    assert_eq!(all.requests, 15, "{:#?}", fake.asked());
    assert_eq!(
        take(&Fake::new(idrac9(&[1, 1]))).await.requests,
        16,
        "one more for volumes on the other controller"
    );
}

#[tokio::test]
async fn a_system_read_already_is_not_read_again() {
    let fake = Fake::new(idrac9(&[2, 0]));
    let system = || {
        let raw = bytes::Bytes::from(fake.tree.read(S).unwrap().to_string());
        Some(dell_redfish::model::Resource::parse(raw).unwrap())
    };
    let all = inventory(&fake, InventoryOptions { system: system(), ..Default::default() }).await.unwrap();
    assert_eq!(all.requests, 14);
    let sections = SectionSet::FULL.without(Section::Bios);
    let all = inventory(&fake, InventoryOptions { sections, system: system() }).await.unwrap();
    assert_eq!((all.requests, all.drives.len(), all.memory.len()), (13, 12, 16));
}

#[tokio::test]
async fn idrac10_reads_the_newer_schemas() {
    let fake = Fake::new(idrac10());
    let all = take(&fake).await;
    assert_complete(&all);
    assert_eq!((all.storage_controllers.len(), all.sensors.len(), all.ports.len()), (2, 4, 8));
    assert_eq!(all.generation, Some(Generation::Idrac10));
    assert_eq!(all.requests, 20, "{:#?}", fake.asked());
}

#[tokio::test]
async fn idrac8_is_walked_without_expand() {
    let facts = HostFacts { generation: Some(Generation::Idrac8), ..HostFacts::default() };
    let fake = Fake::new(idrac8()).with_facts(facts);
    let all = take(&fake).await;
    assert_complete(&all);
    assert!(fake.asked().iter().all(|path| !path.contains('?')), "{:#?}", fake.asked());
    assert_eq!((all.ethernet_interfaces.len(), all.firmware.len(), all.volumes.len()), (4, 0, 2));
    assert_eq!(all.ethernet_interfaces[0].speed_mbps, Some(1000));
    // 2.50 has no firmware inventory; that is remembered and no failure.
    assert_eq!(fake.facts().absent, [F]);
    println!("iDRAC8: {} requests", all.requests);
    let again = take(&fake).await;
    assert_eq!(again.requests, all.requests - 1);
}

#[tokio::test]
async fn an_idrac8_that_ignores_expand_is_found_out() {
    let tree = idrac8();
    let fake = Fake::new(idrac8())
        .with_rule(move |path, _| tree.read(path).map(|value| Ok(value.to_string().into())));
    let all = take(&fake).await;
    assert_complete(&all);
    assert_eq!(fake.facts().generation, Some(Generation::Idrac8));
    let wasted = fake.asked().iter().filter(|path| path.contains('?')).count();
    assert!(wasted <= 4, "{:#?}", fake.asked());
}

#[tokio::test]
async fn cards_without_links_are_read_by_their_collections() {
    let mut all = common("14G Monolithic", "4.40.00.00");
    all.push(json!({"@odata.id": C, "@odata.type": "#Chassis", "NetworkAdapters": link(&format!("{C}/NetworkAdapters"))}));
    all.extend(network("NetworkPorts", false));
    all.extend(collection(&format!("{S}/Storage"), &[], |_| json!({})));
    let fake = Fake::new(Tree::of(all));
    let all = take(&fake).await;
    assert_eq!((all.adapters.len(), all.ports.len(), all.functions.len()), (4, 8, 8));
    assert!(all.failures.is_empty(), "{:?}", all.failures);
}

#[tokio::test]
async fn only_the_sections_asked_for_are_read() {
    let fake = Fake::new(idrac9(&[2, 0]));
    let options = InventoryOptions { sections: SectionSet::IDENTITY, system: None };
    let all = inventory(&fake, options).await.unwrap();
    assert_eq!((all.requests, all.manager.is_some(), all.bios.is_some()), (2, true, false));
    let sections = [Section::Memory].into_iter().collect();
    let all = inventory(&fake, InventoryOptions { sections, system: None }).await.unwrap();
    assert_eq!((all.requests, all.memory.len(), all.processors.len()), (3, 16, 0));
}
