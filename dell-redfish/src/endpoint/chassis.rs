//! Rows of the endpoint table below `Chassis`.

use super::{Endpoint, Methods, endpoints};
use crate::quirk::Generation;

endpoints! {
    CHASSIS_COLLECTION: GET, Idrac7, "/redfish/v1/Chassis", "All chassis and enclosures.";
    CHASSIS_RESOURCE: GET PATCH, Idrac7, "/redfish/v1/Chassis/{chassis}", "A chassis or enclosure.";
    CHASSIS_RESET: POST, Idrac9, "/redfish/v1/Chassis/{chassis}/Actions/Chassis.Reset", "Virtual power cycle of the chassis.";
    CHASSIS_EXTENDED_RESET: POST, Idrac9, "/redfish/v1/Chassis/{chassis}/Actions/Oem/DellOemChassis.ExtendedReset", "Virtual removal of mains power.";
    POWER: GET PATCH, Idrac7 ..= Idrac9, "/redfish/v1/Chassis/{chassis}/Power", "Power supplies and consumption; deprecated at 6.00.";
    THERMAL: GET, Idrac7 ..= Idrac9, "/redfish/v1/Chassis/{chassis}/Thermal", "Fans and temperatures; deprecated at 6.00.";
    POWER_SUBSYSTEM: GET, Idrac9, "/redfish/v1/Chassis/{chassis}/PowerSubsystem", "Power, newer schema, from 6.x.";
    POWER_SUPPLY_COLLECTION: GET, Idrac9, "/redfish/v1/Chassis/{chassis}/PowerSubsystem/PowerSupplies", "Power supplies, newer schema.";
    POWER_SUPPLY: GET, Idrac9, "/redfish/v1/Chassis/{chassis}/PowerSubsystem/PowerSupplies/{supply}", "One power supply.";
    THERMAL_SUBSYSTEM: GET, Idrac9, "/redfish/v1/Chassis/{chassis}/ThermalSubsystem", "Cooling, newer schema, from 6.x.";
    THERMAL_METRICS: GET, Idrac9, "/redfish/v1/Chassis/{chassis}/ThermalSubsystem/ThermalMetrics", "Temperatures in short, newer schema.";
    FAN_COLLECTION: GET, Idrac9, "/redfish/v1/Chassis/{chassis}/ThermalSubsystem/Fans", "Fans, newer schema.";
    FAN: GET, Idrac9, "/redfish/v1/Chassis/{chassis}/ThermalSubsystem/Fans/{fan}", "One fan.";
    SENSOR_COLLECTION: GET, Idrac9, "/redfish/v1/Chassis/{chassis}/Sensors", "All sensors, newer schema.";
    SENSOR: GET, Idrac9, "/redfish/v1/Chassis/{chassis}/Sensors/{sensor}", "One sensor.";
    ENVIRONMENT_METRICS: GET PATCH, Idrac9, "/redfish/v1/Chassis/{chassis}/EnvironmentMetrics", "Power limit and consumption, newer schema.";
    NETWORK_ADAPTER_COLLECTION: GET, Idrac8, "/redfish/v1/Chassis/{chassis}/NetworkAdapters", "Network cards.";
    NETWORK_ADAPTER: GET, Idrac8, "/redfish/v1/Chassis/{chassis}/NetworkAdapters/{adapter}", "One network card.";
    NETWORK_PORT_COLLECTION: GET, Idrac7 ..= Idrac9, "/redfish/v1/Chassis/{chassis}/NetworkAdapters/{adapter}/NetworkPorts", "Ports of a card, older schema.";
    NETWORK_PORT: GET, Idrac7 ..= Idrac9, "/redfish/v1/Chassis/{chassis}/NetworkAdapters/{adapter}/NetworkPorts/{port}", "One port, older schema.";
    PORT_COLLECTION: GET, Idrac9, "/redfish/v1/Chassis/{chassis}/NetworkAdapters/{adapter}/Ports", "Ports of a card, newer schema, from 7.x.";
    PORT: GET, Idrac9, "/redfish/v1/Chassis/{chassis}/NetworkAdapters/{adapter}/Ports/{port}", "One port, newer schema.";
    FUNCTION_COLLECTION: GET, Idrac8, "/redfish/v1/Chassis/{chassis}/NetworkAdapters/{adapter}/NetworkDeviceFunctions", "What the host sees of a card.";
    FUNCTION: GET PATCH, Idrac8, "/redfish/v1/Chassis/{chassis}/NetworkAdapters/{adapter}/NetworkDeviceFunctions/{function}", "One function.";
    NETWORK_ATTRIBUTES: GET, Idrac9, "/redfish/v1/Chassis/{chassis}/NetworkAdapters/{adapter}/NetworkDeviceFunctions/{function}/Oem/Dell/DellNetworkAttributes/{fqdd}", "A function's own settings.";
    NETWORK_ATTRIBUTES_SETTINGS: GET PATCH, Idrac9, "/redfish/v1/Chassis/{chassis}/NetworkAdapters/{adapter}/NetworkDeviceFunctions/{function}/Oem/Dell/DellNetworkAttributes/{fqdd}/Settings", "A function's own settings for later.";
    NETWORK_ATTRIBUTES_CLEAR_PENDING: POST, Idrac9, "/redfish/v1/Chassis/{chassis}/NetworkAdapters/{adapter}/NetworkDeviceFunctions/{function}/Oem/Dell/DellNetworkAttributes/{fqdd}/Settings/Actions/DellManager.ClearPending", "Drops staged settings of a function.";
    PCIE_DEVICE_COLLECTION: GET, Idrac9, "/redfish/v1/Chassis/{chassis}/PCIeDevices", "PCIe devices.";
    PCIE_DEVICE: GET, Idrac9, "/redfish/v1/Chassis/{chassis}/PCIeDevices/{device}", "One PCIe device.";
    PCIE_SLOTS: GET, Idrac9, "/redfish/v1/Chassis/{chassis}/PCIeSlots", "PCIe slots.";
    TRUSTED_COMPONENT_COLLECTION: GET, Idrac9, "/redfish/v1/Chassis/{chassis}/TrustedComponents", "Roots of trust: the TPM, from 7.x.";
    TRUSTED_COMPONENT: GET, Idrac9, "/redfish/v1/Chassis/{chassis}/TrustedComponents/{component}", "One root of trust.";
    TRUSTED_COMPONENT_CERTIFICATE_COLLECTION: GET, Idrac9, "/redfish/v1/Chassis/{chassis}/TrustedComponents/{component}/Certificates", "Its certificates.";
    TRUSTED_COMPONENT_CERTIFICATE: GET, Idrac9, "/redfish/v1/Chassis/{chassis}/TrustedComponents/{component}/Certificates/{certificate}", "One certificate.";
    ASSEMBLY: GET, Idrac9, "/redfish/v1/Chassis/{chassis}/Assembly", "Parts with their part numbers.";
}
