"""A call of every operation beside the everyday ones, as they are made on a simulated iDRAC9."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import dsm
import pytest
from dsm import exceptions
from lab import ISO, QUICK, RESTART

if TYPE_CHECKING:
    from dsm.idrac import CertificateSubject, Share, StorageBatch, StorageChange, UpdateOptions, Wait

Call: TypeAlias = Callable[[dsm.Idrac], Any]

FIRST, SECOND = "RAID.Integrated.1-1", "RAID.SL.3-1"
CARD, FUNCTION = "NIC.Integrated.1", "NIC.Integrated.1-1-1"
DIAGNOSTICS = "Diagnostics.Embedded.1:LC.Embedded.1"
DIAGNOSTICS_ID = 25806
PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
LICENSE = b"FD00000000000002\n<lns:License/>"
KEY = "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n"
NFS: Share = {"kind": "nfs", "address": "10.1.2.3", "name": "/exports"}
CIFS: Share = {"kind": "cifs", "address": "10.1.2.3", "name": "files", "username": "u", "password": "planted-Share-1"}
HOOK = ("https://10.1.2.3/events", "dsm")
SUBJECT: CertificateSubject = {
    "common_name": "idrac.example.test",
    "organization": "Example",
    "organizational_unit": "Servers",
    "city": "Here",
    "state": "There",
    "country": "US",
}
SHORT: Wait = {"interval": 0.1, "grace": 0.3}
"""For a job that is lost by design."""
SOON: UpdateOptions = {"wait": QUICK, "read_interval": 0.05}
NTP_PROFILE = (
    '<SystemConfiguration><Component FQDD="iDRAC.Embedded.1"><Attribute Name="NTPConfigGroup.1#NTPEnable">'
    "Enabled</Attribute></Component></SystemConfiguration>"
)

SPECS: dict[str, dict[str, Any]] = {
    "firmware": {"firmware": {"repository": [(DIAGNOSTICS_ID, "4301A99"), (159, "9.9.9")]}},
    # Long enough an inventory to have packages that wait.
    "firmware.delete_package": {"generation": "idrac10", "size": {"firmware": 200}},
    "storage": {"size": {"controllers": 2, "drives": 12, "volumes": 2}},
}
"""What the server of an area or of one operation is, where the usual one will not do."""


def spec(name: str) -> dict[str, Any]:
    """The server for an operation."""
    return SPECS.get(name) or SPECS.get(name.partition(".")[0]) or {}


def uri(version: str) -> str:
    """The address of a package of the simulator's kind."""
    return f"https://10.1.2.3/d/Package_{DIAGNOSTICS_ID}_{version}.EXE"


def package(folder: Path, version: str, length: int = 300_000) -> Path:
    """A file of a package of the simulator's kind."""
    path = folder / "Package.EXE"
    path.write_bytes(f"SIMULATED PACKAGE {DIAGNOSTICS_ID} {version}\n".encode() + bytes([7]) * length)
    return path


def drive(nth: int) -> str:
    """A drive of the first controller; from 3 on they are free."""
    return f"Disk.Bay.{nth * 2}:Enclosure.Internal.0-1:{FIRST}"


def batch(*changes: StorageChange) -> list[StorageBatch]:
    """Changes of the first controller."""
    return [{"controller": FIRST, "changes": changes}]


def mirror() -> StorageChange:
    """A volume on two free drives."""
    return {"change": "create_volume", "raid_type": "RAID1", "drives": [drive(3), drive(4)], "name": "os"}


