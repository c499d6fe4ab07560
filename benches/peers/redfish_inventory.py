"""A full inventory with DMTF's `redfish`, link by link as its users write it, in a session."""

from typing import Any

import redfish
from measure import inventory


def members(client: Any, path: str) -> list[dict[str, Any]]:
    """All members of a collection, each by its own request."""
    found = client.get(path).dict
    return [client.get(link["@odata.id"]).dict for link in found.get("Members", [])]


def follow(client: Any, resource: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """The members of the collection below a resource."""
    link = resource.get(name)
    return members(client, link["@odata.id"]) if link else []


def read(address: str, task: dict[str, Any]) -> dict[str, int]:
    """One server."""
    client = redfish.redfish_client(
        base_url=f"https://{address}:{task['port']}",
        username=task["user"],
        password=task["password"],
        default_prefix="/redfish/v1",
        timeout=60,
    )
    client.login(auth="session")
    parts = dict.fromkeys(("memory", "drives", "volumes", "adapters", "ports", "functions"), 0)
    try:
        for system in members(client, "/redfish/v1/Systems"):
            client.get(system["Bios"]["@odata.id"])
            parts["processors"] = len(follow(client, system, "Processors"))
            parts["memory"] += len(follow(client, system, "Memory"))
            for storage in follow(client, system, "Storage"):
                parts["drives"] += len([client.get(link["@odata.id"]) for link in storage.get("Drives", [])])
                parts["volumes"] += len(follow(client, storage, "Volumes"))
        for chassis in members(client, "/redfish/v1/Chassis"):
            for name in ("Power", "Thermal"):
                if name in chassis:
                    client.get(chassis[name]["@odata.id"])
            for adapter in follow(client, chassis, "NetworkAdapters"):
                parts["adapters"] += 1
                ports = "NetworkPorts" if "NetworkPorts" in adapter else "Ports"
                parts["ports"] += len(follow(client, adapter, ports))
                parts["functions"] += len(follow(client, adapter, "NetworkDeviceFunctions"))
        parts["managers"] = len(members(client, "/redfish/v1/Managers"))
        parts["firmware"] = len(members(client, "/redfish/v1/UpdateService/FirmwareInventory"))
    finally:
        client.logout()
    return parts


if __name__ == "__main__":
    inventory(read)
