//! Power supplies, fans and temperatures: the old model, the new model, or both.

use serde_json::{Value, json};

use super::CHASSIS;
use super::builder::{Builder, link, ok, serial};

const TEMPERATURES: [(&str, &str, &str, i64, i64); 4] = [
    ("SystemBoardInletTemp", "System Board Inlet Temp", "Intake", 22, 42),
    ("SystemBoardExhaustTemp", "System Board Exhaust Temp", "Exhaust", 35, 80),
    ("CPU1Temp", "CPU1 Temp", "CPU", 51, 95),
    ("CPU2Temp", "CPU2 Temp", "CPU", 49, 95),
];

pub(super) fn add(b: &mut Builder) {
    if b.p.legacy_power {
        power(b);
        thermal(b);
    }
    if b.p.new_power {
        power_subsystem(b);
        thermal_subsystem(b);
        sensors(b);
    }
}

/// What both models say of a supply.
fn supply(n: usize) -> Value {
    json!({
        "FirmwareVersion": "00.1B.53", "HotPluggable": true, "Manufacturer": "DELL",
        "Model": "PWR SPLY,1400W,RDNT,LTON", "Name": format!("PS{n} Status"), "PartNumber": "0SIM04A00",
        "PowerCapacityWatts": 1400.0, "SerialNumber": serial("psu", n), "SparePartNumber": "0SIM04A00",
        "Status": ok(),
    })
}

fn merged(mut base: Value, more: Value) -> Value {
    if let (Value::Object(base), Value::Object(more)) = (&mut base, more) {
        base.extend(more);
    }
    base
}

fn power(b: &mut Builder) {
    let path = format!("{CHASSIS}/Power");
    let supplies: Vec<Value> = (1..=b.size.power_supplies)
        .map(|n| {
            merged(
                supply(n),
                json!({"@odata.id": format!("{path}#/PowerSupplies/{}", n - 1), "MemberId": (n - 1).to_string(),
                    "@odata.type": "#Power.v1_7_1.PowerSupply", "EfficiencyPercent": 94,
                    "InputRanges": [{"InputType": "AC", "MaximumVoltage": 264, "MinimumVoltage": 90,
                        "MaximumFrequencyHz": 63, "MinimumFrequencyHz": 47, "OutputWattage": 1400}],
                    "LastPowerOutputWatts": 131, "LineInputVoltage": 230, "LineInputVoltageType": "AC240V",
                    "PowerInputWatts": 139, "PowerOutputWatts": 131, "PowerSupplyType": "AC",
                    "Redundancy": [], "RelatedItem": [link(CHASSIS)]}),
            )
        })
        .collect();
    let voltages = json!([{"@odata.id": format!("{path}#/Voltages/0"), "MemberId": "0",
        "@odata.type": "#Power.v1_7_1.Voltage", "Name": "PS1 Voltage 1", "PhysicalContext": "PowerSupply",
        "ReadingVolts": 230, "SensorNumber": 108, "Status": ok()}]);
    b.put(
        &path,
        "Power.v1_7_1.Power",
        json!({
            "Description": "Power", "Name": "Power",
            "PowerControl": [{"@odata.id": format!("{path}#/PowerControl/0"), "MemberId": "0",
                "@odata.type": "#Power.v1_7_1.PowerControl", "Name": "System Power Control",
                "PowerAllocatedWatts": 1400, "PowerAvailableWatts": 0, "PowerCapacityWatts": 1400,
                "PowerConsumedWatts": 262, "PowerLimit": {"CorrectionInMs": 0,
                    "LimitException": "HardPowerOff", "LimitInWatts": 1250},
                "PowerMetrics": {"AverageConsumedWatts": 258, "IntervalInMin": 1, "MaxConsumedWatts": 291,
                    "MinConsumedWatts": 251},
                "PowerRequestedWatts": 911, "RelatedItem": [link(CHASSIS)]}],
            "PowerControl@odata.count": 1, "PowerSupplies@odata.count": supplies.len(),
            "PowerSupplies": supplies, "Redundancy": [], "Voltages": voltages, "Voltages@odata.count": 1,
        }),
    );
}