def upload(line: dsm.Idrac) -> Any:
    """An update from a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = package(Path(folder), "4301A99")
        expected: Any = {"version": "4301A99", "devices": [DIAGNOSTICS]}
        return line.firmware.update(path=path, expected=expected, **SOON)


def held_back(line: dsm.Idrac) -> Any:
    """An update that waits to be started."""
    return line.firmware.update(uri=uri("4301A98"), apply_time="OnStartUpdateRequest", **SOON)


def license_id(line: dsm.Idrac) -> str:
    """The licence that is there."""
    return line.licenses.list()[0]["id"]


def first_key(line: dsm.Idrac) -> str:
    """A key that is forbidden."""
    return line.secure_boot.fetch_keys("dbx")["signatures"][0]["@odata.id"]


def part(line: dsm.Idrac) -> str:
    """A part that can prove what it is."""
    return line.integrity.list()[0]["@odata.id"]


def session(line: dsm.Idrac) -> str:
    """Our own session: there is no other."""
    return line.sessions.list()[0]["@odata.id"]


def exported_log(line: dsm.Idrac) -> str:
    """A file left on the iDRAC."""
    file = line.logs.export_lifecycle()["file"]
    assert file is not None
    return file


def settings_job(line: dsm.Idrac) -> Any:
    """A job of staged settings."""
    made = line.bios.set({"ProcVirtualization": "Disabled"})["job"]
    assert made is not None
    return made


def scheduled(line: dsm.Idrac) -> Any:
    """A recurring update."""
    return line.update_schedule.set(CIFS, "02:30", day_of_week="Sun", repeat=52, reboot=True, enable=True)


def without_store(line: dsm.Idrac) -> None:
    """Dell's own place for keys, which no simulated iDRAC has: only iDRACs before 6.x do."""
    with pytest.raises(exceptions.UnsupportedError):
        line.secure_boot.fetch_dell_store("db")


def unheard(line: dsm.Idrac) -> Any:
    """A job for settings that have one: that one is taken over."""
    job = settings_job(line)
    made = line.jobs.create("/redfish/v1/Systems/System.Embedded.1/Bios/Settings")
    assert made["job"] == job
    return made


def told(line: dsm.Idrac) -> None:
    """A test event: somebody must listen."""
    line.events.subscribe(*HOOK)
    line.events.submit_test_event()


