"""One iDRAC, without an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsm._dsm import IdracHandle
from dsm.idrac.accounts import Accounts
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

if TYPE_CHECKING:
    import asyncio

    from typing_extensions import Self, Unpack

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
        "console": "The console in a browser, and pictures of the screen.",
        "health": "How the server is.",
        "jobs": "The job queue of the iDRAC.",
        "logs": "The logs the iDRAC keeps.",
        "media": "Images in the virtual drives.",
        "network": "The iDRAC's own network.",
        "power": "The power of the host, its mains, and the light that locates it.",
    }

    def __init__(self, address: str, username: str, password: str, **options: Unpack[IdracOptions]) -> None:
        """Keeps what it is given; nothing is sent. Raises `InvalidInputError` for an option that is none."""
        handle = IdracHandle(address, username, password, **options)
        super().__init__(handle)
        self.accounts = Accounts(handle)
        self.attributes = Attributes(handle)
        self.bios = Bios(handle)
        self.boot = Boot(handle)
        self.console = Console(handle)
        self.health = Health(handle)
        self.jobs = Jobs(handle)
        self.logs = Logs(handle)
        self.media = Media(handle)
        self.network = Network(handle)
        self.power = Power(handle)

    @property
    def address(self) -> str:
        """The address as it was given."""
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