fn thermal(b: &mut Builder) {
    let path = format!("{CHASSIS}/Thermal");
    let fans: Vec<Value> = (0..b.size.fans)
        .map(|n| {
            let name = format!("System Board Fan{}A", n + 1);
            json!({"@odata.id": format!("{path}#/Fans/{n}"), "@odata.type": "#Thermal.v1_7_1.Fan",
                "FanName": name, "HotPluggable": true, "LowerThresholdCritical": 480,
                "LowerThresholdNonCritical": 840, "MemberId": n.to_string(), "Name": name,
                "PhysicalContext": "SystemBoard", "Reading": 8400 + 120 * n, "ReadingUnits": "RPM",
                "Redundancy": [], "RelatedItem": [link(CHASSIS)], "SensorNumber": 56 + 2 * n, "Status": ok()})
        })
        .collect();
    let temperatures: Vec<Value> = TEMPERATURES
        .iter()
        .enumerate()
        .map(|(n, (_, name, context, reading, limit))| {
            json!({"@odata.id": format!("{path}#/Temperatures/{n}"), "MemberId": n.to_string(),
                "@odata.type": "#Thermal.v1_7_1.Temperature", "LowerThresholdCritical": -7,
                "LowerThresholdNonCritical": 3, "Name": name, "PhysicalContext": context,
                "ReadingCelsius": reading, "RelatedItem": [link(CHASSIS)], "SensorNumber": n + 1,
                "Status": ok(), "UpperThresholdCritical": limit, "UpperThresholdNonCritical": limit - 4})
        })
        .collect();
    b.put(
        &path,
        "Thermal.v1_7_1.Thermal",
        json!({"Description": "Represents the properties for Temperature and Cooling", "Fans@odata.count":
            fans.len(), "Fans": fans, "Name": "Thermal", "Redundancy": [],
            "Temperatures@odata.count": temperatures.len(), "Temperatures": temperatures}),
    );
}

fn power_subsystem(b: &mut Builder) {
    let path = format!("{CHASSIS}/PowerSubsystem");
    let home = format!("{path}/PowerSupplies");
    let paths: Vec<String> = (1..=b.size.power_supplies).map(|n| format!("{home}/PSU.Slot.{n}")).collect();
    b.put(
        &path,
        "PowerSubsystem.v1_1_0.PowerSubsystem",
        json!({"Allocation": {"AllocatedWatts": 1400.0, "RequestedWatts": 911.0}, "CapacityWatts": 1400.0,
            "Description": "Represents the properties of a Power Subsystem of the Chassis",
            "Name": "Power Subsystem for Chassis", "PowerSupplies": link(&home),
            "PowerSupplyRedundancy": [], "Status": ok()}),
    );
    b.collection(&home, "PowerSupply", "PowerSupplies", &paths);
    for (n, path) in (1..).zip(&paths) {
        let value = merged(
            supply(n),
            json!({"Description": "An instance of PowerSupply", "InputNominalVoltageType": "AC100To240V",
                "InputRanges": [{"CapacityWatts": 1400.0, "NominalVoltageType": "AC100To240V"}],
                "LineInputStatus": "Normal", "PowerSupplyType": "AC",
                "Oem": {"Dell": {"@odata.type": "#DellOemPower.v1_0_0.DellOemPower",
                    "DellPowerSupply": {"ActiveInputVoltage": "230", "IsSwitchingSupply": true,
                        "RequestedState": "NotApplicable"},
                    "DellPowerSupplyView": {"DetailedState": "Presence Detected",
                        "DeviceDescription": format!("Power Supply {n}"), "PMBusMonitoring": "Capable",
                        "Range1MaxInputPowerWatts": 1568, "RedMinNumberNeeded": 1,
                        "RedundancyStatus": "Unknown"}}}}),
        );
        b.put(path, "PowerSupply.v1_5_0.PowerSupply", value);
    }
}