READS: dict[str, Call] = {
    "attributes.registry": lambda it: it.attributes.registry("idrac"),
    "bios.registry": lambda it: it.bios.registry(),
    "certificates.export": lambda it: it.certificates.export("server"),
    "certificates.factory_identity": lambda it: it.certificates.factory_identity(),
    "certificates.list": lambda it: it.certificates.list(),
    "certificates.list_web": lambda it: it.certificates.list_web(),
    "certificates.plan_import_certificate": lambda it: it.certificates.plan_import_certificate(
        "server", pem=PEM, key=KEY
    ),
    "certificates.plan_reset": lambda it: it.certificates.plan_reset(),
    "defaults.plan_reset": lambda it: it.defaults.plan_reset("Default"),
    "diagnostics.eula_status": lambda it: it.diagnostics.eula_status(),
    "diagnostics.plan_run": lambda it: it.diagnostics.plan_run(reboot="power_cycle"),
    "erase.list": lambda it: it.erase.list(),
    "erase.plan_run": lambda it: it.erase.plan_run(components=["LCData"]),
    "events.list_subscriptions": lambda it: it.events.list_subscriptions(),
    "events.plan_subscribe": lambda it: it.events.plan_subscribe(*HOOK),
    "firmware.access": lambda it: it.firmware.access(),
    "firmware.list": lambda it: it.firmware.list(),
    "firmware.plan_install_repository": lambda it: it.firmware.plan_install_repository(CIFS, reboot=True),
    "firmware.plan_update": lambda it: it.firmware.plan_update(uri=uri("4301A99"), restart="ForceRestart"),
    "firmware.system_id": lambda it: it.firmware.system_id(),
    "hardware.assemblies": lambda it: it.hardware.assemblies(),
    "hardware.dell_view": lambda it: it.hardware.dell_view("slots"),
    "hardware.dell_view_kinds": lambda it: it.hardware.dell_view_kinds(),
    "hardware.pcie_slots": lambda it: it.hardware.pcie_slots(),
    "hardware.switch_connections": lambda it: it.hardware.switch_connections(),
    "idrac.fetch_time": lambda it: it.fetch_time(),
    "idrac.if_changed": lambda it: it.if_changed("/redfish/v1/Systems/System.Embedded.1"),
    "idrac.share_session": lambda it: it.share_session(),
    "idrac.wait_until_back": lambda it: it.wait_until_back(interval=0.05),
    "integrity.fetch_certificate": lambda it: it.integrity.fetch_certificate(part(it)),
    "integrity.fetch_measurements": lambda it: it.integrity.fetch_measurements(part(it), nonce="cd" * 32),
    "integrity.list": lambda it: it.integrity.list(),
    "integrity.list_trusted_components": lambda it: it.integrity.list_trusted_components(),
    "key_management.fetch": lambda it: it.key_management.fetch(),
    "key_management.plan_change": lambda it: it.key_management.plan_change("disable_sekm"),
    "licenses.export": lambda it: it.licenses.export(license_id(it)),
    "licenses.list": lambda it: it.licenses.list(),
    "licenses.plan_delete": lambda it: it.licenses.plan_delete(license_id(it)),
    "logs.plan_export_lifecycle": lambda it: it.logs.plan_export_lifecycle("complete"),
    "media.plan_boot_iso": lambda it: it.media.plan_boot_iso(ISO),
    "network_cards.fetch": lambda it: it.network_cards.fetch(CARD, FUNCTION),
    "network_cards.plan_set": lambda it: it.network_cards.plan_set(CARD, FUNCTION, {"WakeOnLan": "Enabled"}),
    "network_cards.registry": lambda it: it.network_cards.registry(CARD, FUNCTION),
    "profiles.export": lambda it: it.profiles.export("JSON", targets=["BIOS"], wait=QUICK),
    "profiles.plan_import_profile": lambda it: it.profiles.plan_import_profile(NTP_PROFILE, wait=QUICK),
    "profiles.preview_import": lambda it: it.profiles.preview_import(NTP_PROFILE, wait=QUICK),
    "secure_boot.fetch": lambda it: it.secure_boot.fetch(),
    "secure_boot.fetch_keys": lambda it: it.secure_boot.fetch_keys("db"),
    "secure_boot.list_databases": lambda it: it.secure_boot.list_databases(),
    "secure_boot.plan_delete_key": lambda it: it.secure_boot.plan_delete_key(first_key(it)),
    "secure_boot.plan_reset_keys": lambda it: it.secure_boot.plan_reset_keys("DeleteAllKeys", database="dbx"),
    "secure_boot.plan_set": lambda it: it.secure_boot.plan_set(enable=True),
    "sessions.list": lambda it: it.sessions.list(),
    "sessions.lockout_policy": lambda it: it.sessions.lockout_policy(),
    "storage.fetch": lambda it: it.storage.fetch(FIRST),
    "storage.plan_change": lambda it: it.storage.plan_change(batch(mirror())),
    "telemetry.fetch": lambda it: it.telemetry.fetch(),
    "telemetry.list_definitions": lambda it: it.telemetry.list_definitions(),
    "telemetry.list_reports": lambda it: it.telemetry.list_reports(),
    "telemetry.plan_set": lambda it: it.telemetry.plan_set(enabled=True),
    "update_schedule.fetch": lambda it: it.update_schedule.fetch(),
    "update_schedule.plan_set": lambda it: it.update_schedule.plan_set(CIFS, "02:30", repeat=52, reboot=True),
}

