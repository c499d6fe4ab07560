"""A full inventory with OpenStack's `sushy`, as far as it goes: it reads no memory modules."""

import logging
from contextlib import suppress
from typing import Any

import sushy
import urllib3
from measure import inventory
from sushy.exceptions import MissingAttributeError


def read(address: str, task: dict[str, Any]) -> dict[str, int]:
    """One server."""
    auth = sushy.auth.SessionAuth(task["user"], task["password"])
    root = sushy.Sushy(f"https://{address}:{task['port']}/redfish/v1", auth=auth, verify=False)
    parts = dict.fromkeys(("processors", "drives", "volumes", "adapters", "ports", "functions"), 0)
    try:
        for system in root.get_system_collection().get_members():
            parts["bios"] = len(system.bios.attributes)
            parts["processors"] += len(system.processors.get_members())
            for storage in system.storage.get_members():
                parts["drives"] += len(storage.drives)
                parts["volumes"] += len(storage.volumes.get_members())
        for chassis in root.get_chassis_collection().get_members():
            adapters = []
            # An enclosure has neither; sushy says so by an exception.
            with suppress(MissingAttributeError):
                parts["supplies"] = len(chassis.power.power_supplies)
                parts["fans"] = len(chassis.thermal.fans)
            with suppress(MissingAttributeError):
                adapters = chassis.network_adapters.get_members()
            for adapter in adapters:
                parts["adapters"] += 1
                parts["ports"] += len(adapter.network_ports.get_members())
                parts["functions"] += len(adapter.network_device_functions.get_members())
        parts["managers"] = len(root.get_manager_collection().get_members())
        parts["firmware"] = len(root.get_update_service().firmware_inventory.get_members())
    finally:
        auth.close()
    return parts


if __name__ == "__main__":
    urllib3.disable_warnings()
    logging.getLogger("sushy").setLevel(logging.CRITICAL)
    inventory(read)
