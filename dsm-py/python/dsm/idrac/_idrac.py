"""One iDRAC, without an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, overload

from dsm._dsm import IdracHandle
from dsm.idrac.accounts import Accounts
from dsm.idrac.attributes import Attributes
from dsm.idrac.bios import Bios
from dsm.idrac.boot import Boot
from dsm.idrac.certificates import Certificates
from dsm.idrac.console import Console
from dsm.idrac.controller import Controller
from dsm.idrac.defaults import Defaults
from dsm.idrac.diagnostics import Diagnostics
from dsm.idrac.erase import Erase
from dsm.idrac.events import Events
from dsm.idrac.firmware import Firmware
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
from dsm.idrac.storage import Storage
from dsm.idrac.telemetry import Telemetry
from dsm.idrac.update_schedule import UpdateSchedule

if TYPE_CHECKING:
    import asyncio

    from typing_extensions import Self, Unpack

    from dsm._dsm import Engine, HeldLocks, SessionHandle
    from dsm.options import IdracOptions


class Idrac(Controller):
    """One iDRAC: every operation by area, blocking or for asyncio.

    Nothing is sent before the first call, which logs in; the session is kept until `close`, and ended also when the
    object goes, a call is cancelled, or the interpreter exits. Calls may run at the same time, from any thread; at
    most `concurrency` requests go to the iDRAC at a time. What changes something reads first and does it once;
    `plan_…` says what would be done. Errors are of `dsm.exceptions`.
    """

    __slots__ = {
        "accounts": "Users of the iDRAC.",
        "attributes": "Attributes of the iDRAC, the system board and the Lifecycle Controller.",
        "bios": "BIOS settings: staged, applied by a job, compared after it.",
        "boot": "What the host starts from.",
        "certificates": "Certificates of the iDRAC.",
        "console": "The console in a browser, and pictures of the screen.",
        "defaults": "The iDRAC back to defaults.",
        "diagnostics": "Dell's diagnostics, and reports for Dell's support.",
        "erase": "Erasing the server before it is given away.",
        "events": "Events: as a stream, or sent to a listener of one's own.",
        "firmware": "Firmware: what is installed, updates, and back.",
        "hardware": "Field-replaceable units, slots, what ports are plugged into, and Dell's own views.",
        "health": "How the server is.",
        "integrity": "Whether the parts of the server are what they say.",
        "jobs": "The job queue of the iDRAC.",
        "key_management": "Keys of self-encrypting drives.",
        "licenses": "Licences of the iDRAC.",
        "logs": "The logs the iDRAC keeps.",
        "media": "Images in the virtual drives.",
        "network": "The iDRAC's own network.",
        "network_cards": "Settings of network cards.",
        "power": "The power of the host, its mains, and the light that locates it.",
        "profiles": "Configuration profiles of the server.",
        "secure_boot": "Secure boot, and the keys it trusts.",
        "sessions": "Who is logged in, and what failed logins cost.",
        "storage": "Storage controllers, their volumes and drives.",
        "telemetry": "Telemetry: what is reported, the reports, and the switches.",
        "update_schedule": "The iDRAC's own recurring update from a repository.",
    }

    @overload
    def __init__(self, address: str, username: str, password: str, **options: Unpack[IdracOptions]) -> None: ...

    @overload
    def __init__(
        self,
        address: str | None = None,
        username: str | None = None,
        password: str | None = None,
        *,
        session: SessionHandle,
        **options: Unpack[IdracOptions],
    ) -> None: ...

    def __init__(
        self,
        address: str | None = None,
        username: str | None = None,
        password: str | None = None,
        *,
        session: SessionHandle | None = None,
        **options: Unpack[IdracOptions],
    ) -> None:
        """Keeps what it is given; nothing is sent. Raises `InvalidInputError` for an option that is none.

        With a `session` it goes on with that one, without a login, and the handle is spent. Once that session is over,
        it logs in with user and password, and without them every call raises `AuthenticationError`.
        """
        self._attach(IdracHandle(address, username, password, session=session, **options))

    @classmethod
    def _of(cls, handle: IdracHandle) -> Self:
        """One that an engine opened."""
        idrac = cls.__new__(cls)
        idrac._attach(handle)  # noqa: SLF001 - its own
        return idrac

    @classmethod
    def through(cls, engine: Engine, server_id: str, *, locks: HeldLocks | None = None) -> Self:
        """The iDRAC of a server an engine knows, by the engine's policy, certificates and credentials.

        Every exchange is on record in the engine's activity. Nothing is sent before the first call. It is closed with
        the engine at the latest. With `locks` of the engine it changes nothing once they are given back, or may be
        lost: `dsm.exceptions.FencedError`. For asyncio: `through_async`.
        """
        return cls._of(engine._idrac(server_id, locks))  # noqa: SLF001 - of this package

    @classmethod
    async def through_async(cls, engine: Engine, server_id: str, *, locks: HeldLocks | None = None) -> Self:
        """As `through`, for asyncio."""
        return cls._of(await engine._idrac_async(server_id, locks))  # noqa: SLF001 - of this package

    def _attach(self, handle: IdracHandle) -> None:
        super().__init__(handle)
        self.accounts = Accounts(handle)
        self.attributes = Attributes(handle)
        self.bios = Bios(handle)
        self.boot = Boot(handle)
        self.certificates = Certificates(handle)
        self.console = Console(handle)
        self.defaults = Defaults(handle)
        self.diagnostics = Diagnostics(handle)
        self.erase = Erase(handle)
        self.events = Events(handle)
        self.firmware = Firmware(handle)
        self.hardware = Hardware(handle)
        self.health = Health(handle)
        self.integrity = Integrity(handle)
        self.jobs = Jobs(handle)
        self.key_management = KeyManagement(handle)
        self.licenses = Licenses(handle)
        self.logs = Logs(handle)
        self.media = Media(handle)
        self.network = Network(handle)
        self.network_cards = NetworkCards(handle)
        self.power = Power(handle)
        self.profiles = Profiles(handle)
        self.secure_boot = SecureBoot(handle)
        self.sessions = Sessions(handle)
        self.storage = Storage(handle)
        self.telemetry = Telemetry(handle)
        self.update_schedule = UpdateSchedule(handle)

    @property
    def address(self) -> str:
        """The address as it was given, or that of the session."""
        return self._handle.address

    @property
    def is_closed(self) -> bool:
        """Whether it was closed: no call begins any more."""
        return self._handle.is_closed

    def close(self) -> None:
        """Ends the session and waits for that. Closing twice is fine."""
        self._handle.close()

    def close_async(self) -> asyncio.Future[None]:
        """As `close`, for asyncio."""
        return self._handle.close_async()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Closes."""
        self.close()

    async def __aenter__(self) -> Self:
        """Itself."""
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Closes."""
        await self.close_async()

    def __repr__(self) -> str:
        """The address, and whether it is closed; never a password."""
        return f"<dsm.Idrac {self.address}{' (closed)' if self.is_closed else ''}>"