WRITES: dict[str, Call] = {
    "certificates.delete": lambda it: (
        it.certificates.import_certificate("client_trust", pem=PEM),
        it.certificates.delete("client_trust"),
    ),
    "certificates.generate_csr": lambda it: it.certificates.generate_csr(SUBJECT),
    "certificates.import_certificate": lambda it: it.certificates.import_certificate(
        "key_management_authority", pem=PEM
    ),
    "certificates.replace": lambda it: it.certificates.replace(it.certificates.list_web()[0]["@odata.id"], PEM),
    "certificates.reset": lambda it: it.certificates.reset(),
    "console.export_video": lambda it: it.console.export_video("boot"),
    "defaults.reset": lambda it: it.defaults.reset("PreserveNetworkAndUsers"),
    "defaults.set_custom": lambda it: it.defaults.set_custom("<SystemConfiguration/>"),
    "diagnostics.collect_support_data": lambda it: it.diagnostics.collect_support_data(["hardware"], accept_eula=True),
    "diagnostics.export": lambda it: (it.diagnostics.run(), it.diagnostics.export()),
    "diagnostics.run": lambda it: it.diagnostics.run("Extended", reboot="graceful_then_forced"),
    "erase.run": lambda it: it.erase.run(components=["LCData", "DIAG"], wait=SHORT),
    "erase.start": lambda it: it.erase.start(components=["LCData"]),
    "events.submit_test_event": told,
    "events.subscribe": lambda it: it.events.subscribe(*HOOK),
    "events.unsubscribe": lambda it: it.events.unsubscribe(it.events.subscribe(*HOOK)["path"] or ""),
    "firmware.compare_repository": lambda it: it.firmware.compare_repository(CIFS, wait=QUICK),
    "firmware.delete_package": lambda it: it.firmware.delete_package(it.firmware.list()["available"][0]["id"]),
    "firmware.install_repository": lambda it: it.firmware.install_repository(CIFS, wait=QUICK),
    "firmware.rollback": lambda it: (upload(it), it.firmware.rollback(DIAGNOSTICS, **SOON)),
    "firmware.start_updates": lambda it: (held_back(it), it.firmware.start_updates(wait=QUICK)),
    "firmware.update": upload,
    # Taken over at once: a handle that is dropped ends its session in the background.
    "idrac.detach_session": lambda it: dsm.Idrac(session=it.detach_session(), allow_loopback=True).close(),
    "idrac.set_asset_tag": lambda it: it.set_asset_tag("rack 7"),
    "idrac.set_time": lambda it: it.set_time("2026-11-23T10:00:00+00:00"),
    "jobs.create": unheard,
    "jobs.create_reboot": lambda it: it.jobs.create_reboot("PowerCycle"),
    "jobs.setup_queue": lambda it: it.jobs.setup_queue([settings_job(it)]),
    "key_management.change": lambda it: it.key_management.change(
        "enable_ilkm", key_id="key1", passphrase="planted-Key-1"
    ),
    "key_management.generate_csr": lambda it: it.key_management.generate_csr(),
    "key_management.test_server": lambda it: it.key_management.test_server(),
    "licenses.delete": lambda it: it.licenses.delete(license_id(it)),
    "licenses.export_to_share": lambda it: it.licenses.export_to_share(license_id(it), CIFS, "a.xml"),
    "licenses.import_from_share": lambda it: it.licenses.import_from_share(CIFS, "a.xml"),
    "licenses.import_license": lambda it: it.licenses.import_license(LICENSE),
    "logs.export_lifecycle": lambda it: it.logs.export_lifecycle(share=NFS, file="log.xml"),
    "logs.fetch_exported": lambda it: it.logs.fetch_exported(exported_log(it)),
    "media.boot_iso": lambda it: it.media.boot_iso(ISO, reset=RESTART, eject="after_post"),
    "network_cards.clear_pending": lambda it: it.network_cards.clear_pending(CARD, FUNCTION),
    "network_cards.set": lambda it: it.network_cards.set(
        CARD, FUNCTION, {"WakeOnLan": "Enabled"}, restart=RESTART, wait=QUICK
    ),
    "profiles.import_profile": lambda it: it.profiles.import_profile(NTP_PROFILE, shutdown="NoReboot", wait=QUICK),
    "secure_boot.add_certificate": lambda it: it.secure_boot.add_certificate("db", PEM),
    "secure_boot.add_hash": lambda it: it.secure_boot.add_hash("dbx", "ab" * 32),
    "secure_boot.delete_key": lambda it: it.secure_boot.delete_key(first_key(it)),
    "secure_boot.fetch_dell_store": without_store,
    "secure_boot.reset_keys": lambda it: it.secure_boot.reset_keys("ResetDBX"),
    "secure_boot.set": lambda it: it.secure_boot.set(enable=True),
    "sessions.delete": lambda it: it.sessions.delete(session(it)),
    "storage.change": lambda it: it.storage.change(batch(mirror()), wait=QUICK),
    "telemetry.fetch_report": lambda it: (
        it.telemetry.set(enabled=True),
        it.telemetry.set_report("PowerMetrics", enabled=True),
        it.telemetry.fetch_report("PowerMetrics"),
    ),
    "telemetry.set": lambda it: it.telemetry.set(enabled=True),
    "telemetry.set_report": lambda it: it.telemetry.set_report("PowerMetrics", enabled=True),
    "update_schedule.clear": lambda it: (scheduled(it), it.update_schedule.clear()),
    "update_schedule.set": scheduled,
}
