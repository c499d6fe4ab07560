"""`dsm.Idrac`: one iDRAC and all that can be done with it, by area."""

from dsm.idrac._idrac import Idrac
from dsm.idrac.accounts import Accounts
from dsm.idrac.arguments import Progress, Proxy, Reset, Share, Wait, Window
from dsm.idrac.attributes import Attributes
from dsm.idrac.bios import Bios
from dsm.idrac.boot import Boot
from dsm.idrac.certificates import Certificates, CertificateSubject
from dsm.idrac.console import Console
from dsm.idrac.controller import Controller
from dsm.idrac.defaults import Defaults
from dsm.idrac.diagnostics import Diagnostics
from dsm.idrac.erase import Erase
from dsm.idrac.events import Events
from dsm.idrac.firmware import ExpectedFirmware, Firmware, MaintenanceWindow, UpdateOptions
from dsm.idrac.hardware import Hardware
from dsm.idrac.health import Health
from dsm.idrac.integrity import Integrity
from dsm.idrac.jobs import Jobs
from dsm.idrac.key_management import KeyManagement
from dsm.idrac.licenses import Licenses
from dsm.idrac.logs import Logs
from dsm.idrac.media import Media
from dsm.idrac.network import Network
from dsm.idrac.network_cards import NetworkCards
from dsm.idrac.power import Power
from dsm.idrac.profiles import Profiles
from dsm.idrac.secure_boot import SecureBoot
from dsm.idrac.sessions import Sessions
from dsm.idrac.storage import Storage, StorageBatch, StorageChange
from dsm.idrac.telemetry import Telemetry
from dsm.idrac.update_schedule import UpdateSchedule

__all__ = [
    "Accounts",
    "Attributes",
    "Bios",
    "Boot",
    "CertificateSubject",
    "Certificates",
    "Console",
    "Controller",
    "Defaults",
    "Diagnostics",
    "Erase",
    "Events",
    "ExpectedFirmware",
    "Firmware",
    "Hardware",
    "Health",
    "Idrac",
    "Integrity",
    "Jobs",
    "KeyManagement",
    "Licenses",
    "Logs",
    "MaintenanceWindow",
    "Media",
    "Network",
    "NetworkCards",
    "Power",
    "Profiles",
    "Progress",
    "Proxy",
    "Reset",
    "SecureBoot",
    "Sessions",
    "Share",
    "Storage",
    "StorageBatch",
    "StorageChange",
    "Telemetry",
    "UpdateOptions",
    "UpdateSchedule",
    "Wait",
    "Window",
]
