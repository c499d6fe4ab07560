"""`dsm.Idrac`: one iDRAC and all that can be done with it, by area."""

from dsm.idrac._idrac import Idrac
from dsm.idrac.accounts import Accounts
from dsm.idrac.arguments import Progress, Reset, Share, Wait, Window
from dsm.idrac.attributes import Attributes
from dsm.idrac.bios import Bios
from dsm.idrac.boot import Boot
from dsm.idrac.console import Console
from dsm.idrac.controller import Controller
from dsm.idrac.health import Health
from dsm.idrac.jobs import Jobs
from dsm.idrac.logs import Logs
from dsm.idrac.media import Media
from dsm.idrac.network import Network
from dsm.idrac.power import Power

__all__ = [
    "Accounts",
    "Attributes",
    "Bios",
    "Boot",
    "Console",
    "Controller",
    "Health",
    "Idrac",
    "Jobs",
    "Logs",
    "Media",
    "Network",
    "Power",
    "Progress",
    "Reset",
    "Share",
    "Wait",
    "Window",
]
