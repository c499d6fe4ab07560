"""Drives simulated iDRACs with two clients that others wrote: sushy and redfish (both from PyPI).

Usage: foreign_clients.py USER PASSWORD URL [URL ...]

Each client logs in with a session, walks systems, chassis, managers and the firmware inventory, resets
a system and logs out. The first call that fails ends the run with status 1 and is named; status 3 says
that a client is not installed.
"""

import sys
import traceback
import warnings

warnings.filterwarnings("ignore")

try:
    import redfish
    import sushy
except ImportError as missing:
    print(f"not installed: {missing.name}")
    sys.exit(3)


class Step:
    """Names the call that is under way, so that a failure can name it."""

    def __init__(self):
        self.name = "start"

    def __call__(self, name):
        self.name = name


def with_redfish(url, user, password, step):
    step("redfish: connect and log in")
    client = redfish.redfish_client(base_url=url, username=user, password=password, max_retry=1)
    client.login(auth="session")
    count = 0

    def get(path):
        nonlocal count
        step(f"redfish: GET {path}")
        answer = client.get(path)
        count += 1
        if answer.status != 200:
            raise RuntimeError(f"{path} answered {answer.status}: {answer.text[:200]}")
        return answer.dict

    def members(path):
        return [get(member["@odata.id"]) for member in get(path)["Members"]]

    root = client.root
    systems = members(root["Systems"]["@odata.id"])
    for system in systems:
        for name in ("Processors", "Memory", "EthernetInterfaces"):
            members(system[name]["@odata.id"])
        for storage in members(system["Storage"]["@odata.id"]):
            for drive in storage["Drives"]:
                get(drive["@odata.id"])
            members(storage["Volumes"]["@odata.id"])
    for chassis in members(root["Chassis"]["@odata.id"]):
        for name in ("Power", "Thermal", "PowerSubsystem", "ThermalSubsystem"):
            if name in chassis:
                get(chassis[name]["@odata.id"])
        if "NetworkAdapters" in chassis:
            members(chassis["NetworkAdapters"]["@odata.id"])
    members(root["Managers"]["@odata.id"])
    firmware = 0
    if "UpdateService" in root:
        inventory = get(root["UpdateService"]["@odata.id"])["FirmwareInventory"]["@odata.id"]
        firmware = len(members(inventory))
        if not firmware:
            raise RuntimeError("the firmware inventory is empty")
    target = systems[0]["Actions"]["#ComputerSystem.Reset"]["target"]
    step(f"redfish: POST {target}")
    answer = client.post(target, body={"ResetType": "ForceRestart"})
    if answer.status not in (200, 202, 204):
        raise RuntimeError(f"reset answered {answer.status}: {answer.text[:200]}")
    step("redfish: log out")
    client.logout()
    return f"{count} resources, {firmware} firmware entries"


def with_sushy(url, user, password, step):
    step("sushy: connect and log in")
    auth = sushy.auth.SessionAuth(username=user, password=password)
    root = sushy.Sushy(url, verify=False, auth=auth)
    step("sushy: systems")
    systems = root.get_system_collection().get_members()
    system = systems[0]
    for name in ("processors", "memory_summary", "ethernet_interfaces", "storage", "bios", "power_state"):
        step(f"sushy: system.{name}")
        value = getattr(system, name)
        if hasattr(value, "get_members"):
            value.get_members()
    step("sushy: drives and volumes")
    for storage in system.storage.get_members():
        _ = [drive.name for drive in storage.drives]
        storage.volumes.get_members()
    step("sushy: chassis")
    for chassis in root.get_chassis_collection().get_members():
        _ = chassis.chassis_type
    step("sushy: managers")
    managers = root.get_manager_collection().get_members()
    version = managers[0].firmware_version
    firmware = 0
    step("sushy: update service")
    try:
        service = root.get_update_service()
    except sushy.exceptions.MissingAttributeError:
        service = None
    if service is not None:
        step("sushy: firmware inventory")
        firmware = len(service.firmware_inventory.get_members())
    step("sushy: reset_system")
    system.reset_system(sushy.RESET_TYPE_FORCE_RESTART)
    step("sushy: log out")
    auth.close()
    return f"firmware {version}, {firmware} firmware entries"


def main(arguments):
    if len(arguments) < 3:
        print(__doc__)
        return 2
    user, password, *urls = arguments
    for url in urls:
        for name, walk in (("redfish", with_redfish), ("sushy", with_sushy)):
            step = Step()
            try:
                print(f"{url} {name}: {walk(url, user, password, step)}", flush=True)
            except Exception:
                traceback.print_exc()
                print(f"FAILED {url} at: {step.name}", flush=True)
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