fn thermal_subsystem(b: &mut Builder) {
    let path = format!("{CHASSIS}/ThermalSubsystem");
    let home = format!("{path}/Fans");
    let ids: Vec<String> = (1..=b.size.fans).map(|n| format!("Fan.Embedded.{n}A")).collect();
    let paths: Vec<String> = ids.iter().map(|id| format!("{home}/{id}")).collect();
    b.put(
        &path,
        "ThermalSubsystem.v1_2_0.ThermalSubsystem",
        json!({"Description": "Represents the properties of a Thermal Subsystem of the Chassis",
            "FanRedundancy": [], "Fans": link(&home), "Name": "Thermal Subsystem for Chassis",
            "Status": ok(), "ThermalMetrics": link(format!("{path}/ThermalMetrics"))}),
    );
    b.collection(&home, "Fan", "Fans", &paths);
    for (n, path) in paths.iter().enumerate() {
        let uri = format!("{CHASSIS}/Sensors/{}", ids[n]);
        b.put(
            path,
            "Fan.v1_3_0.Fan",
            json!({"Description": "Represents fan properties of the chassis", "HotPluggable": true,
                "Location": {"PartLocation": {"LocationType": "Bay",
                    "ServiceLabel": format!("System Board Fan{}A", n + 1)}},
                "Name": format!("Fan {}A", n + 1), "PhysicalContext": "SystemBoard",
                "Oem": {"Dell": {"@odata.type": "#DellFan.v1_0_0.DellFan", "FanPWM": 41,
                    "FanType": "HighPerformance"}},
                "SpeedPercent": {"DataSourceUri": uri, "SpeedRPM": 8400 + 120 * n}, "Status": ok()}),
        );
    }
    let readings: Vec<Value> = TEMPERATURES
        .iter()
        .map(|(id, name, context, reading, _)| {
            json!({"DataSourceUri": format!("{CHASSIS}/Sensors/{id}"), "DeviceName": name,
                "PhysicalContext": context, "Reading": reading})
        })
        .collect();
    b.put(
        &format!("{path}/ThermalMetrics"),
        "ThermalMetrics.v1_1_0.ThermalMetrics",
        json!({"Description": "Thermal Metrics of the Chassis", "Name": "Thermal Metrics",
            "TemperatureReadingsCelsius@odata.count": readings.len(), "TemperatureReadingsCelsius": readings}),
    );
}

fn sensors(b: &mut Builder) {
    let home = format!("{CHASSIS}/Sensors");
    let sensor = |name: &str, kind: &str, units: &str, context: &str, reading: i64| {
        json!({"Description": "Instance of Sensor Id", "Name": name, "PhysicalContext": context,
            "Reading": reading, "ReadingType": kind, "ReadingUnits": units, "Status": ok()})
    };
    let mut all: Vec<(String, Value)> = TEMPERATURES
        .iter()
        .map(|(id, name, context, reading, limit)| {
            let mut value = sensor(name, "Temperature", "Cel", context, *reading);
            if let Value::Object(map) = &mut value {
                map.insert(
                    "Thresholds".into(),
                    json!({"LowerCritical": {"Reading": -7}, "LowerCaution": {"Reading": 3},
                        "UpperCaution": {"Reading": limit - 4}, "UpperCritical": {"Reading": limit}}),
                );
            }
            ((*id).to_owned(), value)
        })
        .collect();
    for n in 0..b.size.fans {
        let name = format!("System Board Fan{}A", n + 1);
        let reading = 8400 + 120 * n as i64;
        let id = format!("Fan.Embedded.{}A", n + 1);
        all.push((id, sensor(&name, "Rotational", "{rev}/min", "SystemBoard", reading)));
    }
    for n in 1..=b.size.power_supplies {
        let volts = sensor(&format!("PS{n} Voltage"), "Voltage", "V", "PowerSupply", 230);
        all.push((format!("PS{n}Voltage"), volts));
        let watts = sensor(&format!("PS{n} Input Power"), "Power", "W", "PowerSupply", 139);
        all.push((format!("PSU.Slot.{n}_InputPower"), watts));
    }
    let board = sensor("System Board Pwr Consumption", "Power", "W", "SystemBoard", 262);
    all.push(("SystemBoardPwrConsumption".to_owned(), board));
    let paths: Vec<String> = all.iter().map(|(id, _)| format!("{home}/{id}")).collect();
    b.collection(&home, "Sensor", "Sensors", &paths);
    for ((_, value), path) in all.into_iter().zip(&paths) {
        b.put(path, "Sensor.v1_6_0.Sensor", value);
    }
}
