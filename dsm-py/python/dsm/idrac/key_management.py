"""Keys of self-encrypting drives, held by a server (SEKM) or by the iDRAC itself (iLKM)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from dsm.idrac._area import Area

if TYPE_CHECKING:
    import asyncio

    from dsm.models import Scalar
    from dsm.results import Accepted, ExtendedInfo, Plan


class KeyManagement(Area):
    """The iDRAC's key management. Its settings are attributes (`SEKM.1.*`, `KMS.1.*`)."""

    __slots__ = ()

    def fetch(self) -> dict[str, Scalar]:
        """The settings and the state of key management, by attribute; no secrets."""
        return self._run("key_management.fetch")

    def fetch_async(self) -> asyncio.Future[dict[str, Scalar]]:
        """As `fetch`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("key_management.fetch")

    def generate_csr(self) -> str:
        """Lets the iDRAC make a key and a request to sign its certificate at the key server, as PEM."""
        return self._run("key_management.generate_csr")

    def generate_csr_async(self) -> asyncio.Future[str]:
        """As `generate_csr`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("key_management.generate_csr")

    def test_server(self, *, secondary: bool = False, index: int = 1) -> list[ExtendedInfo]:
        """Whether the iDRAC reaches its key server: what it said. An unreachable server is its error."""
        return self._run("key_management.test_server", secondary=secondary, index=index)

    def test_server_async(self, *, secondary: bool = False, index: int = 1) -> asyncio.Future[list[ExtendedInfo]]:
        """As `test_server`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("key_management.test_server", secondary=secondary, index=index)

    def change(
        self,
        change: Literal["enable_sekm", "disable_sekm", "enable_ilkm", "disable_ilkm", "rekey_sekm"],
        *,
        key_id: str | None = None,
        passphrase: str | None = None,
    ) -> Accepted:
        """Starts a change, a job. `enable_ilkm` needs the name of the key and what it is made of, nothing else does.

        Raises `UnsupportedError` where this iDRAC does not offer it, `LicenseError` without its licence.
        """
        return self._run("key_management.change", change=change, key_id=key_id, passphrase=passphrase)

    def change_async(
        self,
        change: Literal["enable_sekm", "disable_sekm", "enable_ilkm", "disable_ilkm", "rekey_sekm"],
        *,
        key_id: str | None = None,
        passphrase: str | None = None,
    ) -> asyncio.Future[Accepted]:
        """As `change`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("key_management.change", change=change, key_id=key_id, passphrase=passphrase)

    def plan_change(
        self,
        change: Literal["enable_sekm", "disable_sekm", "enable_ilkm", "disable_ilkm", "rekey_sekm"],
        *,
        key_id: str | None = None,
        passphrase: str | None = None,
    ) -> Plan:
        """Says what `change` would do, without the passphrase; changes nothing."""
        return self._run("key_management.plan_change", change=change, key_id=key_id, passphrase=passphrase)

    def plan_change_async(
        self,
        change: Literal["enable_sekm", "disable_sekm", "enable_ilkm", "disable_ilkm", "rekey_sekm"],
        *,
        key_id: str | None = None,
        passphrase: str | None = None,
    ) -> asyncio.Future[Plan]:
        """As `plan_change`, for asyncio: a future, whose cancellation cancels the call."""
        return self._run_async("key_management.plan_change", change=change, key_id=key_id, passphrase=passphrase)
